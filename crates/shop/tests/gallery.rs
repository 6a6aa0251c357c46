//! The gallery: how pictures come there and leave it, who decides, and what others think of them.

mod support;

use chrono::{DateTime, Duration, Utc};
use serde_json::json;
use shop::{
    Cause, StaleTransition, accounts,
    audit::Actor,
    blocklists,
    generations::{self, Wish},
    ids::{AccountId, ImageId, SessionId},
    images::{
        self, CardSource, GalleryKey, Order, Report, ReportError, ReportReason, ReviewList, Standing,
        SubmissionError, Verdict, Visibility,
    },
    sources::{self, Brought, SourceImage},
    testing::{Database, LIMITS},
};
use support::{account, answer, begin, cause, jobs, ready, wish};

const NOTE: Verdict<'static> = Verdict::SendBack { note: "There is a brand on the mug." };
const HIDE: Verdict<'static> = Verdict::Hide { note: "It shows a real person." };

fn operator() -> Actor {
    Actor { account_id: None, client_address: "192.0.2.7".to_owned() }
}

async fn submit(database: &Database, owner: AccountId, id: ImageId, title: &str, reviewed: bool) {
    images::submit(&database.pool, &cause(), owner, id, title, reviewed)
        .await
        .expect("answered")
        .expect("handed in");
}

/// As staff see it who look at this very moment.
async fn since(database: &Database, id: ImageId) -> DateTime<Utc> {
    let sql = "select coalesce(submitted_at, published_at, created_at) from images where id = $1";
    sqlx::query_scalar(sql).bind(id).fetch_one(&database.pool).await.expect("there")
}

async fn review(database: &Database, id: ImageId, verdict: Verdict<'_>) -> Result<(), StaleTransition> {
    let seen = since(database, id).await;
    images::review(&database.pool, &cause(), &operator(), id, seen, verdict).await.expect("answered")
}

async fn visibility(database: &Database, owner: AccountId, id: ImageId) -> Visibility {
    images::find(&database.pool, Some(owner), id).await.expect("read").expect("there").visibility
}

async fn wall(database: &Database, order: Order, words: &str) -> Vec<ImageId> {
    let cards = images::gallery(&database.pool, order, words, None, 50).await.expect("a page");
    cards.into_iter().map(|card| card.id).collect()
}

async fn entries(database: &Database) -> Vec<(String, serde_json::Value, serde_json::Value)> {
    sqlx::query_as("select action, before, after from audit_entries where subject_kind = 'image' order by id")
        .fetch_all(&database.pool)
        .await
        .expect("read")
}

fn complaint(words: &str) -> Report {
    Report { reason: ReportReason::Rights, words: words.to_owned() }
}

