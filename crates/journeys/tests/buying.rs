//! From a picture to a paid order, by forms alone: what goes well, and what does not.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use journeys::{
    Customer, TestShop,
    buyers::{BAD_IBAN, BERLIN, DECLINED_CARD, GOOD_CARD, GOOD_IBAN, TORONTO},
    forms::Form,
};
use sqlx::PgPool;

const PATIENCE: Duration = Duration::from_secs(30);

/// A picture of somebody's that hangs in the gallery, for everybody to buy.
async fn published(shop: &TestShop, artist: &Customer) -> Result<String> {
    let page = artist.ask_for("a lighthouse above the sea at dawn").await?;
    artist.receive(&page, PATIENCE).await?;
    shop.settle(PATIENCE).await?;
    let image: uuid::Uuid = sqlx::query_scalar("select id from images order by created_at desc limit 1")
        .fetch_one(&shop.database.pool)
        .await?;
    let path = format!("/images/{image}");
    let mut form = Form::find(&artist.read(&path).await?, &format!("{path}/visibility"))?;
    form = form.with("visibility", "published")?;
    if form.has("title") {
        form = form.with("title", "Lighthouse")?;
    }
    let answer = artist.send_form(&path, &form).await?;
    ensure!(answer.status().is_redirection(), "publishing answered {}", answer.status());
    Ok(image.to_string())
}

/// What stands in the books about an order.
#[derive(Debug, PartialEq, Eq, sqlx::FromRow)]
struct Books {
    status: String,
    payment_status: String,
    hold: Option<String>,
    total: i64,
    charged: i64,
}

async fn books(db: &PgPool, order: &str) -> Result<Books> {
    let id: uuid::Uuid =
        order.trim_start_matches("/orders/").split(['/', '?']).next().context("no id")?.parse()?;
    Ok(sqlx::query_as(
        "select status, payment_status, hold, total,
                coalesce((select sum(amount) from ledger_entries where order_id = o.id and kind = 'charge'), 0)::bigint as charged
         from orders o where id = $1",
    )
    .bind(id)
    .fetch_one(db)
    .await?)
}

