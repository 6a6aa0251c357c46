//! Orders as customers and staff see them: whose they are, what each state says, and the way to payment and back.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use reqwest::StatusCode;
use serde_json::json;
use shop::{
    accounts::Role, carts::Owner, ids::OrderId, mails::MailKind, orders::events::OrderEventKind,
    payments::SessionState, testing,
};
use web::session::SessionValue;

use super::office::{entries, post};
use crate::support::{Answer, Browser, Shop};

const MIRA: &str = "mira@example.org";
const GUEST: &str = "guest@example.org";

/// Mira, signed in, and an order of hers.
async fn ordered(shop: &Shop) -> (Browser, OrderId) {
    let mira = shop.customer(MIRA).await;
    let (_, image) = shop.stored(MIRA, "Miras fox").await;
    let id = testing::placed(shop.db(), Owner::Account(shop.account_id(MIRA).await), MIRA, image).await;
    (mira, id)
}

/// Somebody who ordered as a guest, and their order.
async fn ordered_as_guest(shop: &Shop) -> (Browser, OrderId) {
    shop.customer(MIRA).await;
    let (image, _) = shop.published(MIRA, "a hare for everybody", "A hare").await;
    let (browser, value) = (shop.browser(), SessionValue::fresh());
    browser.set_cookie("cart", &BASE64_URL_SAFE_NO_PAD.encode(value.bytes()));
    let id = testing::placed(shop.db(), Owner::Guest(value.id_hash()), GUEST, image).await;
    (browser, id)
}

async fn set(shop: &Shop, id: OrderId, what: &'static str) {
    let sql = format!("update orders set {what} where id = $1");
    sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id).execute(shop.db()).await.expect("set");
}

async fn session_is(shop: &Shop, state: &'static str) {
    let sql =
        "update payment_sessions set state = $1, provider_ref = 'cs_1', url = 'https://pay.example/c/1'";
    sqlx::query(sql).bind(state).execute(shop.db()).await.expect("set");
}

async fn jobs(shop: &Shop, name: &str) -> i64 {
    let sql = "select count(*) from apalis.jobs where convert_from(job, 'utf8')::jsonb ->> 'job' = $1";
    sqlx::query_scalar(sql).bind(name).fetch_one(shop.db()).await.expect("a number")
}

/// Presses a button of the page of an order.
async fn press(browser: &Browser, id: OrderId, action: &str) -> Answer {
    let csrf = browser.csrf(&format!("/orders/{id}")).await;
    browser.post(&format!("/orders/{id}/{action}"), &[("csrf", &csrf)]).await
}

#[tokio::test]
async fn the_page_says_in_each_state_where_the_order_stands_and_what_to_do() {
    let shop = Shop::open().await;
    let (mira, id) = ordered(&shop).await;
    let page = format!("/orders/{id}");
    let answer = mira.get(&page).await;
    for words in [
        "Your order is not paid yet.",
        "Pay €29.90",
        "A lighthouse",
        "Hafenweg 9",
        "of which 19% VAT",
        "You placed the order.",
        "Call this order off",
        "viewBox=\"128 0 768 1024\"",
    ] {
        assert!(answer.text.contains(words), "{words}: {}", answer.text);
    }
    testing::session(shop.db(), id, SessionState::Opening).await;
    for (state, order, words) in [
        ("opening", "status = 'pending_payment'", "Taking you to payment…"),
        ("open", "status = 'pending_payment'", "Your order waits to be paid."),
        ("processing", "payment_status = 'pending'", "Your money is on its way."),
        ("failed", "payment_status = 'failed'", "Pay in another way"),
        ("complete", "payment_status = 'paid'", "We are waiting for your bank’s word…"),
        ("complete", "status = 'confirmed', paid_at = now()", "Thank you. Your order is paid."),
        ("complete", "payment_status = 'refunded'", "Your money went back to you."),
        ("complete", "hold = 'dispute'", "We are checking something about this payment."),
        (
            "expired",
            "hold = null, status = 'expired', end_reason = 'not_paid', ended_at = now()",
            "Take it up again",
        ),
        ("expired", "status = 'cancelled', end_reason = 'by_customer'", "This order is called off."),
        ("expired", "end_reason = 'already_paid'", "so that you pay once"),
    ] {
        session_is(&shop, state).await;
        set(&shop, id, order).await;
        let answer = mira.get(&page).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert!(answer.text.contains(words), "{state}, {order}: {}", answer.text);
        let fragment = mira.get(&format!("{page}/progress")).await;
        assert!(fragment.text.contains(words) && !fragment.text.contains("<html"), "{}", fragment.text);
    }
}

