//! Leaving: scheduled, called off, done.

mod support;

use chrono::{DateTime, Duration, Utc};
use shop::{
    Cause,
    accounts::{self, Erasure, ErasureError, REGRET},
    credits, exports,
    generations::{self, Wish},
    ids::{AccountId, SessionId},
    images::{self, Report, ReportReason, ReviewList, Verdict},
    sessions::{self, Browser},
    sources::{self, Brought, SourceImage},
    testing::{Database, LIMITS},
};
use support::{account, answer, begin, cause, jobs, ready, requested, wish};

const BROWSER: Browser<'static> = Browser { user_agent: "Netscape 4", address: "192.0.2.7" };

fn later(by: Duration) -> Cause {
    Cause { at: cause().at + by, ..cause() }
}

async fn schedule(database: &Database, id: AccountId, keep: bool) -> Result<DateTime<Utc>, ErasureError> {
    let cause = cause();
    accounts::schedule_erasure(&database.pool, &cause, id, keep, SessionId::new(cause.at)).await
}

async fn count(database: &Database, sql: &'static str, id: AccountId) -> i64 {
    sqlx::query_scalar(sql).bind(id).fetch_one(&database.pool).await.expect("a number")
}

/// `(kind, recipient, state)`, oldest first.
async fn mails(database: &Database) -> Vec<(String, String, String)> {
    let sql = "select kind, recipient, state from mails order by id";
    sqlx::query_as(sql).fetch_all(&database.pool).await.expect("mails")
}

#[tokio::test]
async fn it_is_scheduled_once_and_all_other_sessions_end() {
    let database = Database::new().await;
    let id = account(&database, "ada@example.org").await;
    let now = cause();
    for hash in [[1; 32], [2; 32]] {
        sessions::begin(&database.pool, &now, id, &hash, BROWSER, None).await.expect("begun").expect("open");
    }
    let here = sessions::visitor(&database.pool, &[1; 32], now.at)
        .await
        .expect("read")
        .expect("signed in")
        .session_id;
    let erase_at =
        accounts::schedule_erasure(&database.pool, &now, id, false, here).await.expect("scheduled");
    assert_eq!(erase_at, now.at + REGRET);
    let here =
        sessions::visitor(&database.pool, &[1; 32], now.at).await.expect("read").expect("still signed in");
    assert!(here.erase_at.is_some());
    assert!(sessions::visitor(&database.pool, &[2; 32], now.at).await.expect("read").is_none());
    assert!(matches!(schedule(&database, id, true).await, Err(ErasureError::Stale(_))), "it was before");
    assert_eq!(mails(&database).await.len(), 1);
    assert_eq!(jobs(&database, "erase_account").await.len(), 1);
    let due = "select count(*) from apalis.jobs where job_type = 'upkeep' and run_at > now() + interval '13 days 23 hours' and $1 is not null";
    assert_eq!(count(&database, due, id).await, 1, "not before its time");
}

#[tokio::test]
async fn whoever_works_for_the_shop_is_not_erased() {
    let database = Database::new().await;
    let id = account(&database, "ada@example.org").await;
    for role in ["support", "production", "manager", "owner"] {
        sqlx::query("update accounts set role = $1")
            .bind(role)
            .execute(&database.pool)
            .await
            .expect("promoted");
        assert!(matches!(schedule(&database, id, false).await, Err(ErasureError::IsStaff)), "{role}");
    }
    let nobody = AccountId::new(cause().at);
    assert!(matches!(schedule(&database, nobody, false).await, Err(ErasureError::Stale(_))));
}

