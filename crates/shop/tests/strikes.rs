//! What is turned down before anything is spent, and what becomes of whoever asked.

mod support;

use chrono::TimeDelta;
use shop::{
    Cause,
    audit::Actor,
    blocklists, credits,
    generations::{self, GenerationState, Refusal, Wish},
    ids::{AccountId, GenerationId},
    sources::{self, Brought, Original, SourceImage},
    strikes::{self, REVIEW_FROM, Source, Verdict, WARN_FROM, Warning},
    testing::{Database, LIMITS, claim, give_role},
};
use support::{account, begin, cause, jobs, ready, requested, wish};

fn staff(id: AccountId) -> Actor {
    Actor { account_id: Some(id), client_address: "192.0.2.1".to_owned() }
}

async fn list(database: &Database, terms: &[&str]) {
    let terms: Vec<String> = terms.iter().map(|term| (*term).to_owned()).collect();
    let operator = Actor { account_id: None, client_address: String::new() };
    blocklists::change(&database.pool, &cause(), &operator, &terms, "for a test").await.expect("changed");
}

async fn state(database: &Database, owner: AccountId, id: GenerationId) -> (GenerationState, Option<String>) {
    let found = generations::find(&database.pool, owner, id).await.expect("read").expect("there");
    (found.state, found.problem)
}

#[tokio::test]
async fn a_listed_word_is_refused_before_anything_is_held_or_enqueued() {
    let database = Database::new().await;
    let owner = account(&database, "a@example.org").await;
    list(&database, &["Gore", "naked emperor", "c++", "", "gore"]).await;
    for refused in
        ["All the GORE of war", "the naked emperor walks", "ｇｏｒｅ", "written in C++ alone", "gore"]
    {
        let id = requested(&database, owner, refused).await;
        assert_eq!(state(&database, owner, id).await.0, GenerationState::Refused, "{refused}");
    }
    assert_eq!(jobs(&database, "generate_images").await.len(), 0);
    assert_eq!(credits::balance(&database.pool, owner).await.expect("read").held, 0);
    let found = strikes::undecided(&database.pool, cause().at, 10).await.expect("read");
    assert_eq!(found.len(), 5);
    assert!(found.iter().all(|strike| strike.source == Source::Blocklist));
    assert_eq!(found[1].detail, "naked emperor");
}

#[tokio::test]
async fn words_that_only_hold_a_listed_one_are_drawn() {
    let database = Database::new().await;
    let owner = account(&database, "a@example.org").await;
    list(&database, &["gore", "ass", ".*"]).await;
    for drawn in ["a gorgeous fox", "Al Gorelli at the piano", "a glass of water", "a bassoon", "anything"] {
        let id = requested(&database, owner, drawn).await;
        assert_eq!(state(&database, owner, id).await.0, GenerationState::Queued, "{drawn}");
    }
}

#[tokio::test]
async fn a_list_that_did_not_change_is_no_new_version() {
    let database = Database::new().await;
    list(&database, &["b", "a"]).await;
    let first = blocklists::current(&database.pool).await.expect("read").expect("one");
    list(&database, &[" A ", "b", "b"]).await;
    assert_eq!(blocklists::current(&database.pool).await.expect("read").expect("one").version, first.version);
    list(&database, &["a"]).await;
    let second = blocklists::current(&database.pool).await.expect("read").expect("one");
    assert_eq!((second.version, second.terms), (first.version + 1, vec!["a".to_owned()]));
}

#[tokio::test]
async fn a_sentence_that_is_turned_down_ends_without_a_call_and_gives_its_credits_back() {
    let database = Database::new().await;
    let owner = account(&database, "a@example.org").await;
    let id = requested(&database, owner, "a fox").await;
    let (held, at) = (claim(&database.pool).await, cause());
    let unchecked = generations::unchecked(&database.pool, id).await.expect("read").expect("to check");
    assert!(!unchecked.is_trusted);
    generations::turn_down(&database.pool, &at, &held, id, "violence", "Not this.")
        .await
        .expect("turned down");
    assert_eq!(state(&database, owner, id).await, (GenerationState::Refused, Some("Not this.".to_owned())));
    assert_eq!(begin(&database, id).await, None);
    assert_eq!(credits::balance(&database.pool, owner).await.expect("read").available, 1_000);
    let strike = strikes::undecided(&database.pool, cause().at, 10).await.expect("read").remove(0);
    assert_eq!((strike.source, strike.detail.as_str()), (Source::Moderation, "violence"));
}

#[tokio::test]
async fn a_cleared_sentence_is_looked_at_once() {
    let database = Database::new().await;
    let owner = account(&database, "a@example.org").await;
    let id = requested(&database, owner, "a fox").await;
    generations::clear(&database.pool, &cause(), id).await.expect("cleared");
    assert!(generations::unchecked(&database.pool, id).await.expect("read").is_none());
}