#[tokio::test]
async fn who_waits_for_the_page_to_pay_on_is_taken_there_with_and_without_scripts() {
    let shop = Shop::open().await;
    let (mira, id) = ordered(&shop).await;
    let answer = press(&mira, id, "payment").await;
    assert_eq!(
        answer.location(),
        format!("/orders/{id}"),
        "a page of ours lies between the form and another site"
    );
    let page = mira.get(&format!("/orders/{id}")).await.text;
    assert!(page.contains("data-hx-get=\"/orders/") && page.contains("from=opening"), "{page}");
    assert!(
        page.contains(&format!("url=/orders/{id}/payment"))
            || page.contains(&format!("url=&#x2F;orders&#x2F;{id}&#x2F;payment")),
        "{page}"
    );
    let waiting = mira.get(&format!("/orders/{id}/payment")).await;
    assert!(waiting.text.contains("Taking you to payment…"), "{}", waiting.text);
    let fragment = mira.get(&format!("/orders/{id}/progress?from=opening")).await;
    assert_eq!(fragment.header("hx-redirect"), "");

    session_is(&shop, "open").await;
    let fragment = mira.get(&format!("/orders/{id}/progress?from=opening")).await;
    assert_eq!(fragment.header("hx-redirect"), format!("/orders/{id}/payment"));
    let answer = mira.get(&format!("/orders/{id}/payment")).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "https://pay.example/c/1"));

    // The page to pay on can be there before the order's own is seen for the first time.
    press(&mira, id, "payment").await;
    let page = mira.get(&format!("/orders/{id}")).await.text;
    assert!(page.contains("from=opening") && page.contains("Taking you to payment…"), "{page}");
    // Whoever comes back without having paid is not sent away at once.
    let answer = mira.get(&format!("/orders/{id}")).await;
    assert!(
        answer.status == StatusCode::OK && !answer.text.contains("http-equiv=\"refresh\""),
        "{}",
        answer.text
    );
    assert_eq!(mira.get(&format!("/orders/{id}/progress")).await.header("hx-redirect"), "");

    session_is(&shop, "complete").await;
    set(&shop, id, "status = 'confirmed'").await;
    assert_eq!(mira.get(&format!("/orders/{id}/payment")).await.location(), format!("/orders/{id}"));
}

#[tokio::test]
async fn who_comes_back_from_paying_waits_and_the_provider_is_asked_once() {
    let shop = Shop::open().await;
    let (mira, id) = ordered(&shop).await;
    testing::session(shop.db(), id, SessionState::Open).await;
    for _ in 0..3 {
        let page = mira.get(&format!("/orders/{id}?paid=1")).await.text;
        assert!(page.contains("We are waiting for your bank’s word…") && page.contains("paid=1"), "{page}");
    }
    assert_eq!(jobs(&shop, "read_payment").await, 1);
    assert!(!mira.get(&format!("/orders/{id}")).await.text.contains("Thank you"), "an address pays nothing");
    let asks_again = format!("/orders/{id}/progress?paid=1");
    assert_eq!(mira.get(&asks_again).await.header("hx-redirect"), "");
    set(&shop, id, "status = 'confirmed', payment_status = 'paid'").await;
    let fragment = mira.get(&asks_again).await;
    assert!(
        fragment.text.contains("Thank you. Your order is paid.") && !fragment.text.contains("data-hx-get"),
        "{}",
        fragment.text
    );
    assert_eq!(fragment.header("hx-redirect"), format!("/orders/{id}"), "all of the page is another one");
}