/// Everything that the payment provider told has arrived, and all that follows from it is done.
async fn quiet(shop: &TestShop) -> Result<()> {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while shop.till().account().undelivered > 0 {
        ensure!(tokio::time::Instant::now() < deadline, "events are undelivered");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    shop.settle(PATIENCE).await
}

async fn is_paid(shop: &TestShop, order: &str) -> Result<()> {
    shop.settle(PATIENCE).await?;
    if shop.till().post().withheld == 0 {
        quiet(shop).await?;
    }
    let books = books(&shop.database.pool, order).await?;
    ensure!(
        books.status == "confirmed"
            && books.payment_status == "paid"
            && books.hold.is_none()
            && books.charged == books.total,
        "{books:?}"
    );
    Ok(())
}

/// What Stripe took, in all.
fn taken(shop: &TestShop) -> i64 {
    shop.till().account().payments.iter().map(|payment| payment.amount).sum()
}

async fn session_of(db: &PgPool, order: &str) -> Result<String> {
    let id: uuid::Uuid = order.trim_start_matches("/orders/").parse()?;
    Ok(sqlx::query_scalar(
        "select provider_ref from payment_sessions where order_id = $1 order by id desc limit 1",
    )
    .bind(id)
    .fetch_one(db)
    .await?)
}

/// A coupon, as a manager makes one.
async fn coupon(db: &PgPool, code: &str, kind: &str, value: i64) -> Result<()> {
    sqlx::query(
        "insert into coupons (id, code, kind, value, starts_at, created_at) values (gen_random_uuid(), $1, $2, $3, now() - interval '1 day', now())",
    )
    .bind(code)
    .bind(kind)
    .bind(value)
    .execute(db)
    .await?;
    Ok(())
}

#[tokio::test]
async fn an_account_buys_its_own_picture_with_a_coupon() -> Result<()> {
    let shop = TestShop::open(1).await?;
    let db = &shop.database.pool;
    coupon(db, "SPRING10", "percent", 1_000).await?;
    let mira = shop.customer().await?;
    let page = mira.ask_for("a lighthouse above the sea at dawn").await?;
    mira.receive(&page, PATIENCE).await?;
    shop.settle(PATIENCE).await?;
    let image: uuid::Uuid = sqlx::query_scalar("select id from images").fetch_one(db).await?;
    mira.put_in_cart(&image.to_string(), "poster").await?;
    mira.fill_in("/cart", "/cart/coupon", &[("code", "spring10")]).await?;
    mira.go_to_review(None, BERLIN).await?;
    let review = mira.read("/checkout/review").await?;
    ensure!(review.contains("SPRING10") && review.contains("VAT"), "{review}");
    let order = mira.place_order().await?;
    let stripe = mira.payment_page(&order, PATIENCE).await?;
    let back = mira.pay_by_card(&stripe, GOOD_CARD).await?.map_err(anyhow::Error::msg)?;
    ensure!(back.contains(&order), "the provider leads to {back}");
    is_paid(&shop, &order).await?;
    let html = mira.read(&order).await?;
    ensure!(html.contains("SPRING10"), "{html}");
    ensure!(mira.read("/orders").await?.contains(&order), "it is not in the list");
    // The cart is empty again, and the receipt came once.
    let lines: i64 = sqlx::query_scalar("select count(*) from cart_lines").fetch_one(db).await?;
    let (uses, state): (i32, String) =
        sqlx::query_as("select c.uses, u.state from coupons c join coupon_uses u on u.coupon_id = c.id")
            .fetch_one(db)
            .await?;
    ensure!((lines, uses, state.as_str()) == (0, 1, "used"), "{lines} {uses} {state}");
    ensure!(taken(&shop) == books(db, &order).await?.total, "Stripe took {}", taken(&shop));
    shop.close(0).await
}

#[tokio::test]
async fn a_guest_buys_a_picture_of_somebody_else_and_pays_tax_on_top() -> Result<()> {
    let shop = TestShop::open(1).await?;
    let db = &shop.database.pool;
    let artist = shop.customer().await?;
    let image = published(&shop, &artist).await?;
    let guest = Customer::arrive(&shop.url)?;
    guest.put_in_cart(&image, "poster").await?;
    guest.go_to_review(Some("noor@example.org"), TORONTO).await?;
    let order = guest.place_order().await?;
    let stripe = guest.payment_page(&order, PATIENCE).await?;
    guest.pay_by_card(&stripe, GOOD_CARD).await?.map_err(anyhow::Error::msg)?;
    is_paid(&shop, &order).await?;
    let (subtotal, shipping, tax, total, inclusive): (i64, i64, i64, i64, bool) =
        sqlx::query_as("select subtotal, shipping, tax, total, tax_is_inclusive from orders")
            .fetch_one(db)
            .await?;
    ensure!(
        !inclusive && tax == ((subtotal + shipping) * 1_300 + 5_000) / 10_000,
        "{tax} of {subtotal} + {shipping}"
    );
    ensure!(total == subtotal + shipping + tax && taken(&shop) == total, "{total}");
    // Nobody else sees it; the link in the mail shows it in another browser.
    let stranger = Customer::arrive(&shop.url)?;
    ensure!(stranger.open(&order).await?.status() == 404, "strangers see it");
    let link = shop.outside.wait_for_link("noor@example.org", "/access/").await?;
    let mut answer = stranger.open(&link).await?;
    if answer.status().is_success() {
        // The page behind the link asks for a click: programs that read mails follow links.
        let path = link.trim_start_matches(&shop.url).to_owned();
        let form = Form::find(&answer.text().await?, &path)?;
        answer = stranger.send_form(&path, &form).await?;
    }
    ensure!(answer.status().is_redirection(), "the link answered {}", answer.status());
    stranger.read(&order).await?;
    shop.close(0).await
}

#[tokio::test]
async fn a_declined_card_costs_nothing_and_another_one_pays() -> Result<()> {
    let shop = TestShop::open(1).await?;
    let order = ordered(&shop).await?;
    let stripe = order.0.payment_page(&order.1, PATIENCE).await?;
    let declined = order.0.pay_by_card(&stripe, DECLINED_CARD).await?;
    ensure!(declined.is_err(), "it was not declined");
    quiet(&shop).await?;
    let books = books(&shop.database.pool, &order.1).await?;
    ensure!(books.status == "pending_payment" && books.charged == 0, "{books:?}");
    order.0.pay_by_card(&stripe, GOOD_CARD).await?.map_err(anyhow::Error::msg)?;
    is_paid(&shop, &order.1).await?;
    shop.close(0).await
}

/// A guest who ordered and did not pay yet.
async fn ordered(shop: &TestShop) -> Result<(Customer, String)> {
    let artist = shop.customer().await?;
    let image = published(shop, &artist).await?;
    let guest = Customer::arrive(&shop.url)?;
    guest.put_in_cart(&image, "poster").await?;
    guest.go_to_review(Some("noor@example.org"), BERLIN).await?;
    let order = guest.place_order().await?;
    Ok((guest, order))
}

#[tokio::test]
async fn a_tab_that_is_closed_after_paying_changes_nothing() -> Result<()> {
    let shop = TestShop::open(1).await?;
    let (guest, order) = ordered(&shop).await?;
    let stripe = guest.payment_page(&order, PATIENCE).await?;
    // They pay, and never come back: neither the success page nor any other is opened.
    guest.pay_by_card(&stripe, GOOD_CARD).await?.map_err(anyhow::Error::msg)?;
    drop(guest);
    is_paid(&shop, &order).await?;
    shop.outside.wait_for_letter("noor@example.org", "order").await?;
    shop.close(0).await
}

#[tokio::test]
async fn opening_the_page_after_paying_does_not_pay() -> Result<()> {
    let shop = TestShop::open(1).await?;
    let (guest, order) = ordered(&shop).await?;
    guest.payment_page(&order, PATIENCE).await?;
    guest.read(&format!("{order}?paid=1")).await?;
    quiet(&shop).await?;
    let books = books(&shop.database.pool, &order).await?;
    ensure!(books.status == "pending_payment" && books.payment_status == "none", "{books:?}");
    shop.close(0).await
}

#[tokio::test]
async fn two_tabs_make_one_order_and_a_changed_cart_another() -> Result<()> {
    let shop = TestShop::open(1).await?;
    let db = &shop.database.pool;
    let artist = shop.customer().await?;
    let image = published(&shop, &artist).await?;
    let guest = Customer::arrive(&shop.url)?;
    guest.put_in_cart(&image, "poster").await?;
    guest.go_to_review(Some("noor@example.org"), BERLIN).await?;
    let form = Form::find(&guest.read("/checkout/review").await?, "/checkout/review")?;
    let (one, two) =
        tokio::join!(guest.send_form("/checkout/review", &form), guest.send_form("/checkout/review", &form));
    let leads = |answer: &reqwest::Response| {
        answer.headers().get("location").and_then(|place| place.to_str().ok()).map(str::to_owned)
    };
    let (one, two) = (leads(&one?), leads(&two?));
    ensure!(one.is_some() && one == two, "{one:?} and {two:?}");
    let first = one.context("no order")?;
    let stripe = guest.payment_page(&first, PATIENCE).await?;
    // Back in the cart they take one more, and order again: what was ordered before is not to be paid any more.
    guest.put_in_cart(&image, "poster").await?;
    guest.go_to_review(Some("noor@example.org"), BERLIN).await?;
    let second = guest.place_order().await?;
    ensure!(second != first, "the changed cart is the same order");
    let other = guest.payment_page(&second, PATIENCE).await?;
    let late = guest.open(&stripe).await?.text().await?;
    ensure!(Form::all(&late).iter().all(|form| !form.has("card_number")), "the old page still takes money");
    guest.pay_by_card(&other, GOOD_CARD).await?.map_err(anyhow::Error::msg)?;
    is_paid(&shop, &second).await?;
    let old = books(db, &first).await?;
    ensure!(old.status == "cancelled" && old.charged == 0, "{old:?}");
    ensure!(shop.till().account().payments.len() == 1, "more than one payment");
    shop.close(0).await
}

#[tokio::test]
async fn an_order_that_was_replaced_and_paid_after_all_is_kept_and_not_paid_twice() -> Result<()> {
    let shop = TestShop::open(1).await?;
    let db = &shop.database.pool;
    let artist = shop.customer().await?;
    let image = published(&shop, &artist).await?;
    let guest = Customer::arrive(&shop.url)?;
    guest.put_in_cart(&image, "poster").await?;
    guest.go_to_review(Some("noor@example.org"), BERLIN).await?;
    let first = guest.place_order().await?;
    guest.payment_page(&first, PATIENCE).await?;
    let session = session_of(db, &first).await?;
    // Nothing that Stripe says arrives for now.
    let post = shop.till().post();
    shop.till().set_post(sandbox::Post { withheld: 100, ..post })?;
    ensure!(
        shop.till().pay(&session, sandbox::PayWith::Card(GOOD_CARD))? == sandbox::Paid::Complete,
        "not paid"
    );
    guest.put_in_cart(&image, "poster").await?;
    guest.go_to_review(Some("noor@example.org"), BERLIN).await?;
    let second = guest.place_order().await?;
    is_paid(&shop, &first).await?;
    let replaced = books(db, &second).await?;
    ensure!(replaced.status == "cancelled" && replaced.charged == 0, "{replaced:?}");
    shop.till().set_post(post)?;
    shop.till().release();
    is_paid(&shop, &first).await?;
    ensure!(shop.till().account().payments.len() == 1, "more than one payment");
    shop.close(0).await
}

#[tokio::test]
async fn a_direct_debit_is_waited_for_and_comes() -> Result<()> {
    let shop = TestShop::open(1).await?;
    slow_debits(&shop);
    let (guest, order) = ordered(&shop).await?;
    let stripe = guest.payment_page(&order, PATIENCE).await?;
    guest.pay_by_debit(&stripe, GOOD_IBAN).await?.map_err(anyhow::Error::msg)?;
    quiet(&shop).await?;
    let waiting = books(&shop.database.pool, &order).await?;
    ensure!(waiting.status == "pending_payment" && waiting.payment_status == "pending", "{waiting:?}");
    shop.till().settle(&session_of(&shop.database.pool, &order).await?, true)?;
    guest.wait_for_words(&order, "Thank you", PATIENCE).await?;
    is_paid(&shop, &order).await?;
    shop.close(0).await
}

#[tokio::test]
async fn a_direct_debit_that_fails_leaves_an_order_that_can_be_paid_otherwise() -> Result<()> {
    let shop = TestShop::open(1).await?;
    slow_debits(&shop);
    let (guest, order) = ordered(&shop).await?;
    let stripe = guest.payment_page(&order, PATIENCE).await?;
    guest.pay_by_debit(&stripe, BAD_IBAN).await?.map_err(anyhow::Error::msg)?;
    quiet(&shop).await?;
    shop.till().settle(&session_of(&shop.database.pool, &order).await?, false)?;
    shop.outside.wait_for_letter("noor@example.org", "payment").await?;
    quiet(&shop).await?;
    let failed = books(&shop.database.pool, &order).await?;
    ensure!(failed.status == "pending_payment" && failed.payment_status == "failed", "{failed:?}");
    guest.fill_in(&order, &format!("{order}/payment"), &[]).await?;
    let stripe = guest.payment_page(&order, PATIENCE).await?;
    guest.pay_by_card(&stripe, GOOD_CARD).await?.map_err(anyhow::Error::msg)?;
    is_paid(&shop, &order).await?;
    shop.close(0).await
}

/// Direct debits take as long as the story says.
fn slow_debits(shop: &TestShop) {
    let pace = shop.till().pace();
    shop.till().set_pace(sandbox::Pace { settle_ms: 3_600_000, ..pace });
}

#[tokio::test]
async fn a_session_that_expires_frees_the_coupon_and_the_order_can_be_resumed() -> Result<()> {
    let shop = TestShop::open(1).await?;
    let db = &shop.database.pool;
    coupon(db, "ONCE", "percent", 5_000).await?;
    sqlx::query("update coupons set max_uses = 1").execute(db).await?;
    let artist = shop.customer().await?;
    let image = published(&shop, &artist).await?;
    let guest = Customer::arrive(&shop.url)?;
    guest.put_in_cart(&image, "poster").await?;
    guest.fill_in("/cart", "/cart/coupon", &[("code", "ONCE")]).await?;
    guest.go_to_review(Some("noor@example.org"), BERLIN).await?;
    let order = guest.place_order().await?;
    guest.payment_page(&order, PATIENCE).await?;
    shop.till().expire(&session_of(db, &order).await?)?;
    shop.outside.wait_for_letter("noor@example.org", "paid").await?;
    quiet(&shop).await?;
    let expired = books(db, &order).await?;
    let uses: i32 = sqlx::query_scalar("select uses from coupons").fetch_one(db).await?;
    ensure!(expired.status == "expired" && uses == 0, "{expired:?}, {uses} uses");
    guest.fill_in(&order, &format!("{order}/resumption"), &[]).await?;
    let stripe = guest.payment_page(&order, PATIENCE).await?;
    guest.pay_by_card(&stripe, GOOD_CARD).await?.map_err(anyhow::Error::msg)?;
    is_paid(&shop, &order).await?;
    let uses: i32 = sqlx::query_scalar("select uses from coupons").fetch_one(db).await?;
    ensure!(uses == 1, "{uses} uses");
    shop.close(0).await
}

#[tokio::test]
async fn a_price_that_changed_meanwhile_is_shown_before_anything_is_ordered() -> Result<()> {
    let shop = TestShop::open(1).await?;
    let db = &shop.database.pool;
    let artist = shop.customer().await?;
    let image = published(&shop, &artist).await?;
    let guest = Customer::arrive(&shop.url)?;
    guest.put_in_cart(&image, "poster").await?;
    guest.go_to_review(Some("noor@example.org"), BERLIN).await?;
    let form = Form::find(&guest.read("/checkout/review").await?, "/checkout/review")?;
    sqlx::query("update prices set amount = amount + 100").execute(db).await?;
    let answer = guest.send_form("/checkout/review", &form).await?;
    ensure!(answer.status() == 409 || answer.status() == 422, "it answered {}", answer.status());
    let changed = answer.text().await?;
    let orders: i64 = sqlx::query_scalar("select count(*) from orders").fetch_one(db).await?;
    ensure!(orders == 0, "{orders} orders");
    // What is shown now can be ordered as it is.
    let form = Form::find(&changed, "/checkout/review")?;
    let answer = guest.send_form("/checkout/review", &form).await?;
    ensure!(answer.status() == 303, "it answered {}", answer.status());
    let order = answer.headers().get("location").context("no Location")?.to_str()?.to_owned();
    let stripe = guest.payment_page(&order, PATIENCE).await?;
    guest.pay_by_card(&stripe, GOOD_CARD).await?.map_err(anyhow::Error::msg)?;
    is_paid(&shop, &order).await?;
    shop.close(0).await
}