#[tokio::test]
async fn too_many_strikes_in_a_day_lead_to_staff_who_have_the_last_word() {
    let database = Database::new().await;
    let owner = account(&database, "a@example.org").await;
    let manager = account(&database, "manager@example.org").await;
    give_role(&database.pool, manager, "manager").await;
    list(&database, &["gore"]).await;
    let ask = async |at: &Cause| {
        generations::request(&database.pool, at, owner, &wish("gore"), LIMITS).await.expect("answered")
    };
    let two_days_ago = Cause { at: cause().at - TimeDelta::hours(25), request_id: None };
    for _ in 0..REVIEW_FROM {
        ask(&two_days_ago).await.expect("accepted: refused at once");
        sqlx::query("update accounts set review_since = null")
            .execute(&database.pool)
            .await
            .expect("forgotten");
    }
    for _ in 0..REVIEW_FROM {
        ask(&cause()).await.expect("old strikes do not count");
    }
    assert_eq!(ask(&cause()).await, Err(Refusal::InReview));
    assert_eq!(strikes::counting(&database.pool, cause().at, owner).await.expect("counted"), REVIEW_FROM);
    let newest = strikes::undecided(&database.pool, cause().at, 50).await.expect("read").pop().expect("one");
    assert!(newest.in_review);
    let decide = async || {
        strikes::decide(&database.pool, &cause(), &staff(manager), newest.id, Verdict::Benign)
            .await
            .expect("answered")
    };
    assert_eq!(decide().await, Ok(()));
    assert!(decide().await.is_err(), "the same again changes nothing");
    assert!(ask(&cause()).await.is_ok(), "one benign strike less, and the review is over");
    assert_eq!(ask(&cause()).await, Err(Refusal::InReview));
    assert!(
        strikes::end_review(&database.pool, &cause(), &staff(manager), owner)
            .await
            .expect("answered")
            .is_ok()
    );
    // What staff had before them does not count any more: one refusal more is the first, not the last.
    for number in 1..=REVIEW_FROM {
        assert!(ask(&cause()).await.is_ok(), "number {number}");
        assert_eq!(strikes::counting(&database.pool, cause().at, owner).await.expect("counted"), number);
    }
    assert_eq!(ask(&cause()).await, Err(Refusal::InReview));
}

#[tokio::test]
async fn to_uphold_a_strike_days_later_confirms_the_review() {
    let database = Database::new().await;
    let owner = account(&database, "a@example.org").await;
    list(&database, &["gore"]).await;
    let then = Cause { at: cause().at - TimeDelta::days(3), request_id: None };
    for _ in 0..REVIEW_FROM {
        generations::request(&database.pool, &then, owner, &wish("gore"), LIMITS)
            .await
            .expect("answered")
            .expect("refused at once");
    }
    let asked = async || {
        generations::request(&database.pool, &cause(), owner, &wish("a fox"), LIMITS).await.expect("answered")
    };
    let struck = strikes::undecided(&database.pool, cause().at, 50).await.expect("read");
    for (strike, verdict) in struck.iter().zip([Verdict::Upheld, Verdict::Benign]) {
        assert_eq!(asked().await, Err(Refusal::InReview), "before {verdict:?}");
        strikes::decide(&database.pool, &cause(), &staff(owner), strike.id, verdict)
            .await
            .expect("answered")
            .expect("decided");
    }
    assert!(asked().await.is_ok(), "one was harmless, and the rest are too few");
}

#[tokio::test]
async fn whoever_comes_near_a_review_is_warned() {
    let database = Database::new().await;
    let owner = account(&database, "a@example.org").await;
    list(&database, &["gore"]).await;
    let warning = async || strikes::warning(&database.pool, cause().at, owner).await.expect("read");
    for number in 1..=REVIEW_FROM {
        requested(&database, owner, "gore").await;
        let expected = if number >= REVIEW_FROM {
            Some(Warning::InReview)
        } else {
            (number >= WARN_FROM).then_some(Warning::Near)
        };
        assert_eq!(warning().await, expected, "after {number}");
    }
    let tomorrow = cause().at + TimeDelta::hours(25);
    sqlx::query("update accounts set review_since = null").execute(&database.pool).await.expect("over");
    assert_eq!(strikes::warning(&database.pool, tomorrow, owner).await.expect("read"), None);
}