#[tokio::test]
async fn an_order_is_called_off_and_goes_back_into_the_cart() {
    let shop = Shop::open().await;
    let (mira, id) = ordered(&shop).await;
    let answer = press(&mira, id, "cancellation").await;
    assert_eq!(answer.location(), format!("/orders/{id}"));
    let page = mira.get(&format!("/orders/{id}")).await.text;
    assert!(
        page.contains("Your order is called off. Nothing is made")
            && page.contains("Put it back into the cart"),
        "{page}"
    );
    press(&mira, id, "cancellation").await;
    assert!(mira.get(&format!("/orders/{id}")).await.text.contains("There was nothing to change any more"));
    assert_eq!(press(&mira, id, "return-to-cart").await.location(), "/cart");
    let lines: i64 =
        sqlx::query_scalar("select count(*) from cart_lines").fetch_one(shop.db()).await.expect("a number");
    assert_eq!(lines, 1);
    // Not while its money is on its way.
    let image =
        sqlx::query_scalar("select image_id from order_lines").fetch_one(shop.db()).await.expect("a picture");
    let other = testing::placed(shop.db(), Owner::Account(shop.account_id(MIRA).await), MIRA, image).await;
    testing::session(shop.db(), other, SessionState::Processing).await;
    press(&mira, other, "cancellation").await;
    assert!(
        mira.get(&format!("/orders/{other}")).await.text.contains("Your money is on its way to us already")
    );
}

#[tokio::test]
async fn an_order_that_was_not_paid_in_time_is_taken_up_again_unless_it_changed() {
    let shop = Shop::open().await;
    let (mira, id) = ordered(&shop).await;
    set(&shop, id, "status = 'expired', end_reason = 'not_paid', ended_at = now()").await;
    sqlx::query("update order_lines set unit = 1").execute(shop.db()).await.expect("cheaper then");
    press(&mira, id, "resumption").await;
    assert!(
        mira.get(&format!("/orders/{id}")).await.text.contains("Prices or pictures have changed meanwhile")
    );
    let todays =
        "update order_lines l set unit = p.amount from prices p join price_lists s on s.id = p.price_list_id
                  where p.variant_id = l.variant_id and s.currency = 'EUR' and s.state = 'published'";
    sqlx::query(todays).execute(shop.db()).await.expect("set");
    press(&mira, id, "resumption").await;
    assert!(mira.get(&format!("/orders/{id}")).await.text.contains("Taking you to payment…"));
    assert_eq!(jobs(&shop, "open_checkout").await, 1);
}

#[tokio::test]
async fn a_guest_sees_an_order_in_their_browser_and_by_the_link_of_a_letter() {
    let shop = Shop::open().await;
    let (guest, id) = ordered_as_guest(&shop).await;
    let page = format!("/orders/{id}");
    let answer = guest.get(&page).await;
    assert!(
        answer.status == StatusCode::OK && answer.text.contains("This browser remembers your order"),
        "{}",
        answer.text
    );
    assert_eq!(answer.header("cache-control"), "no-store");
    let other = shop.browser();
    assert_eq!(other.get(&page).await.status, StatusCode::NOT_FOUND);

    testing::happened(shop.db(), id, OrderEventKind::Paid, json!({})).await;
    let (_, bits) = testing::send(shop.db(), GUEST, MailKind::OrderPaid).await;
    let token = BASE64_URL_SAFE_NO_PAD.encode(bits);
    // Whatever a mail program does with it beforehand.
    assert_eq!(shop.browser().get(&format!("{page}/access/{token}")).await.status, StatusCode::SEE_OTHER);
    let answer = other.get(&format!("{page}/access/{token}")).await;
    assert_eq!(
        (answer.status, answer.location()),
        (StatusCode::SEE_OTHER, page.as_str()),
        "the link is left behind"
    );
    assert_eq!(other.get(&page).await.status, StatusCode::OK);
    // Buttons work there too.
    assert_eq!(press(&other, id, "cancellation").await.status, StatusCode::SEE_OTHER);

    let wrong = BASE64_URL_SAFE_NO_PAD.encode([8; 32]);
    for token in [wrong.as_str(), "x"] {
        let answer = shop.browser().get(&format!("{page}/access/{token}")).await;
        assert_eq!(answer.status, StatusCode::GONE);
        assert!(
            answer.text.contains("/orders/lookup") && answer.header("set-cookie").is_empty(),
            "{}",
            answer.text
        );
    }
    let answer = guest.get(&format!("{page}/access/{wrong}")).await;
    assert_eq!(answer.location(), page, "whoever sees it anyway needs no link");
}