#[tokio::test]
async fn staff_look_before_a_picture_hangs() {
    let database = Database::new().await;
    let owner = account(&database, "a@example.org").await;
    let (_, pictures) = ready(&database, owner).await;
    let id = pictures[0];
    assert_eq!(review(&database, id, Verdict::Publish).await, Err(StaleTransition), "nobody handed it in");
    submit(&database, owner, id, "Reynard", true).await;
    assert_eq!(visibility(&database, owner, id).await, Visibility::Submitted);
    assert!(wall(&database, Order::Newest, "").await.is_empty());
    assert!(images::find(&database.pool, None, id).await.expect("read").is_none(), "strangers see nothing");
    let again = images::submit(&database.pool, &cause(), owner, id, "Reynard", true).await.expect("answered");
    assert_eq!(again, Err(SubmissionError::Stale(StaleTransition)));
    assert_eq!(images::review_counts(&database.pool).await.expect("counted").submitted, 1);

    assert_eq!(review(&database, id, NOTE).await, Ok(()));
    let image = images::find(&database.pool, Some(owner), id).await.expect("read").expect("there");
    assert_eq!(image.visibility, Visibility::Private);
    assert_eq!(image.review_note, "There is a brand on the mug.");
    assert!(jobs(&database, "make_card").await.is_empty(), "nothing is shared yet");

    submit(&database, owner, id, "Reynard, again", true).await;
    assert_eq!(review(&database, id, Verdict::Publish).await, Ok(()));
    assert_eq!(review(&database, id, Verdict::Publish).await, Err(StaleTransition), "somebody was faster");
    let cards = images::gallery(&database.pool, Order::Newest, "", None, 5).await.expect("a page");
    assert_eq!(cards[0].caption, "Reynard, again");
    assert_eq!(jobs(&database, "make_card").await, [json!({ "job": "make_card", "image_id": id })]);
    let image = images::find(&database.pool, None, id).await.expect("read").expect("everybody sees it");
    assert_eq!(image.review_note, "");

    let written = entries(&database).await;
    assert_eq!(
        written,
        [
            (
                "picture.send_back".to_owned(),
                json!({ "visibility": "submitted" }),
                json!({ "visibility": "private", "reports": 0, "note": "There is a brand on the mug." })
            ),
            (
                "picture.publish".to_owned(),
                json!({ "visibility": "submitted" }),
                json!({ "visibility": "published", "reports": 0 })
            ),
        ]
    );
}

#[tokio::test]
async fn what_staff_took_down_comes_back_through_staff_alone() {
    let database = Database::new().await;
    let owner = account(&database, "a@example.org").await;
    let (_, pictures) = ready(&database, owner).await;
    let id = pictures[0];
    submit(&database, owner, id, "A fox", false).await;
    assert_eq!(review(&database, id, HIDE).await, Ok(()));
    assert!(wall(&database, Order::Newest, "").await.is_empty());
    let again = images::submit(&database.pool, &cause(), owner, id, "A fox", false).await.expect("answered");
    assert_eq!(again, Err(SubmissionError::Stale(StaleTransition)));
    assert_eq!(images::withdraw(&database.pool, owner, id).await.expect("answered"), Err(StaleTransition));
    assert_eq!(review(&database, id, HIDE).await, Err(StaleTransition));
    let hidden = images::review_list(&database.pool, ReviewList::Hidden, 5).await.expect("listed");
    assert_eq!(hidden[0].note, "It shows a real person.");
    assert_eq!(review(&database, id, Verdict::Publish).await, Ok(()));
    assert_eq!(wall(&database, Order::Newest, "").await, [id]);
}

#[tokio::test]
async fn a_submitted_picture_can_be_taken_back_or_deleted() {
    let database = Database::new().await;
    let owner = account(&database, "a@example.org").await;
    let (_, pictures) = ready(&database, owner).await;
    for id in &pictures {
        submit(&database, owner, *id, "A fox", true).await;
    }
    images::withdraw(&database.pool, owner, pictures[0]).await.expect("answered").expect("taken back");
    images::delete(&database.pool, &cause(), owner, pictures[1]).await.expect("answered").expect("deleted");
    assert!(images::review_list(&database.pool, ReviewList::Submitted, 5).await.expect("listed").is_empty());
    for id in pictures {
        assert_eq!(review(&database, id, Verdict::Publish).await, Err(StaleTransition));
        assert_eq!(review(&database, id, HIDE).await, Err(StaleTransition));
    }
}

#[tokio::test]
async fn a_title_is_looked_at_as_a_sentence_is() {
    let database = Database::new().await;
    let owner = account(&database, "a@example.org").await;
    let (_, pictures) = ready(&database, owner).await;
    blocklists::change(&database.pool, &cause(), &operator(), &["grue".to_owned()], "")
        .await
        .expect("changed");
    let refused = images::submit(&database.pool, &cause(), owner, pictures[0], "A Grue!", false).await;
    assert_eq!(refused.expect("answered"), Err(SubmissionError::Blocked));
    assert_eq!(visibility(&database, owner, pictures[0]).await, Visibility::Private);
    submit(&database, owner, pictures[0], "A gruesome fox", false).await;
}

