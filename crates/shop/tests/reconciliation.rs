//! The books: what differs is found, what can be put right is, and what is under way is left alone.

mod support;

use chrono::Duration;
use shop::{
    Cause, credits,
    generations::{self, GenerationState},
    ids::AccountId,
    images,
    reconciliation::{self, Books, Finding, FindingKind, Listed, Resolution},
    testing::Database,
};
use support::{account, begin, cause, jobs, ready, requested};

async fn shop() -> (Database, AccountId) {
    let database = Database::new().await;
    let owner = account(&database, "a@example.org").await;
    (database, owner)
}

/// When everything that happened so far is settled.
fn tomorrow() -> Cause {
    Cause { at: cause().at + Duration::days(2), request_id: None }
}

async fn compare(database: &Database) -> usize {
    reconciliation::compare_books(&database.pool, &tomorrow()).await.expect("compared")
}

async fn findings(database: &Database) -> Vec<(FindingKind, Option<Resolution>)> {
    let findings: Vec<Finding> = reconciliation::findings(&database.pool, 100).await.expect("read");
    findings.iter().map(|finding| (finding.kind, finding.resolution)).collect()
}

async fn sql(database: &Database, statement: &'static str) {
    sqlx::raw_sql(statement).execute(&database.pool).await.expect("done");
}

#[tokio::test]
async fn books_that_agree_say_nothing() {
    let (database, owner) = shop().await;
    ready(&database, owner).await;
    requested(&database, owner, "a hare").await;
    let lost = requested(&database, owner, "a heron").await;
    begin(&database, lost).await.expect("to draw");
    begin(&database, lost).await.expect("a second try");
    begin(&database, lost).await.ok_or(()).expect_err("two were lost");
    assert_eq!(compare(&database).await, 0, "{:?}", findings(&database).await);
}

#[tokio::test]
async fn a_request_without_a_job_is_ended_and_its_credits_go_back() {
    let (database, owner) = shop().await;
    let before = credits::balance(&database.pool, owner).await.expect("read");
    let id = requested(&database, owner, "a fox").await;
    begin(&database, id).await.expect("to draw");
    sql(&database, "delete from apalis.jobs").await;
    let now = reconciliation::compare_books(&database.pool, &cause()).await.expect("compared");
    assert_eq!(now, 0, "it may be under way");
    assert_eq!(compare(&database).await, 1);
    assert_eq!(findings(&database).await, [(FindingKind::StrandedGeneration, Some(Resolution::Mended))]);
    let ended = generations::find(&database.pool, owner, id).await.expect("read").expect("there");
    assert_eq!(ended.state, GenerationState::Failed);
    assert_eq!(credits::balance(&database.pool, owner).await.expect("read"), before);
    assert_eq!(compare(&database).await, 0, "its call is closed too");
}

#[tokio::test]
async fn holds_and_spending_are_put_right() {
    let (database, owner) = shop().await;
    let (drawn, _) = ready(&database, owner).await;
    let id = requested(&database, owner, "a hare").await;
    let before = credits::balance(&database.pool, owner).await.expect("read");
    sql(&database, "update generations set state = 'cancelled', finished_at = now() where state = 'queued'")
        .await;
    sql(&database, "update provider_spending set microdollars = microdollars + 7").await;
    assert_eq!(compare(&database).await, 2);
    let mut found = findings(&database).await;
    found.sort_by_key(|(kind, _)| <&str>::from(*kind));
    assert_eq!(
        found,
        [
            (FindingKind::SpendingDiffers, Some(Resolution::Mended)),
            (FindingKind::StaleHold, Some(Resolution::Mended))
        ]
    );
    let after = credits::balance(&database.pool, owner).await.expect("read");
    assert_eq!((after.held, after.available), (0, before.available + before.held), "{id}");
    let spent: i64 = sqlx::query_scalar("select sum(microdollars)::bigint from provider_spending")
        .fetch_one(&database.pool)
        .await
        .expect("read");
    assert_eq!(spent, 40_000, "what the answer for {drawn} cost");
    assert_eq!(compare(&database).await, 0);
}