#[tokio::test]
async fn a_guests_browser_is_led_to_a_cart_of_its_own_by_a_letter() {
    let shop = Shop::open().await;
    let (_, id) = ordered_as_guest(&shop).await;
    set(&shop, id, "status = 'expired', end_reason = 'not_paid', ended_at = now()").await;
    testing::happened(shop.db(), id, OrderEventKind::Expired, json!({})).await;
    let (_, bits) = testing::send(shop.db(), GUEST, MailKind::OrderExpired).await;
    let other = shop.browser();
    other.get(&format!("/orders/{id}/access/{}", BASE64_URL_SAFE_NO_PAD.encode(bits))).await;
    assert_eq!(press(&other, id, "return-to-cart").await.location(), "/cart");
    let lines: i64 = sqlx::query_scalar(
        "select count(*) from cart_lines l join carts c on c.id = l.cart_id where c.token_hash is not null",
    )
    .fetch_one(shop.db())
    .await
    .expect("a number");
    assert_eq!(lines, 1);
}

#[tokio::test]
async fn looking_an_order_up_tells_nobody_whether_there_is_one() {
    let shop = Shop::open().await;
    let (_, id) = ordered_as_guest(&shop).await;
    let number: i64 = sqlx::query_scalar("select number from orders where id = $1")
        .bind(id)
        .fetch_one(shop.db())
        .await
        .expect("one");
    let number = format!("No. {number}");
    let browser = shop.browser();
    let ask = async |number: &str, email: &str| {
        let csrf = browser.csrf("/orders/lookup").await;
        browser.post("/orders/lookup", &[("csrf", &csrf), ("number", number), ("email", email)]).await
    };
    for (number, email) in
        [(number.as_str(), "noor@example.org"), ("99999", GUEST), (number.as_str(), "Guest@Example.org")]
    {
        let answer = ask(number, email).await;
        assert_eq!(
            (answer.status, answer.location()),
            (StatusCode::SEE_OTHER, "/orders/lookup"),
            "{}",
            answer.text
        );
        assert!(browser.get("/orders/lookup").await.text.contains("If there is such an order"));
    }
    assert_eq!(shop.mails(GUEST).await, ["order_link"]);
    assert_eq!(shop.mails("noor@example.org").await, Vec::<String>::new());
    let answer = ask("no number", "nobody").await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        answer.text.contains("A few things need your attention")
            && answer.text.contains("value=\"no number\""),
        "{}",
        answer.text
    );
    for _ in 0..4 {
        ask(&number, GUEST).await;
    }
    let answer = ask(&number, GUEST).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(shop.mails(GUEST).await.len() <= 5, "nobody's mailbox is filled");
}

#[tokio::test]
async fn what_a_guest_ordered_is_in_the_account_that_they_sign_in_to() {
    let shop = Shop::open().await;
    let (guest, id) = ordered_as_guest(&shop).await;
    let noor = shop.customer("noor@example.org").await;
    assert_eq!(noor.get(&format!("/orders/{id}")).await.status, StatusCode::NOT_FOUND);
    guest.sign_in("noor@example.org", "/orders").await;
    // From then on in every browser.
    for browser in [&guest, &noor] {
        assert_eq!(browser.get(&format!("/orders/{id}")).await.status, StatusCode::OK);
        let list = browser.get("/orders").await.text;
        assert!(list.contains(&format!("href=\"/orders/{id}\"")), "{list}");
    }
}

#[tokio::test]
async fn orders_of_an_account_are_listed_and_an_empty_list_says_how_to_begin() {
    let shop = Shop::open().await;
    let (mira, id) = ordered(&shop).await;
    let page = mira.get("/orders").await.text;
    assert!(
        page.contains(&format!("/orders/{id}")) && page.contains("To be paid") && page.contains("€29.90"),
        "{page}"
    );
    assert!(page.contains("1 thing, ") && page.contains("class=\"cropped\""), "{page}");
    let noor = shop.customer("noor@example.org").await;
    assert!(noor.get("/orders").await.text.contains("You have not ordered anything yet"));
    assert_eq!(noor.get("/orders?before=nonsense").await.status, StatusCode::NOT_FOUND);
    assert_eq!(shop.browser().get("/orders").await.location(), "/sign-in?next=%2Forders");
}