#[tokio::test]
async fn hearts_are_counted_once_each_however_many_come_at_once() {
    let database = Database::new().await;
    let owner = account(&database, "a@example.org").await;
    let (_, pictures) = ready(&database, owner).await;
    let id = pictures[0];
    let mut members = vec![owner];
    for n in 0..6 {
        members.push(account(&database, &format!("m{n}@example.org")).await);
    }
    let love = async |who: AccountId, loved| {
        images::set_loved(&database.pool, &cause(), who, id, loved).await.expect("answered")
    };
    assert_eq!(love(owner, true).await, Err(StaleTransition), "it does not hang there");
    submit(&database, owner, id, "A fox", false).await;
    let at_once = members.iter().chain(&members).map(|who| {
        let (pool, who) = (database.pool.clone(), *who);
        tokio::spawn(async move { images::set_loved(&pool, &cause(), who, id, true).await })
    });
    for given in at_once.collect::<Vec<_>>() {
        given.await.expect("no panic").expect("answered").expect("it hangs there");
    }
    let seen = async |viewer| {
        let hung = images::hung(&database.pool, viewer, &images::short_id(id)).await.expect("read");
        hung.map(|hung| (hung.card.loves, hung.loved))
    };
    assert_eq!(seen(Some(owner)).await, Some((7, true)));
    assert_eq!(seen(None).await, Some((7, false)));
    for _ in 0..2 {
        assert_eq!(love(owner, false).await, Ok(()));
    }
    assert_eq!(seen(Some(owner)).await, Some((6, false)));
    images::withdraw(&database.pool, owner, id).await.expect("answered").expect("taken out");
    assert_eq!(seen(Some(owner)).await, None);
    assert_eq!(love(owner, true).await, Err(StaleTransition));
}

#[tokio::test]
async fn pictures_are_found_by_words_and_by_how_they_are_loved() {
    let database = Database::new().await;
    let owner = account(&database, "a@example.org").await;
    let member = account(&database, "b@example.org").await;
    let mut ids = Vec::new();
    for title in ["A heron", "Two herons at dawn", "Dusk", "Café"] {
        let (_, pictures) = ready(&database, owner).await;
        submit(&database, owner, pictures[0], title, false).await;
        ids.push(pictures[0]);
    }
    for (who, id) in [(owner, ids[0]), (member, ids[0]), (member, ids[2])] {
        images::set_loved(&database.pool, &cause(), who, id, true).await.expect("answered").expect("loved");
    }
    let newest: Vec<_> = ids.iter().rev().copied().collect();
    let loved = vec![ids[0], ids[2], ids[3], ids[1]];
    for (order, words, expected) in [
        (Order::Newest, "", newest.clone()),
        (Order::MostLoved, "", loved.clone()),
        (Order::Newest, "heron", vec![ids[1], ids[0]]),
        (Order::MostLoved, "heron", vec![ids[0], ids[1]]),
        // Every sentence of these is about a fox.
        (Order::MostLoved, "FOX", loved.clone()),
        (Order::Newest, "heron fox", vec![ids[1], ids[0]]),
        (Order::Newest, "CAFÉ", vec![ids[3]]),
        (Order::Newest, "wolf", vec![]),
    ] {
        assert_eq!(wall(&database, order, words).await, expected, "{order:?} {words}");
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = images::gallery(&database.pool, order, words, after, 1).await.expect("a page");
            let Some(last) = page.last() else { break };
            let published_at = last.published_at.expect("published");
            after = Some(GalleryKey { loves: last.loves, published_at, id: last.id });
            seen.push(last.id);
        }
        assert_eq!(seen, expected, "{order:?} {words}, page by page");
    }
    for nonsense in ["", "zzzz", "é", "0123456789abcdeé", &"0".repeat(16), &"0".repeat(17)] {
        assert!(images::hung(&database.pool, None, nonsense).await.expect("read").is_none(), "{nonsense}");
    }
}

