//! From the sentence to the answer: what is stored, what is enqueued, and how often a picture is paid for.

mod support;

use shop::{
    StaleTransition,
    generations::{self, Begun, CallEnd, GenerationState, Refusal},
    images,
    testing::{Database, LIMITS, TERMS, claim},
};
use support::{account, answer, begin, cause, jobs, ready, requested, wish};

#[tokio::test]
async fn a_request_and_its_job_are_one() {
    let database = Database::new().await;
    let owner = account(&database, "a@example.org").await;
    let id = requested(&database, owner, "a fox").await;
    assert_eq!(
        jobs(&database, "generate_images").await,
        [serde_json::json!({"job": "generate_images", "generation_id": id})]
    );
}

#[tokio::test]
async fn a_double_click_is_one_request() {
    let database = Database::new().await;
    let owner = account(&database, "a@example.org").await;
    let wish = wish("a fox");
    let request = async || generations::request(&database.pool, &cause(), owner, &wish, LIMITS).await;
    let first = request().await.expect("requested").expect("accepted");
    let second = request().await.expect("again").expect("accepted");
    assert_eq!(first, second);
    assert_eq!(jobs(&database, "generate_images").await.len(), 1);
}

#[tokio::test]
async fn nothing_is_drawn_for_an_address_that_is_not_verified() {
    let database = Database::new().await;
    let owner = account(&database, "a@example.org").await;
    let unverify = "update accounts set email_verified_at = null";
    sqlx::query(unverify).execute(&database.pool).await.expect("done");
    let asked = generations::request(&database.pool, &cause(), owner, &wish("a fox"), LIMITS).await;
    assert_eq!(asked.expect("answered"), Err(Refusal::Unverified));
    assert_eq!(jobs(&database, "generate_images").await.len(), 0);
}

#[tokio::test]
async fn an_answer_brings_pictures_and_their_uploads_at_once() {
    let database = Database::new().await;
    let owner = account(&database, "a@example.org").await;
    let (id, images) = ready(&database, owner).await;
    let generation = generations::find(&database.pool, owner, id).await.expect("found").expect("there");
    assert_eq!(generation.state, GenerationState::Ready);
    assert_eq!(images.len(), 2);
    assert_eq!(jobs(&database, "upload_image").await.len(), 2);
    assert!(images::staged(&database.pool, images[0]).await.expect("read").is_some());
}

#[tokio::test]
async fn what_is_ready_is_not_drawn_again() {
    let database = Database::new().await;
    let owner = account(&database, "a@example.org").await;
    let (id, _) = ready(&database, owner).await;
    assert_eq!(begin(&database, id).await, None);
}

#[tokio::test]
async fn a_lost_answer_is_tried_once_more_and_then_told() {
    let database = Database::new().await;
    let owner = account(&database, "a@example.org").await;
    let id = requested(&database, owner, "a fox").await;
    for _ in 0..2 {
        assert!(begin(&database, id).await.is_some());
    }
    assert_eq!(begin(&database, id).await, None, "no third call");
    let generation = generations::find(&database.pool, owner, id).await.expect("found").expect("there");
    assert_eq!(generation.state, GenerationState::Failed);
    assert!(generation.problem.expect("told").contains("Nothing was charged"));
}

#[tokio::test]
async fn an_answer_that_comes_late_still_counts_once() {
    let database = Database::new().await;
    let owner = account(&database, "a@example.org").await;
    let id = requested(&database, owner, "a fox").await;
    let first = begin(&database, id).await.expect("to draw");
    let second = begin(&database, id).await.expect("to draw");
    for call in [first, second] {
        generations::answered(&database.pool, &cause(), call.call_id, &answer(2)).await.expect("answered");
    }
    assert_eq!(
        images::of_generations(&database.pool, &[id]).await.expect("images").len(),
        2,
        "one answer's pictures"
    );
}

#[tokio::test]
async fn a_failed_call_puts_the_request_back_into_the_queue() {
    let database = Database::new().await;
    let owner = account(&database, "a@example.org").await;
    let id = requested(&database, owner, "a fox").await;
    let drawing = begin(&database, id).await.expect("to draw");
    generations::end_call(&database.pool, &cause(), drawing.call_id, &CallEnd::Failed, None, "500")
        .await
        .expect("ended");
    let generation = generations::find(&database.pool, owner, id).await.expect("found").expect("there");
    assert_eq!(generation.state, GenerationState::Queued);
}

#[tokio::test]
async fn only_its_owner_takes_a_request_back_and_only_in_time() {
    let database = Database::new().await;
    let (owner, other) =
        (account(&database, "a@example.org").await, account(&database, "b@example.org").await);
    let id = requested(&database, owner, "a fox").await;
    let at = cause();
    let cancel = |who| generations::cancel(&database.pool, &at, who, id);
    assert_eq!(cancel(other).await.expect("answered"), Err(StaleTransition));
    assert_eq!(cancel(owner).await.expect("answered"), Ok(()));
    assert_eq!(cancel(owner).await.expect("answered"), Err(StaleTransition));
    assert_eq!(begin(&database, id).await, None);
}

#[tokio::test]
async fn the_last_sentences_are_listed_once_each() {
    let database = Database::new().await;
    let owner = account(&database, "a@example.org").await;
    for prompt in ["a fox", "a hare", "a fox"] {
        requested(&database, owner, prompt).await;
    }
    let recent = generations::recent_prompts(&database.pool, owner, 5).await.expect("listed");
    assert_eq!(recent.iter().map(|recent| recent.prompt.as_str()).collect::<Vec<_>>(), ["a fox", "a hare"]);
}

#[tokio::test]
async fn who_lost_the_job_does_not_begin_a_second_call() {
    let database = Database::new().await;
    let owner = account(&database, "a@example.org").await;
    let id = requested(&database, owner, "a fox").await;
    let lost = claim(&database.pool).await;
    let live = begin(&database, id).await.expect("its successor draws");
    let late = generations::begin(&database.pool, &cause(), &lost, id, TERMS).await.expect("answered");
    assert_eq!(late, Begun::Nothing);
    generations::answered(&database.pool, &cause(), live.call_id, &answer(1)).await.expect("answered");
    generations::answered(&database.pool, &cause(), live.call_id, &answer(1)).await.expect("twice is once");
    assert_eq!(images::of_generations(&database.pool, &[id]).await.expect("images").len(), 1);
}