#[tokio::test]
async fn staff_see_everything_about_an_order_and_let_a_held_one_go_on() {
    let shop = Shop::open().await;
    let (mira, id) = ordered(&shop).await;
    testing::session(shop.db(), id, SessionState::Complete).await;
    set(&shop, id, "hold = 'amount_mismatch'").await;
    testing::happened(shop.db(), id, OrderEventKind::Held, json!({ "reason": "amount_mismatch" })).await;
    let entry = "insert into ledger_entries (id, order_id, provider, kind, amount, currency, provider_ref, occurred_at, recorded_at)
                 values (gen_random_uuid(), $1, 'stripe', $2, $3, 'EUR', gen_random_uuid()::text, now(), now())";
    sqlx::query(entry).bind(id).bind("charge").bind(1_000_i64).execute(shop.db()).await.expect("written");
    let (support, manager) = (shop.staff(Role::Support).await, shop.staff(Role::Manager).await);
    let page = format!("/admin/orders/{id}");
    for words in [
        "Another amount came than was asked for.",
        "€10.00, then €10.00 are there",
        "Hafenweg 9",
        "Reason: amount_mismatch",
    ] {
        let answer = support.get(&page).await;
        assert!(answer.text.contains(words), "{words}: {}", answer.text);
    }
    assert!(!support.get(&page).await.text.contains("Let it go on"));
    assert!(support.get("/admin").await.text.contains("/admin/orders?held=yes"));
    for query in ["held=yes", "status=pending_payment", "q=MIRA%40", ""] {
        assert!(support.get(&format!("/admin/orders?{query}")).await.text.contains(&page), "{query}");
    }
    for query in ["status=confirmed", "q=nobody%40"] {
        assert!(
            support.get(&format!("/admin/orders?{query}")).await.text.contains("There are no such orders."),
            "{query}"
        );
    }
    assert_eq!(support.get("/admin/orders?status=nonsense").await.status, StatusCode::NOT_FOUND);

    let release = format!("{page}/release");
    assert_eq!(post(&support, &release, &[("note", "fine")]).await.status, StatusCode::NOT_FOUND);
    let answer = post(&manager, &release, &[("note", " ")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let answer = post(&manager, &release, &[("note", "a <gift>")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        answer.text.contains("Only €10.00 of €29.90 is there") && answer.text.contains("a &lt;gift&gt;"),
        "{}",
        answer.text
    );
    sqlx::query(entry).bind(id).bind("refund").bind(1_000_i64).execute(shop.db()).await.expect("written");
    let answer = post(&manager, &release, &[("note", "sent back")]).await;
    assert_eq!(answer.location(), page, "{}", answer.text);
    assert!(manager.get(&page).await.text.contains("The order is held no more."));
    assert_eq!(post(&manager, &release, &[("note", "again")]).await.location(), page);
    let written = entries(&shop).await;
    assert_eq!(written.len(), 1);
    assert_eq!(written[0].2, json!({ "note": "sent back", "confirmed": false }));
    assert!(mira.get(&format!("/orders/{id}")).await.text.contains("We finished the check."));
}

#[tokio::test]
async fn staff_let_no_order_go_on_while_a_bank_decides() {
    let shop = Shop::open().await;
    let (_, id) = ordered(&shop).await;
    set(&shop, id, "status = 'confirmed', hold = 'paid_twice'").await;
    let entry = "insert into ledger_entries (id, order_id, provider, kind, amount, currency, provider_ref, occurred_at, recorded_at)
                 values (gen_random_uuid(), $1, 'stripe', $2, 2990, 'EUR', $2, now(), now())";
    for kind in ["charge", "dispute"] {
        sqlx::query(entry).bind(id).bind(kind).execute(shop.db()).await.expect("written");
    }
    let manager = shop.staff(Role::Manager).await;
    let release = format!("/admin/orders/{id}/release");
    let answer = post(&manager, &release, &[("note", "a <gift>")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    for words in ["has not decided yet", "a &lt;gift&gt;"] {
        assert!(answer.text.contains(words), "{words}: {}", answer.text);
    }
    assert!(entries(&shop).await.is_empty(), "nothing was done");
}