#[tokio::test]
async fn reports_wait_until_staff_decide() {
    let database = Database::new().await;
    let owner = account(&database, "a@example.org").await;
    let (one, two) = (account(&database, "b@example.org").await, account(&database, "c@example.org").await);
    let (_, pictures) = ready(&database, owner).await;
    let id = pictures[0];
    let tell = async |who, words: &str| {
        images::report(&database.pool, &cause(), who, id, &complaint(words)).await.expect("answered")
    };
    assert_eq!(tell(one, "").await, Err(ReportError::Stale(StaleTransition)), "it does not hang there");
    submit(&database, owner, id, "A fox", false).await;
    assert_eq!(tell(one, "My logo").await, Ok(()));
    assert_eq!(tell(one, "My logo!").await, Err(ReportError::Again));
    assert_eq!(tell(two, "").await, Ok(()));
    assert_eq!(images::review_counts(&database.pool).await.expect("counted").reported, 1);
    let listed = images::review_list(&database.pool, ReviewList::Reported, 5).await.expect("listed");
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].email, "a@example.org");
    assert_eq!(
        listed[0].reports,
        [("rights".to_owned(), "My logo".to_owned()), ("rights".to_owned(), String::new())]
    );

    assert_eq!(review(&database, id, Verdict::Publish).await, Ok(()), "it stays");
    assert_eq!(wall(&database, Order::Newest, "").await, [id]);
    assert_eq!(
        review(&database, id, Verdict::Publish).await,
        Err(StaleTransition),
        "nothing is left to decide"
    );
    assert!(images::review_list(&database.pool, ReviewList::Reported, 5).await.expect("listed").is_empty());
    assert_eq!(
        entries(&database).await,
        [(
            "picture.publish".to_owned(),
            json!({ "visibility": "published" }),
            json!({ "visibility": "published", "reports": 2 })
        )]
    );
    // Whoever reported it may do so again, about something else.
    assert_eq!(tell(one, "And my name").await, Ok(()));
    assert_eq!(review(&database, id, HIDE).await, Ok(()));
    let verdicts: Vec<String> = sqlx::query_scalar("select verdict from reports order by id")
        .fetch_all(&database.pool)
        .await
        .expect("read");
    assert_eq!(verdicts, ["kept", "kept", "hidden"]);
}

#[tokio::test]
async fn the_card_of_a_picture_is_made_once_it_is_stored() {
    let database = Database::new().await;
    let owner = account(&database, "a@example.org").await;
    let (_, pictures) = ready(&database, owner).await;
    let id = pictures[0];
    let source = async || images::card_source(&database.pool, id).await.expect("read");
    assert!(matches!(source().await, CardSource::Needless), "a private picture is not shared");
    submit(&database, owner, id, "A fox", false).await;
    assert!(matches!(source().await, CardSource::Staged));
    images::stored(&database.pool, &cause(), id).await.expect("stored");
    assert!(matches!(source().await, CardSource::Stored(_)));
    assert!(images::card_made(&database.pool, id).await.expect("made"));
    assert!(matches!(source().await, CardSource::Needless));
    images::withdraw(&database.pool, owner, id).await.expect("answered").expect("taken out");
    submit(&database, owner, id, "A fox", false).await;
    assert_eq!(jobs(&database, "make_card").await.len(), 1, "it is there already");
}

