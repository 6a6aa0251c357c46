//! The cart, by guests and by members.

use reqwest::StatusCode;
use shop::{
    carts::{self, NewLine, Owner},
    ids::ImageId,
    images,
};

use crate::support::{Answer, Browser, Shop, choice, fields_of};

/// Sends a form with the token of the cart's page.
async fn post(browser: &Browser, path: &str, fields: &[(&str, &str)]) -> Answer {
    let csrf = browser.csrf("/cart").await;
    let mut fields = fields.to_vec();
    fields.push(("csrf", &csrf));
    browser.post(path, &fields).await
}

async fn add(browser: &Browser, line: &NewLine) -> Answer {
    let fields = fields_of(line);
    let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    post(browser, "/cart/lines", &fields).await
}

/// The address of the first line's form with this ending.
fn line_path(page: &Answer, ending: &str) -> String {
    let from = page.text.find("action=\"/cart/lines/0").expect("a line") + "action=\"".len();
    let path = page.text[from..].split('"').next().expect("an address");
    format!("{}{ending}", path.trim_end_matches("/removal"))
}

/// Mira's picture in the gallery.
async fn hung(shop: &Shop) -> ImageId {
    shop.customer("mira@example.org").await;
    shop.published("mira@example.org", "a fox in the snow", "A fox").await.0
}

#[tokio::test]
async fn a_guest_fills_a_cart_signs_in_and_finds_it() {
    let shop = Shop::open().await;
    let image = hung(&shop).await;
    shop.customer("noor@example.org").await;
    let guest = shop.browser();
    let empty = guest.get("/cart").await;
    assert!(empty.text.contains("There is nothing in it yet"), "{}", empty.text);
    assert!(empty.text.contains("Cart, empty"));
    assert_eq!(guest.cookie("cart"), None, "looking makes no cart");
    let line = NewLine { quantity: 2, ..choice(&shop, "POSTER-13X18-MATTE", image).await };
    let answer = add(&guest, &line).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/cart"), "{}", answer.text);
    let cookie = answer.set_cookies().into_iter().find(|cookie| cookie.starts_with("cart=")).expect("kept");
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    let page = guest.get("/cart").await;
    for shown in [
        "It is in your cart.",
        "Cart, 2 items",
        "€9.90",
        "€19.80",
        "A fox",
        "13 × 18 cm",
        "/checkout/address",
    ] {
        assert!(page.text.contains(shown), "no {shown}: {}", page.text);
    }
    assert_eq!(page.header("cache-control"), "no-store");
    // The picture is shown as it will be printed, by a window over it.
    assert!(
        page.text.contains("viewBox=\"142 0 740 1024\"") || page.text.contains("viewBox=\"142 0 739 1024\""),
        "{}",
        page.text
    );
    assert!(guest.get("/gallery").await.text.contains("Cart, 2 items"), "on every page");
    assert!(shop.browser().get("/gallery").await.text.contains("Cart, empty"));

    guest.sign_in("noor@example.org", "/cart").await;
    let page = guest.get("/cart").await;
    for shown in ["Cart, 2 items", "€19.80", "noor@example.org"] {
        assert!(page.text.contains(shown), "no {shown}: {}", page.text);
    }
    assert!(guest.cookie("cart").is_some(), "it finds what was ordered as a guest");
    let elsewhere = shop.signed_in("noor@example.org").await;
    assert!(elsewhere.get("/gallery").await.text.contains("Cart, 2 items"));
    // Signing in once more, in a browser that had the same cookie, doubles nothing.
    let csrf = guest.csrf("/cart").await;
    guest.post("/sign-out", &[("csrf", &csrf)]).await;
    assert!(guest.get("/cart").await.text.contains("There is nothing in it yet"));
    guest.sign_in("noor@example.org", "/cart").await;
    assert!(guest.get("/cart").await.text.contains("Cart, 2 items"));
}