#[tokio::test]
async fn it_is_called_off_until_it_is_done() {
    let database = Database::new().await;
    let id = account(&database, "ada@example.org").await;
    let call_off =
        async || accounts::call_off_erasure(&database.pool, &cause(), id).await.expect("an answer");
    assert!(call_off().await.is_err(), "there is nothing to call off");
    schedule(&database, id, true).await.expect("scheduled");
    let early =
        accounts::erase(&database.pool, &later(REGRET - Duration::hours(1)), id).await.expect("an answer");
    assert!(matches!(early, Erasure::NotBefore(_)), "{early:?}");
    assert!(call_off().await.is_ok());
    let due = later(REGRET + Duration::hours(1));
    assert_eq!(accounts::erase(&database.pool, &due, id).await.expect("an answer"), Erasure::Needless);
    schedule(&database, id, false).await.expect("scheduled anew");
    assert_eq!(accounts::erase(&database.pool, &due, id).await.expect("an answer"), Erasure::Done);
    assert!(call_off().await.is_err(), "too late");
    assert_eq!(accounts::erase(&database.pool, &due, id).await.expect("an answer"), Erasure::Needless);
    let kinds: Vec<String> = mails(&database).await.into_iter().map(|(kind, ..)| kind).collect();
    assert_eq!(kinds, ["erasure_scheduled", "erasure_called_off", "erasure_scheduled", "erased"]);
}

#[tokio::test]
async fn nothing_of_the_person_stays() {
    let database = Database::new().await;
    let (ada, noor) =
        (account(&database, "ada@example.org").await, account(&database, "noor@example.org").await);
    for (id, hash) in [(ada, [1; 32]), (noor, [2; 32])] {
        sessions::begin(&database.pool, &cause(), id, &hash, BROWSER, None)
            .await
            .expect("begun")
            .expect("open");
        for sql in [
            "insert into account_tokens (id_hash, account_id, purpose, email, created_at, expires_at)
             values (sha256($1::text::bytea), $1, 'reset_password', 'x@example.org', now(), now())",
            "insert into second_factors (account_id, sealed_secret, confirmed_at) values ($1, 'x', now())",
            "insert into recovery_codes (account_id, code_hash) values ($1, sha256('x'))",
            "insert into addresses (id, account_id, name, line1, country, created_at) values ($1, $1, 'Ada', 'Quay 1', 'DE', now())",
            "insert into carts (id, account_id, currency, created_at, updated_at) values ($1, $1, 'EUR', now(), now())",
        ] {
            sqlx::query(sql).bind(id).execute(&database.pool).await.expect(sql);
        }
    }
    sqlx::query("update accounts set name = 'Ada'").execute(&database.pool).await.expect("named");
    let (_, pictures) = ready(&database, ada).await;
    let (others, theirs) = ready(&database, noor).await;
    images::submit(&database.pool, &cause(), ada, pictures[0], "A fox", false)
        .await
        .expect("ok")
        .expect("published");
    let waiting = requested(&database, ada, "a hare").await;
    let drawing = begin(&database, waiting).await.expect("to draw");
    exports::request(&database.pool, &cause(), ada).await.expect("requested");
    schedule(&database, ada, false).await.expect("scheduled");
    let due = later(REGRET + Duration::hours(1));
    assert_eq!(accounts::erase(&database.pool, &due, ada).await.expect("an answer"), Erasure::Done);

    for table in ["sessions", "account_tokens", "second_factors", "recovery_codes", "addresses", "carts"] {
        for (id, left) in [(ada, 0), (noor, 1)] {
            let sql = sqlx::AssertSqlSafe(format!("select count(*) from {table} where account_id = $1"));
            let rows: i64 =
                sqlx::query_scalar(sql).bind(id).fetch_one(&database.pool).await.expect("a number");
            assert_eq!(rows, left, "{table}");
        }
    }
    assert!(accounts::credentials(&database.pool, "ada@example.org").await.expect("read").is_none());
    let erased = format!("erased-{ada}@erased.invalid");
    assert!(accounts::credentials(&database.pool, &erased).await.expect("read").is_none(), "nobody signs in");
    assert_eq!(
        count(
            &database,
            "select count(*) from accounts where id = $1 and name = '' and erased_at is not null",
            ada
        )
        .await,
        1
    );

    // Both pictures are to be removed now, and what comes late comes to nobody.
    let removals = jobs(&database, "purge_image").await;
    assert_eq!(removals.len(), 2, "{removals:?}");
    for picture in &pictures {
        let removal = images::removal(&database.pool, &due, *picture).await.expect("an answer");
        assert!(matches!(removal, images::Removal::Due(_)), "{removal:?}");
        assert!(images::find(&database.pool, None, *picture).await.expect("read").is_none());
    }
    generations::answered(&database.pool, &due, drawing.call_id, &answer(1)).await.expect("answered");
    let sentences = "select count(*) from generations where account_id = $1 and prompt = '(erased)' and state in ('ready', 'cancelled')";
    assert_eq!(count(&database, sentences, ada).await, 2);
    assert_eq!(
        count(&database, "select count(*) from images where account_id = $1", ada).await,
        2,
        "none more"
    );
    let exports = exports::of_account(&database.pool, ada, 10).await.expect("read");
    assert_eq!(exports[0].state, exports::ExportState::Failed);

    // Somebody else's is as it was.
    assert!(images::find(&database.pool, Some(noor), theirs[0]).await.expect("read").is_some());
    let prompt = generations::find(&database.pool, noor, others).await.expect("read").expect("there").prompt;
    assert_eq!(prompt, "a fox");

    let mails = mails(&database).await;
    assert_eq!(
        mails[0],
        ("erasure_scheduled".to_owned(), String::new(), "failed".to_owned()),
        "not sent in time"
    );
    assert_eq!(mails[1], ("erased".to_owned(), "ada@example.org".to_owned(), "queued".to_owned()));
}