#[tokio::test]
async fn what_only_a_person_can_put_right_stays_open_until_it_is() {
    let (database, owner) = shop().await;
    let (drawn, _) = ready(&database, owner).await;
    sql(&database, "update credit_holds set state = 'held', ended_at = null").await;
    assert_eq!(compare(&database).await, 1, "its pictures came, and it may have been paid for");
    assert_eq!(compare(&database).await, 1);
    assert_eq!(
        findings(&database).await,
        [(FindingKind::StaleHold, None)],
        "one finding, seen twice: {drawn}"
    );
    sql(&database, "update credit_holds set state = 'captured', ended_at = now(), amount = 1").await;
    assert_eq!(compare(&database).await, 1, "two were taken of one that was held");
    let began = cause().at + Duration::days(2) - Duration::seconds(5);
    sql(&database, "update reconciliation_findings set last_seen_at = now() where kind = 'stale_hold'").await;
    let open =
        reconciliation::conclude(&database.pool, &tomorrow(), began, Books::Own).await.expect("concluded");
    assert_eq!(open, 1);
    assert_eq!(
        findings(&database).await,
        [(FindingKind::CreditsDiffer, None), (FindingKind::StaleHold, Some(Resolution::Gone))]
    );
}

#[tokio::test]
async fn pictures_and_their_objects_are_compared_side_by_side() {
    let (database, owner) = shop().await;
    let db = &database.pool;
    let mut pictures = Vec::new();
    for _ in 0..3 {
        pictures.extend(ready(&database, owner).await.1);
    }
    for id in &pictures {
        images::stored(db, &cause(), *id).await.expect("stored");
        images::thumbnails_made(db, *id, &[320]).await.expect("made");
    }
    sql(&database, "delete from apalis.jobs").await;
    let old = cause().at;
    let listed = |key: String| Listed { key, modified_at: old };
    let mut objects: Vec<Listed> = Vec::new();
    for id in &pictures {
        for name in ["320.jpg", "320.webp", "original.png"] {
            objects.push(listed(format!("images/{id}/{name}")));
        }
    }
    objects.sort_by(|one, other| one.key.cmp(&other.key));
    let compared = async |objects: &[Listed], at: Cause| {
        reconciliation::compare_objects(db, &at, objects, None, None).await.expect("compared")
    };
    assert_eq!(compared(&objects, tomorrow()).await.findings, 0);

    let stranger = listed("images/00000000-0000-7000-8000-000000000000/original.png".to_owned());
    objects.insert(0, stranger.clone());
    objects.retain(|object| !object.key.ends_with(&format!("{}/original.png", pictures[0])));
    objects.retain(|object| !object.key.ends_with(&format!("{}/320.webp", pictures[1])));
    assert_eq!(compared(&objects, cause()).await.findings, 0, "all of it may be on its way");
    let found = compared(&objects, tomorrow()).await;
    assert_eq!((found.findings, found.removable), (3, vec![]), "an orphan is kept for a while");
    let mut kinds = findings(&database).await;
    kinds.sort_by_key(|(kind, _)| format!("{kind:?}"));
    assert_eq!(
        kinds,
        [
            (FindingKind::LostObject, None),
            (FindingKind::LostThumbnails, Some(Resolution::Mended)),
            (FindingKind::OrphanObject, None)
        ]
    );
    let made_again = jobs(&database, "make_thumbnails").await;
    assert_eq!(made_again.len(), 1);
    assert_eq!(made_again[0]["image_id"], pictures[1].to_string());
    let next_week = Cause { at: tomorrow().at + Duration::days(8), request_id: None };
    assert_eq!(compared(&objects, next_week).await.removable, [stranger.key]);
}

#[tokio::test]
async fn a_stretch_looks_at_its_own_pictures_alone() {
    let (database, owner) = shop().await;
    let db = &database.pool;
    let mut pictures: Vec<uuid::Uuid> = Vec::new();
    for _ in 0..2 {
        for id in ready(&database, owner).await.1 {
            images::stored(db, &cause(), id).await.expect("stored");
            pictures.push(id.0);
        }
    }
    pictures.sort_unstable();
    let stretch = async |after: Option<usize>, through: Option<usize>| {
        let of = |index: Option<usize>| index.map(|index| pictures[index]);
        reconciliation::compare_objects(db, &tomorrow(), &[], of(after), of(through))
            .await
            .expect("compared")
            .findings
    };
    assert_eq!(stretch(None, Some(1)).await, 2);
    assert_eq!(stretch(Some(1), Some(2)).await, 1);
    assert_eq!(stretch(Some(2), None).await, 1);
}