#[tokio::test]
async fn with_one_time_codes_the_cart_waits_for_the_code() {
    let shop = Shop::open().await;
    let image = hung(&shop).await;
    shop.customer("noor@example.org").await;
    let secret = shop.with_second_factor("noor@example.org").await;
    let guest = shop.browser();
    add(&guest, &choice(&shop, "POSTER-13X18-MATTE", image).await).await;
    guest.sign_in("noor@example.org", "/cart").await;
    let owner = Owner::Account(shop.account_id("noor@example.org").await);
    assert!(carts::find(shop.db(), &owner).await.expect("read").is_none(), "nobody is signed in yet");
    guest.give_code(&shop.code("noor@example.org", &secret).await, "/cart").await;
    assert!(carts::find(shop.db(), &owner).await.expect("read").is_some());
    assert!(guest.get("/cart").await.text.contains("Cart, 1 item<"));
}

#[tokio::test]
async fn quantities_are_changed_and_bad_ones_are_said_to_be() {
    let shop = Shop::open().await;
    let image = hung(&shop).await;
    let guest = shop.browser();
    add(&guest, &choice(&shop, "POSTER-13X18-MATTE", image).await).await;
    let path = line_path(&guest.get("/cart").await, "");
    let answer = post(&guest, &path, &[("quantity", "3")]).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/cart"));
    assert!(guest.get("/cart").await.text.contains("€29.70"));
    for bad in ["100", "-1", "1e1", "many", "", "99999999999", "<b>"] {
        let answer = post(&guest, &path, &[("quantity", bad)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{bad}");
        assert!(
            answer.text.contains("from 1 to 99") && answer.text.contains("aria-invalid"),
            "{}",
            answer.text
        );
        assert!(!answer.text.contains("<b>"));
        assert!(answer.text.contains("€29.70"), "nothing changed");
    }
    let answer = post(&guest, &path, &[("quantity", "0")]).await;
    assert_eq!(answer.location(), "/cart");
    assert!(guest.get("/cart").await.text.contains("Put it back"), "none of it is as removing it");
}

#[tokio::test]
async fn what_was_removed_can_be_put_back() {
    let shop = Shop::open().await;
    let image = hung(&shop).await;
    let guest = shop.browser();
    let line = NewLine { quantity: 5, ..choice(&shop, "POSTER-13X18-MATTE", image).await };
    add(&guest, &line).await;
    let page = guest.get("/cart").await;
    let answer = post(&guest, &line_path(&page, "/removal"), &[]).await;
    assert_eq!(answer.location(), "/cart");
    let page = guest.get("/cart").await;
    assert!(page.text.contains("There is nothing in it yet") && page.text.contains("Put it back"));
    // As the form of the message has it.
    let form = page.text.split("action=\"/cart/lines/restoration\"").nth(1).expect("a form");
    let form = form.split("</form>").next().expect("its end");
    let fields: Vec<(&str, &str)> = form
        .split("name=\"")
        .skip(1)
        .map(|field| {
            let (name, rest) = field.split_once('"').expect("a name");
            (name, rest.split('"').nth(1).expect("a value"))
        })
        .collect();
    for _ in 0..2 {
        let answer = guest.post("/cart/lines/restoration", &fields).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/cart"), "{}", answer.text);
        assert!(guest.get("/cart").await.text.contains("Cart, 5 items"), "once, however often");
    }
}

#[tokio::test]
async fn what_cannot_be_printed_is_refused_in_words_with_a_way_on() {
    let shop = Shop::open().await;
    let image = hung(&shop).await;
    let (_, private) = shop.stored("mira@example.org", "Miras secret").await;
    let guest = shop.browser();
    let good = choice(&shop, "POSTER-13X18-MATTE", image).await;
    let large = choice(&shop, "POSTER-30X40-MATTE", image).await;
    for (line, words) in [
        (NewLine { image_id: private, ..good }, "The picture is not here any more"),
        (NewLine { quantity: 0, ..good }, "from 1 to 99"),
        (NewLine { crop: large.crop, variant_id: large.variant_id, ..good }, "look soft from near"),
        (choice(&shop, "POSTER-50X70-MATTE", image).await, "too few pixels"),
    ] {
        let answer = add(&guest, &line).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.text);
        assert!(answer.text.contains(words) && !answer.text.contains("secret"), "{words}: {}", answer.text);
        if !words.starts_with("The picture") {
            let back = format!("/products/poster?variant={}&amp;image={image}", line.variant_id);
            assert!(answer.text.contains(&back), "{words}: {}", answer.text);
        }
        assert_eq!(
            answer.text.contains("Print it as it is"),
            words.contains("soft"),
            "consent helps there alone"
        );
    }
    assert_eq!(guest.cookie("cart"), None, "nothing went in");
    let agreed = NewLine { accepts_low_dpi: true, ..large };
    assert_eq!(add(&guest, &agreed).await.location(), "/cart");
    assert!(guest.get("/cart").await.text.contains("as you agreed"));
    // Numbers that are none were not made by a page of ours.
    let mut fields = fields_of(&good);
    fields[3].1 = "wide".to_owned();
    let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(post(&guest, "/cart/lines", &fields).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn what_went_wrong_with_a_line_stands_beside_it() {
    let shop = Shop::open().await;
    let image = hung(&shop).await;
    let guest = shop.browser();
    add(&guest, &choice(&shop, "POSTER-13X18-MATTE", image).await).await;
    let owner = shop.account_id("mira@example.org").await;
    images::withdraw(shop.db(), owner, image).await.expect("answered").expect("withdrawn");
    let page = guest.get("/cart").await;
    assert!(page.text.contains("The picture is not here any more"), "{}", page.text);
    for gone in ["A fox", "a fox in the snow", &image.to_string(), "/checkout/address"] {
        assert!(!page.text.contains(gone), "{gone}");
    }
}

#[tokio::test]
async fn lines_and_forms_of_others_do_nothing() {
    let shop = Shop::open().await;
    let image = hung(&shop).await;
    let (guest, other) = (shop.browser(), shop.browser());
    let line = choice(&shop, "POSTER-13X18-MATTE", image).await;
    add(&guest, &line).await;
    add(&other, &line).await;
    let path = line_path(&guest.get("/cart").await, "");
    let noor = shop.customer("noor@example.org").await;
    for browser in [&other, &noor, &shop.browser()] {
        for (path, fields) in [(path.clone(), &[("quantity", "9")][..]), (format!("{path}/removal"), &[])] {
            assert_eq!(post(browser, &path, fields).await.status, StatusCode::NOT_FOUND, "{path}");
        }
    }
    for path in [
        path.as_str(),
        "/cart/lines",
        "/cart/lines/restoration",
        "/cart/coupon",
        "/cart/coupon/removal",
        "/cart/currency",
    ] {
        for csrf in ["", "wrong", &other.csrf("/cart").await] {
            let answer = guest.post(path, &[("csrf", csrf), ("quantity", "9"), ("currency", "USD")]).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path} {csrf}");
        }
    }
    let page = guest.get("/cart").await;
    assert!(page.text.contains("Cart, 1 item<") && page.text.contains("€9.90"));
}

#[tokio::test]
async fn a_currency_is_kept_for_a_guest_and_for_what_is_shown() {
    let shop = Shop::open().await;
    let image = hung(&shop).await;
    let guest = shop.browser();
    for (next, to) in [("/gallery?q=fox", "/gallery?q=fox"), ("//evil.example", "/cart"), ("", "/cart")] {
        let answer = post(&guest, "/cart/currency", &[("currency", "JPY"), ("next", next)]).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, to));
    }
    assert!(guest.cookie("cart").is_some());
    add(&guest, &choice(&shop, "POSTER-13X18-MATTE", image).await).await;
    assert!(guest.get("/cart").await.text.contains("JP¥1,630"));
    for none in ["CHF", "XXX", "", "eur"] {
        let answer = post(&guest, "/cart/currency", &[("currency", none)]).await;
        assert_eq!(answer.location(), "/cart");
        let page = guest.get("/cart").await;
        assert!(page.text.contains("We do not sell in that currency") && page.text.contains("JP¥1,630"));
    }
}