#[tokio::test]
async fn staff_may_think_better_of_a_verdict() {
    let database = Database::new().await;
    let owner = account(&database, "a@example.org").await;
    let manager = account(&database, "manager@example.org").await;
    list(&database, &["gore"]).await;
    requested(&database, owner, "gore").await;
    let id = strikes::undecided(&database.pool, cause().at, 5).await.expect("read")[0].id;
    let mut counted = Vec::new();
    for verdict in [Verdict::Benign, Verdict::Upheld, Verdict::Benign] {
        let decided =
            strikes::decide(&database.pool, &cause(), &staff(manager), id, verdict).await.expect("answered");
        assert_eq!(decided, Ok(()));
        counted.push(strikes::counting(&database.pool, cause().at, owner).await.expect("counted"));
    }
    assert_eq!(counted, [0, 1, 0]);
    let changes: Vec<(Option<String>, String)> = sqlx::query_as(
        "select before ->> 'verdict', after ->> 'verdict' from audit_entries where action = 'strike.decide' order by id",
    )
    .fetch_all(&database.pool)
    .await
    .expect("read");
    let said = |before: Option<&str>, after: &str| (before.map(str::to_owned), after.to_owned());
    assert_eq!(
        changes,
        [said(None, "benign"), said(Some("benign"), "upheld"), said(Some("upheld"), "benign")]
    );
}

#[tokio::test]
async fn blanks_and_what_nobody_sees_hide_no_phrase_and_scripts_without_blanks_are_searched_inside() {
    let database = Database::new().await;
    let owner = account(&database, "a@example.org").await;
    list(&database, &["naked   emperor", "gore", "流血", "เลือด", "ゴア", "폭력"]).await;
    for (sentence, expected) in [
        ("the naked  emperor", GenerationState::Refused),
        ("the naked\r\nemperor", GenerationState::Refused),
        ("the naked\t\u{a0}\u{3000}emperor", GenerationState::Refused),
        ("the naked\u{2028}emperor", GenerationState::Refused),
        ("the na\u{200b}ked\u{ad} emperor", GenerationState::Refused),
        ("the nakedemperor", GenerationState::Queued),
        ("一幅流血的画", GenerationState::Refused),
        ("ภาพเลือดสีแดง", GenerationState::Refused),
        ("夜のゴアの絵", GenerationState::Refused),
        ("ｺﾞｱ", GenerationState::Refused),
        ("폭력을 그려 줘", GenerationState::Refused),
        ("夜のgoreの絵", GenerationState::Refused),
        ("流れる血", GenerationState::Queued),
        ("gorge", GenerationState::Queued),
        ("évagore", GenerationState::Queued),
    ] {
        let id = requested(&database, owner, sentence).await;
        assert_eq!(state(&database, owner, id).await.0, expected, "{sentence:?}");
        let ended = "update accounts set review_since = null";
        sqlx::query(ended).execute(&database.pool).await.expect("no review");
    }
    let stored = blocklists::current(&database.pool).await.expect("read").expect("one").terms;
    assert!(stored.contains(&"naked emperor".to_owned()), "{stored:?}");
}

#[tokio::test]
async fn the_picture_that_belongs_to_a_strike_is_there_for_whoever_judges() {
    let database = Database::new().await;
    let owner = account(&database, "a@example.org").await;
    list(&database, &["gore"]).await;
    let brought = Brought { bytes: b"a jpeg".to_vec(), width: 64, height: 64, sha256: [1; 32] };
    let source = sources::stage(&database.pool, &cause(), owner, &brought).await.expect("staged");
    let (_, drawn) = ready(&database, owner).await;
    let mut ids = Vec::new();
    for from in [None, Some(SourceImage::Drawn(drawn[0])), Some(SourceImage::Brought(source))] {
        let wish = Wish { source: from, ..wish("gore") };
        generations::request(&database.pool, &cause(), owner, &wish, LIMITS)
            .await
            .expect("answered")
            .expect("turned down");
        ids.push(
            strikes::undecided(&database.pool, cause().at, 5).await.expect("read").pop().expect("one").id,
        );
    }
    let has_picture = async || -> Vec<bool> {
        let found = strikes::undecided(&database.pool, cause().at, 5).await.expect("read");
        found.into_iter().map(|strike| strike.has_picture).collect()
    };
    let of = async |id| strikes::source(&database.pool, id).await.expect("read");
    assert_eq!(has_picture().await, [false, false, true]);
    assert_eq!(of(ids[0]).await, Original::None);
    assert_eq!(of(ids[1]).await, Original::None, "what was drawn for somebody is theirs");
    assert!(matches!(of(ids[2]).await, Original::Bytes { bytes, .. } if bytes == b"a jpeg"));
    sources::stored(&database.pool, source).await.expect("stored");
    assert!(matches!(of(ids[2]).await, Original::Stored { .. }));
    let later = Cause { at: cause().at + sources::KEPT_FOR + TimeDelta::days(1), request_id: None };
    sources::remove(&database.pool, &later, source).await.expect("removed");
    assert_eq!(of(ids[2]).await, Original::Gone);
    assert_eq!(has_picture().await, [false, false, false]);
}