#[tokio::test]
async fn a_picture_in_the_gallery_stays_with_its_sentence_if_its_owner_wants_that() {
    let database = Database::new().await;
    let ada = account(&database, "ada@example.org").await;
    let (kept, pictures) = ready(&database, ada).await;
    ready(&database, ada).await;
    images::submit(&database.pool, &cause(), ada, pictures[0], "A fox", false)
        .await
        .expect("ok")
        .expect("published");
    schedule(&database, ada, true).await.expect("scheduled");
    accounts::erase(&database.pool, &later(REGRET + Duration::hours(1)), ada).await.expect("erased");
    assert!(images::find(&database.pool, None, pictures[0]).await.expect("read").is_some());
    assert_eq!(jobs(&database, "purge_image").await.len(), 3);
    let sentence = generations::find(&database.pool, ada, kept).await.expect("read").expect("there").prompt;
    assert_eq!(sentence, "a fox");
    assert_eq!(
        count(
            &database,
            "select count(*) from generations where account_id = $1 and prompt = '(erased)'",
            ada
        )
        .await,
        1
    );
}

#[tokio::test]
async fn an_erasure_that_was_given_up_is_seen_and_tried_again_by_staff() {
    let database = Database::new().await;
    let id = account(&database, "ada@example.org").await;
    let staff = shop::audit::Actor { account_id: None, client_address: String::new() };
    let retry =
        async || accounts::retry_erasure(&database.pool, &cause(), &staff, id).await.expect("an answer");
    assert!(retry().await.is_err(), "nothing failed");
    sqlx::query("update accounts set erase_at = now(), erase_problem = 'It could not.' where id = $1")
        .bind(id)
        .execute(&database.pool)
        .await
        .expect("failed");
    assert_eq!(shop::office::counts(&database.pool).await.expect("counted").failed_erasures, 1);
    let found =
        shop::office::accounts::find(&database.pool, id, cause().at).await.expect("read").expect("there");
    assert_eq!(found.erase_problem.as_deref(), Some("It could not."));
    assert!(retry().await.is_ok());
    assert!(retry().await.is_err(), "once");
    assert_eq!(shop::office::counts(&database.pool).await.expect("counted").failed_erasures, 0);
    assert_eq!(
        accounts::erase(&database.pool, &later(Duration::hours(1)), id).await.expect("an answer"),
        Erasure::Done
    );
}

#[tokio::test]
async fn nobody_is_erased_who_works_for_the_shop() {
    let database = Database::new().await;
    let id = account(&database, "ada@example.org").await;
    sqlx::query("update accounts set erase_at = now(), role = 'owner' where id = $1")
        .bind(id)
        .execute(&database.pool)
        .await
        .expect("an owner");
    let answer = accounts::erase(&database.pool, &later(Duration::hours(1)), id).await.expect("an answer");
    assert_eq!(answer, Erasure::OfStaff);
}

