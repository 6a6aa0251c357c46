//! The payment provider in bad weather: no order is lost, and none is charged twice.

use std::time::Duration;

use anyhow::{Result, ensure};
use journeys::{TestShop, buyers::GOOD_CARD};
use sandbox::{Order, Paid, PayWith};
use shop::testing;

const PATIENCE: Duration = Duration::from_mins(4);

/// Orders that are placed while the provider is like that are all paid in the end, once each, and there is one session for each.
async fn all_are_paid_once(orders: usize, weather: impl FnOnce(&TestShop)) -> Result<()> {
    let shop = TestShop::open(2).await?;
    let db = &shop.database.pool;
    weather(&shop);
    for _ in 0..orders {
        testing::order_to_pay(db, None).await;
    }
    shop.settle(PATIENCE).await?;
    let open: Vec<(String, i64)> =
        sqlx::query_as("select provider_ref, amount from payment_sessions where state = 'open'")
            .fetch_all(db)
            .await?;
    ensure!(open.len() == orders, "{} of {orders} can be paid", open.len());
    ensure!(shop.till().account().sessions == orders, "{} sessions", shop.till().account().sessions);
    for (session, _) in &open {
        ensure!(
            shop.till().pay(session, PayWith::Card(GOOD_CARD))? == Paid::Complete,
            "{session} is not paid"
        );
    }
    // All that is read of it meets the rest of the weather.
    while shop.till().account().undelivered > 0 {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    shop.settle(PATIENCE).await?;
    let unpaid: i64 = sqlx::query_scalar(
        "select count(*) from orders o where status <> 'confirmed' or payment_status <> 'paid' or hold is not null
            or total <> (select coalesce(sum(amount), 0) from ledger_entries where order_id = o.id and kind = 'charge')",
    )
    .fetch_one(db)
    .await?;
    ensure!(unpaid == 0, "{unpaid} orders are not as they should be");
    let taken: i64 = shop.till().account().payments.iter().map(|payment| payment.amount).sum();
    let due: i64 = open.iter().map(|(_, amount)| amount).sum();
    ensure!(taken == due, "{taken} of {due}");
    shop.close(0).await
}

#[tokio::test]
async fn a_provider_that_is_down_for_a_minute_is_waited_out() -> Result<()> {
    all_are_paid_once(5, |shop| shop.till().go_down(Duration::from_mins(1))).await
}

#[tokio::test]
async fn a_provider_that_takes_half_a_minute_charges_nobody_twice() -> Result<()> {
    all_are_paid_once(4, |shop| {
        let till = shop.till().clone();
        till.slow_down(Duration::from_secs(30));
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_mins(1)).await;
            till.slow_down(Duration::ZERO);
        });
    })
    .await
}

#[tokio::test]
async fn whatever_the_provider_answers_each_order_is_paid_once() -> Result<()> {
    all_are_paid_once(6, |shop| {
        use sandbox::Answer::{HangUp, Html, LockTimeout, Lost, RateLimit, ServerError};
        for path in ["POST /v1/checkout", "GET /v1"] {
            for answer in [LockTimeout, RateLimit, ServerError, Html, HangUp, Lost] {
                shop.till().order(Order { answer, times: 2, path: Some(path.to_owned()) });
            }
        }
    })
    .await
}