#[tokio::test]
async fn a_verdict_is_about_the_picture_that_staff_saw() {
    let database = Database::new().await;
    let owner = account(&database, "a@example.org").await;
    let (_, pictures) = ready(&database, owner).await;
    let id = pictures[0];
    submit(&database, owner, id, "A fox", true).await;
    let seen = images::review_list(&database.pool, ReviewList::Submitted, 5).await.expect("listed")[0].since;
    images::withdraw(&database.pool, owner, id).await.expect("answered").expect("taken back");
    submit(&database, owner, id, "Something else", true).await;
    let decide = async |seen, verdict| {
        images::review(&database.pool, &cause(), &operator(), id, seen, verdict).await.expect("answered")
    };
    for verdict in [Verdict::Publish, NOTE, HIDE] {
        assert_eq!(decide(seen, verdict).await, Err(StaleTransition), "{verdict:?}");
    }
    assert_eq!(visibility(&database, owner, id).await, Visibility::Submitted);
    assert!(entries(&database).await.is_empty());
    let seen = images::review_list(&database.pool, ReviewList::Submitted, 5).await.expect("listed")[0].since;
    assert_eq!(decide(seen, Verdict::Publish).await, Ok(()));

    // Who looks at what was reported does not decide about what was handed in meanwhile either.
    let reporter = account(&database, "b@example.org").await;
    let told = images::report(&database.pool, &cause(), reporter, id, &complaint("My logo")).await;
    told.expect("answered").expect("told");
    let seen = images::review_list(&database.pool, ReviewList::Reported, 5).await.expect("listed")[0].since;
    images::withdraw(&database.pool, owner, id).await.expect("answered").expect("taken out");
    submit(&database, owner, id, "Something else again", true).await;
    assert_eq!(decide(seen, Verdict::Publish).await, Err(StaleTransition));
    assert_eq!(visibility(&database, owner, id).await, Visibility::Submitted);
}

#[tokio::test]
async fn a_sentence_is_looked_at_again_before_it_hangs_beside_its_picture() {
    let database = Database::new().await;
    let owner = account(&database, "a@example.org").await;
    let (_, pictures) = ready(&database, owner).await;
    blocklists::change(&database.pool, &cause(), &operator(), &["fox".to_owned()], "")
        .await
        .expect("changed");
    for reviewed in [true, false] {
        let refused = images::submit(&database.pool, &cause(), owner, pictures[0], "Reynard", reviewed).await;
        assert_eq!(refused.expect("answered"), Err(SubmissionError::BlockedSentence));
    }
    assert_eq!(visibility(&database, owner, pictures[0]).await, Visibility::Private);
}

#[tokio::test]
async fn of_many_reports_the_newest_are_read_and_all_are_counted() {
    let database = Database::new().await;
    let owner = account(&database, "a@example.org").await;
    let (_, pictures) = ready(&database, owner).await;
    let id = pictures[0];
    submit(&database, owner, id, "A fox", false).await;
    for number in 0..7 {
        let who = account(&database, &format!("m{number}@example.org")).await;
        let report = complaint(&format!("number {number}"));
        images::report(&database.pool, &cause(), who, id, &report).await.expect("answered").expect("told");
    }
    let listed =
        images::review_list(&database.pool, ReviewList::Reported, 5).await.expect("listed").remove(0);
    let words: Vec<_> = listed.reports.iter().map(|(_, words)| words.as_str()).collect();
    assert_eq!(words, ["number 2", "number 3", "number 4", "number 5", "number 6"]);
    assert_eq!(listed.earlier_reports, 2);
    assert_eq!(review(&database, id, Verdict::Publish).await, Ok(()));
    let open: i64 = sqlx::query_scalar("select count(*) from reports where verdict is null")
        .fetch_one(&database.pool)
        .await
        .expect("counted");
    assert_eq!(open, 0);
}