#[tokio::test]
async fn pictures_in_every_place_and_what_is_under_way_are_no_hindrance() {
    let database = Database::new().await;
    let (ada, noor) =
        (account(&database, "ada@example.org").await, account(&database, "noor@example.org").await);
    let staff = shop::audit::Actor { account_id: None, client_address: String::new() };
    let submit = async |who, id, reviewed| {
        images::submit(&database.pool, &cause(), who, id, "A fox", reviewed)
            .await
            .expect("answered")
            .expect("handed in");
    };
    let report = async |who, id| {
        let report = Report { reason: ReportReason::Rights, words: "My <logo>".to_owned() };
        images::report(&database.pool, &cause(), who, id, &report).await.expect("answered").expect("told");
    };
    // Waiting for staff, deleted by its owner while it waited, reported, hidden, and one that others love.
    let mut pictures = Vec::new();
    for _ in 0..3 {
        pictures.extend(ready(&database, ada).await.1);
    }
    let [waiting, deleted, reported, hidden, loved, _private] = pictures[..] else { panic!("six pictures") };
    submit(ada, waiting, true).await;
    submit(ada, deleted, true).await;
    images::delete(&database.pool, &cause(), ada, deleted).await.expect("answered").expect("deleted");
    for id in [reported, hidden, loved] {
        submit(ada, id, false).await;
    }
    report(noor, reported).await;
    report(noor, hidden).await;
    images::set_loved(&database.pool, &cause(), noor, loved, true).await.expect("answered").expect("loved");
    let listed = images::review_list(&database.pool, ReviewList::Reported, 5).await.expect("listed");
    let seen = listed.iter().find(|found| found.card.id == hidden).expect("reported").since;
    let hide = Verdict::Hide { note: "It shows a real person." };
    images::review(&database.pool, &cause(), &staff, hidden, seen, hide)
        .await
        .expect("answered")
        .expect("hidden");
    // Of somebody else's pictures.
    let (_, theirs) = ready(&database, noor).await;
    submit(noor, theirs[0], false).await;
    images::set_loved(&database.pool, &cause(), ada, theirs[0], true)
        .await
        .expect("answered")
        .expect("loved");
    report(ada, theirs[0]).await;
    // A picture that she brought along, and a request that starts from it and waits.
    let brought = Brought { bytes: b"a jpeg".to_vec(), width: 64, height: 64, sha256: [1; 32] };
    let source = sources::stage(&database.pool, &cause(), ada, &brought).await.expect("staged");
    let wish = Wish { source: Some(SourceImage::Brought(source)), ..wish("a fox in it") };
    generations::request(&database.pool, &cause(), ada, &wish, LIMITS)
        .await
        .expect("answered")
        .expect("accepted");
    assert!(credits::balance(&database.pool, ada).await.expect("read").held > 0);

    schedule(&database, ada, false).await.expect("scheduled");
    let due = later(REGRET + Duration::hours(1));
    assert_eq!(accounts::erase(&database.pool, &due, ada).await.expect("an answer"), Erasure::Done);

    for id in &pictures {
        let removal = images::removal(&database.pool, &due, *id).await.expect("an answer");
        assert!(matches!(removal, images::Removal::Due(_)), "{removal:?}");
        images::remove(&database.pool, &due, *id).await.expect("removed");
    }
    for (sql, left) in [
        ("select count(*) from images where account_id = $1", 0),
        ("select count(*) from generations where account_id = $1 and prompt <> '(erased)'", 0),
        ("select count(*) from loves where account_id = $1", 0),
        ("select count(*) from reports where account_id = $1 and words <> ''", 0),
        ("select count(*) from credit_holds where account_id = $1 and state = 'held'", 0),
        ("select count(*) from reports where account_id = $1", 1),
    ] {
        assert_eq!(count(&database, sql, ada).await, left, "{sql}");
    }
    assert_eq!(images::review_counts(&database.pool).await.expect("counted").submitted, 0);
    let removal = sources::remove(&database.pool, &due, source).await.expect("an answer");
    assert!(matches!(removal, images::Removal::Due(_)), "{removal:?}");
    let hung = images::hung(&database.pool, None, &images::short_id(theirs[0])).await.expect("read");
    assert_eq!(hung.expect("there").card.loves, 0, "her heart is taken back");
}