#[tokio::test]
async fn a_coupon_takes_off_or_says_why_not() {
    let shop = Shop::open().await;
    let image = hung(&shop).await;
    let insert = "insert into coupons (id, code, kind, value, currency, min_subtotal, starts_at, ends_at, created_at)
                  select gen_random_uuid(), code, kind, value, currency, least_sum,
                         now() + case code when 'SOON' then interval '9 days' else interval '-9 days' end, ends_at, now()
                  from (values ('SPRING', 'percent', 1000, null, 0, null::timestamptz), ('LARGE', 'fixed', 500, 'EUR', 5000, null),
                               ('OLD', 'percent', 1000, null, 0, now() - interval '1 day'), ('SENT', 'free_shipping', 0, null, 0, null),
                               ('GONE', 'percent', 1000, null, 0, null), ('SOON', 'percent', 1000, null, 0, null))
                       as c (code, kind, value, currency, least_sum, ends_at)";
    sqlx::query(insert).execute(shop.db()).await.expect("coupons");
    let taken_back = "update coupons set is_active = false where code = 'GONE'";
    sqlx::query(taken_back).execute(shop.db()).await.expect("taken back");
    let guest = shop.browser();
    assert_eq!(post(&guest, "/cart/coupon", &[("code", "SPRING")]).await.status, StatusCode::NOT_FOUND);
    add(&guest, &NewLine { quantity: 2, ..choice(&shop, "POSTER-13X18-MATTE", image).await }).await;
    for (code, words) in [
        ("autumn <b>", "This code is not good."),
        ("old", "This coupon was good until"),
        ("", "This code is not good."),
        // Nobody learns that there is one which staff took back, or one that is for later.
        ("gone", "This code is not good."),
        ("soon", "This code is not good."),
    ] {
        let answer = post(&guest, "/cart/coupon", &[("code", code)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.text.contains(words) && !answer.text.contains("<b>"), "{code}: {}", answer.text);
    }
    assert_eq!(post(&guest, "/cart/coupon", &[("code", " spring ")]).await.location(), "/cart");
    let page = guest.get("/cart").await;
    assert!(page.text.contains("−€1.98") && page.text.contains("€17.82"), "{}", page.text);
    post(&guest, "/cart/coupon", &[("code", "large")]).await;
    let page = guest.get("/cart").await;
    assert!(
        page.text.contains("for goods of €50.00 or more") && page.text.contains("€19.80"),
        "{}",
        page.text
    );
    post(&guest, "/cart/currency", &[("currency", "USD")]).await;
    assert!(guest.get("/cart").await.text.contains("for orders in Euro"));
    post(&guest, "/cart/coupon", &[("code", "sent")]).await;
    assert!(guest.get("/cart").await.text.contains("Free, by coupon SENT"));
    assert_eq!(post(&guest, "/cart/coupon/removal", &[]).await.location(), "/cart");
    let page = guest.get("/cart").await;
    assert!(page.text.contains("not in your cart any more") && !page.text.contains("SENT"));
    // Guessing codes becomes slow.
    let mut last = StatusCode::OK;
    for _ in 0..20 {
        let answer = post(&guest, "/cart/coupon", &[("code", "guess")]).await;
        last = answer.status;
        if last == StatusCode::TOO_MANY_REQUESTS {
            assert!(answer.text.contains("value=\"guess\"") && !answer.header("retry-after").is_empty());
            break;
        }
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
}