#[tokio::test]
async fn owners_learn_what_staff_decided() {
    let database = Database::new().await;
    let owner = account(&database, "a@example.org").await;
    let (generation, pictures) = ready(&database, owner).await;
    let id = pictures[0];
    let outcomes = async || -> Vec<String> {
        let sql = "select details ->> 'outcome' from mails where kind = 'picture_reviewed' and account_id = $1 order by id";
        sqlx::query_scalar(sql).bind(owner).fetch_all(&database.pool).await.expect("mails")
    };
    let standing =
        async || images::standings(&database.pool, &[generation]).await.expect("read").get(&id).copied();
    assert_eq!(standing().await, None);
    submit(&database, owner, id, "A fox", true).await;
    assert_eq!(standing().await, Some(Standing::Waiting));
    assert_eq!(review(&database, id, NOTE).await, Ok(()));
    assert_eq!(standing().await, Some(Standing::SentBack));
    submit(&database, owner, id, "A fox", true).await;
    assert_eq!(review(&database, id, Verdict::Publish).await, Ok(()));
    assert_eq!(standing().await, Some(Standing::Hung));
    assert_eq!(outcomes().await, ["sent_back", "hung"]);
    // That somebody reported it and it stays is no news.
    let reporter = account(&database, "b@example.org").await;
    let told = images::report(&database.pool, &cause(), reporter, id, &complaint("")).await;
    told.expect("answered").expect("told");
    assert_eq!(review(&database, id, Verdict::Publish).await, Ok(()));
    assert_eq!(outcomes().await.len(), 2);
    assert_eq!(review(&database, id, HIDE).await, Ok(()));
    assert_eq!(standing().await, Some(Standing::TakenDown));
    assert_eq!(outcomes().await, ["sent_back", "hung", "taken_down"]);
    // Who wants no news gets none.
    sqlx::query("update accounts set mail_when_ready = false").execute(&database.pool).await.expect("off");
    assert_eq!(review(&database, id, Verdict::Publish).await, Ok(()));
    assert_eq!(outcomes().await.len(), 3);
}

#[tokio::test]
async fn what_somebody_who_left_had_in_the_gallery_is_gone_when_staff_take_it_down() {
    let database = Database::new().await;
    for verdict in [NOTE, HIDE] {
        let owner = account(&database, &format!("{verdict:?}@example.org").replace(' ', "")).await;
        let (generation, pictures) = ready(&database, owner).await;
        let kept = [pictures[0], pictures[1]];
        for id in kept {
            submit(&database, owner, id, "A fox", false).await;
        }
        let (begun, due) = (cause(), Cause { at: cause().at + Duration::days(15), request_id: None });
        let session = SessionId::new(begun.at);
        accounts::schedule_erasure(&database.pool, &begun, owner, true, session).await.expect("scheduled");
        accounts::erase(&database.pool, &due, owner).await.expect("erased");
        sqlx::query("delete from apalis.jobs").execute(&database.pool).await.expect("done");
        let sentence = async || {
            generations::find(&database.pool, owner, generation).await.expect("read").expect("there").prompt
        };
        assert_eq!(review(&database, kept[0], verdict).await, Ok(()));
        assert_eq!(
            jobs(&database, "purge_image").await,
            [json!({ "job": "purge_image", "image_id": kept[0] })]
        );
        let removal = images::removal(&database.pool, &cause(), kept[0]).await.expect("an answer");
        assert!(matches!(removal, images::Removal::Due(_)), "{removal:?}");
        assert_eq!(sentence().await, "a fox", "it still stands beside the other one");
        assert_eq!(review(&database, kept[1], verdict).await, Ok(()));
        assert_eq!(sentence().await, "(erased)");
        let letters: i64 = sqlx::query_scalar("select count(*) from mails where kind = 'picture_reviewed'")
            .fetch_one(&database.pool)
            .await
            .expect("counted");
        assert_eq!(letters, 0, "there is nobody to tell");
        let last = entries(&database).await.pop().expect("an entry");
        assert_eq!(last.2["removed"], json!(true));
        assert!(images::review_list(&database.pool, ReviewList::Hidden, 5).await.expect("listed").is_empty());
    }
}

