//! The gallery: how pictures come there and leave it, who decides, and what others think of them.

mod support;

use serde_json::json;
use shop::{
    StaleTransition,
    audit::Actor,
    blocklists,
    ids::{AccountId, ImageId},
    images::{
        self, CardSource, GalleryKey, Order, Report, ReportError, ReportReason, ReviewList, SubmissionError,
        Verdict, Visibility,
    },
    testing::Database,
};
use support::{account, cause, jobs, ready};

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

async fn review(database: &Database, id: ImageId, verdict: Verdict<'_>) -> Result<(), StaleTransition> {
    images::review(&database.pool, &cause(), &operator(), id, verdict).await.expect("answered")
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
