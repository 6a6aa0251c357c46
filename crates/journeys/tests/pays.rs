//! An order from the payment provider's page to its confirmation, with all the programs in between.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use journeys::TestShop;
use sandbox::{Paid, PayWith, Post};
use shop::{
    orders::{Hold, OrderStatus, PaymentStatus},
    testing::{self, Ordered},
};
use tokio::time::{Instant, sleep};

const SOON: Duration = Duration::from_secs(20);
const CARD: &str = "4242424242424242";

type Stands = (OrderStatus, PaymentStatus, Option<Hold>);

async fn stands(shop: &TestShop, order: &Ordered) -> Result<Stands> {
    let sql = "select status, payment_status, hold from orders where id = $1";
    Ok(sqlx::query_as(sql).bind(order.id.0).fetch_one(&shop.database.pool).await?)
}

/// Waits until an order stands so.
async fn until(shop: &TestShop, order: &Ordered, wanted: Stands) -> Result<()> {
    let deadline = Instant::now() + SOON;
    loop {
        let now = stands(shop, order).await?;
        if now == wanted {
            return Ok(());
        }
        ensure!(Instant::now() < deadline, "it stays at {now:?}, not {wanted:?}");
        sleep(Duration::from_millis(50)).await;
    }
}

/// An order, and what its page is called once it is there.
async fn opened(shop: &TestShop) -> Result<(Ordered, String)> {
    let db = &shop.database.pool;
    let order = testing::order_to_pay(db, None).await;
    let deadline = Instant::now() + SOON;
    loop {
        let session = shop::payments::latest(db, order.id).await?.context("a session")?;
        if session.url.is_some() {
            let sql = "select provider_ref from payment_sessions where id = $1";
            let page: String = sqlx::query_scalar(sql).bind(session.id.0).fetch_one(db).await?;
            return Ok((order, page));
        }
        ensure!(Instant::now() < deadline, "its page is not there: {session:?}");
        sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_card_pays_an_order_and_what_follows_reaches_it() -> Result<()> {
    let shop = TestShop::open(1).await?;
    let (order, page) = opened(&shop).await?;
    let till = shop.till();
    ensure!(till.pay(&page, PayWith::Card(CARD))? == Paid::Complete);
    until(&shop, &order, (OrderStatus::Confirmed, PaymentStatus::Paid, None)).await?;
    till.refund(&page, Some(490))?;
    until(&shop, &order, (OrderStatus::Confirmed, PaymentStatus::PartiallyRefunded, None)).await?;
    let dispute = till.dispute(&page)?;
    until(&shop, &order, (OrderStatus::Confirmed, PaymentStatus::Disputed, Some(Hold::Dispute))).await?;
    till.close_dispute(&dispute, true)?;
    until(&shop, &order, (OrderStatus::Confirmed, PaymentStatus::PartiallyRefunded, None)).await?;
    shop.settle(SOON).await?;
    ensure!(till.account().undelivered == 0, "each event was taken");
    shop.close(0).await
}

#[tokio::test]
async fn events_that_come_in_pieces_twice_and_out_of_order_pay_once() -> Result<()> {
    let shop = TestShop::open(2).await?;
    let till = shop.till();
    till.set_post(Post { copies_min: 2, copies_max: 4, delay_ms: 300, together: 50, ..Post::default() })?;
    let mut orders = Vec::new();
    for _ in 0..8 {
        orders.push(opened(&shop).await?);
    }
    for (_, page) in &orders {
        till.pay(page, PayWith::Card(CARD))?;
        till.refund(page, Some(1))?;
    }
    for (order, _) in &orders {
        until(&shop, order, (OrderStatus::Confirmed, PaymentStatus::PartiallyRefunded, None)).await?;
    }
    shop.settle(SOON).await?;
    let counts: (i64, i64, i64) = sqlx::query_as(
        "select (select count(*) from ledger_entries), (select count(*) from order_events where kind = 'paid'),
                (select count(*) from order_events where kind = 'refunded')",
    )
    .fetch_one(&shop.database.pool)
    .await?;
    ensure!(counts == (16, 8, 8), "{counts:?}");
    shop.close(0).await
}