#[tokio::test]
async fn a_picture_knows_whether_a_photograph_is_in_it() {
    let database = Database::new().await;
    let owner = account(&database, "a@example.org").await;
    let (_, plain) = ready(&database, owner).await;
    let brought = Brought { bytes: b"a jpeg".to_vec(), width: 64, height: 64, sha256: [1; 32] };
    let source = sources::stage(&database.pool, &cause(), owner, &brought).await.expect("staged");
    let drawn = async |source| {
        let wish = Wish { source: Some(source), ..wish("a fox in it") };
        let id = generations::request(&database.pool, &cause(), owner, &wish, LIMITS)
            .await
            .expect("answered")
            .expect("accepted");
        let drawing = begin(&database, id).await.expect("to draw");
        generations::answered(&database.pool, &cause(), drawing.call_id, &answer(1)).await.expect("answered");
        images::of_generations(&database.pool, &[id]).await.expect("drawn")[0].id
    };
    let edited = drawn(SourceImage::Brought(source)).await;
    let edited_again = drawn(SourceImage::Drawn(edited)).await;
    let another = drawn(SourceImage::Drawn(plain[0])).await;
    for (id, expected) in [(plain[0], false), (edited, true), (edited_again, true), (another, false)] {
        submit(&database, owner, id, "A fox", false).await;
        let hung = images::hung(&database.pool, None, &images::short_id(id)).await.expect("read");
        assert_eq!(hung.expect("hung").from_photograph, expected);
        images::stored(&database.pool, &cause(), id).await.expect("stored");
        let original = images::original(&database.pool, id).await.expect("read").expect("stored");
        assert_eq!(original.from_photograph, expected);
        let CardSource::Stored(original) = images::card_source(&database.pool, id).await.expect("read")
        else {
            panic!("it is stored")
        };
        assert_eq!(original.from_photograph, expected);
    }
}

#[tokio::test]
async fn a_search_costs_so_much_and_no_more() {
    let database = Database::new().await;
    let query = async |words: &str| -> String {
        sqlx::query_scalar("select search_query($1)::text")
            .bind(words)
            .fetch_one(&database.pool)
            .await
            .unwrap_or_else(|error| panic!("{words}: {error}"))
    };
    for (words, expected) in [
        ("", ""),
        (" \n ", ""),
        ("& | ! ( ) :* <-> ' \\", ""),
        ("Red FOX red", "'red':* & 'fox':*"),
        ("O'Brien", "'o' & 'brien':*"),
        // One letter begins too many words, however it is written down.
        ("a b,c/d é ж 7", "'a' & 'b' & 'c/d':* & 'é' & 'ж' & '7'"),
        ("곰", "'곰':*"),
        // The first eight.
        (
            "one two three four one two five six seven eight nine ten",
            "'one':* & 'two':* & 'three':* & 'four':* & 'five':* & 'six':* & 'seven':* & 'eight':*",
        ),
        ("<b>wolf</b>", "'b' & 'wolf':* & '/b':*"),
        // Where each character is a word, those that are written together stand together.
        ("東京 fox", "'東' <-> '京' & 'fox':*"),
    ] {
        assert_eq!(query(words).await, expected, "{words}");
    }
    let letters = ('a'..='z').map(String::from).collect::<Vec<_>>();
    for between in [" ", ",", "-", ".", "/", "_", "@", "狐"] {
        let long = query(&letters.join(between)).await;
        assert!(long.matches(":*").count() <= 8, "{between}: {long}");
        assert!(long.matches('\'').count() <= 90, "{between}: {long}");
    }
    let found = async |words: &str| {
        let sql = "select search_words('A fox-like heron in 東京タワー') @@ search_query($1)";
        sqlx::query_scalar::<_, bool>(sql).bind(words).fetch_one(&database.pool).await.expect("an answer")
    };
    for words in ["fox", "her FO", "fox-like", "a", "京タ", "東京 heron"] {
        assert!(found(words).await, "{words}");
    }
    for words in ["h", "f", "京東", "wolf", "heron wolf"] {
        assert!(!found(words).await, "{words}");
    }
}
