//! Credits: held, captured, released, and never twice.

mod support;

use shop::{
    credits::{self, Balance},
    generations::{self, CallEnd, Limits, Refusal, Wish},
    testing::{Database, LIMITS},
};
use support::{account, answer, begin, cause, requested, wish};

async fn balance(database: &Database, owner: shop::ids::AccountId) -> Balance {
    credits::balance(&database.pool, owner).await.expect("read")
}

#[tokio::test]
async fn a_request_holds_and_an_answer_takes_what_came() {
    let database = Database::new().await;
    let owner = account(&database, "a@example.org").await;
    let id = requested(&database, owner, "a fox").await;
    assert_eq!(balance(&database, owner).await, Balance { available: 998, held: 2 });
    let call = begin(&database, id).await.expect("to draw").call_id;
    for _ in 0..2 {
        generations::answered(&database.pool, &cause(), call, &answer(1)).await.expect("answered");
    }
    assert_eq!(
        balance(&database, owner).await,
        Balance { available: 999, held: 0 },
        "one picture came, once"
    );
}

#[tokio::test]
async fn what_brings_nothing_costs_nothing() {
    let database = Database::new().await;
    let owner = account(&database, "a@example.org").await;
    let refused = requested(&database, owner, "a fox").await;
    let call = begin(&database, refused).await.expect("to draw").call_id;
    generations::refuse(&database.pool, &cause(), call, None, "policy", "no", None).await.expect("refused");
    let cancelled = requested(&database, owner, "a hare").await;
    generations::cancel(&database.pool, &cause(), owner, cancelled)
        .await
        .expect("answered")
        .expect("cancelled");
    let lost = requested(&database, owner, "an owl").await;
    for _ in 0..2 {
        let call = begin(&database, lost).await.expect("to draw").call_id;
        generations::end_call(&database.pool, &cause(), call, &CallEnd::Ambiguous, None, "x")
            .await
            .expect("ended");
    }
    assert_eq!(begin(&database, lost).await, None);
    assert_eq!(balance(&database, owner).await, Balance { available: 1_000, held: 0 });
}

#[tokio::test]
async fn nobody_holds_more_than_there_is_also_not_at_once() {
    let database = Database::new().await;
    let owner = account(&database, "a@example.org").await;
    let tasks: Vec<_> = (0..8)
        .map(|number| {
            let db = database.pool.clone();
            tokio::spawn(async move {
                let quality = generations::Quality::High;
                let wish = Wish { quality, count: 4, ..wish(&format!("a fox, number {number}")) };
                let mut accepted = 0;
                for _ in 0..10 {
                    let key = shop::testing::wish("").client_key;
                    let wish = Wish { client_key: key, ..wish.clone() };
                    let answer =
                        generations::request(&db, &cause(), owner, &wish, LIMITS).await.expect("answered");
                    accepted += usize::from(answer.is_ok());
                }
                accepted
            })
        })
        .collect();
    let mut accepted = 0;
    for task in tasks {
        accepted += task.await.expect("ran");
    }
    assert_eq!(accepted, 50, "1,000 credits are fifty requests of 20");
    assert_eq!(balance(&database, owner).await, Balance { available: 0, held: 1_000 });
}

#[tokio::test]
async fn limits_are_told_and_change_nothing() {
    let database = Database::new().await;
    let owner = account(&database, "a@example.org").await;
    let ask = async |limits: Limits, again: bool| {
        let wish = Wish { again, ..wish("a fox") };
        generations::request(&database.pool, &cause(), owner, &wish, limits).await.expect("answered")
    };
    let first = ask(LIMITS, false).await.expect("accepted");
    assert_eq!(ask(LIMITS, false).await, Err(Refusal::UnderWay(first)));
    assert_eq!(ask(Limits { active: 1, ..LIMITS }, true).await, Err(Refusal::Active(1)));
    assert_eq!(ask(Limits { hourly: 3, ..LIMITS }, true).await, Err(Refusal::Hourly(3)));
    assert_eq!(ask(Limits { daily: 3, ..LIMITS }, true).await, Err(Refusal::Daily(3)));
    assert_eq!(balance(&database, owner).await.held, 2);
    assert!(ask(LIMITS, true).await.is_ok());
}

#[tokio::test]
async fn the_ledger_is_never_changed() {
    let database = Database::new().await;
    account(&database, "a@example.org").await;
    for statement in ["update credit_entries set amount = 2", "delete from credit_entries"] {
        let refused = sqlx::query(statement).execute(&database.pool).await;
        assert!(refused.is_err(), "{statement}");
    }
}
