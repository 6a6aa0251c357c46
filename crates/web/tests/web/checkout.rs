//! From the cart to the order, without a script.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use reqwest::StatusCode;
use shop::{
    Cause,
    addresses::{self, Texts},
    carts::{self, NewLine, Owner},
    crops::{Area, Crop, Orientation, Place},
    ids::ImageId,
    money::Currency,
    products,
};
use web::session::SessionValue;

use crate::support::{Answer, Browser, Shop};

const POSTER: &str = "POSTER-13X18-MATTE";
const FILE: &str = "DOWNLOAD-FULL";

const HOME: [(&str, &str); 6] = [
    ("country", "DE"),
    ("name", "Mira <Okafor>"),
    ("line1", "Gartenstraße 3"),
    ("city", "Berlin"),
    ("postcode", "10115"),
    ("email", " mira@example.org "),
];

/// A picture that everybody can buy.
async fn hung(shop: &Shop) -> ImageId {
    shop.customer("painter@example.org").await;
    shop.published("painter@example.org", "a fox in the snow", "A fox").await.0
}

async fn fill(shop: &Shop, owner: Owner, image_id: ImageId, sku: &str, quantity: i32) {
    let all = products::list(shop.db()).await.expect("products");
    let variant = all.iter().flat_map(|product| &product.variants).find(|it| it.sku == sku).expect("sold");
    let picture = Area { width: 1024, height: 1024 };
    let filling = |print: products::Print| Crop::filling(picture, print.area_mm, Place::Middle);
    let line = NewLine {
        variant_id: variant.id,
        image_id,
        orientation: Orientation::Portrait,
        crop: variant.print.map_or(Crop::ALL, filling),
        quantity,
        accepts_low_dpi: false,
    };
    carts::add(shop.db(), &Cause::now(None), &owner, Currency::Eur, &line)
        .await
        .expect("answered")
        .expect("taken");
}

/// Somebody who is not signed in, with this in their cart.
async fn guest(shop: &Shop, image: ImageId, sku: &str, quantity: i32) -> Browser {
    let (browser, value) = (shop.browser(), SessionValue::fresh());
    browser.set_cookie("cart", &BASE64_URL_SAFE_NO_PAD.encode(value.bytes()));
    fill(shop, Owner::Guest(value.id_hash()), image, sku, quantity).await;
    browser
}

/// Sends a form of a page, with everything hidden that stands in it.
async fn post(browser: &Browser, path: &str, fields: &[(&str, &str)]) -> Answer {
    // Before the country is known, there is nothing to send.
    let csrf = browser.csrf(&format!("{path}?country=DE")).await;
    let mut fields = fields.to_vec();
    fields.push(("csrf", &csrf));
    browser.post(path, &fields).await
}

fn hidden(page: &str) -> Vec<(&str, &str)> {
    let form = page.rsplit_once("action=\"/checkout/review\"").expect("the form").1;
    let form = form.split("</form>").next().expect("its end");
    let fields = form.split("<input type=\"hidden\" name=\"").skip(1);
    fields
        .map(|field| {
            let (name, rest) = field.split_once("\" value=\"").expect("a field");
            (name, rest.split('"').next().expect("a value"))
        })
        .collect()
}

/// Presses the button of this page.
async fn press(browser: &Browser, page: &str) -> Answer {
    browser.post("/checkout/review", &hidden(page)).await
}

async fn through(browser: &Browser) -> Answer {
    let answer = post(browser, "/checkout/address", &HOME).await;
    assert_eq!(answer.location(), "/checkout/shipping", "{}", answer.text);
    let answer = post(browser, "/checkout/shipping", &[("method", "standard")]).await;
    assert_eq!(answer.location(), "/checkout/review", "{}", answer.text);
    browser.get("/checkout/review").await
}

async fn orders(shop: &Shop) -> Vec<(String, i64, bool, bool)> {
    sqlx::query_as(
        "select email, total, account_id is not null, browser_hash is not null from orders order by id",
    )
    .fetch_all(shop.db())
    .await
    .expect("orders")
}

#[tokio::test]
async fn a_guest_orders_step_by_step_and_back_again() {
    let shop = Shop::open().await;
    let image = hung(&shop).await;
    let guest = guest(&shop, image, POSTER, 2).await;
    // Whoever goes ahead is led to the first step that is missing.
    for path in ["/checkout/shipping", "/checkout/review"] {
        let answer = guest.get(path).await;
        assert_eq!(
            (answer.status, answer.location()),
            (StatusCode::SEE_OTHER, "/checkout/address"),
            "{path}"
        );
    }
    let first = guest.get("/checkout/address").await.text;
    assert!(first.contains("href=\"/sign-in?next=%2Fcheckout%2Faddress\""), "{first}");
    assert!(!first.contains("name=\"line1\""), "the country comes first");
    let german = guest.get("/checkout/address?country=DE").await.text;
    for shown in [
        "name=\"email\" type=\"email\"",
        "autocomplete=\"email\"",
        "autocomplete=\"postal-code\"",
        "aria-current=\"step\">Address",
    ] {
        assert!(german.contains(shown), "no {shown}: {german}");
    }
    assert!(!german.contains("Keep this among my addresses"), "a guest has no address book");
    let answer = post(&guest, "/checkout/address", &HOME).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/checkout/shipping"));
    let shipping = guest.get("/checkout/shipping").await.text;
    for shown in
        ["To Germany", "€4.90", "€14.90", "value=\"standard\" required checked", "Free with €60.20 more"]
    {
        assert!(shipping.contains(shown), "no {shown}: {shipping}");
    }
    let answer = guest.get("/checkout/review").await;
    assert_eq!(answer.location(), "/checkout/shipping", "nothing is chosen by itself");
    let answer = post(&guest, "/checkout/shipping", &[("method", "express")]).await;
    assert_eq!(answer.location(), "/checkout/review");
    // Back: what was said is still there, and can be changed.
    let back = guest.get("/checkout/address").await.text;
    for shown in ["Mira &lt;Okafor&gt;", "value=\"mira@example.org\"", "value=\"10115\""] {
        assert!(back.contains(shown), "no {shown}: {back}");
    }
    let other = guest.get("/checkout/address?country=AT").await.text;
    assert!(
        other.contains("name=\"country\" value=\"AT\"") && other.contains("Mira &lt;Okafor&gt;"),
        "{other}"
    );
    let shipping = guest.get("/checkout/shipping").await.text;
    assert!(shipping.contains("value=\"express\" required checked"), "{shipping}");
    post(&guest, "/checkout/shipping", &[("method", "standard")]).await;
    let review = guest.get("/checkout/review").await;
    assert_eq!((review.status, review.header("cache-control")), (StatusCode::OK, "no-store"));
    for shown in [
        "2 × €9.90",
        "<dt>Goods</dt><dd>€19.80</dd>",
        "<dt>Shipping</dt><dd>€4.90</dd>",
        "The total includes €3.94 VAT (19%).",
        "Order and pay €24.70",
        "Gartenstraße 3",
        "10115",
        "mira@example.org",
        "href=\"/checkout/address\"",
        "href=\"/checkout/shipping\"",
    ] {
        assert!(review.text.contains(shown), "no {shown}: {}", review.text);
    }
    let answer = press(&guest, &review.text).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    assert!(answer.location().starts_with("/orders/"), "{answer:?}");
    // A second click, and the same from a page that was left open.
    assert_eq!(press(&guest, &review.text).await.location(), answer.location());
    assert_eq!(orders(&shop).await, [("mira@example.org".to_owned(), 2_470, false, true)]);
}

#[tokio::test]
async fn an_account_chooses_from_its_addresses_or_adds_one() {
    let shop = Shop::open().await;
    let image = hung(&shop).await;
    let noor = shop.customer("noor@example.org").await;
    let account = shop.account_id("noor@example.org").await;
    let owner = Owner::Account(account);
    fill(&shop, owner, image, POSTER, 1).await;
    let text = |text: &str| text.to_owned();
    let home = Texts {
        country: text("DE"),
        name: text("Noor Haddad"),
        line1: text("Lindenweg 8"),
        city: text("Potsdam"),
        postcode: text("14467"),
        ..Texts::default()
    };
    let place = addresses::check(&home).expect("an address");
    let id =
        addresses::add(shop.db(), &Cause::now(None), account, &place).await.expect("done").expect("room");
    let page = noor.get("/checkout/address").await.text;
    for shown in ["Lindenweg 8", "Send it here", "noor@example.org", "Keep this among my addresses"] {
        assert!(page.contains(shown), "no {shown}: {page}");
    }
    assert!(!page.contains("name=\"email\""), "mails go to the account's address");
    let answer = post(&noor, "/checkout/address", &[("address", &id.to_string())]).await;
    assert_eq!(answer.location(), "/checkout/shipping");
    // Another one, to be kept, once.
    for _ in 0..2 {
        let mut fields = HOME.to_vec();
        fields.push(("save", "yes"));
        let answer = post(&noor, "/checkout/address", &fields).await;
        assert_eq!(answer.location(), "/checkout/shipping");
    }
    let kept = addresses::list(shop.db(), account).await.expect("read");
    assert_eq!(kept.len(), 2, "{kept:?}");
    post(&noor, "/checkout/shipping", &[("method", "standard")]).await;
    let review = noor.get("/checkout/review").await.text;
    let answer = press(&noor, &review).await;
    assert!(answer.location().starts_with("/orders/"), "{answer:?}");
    assert_eq!(orders(&shop).await, [("noor@example.org".to_owned(), 1_480, true, false)]);
    // Somebody else's address is none.
    let mira = shop.customer("mira@example.org").await;
    fill(&shop, Owner::Account(shop.account_id("mira@example.org").await), image, POSTER, 1).await;
    let answer = post(&mira, "/checkout/address", &[("address", &id.to_string())]).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_is_wrong_is_said_and_what_was_typed_is_kept() {
    let shop = Shop::open().await;
    let image = hung(&shop).await;
    let guest = guest(&shop, image, POSTER, 1).await;
    let typed = [
        ("country", "DE"),
        ("name", "Mira"),
        ("line1", ""),
        ("city", "Berlin"),
        ("postcode", "1"),
        ("email", "mira at home"),
    ];
    let answer = post(&guest, "/checkout/address", &typed).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    for shown in [
        "A few things need your attention",
        "href=\"#email\"",
        "href=\"#line1\"",
        "href=\"#postcode\"",
        "value=\"mira at home\"",
        "value=\"Berlin\"",
        "id=\"email-error\"",
    ] {
        assert!(answer.text.contains(shown), "no {shown}: {}", answer.text);
    }
    post(&guest, "/checkout/address", &HOME).await;
    let answer = post(&guest, "/checkout/shipping", &[("method", "pigeon")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text.contains("Please choose one of the ways"), "{}", answer.text);
}

#[tokio::test]
async fn without_anything_in_the_cart_there_is_no_checkout() {
    let shop = Shop::open().await;
    let stranger = shop.browser();
    for path in ["/checkout/address", "/checkout/shipping", "/checkout/review"] {
        let answer = stranger.get(path).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/cart"), "{path}");
    }
    let image = hung(&shop).await;
    let guest = guest(&shop, image, POSTER, 1).await;
    sqlx::query("update variants set is_active = false").execute(shop.db()).await.expect("not sold");
    assert_eq!(guest.get("/checkout/address").await.location(), "/cart", "what is not sold is marked there");
}

#[tokio::test]
async fn a_file_needs_a_country_and_nothing_to_send_it_with() {
    let shop = Shop::open().await;
    let image = hung(&shop).await;
    let guest = guest(&shop, image, FILE, 1).await;
    let page = guest.get("/checkout/address").await.text;
    assert!(page.contains("Nothing is sent by post") && !page.contains(">Shipping"), "{page}");
    let wrong = post(&guest, "/checkout/address", &[("country", "XX"), ("email", "a@example.org")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text.contains("id=\"country-error\""), "{}", wrong.text);
    let answer = post(&guest, "/checkout/address", &[("country", "FR"), ("email", "a@example.org")]).await;
    assert_eq!(answer.location(), "/checkout/review");
    assert_eq!(guest.get("/checkout/shipping").await.location(), "/checkout/review");
    let review = guest.get("/checkout/review").await.text;
    for shown in ["The total includes €0.98 VAT (20%).", "Order and pay €5.90", "France"] {
        assert!(review.contains(shown), "no {shown}: {review}");
    }
    assert!(!review.contains("<dt>Shipping</dt>"), "{review}");
    assert!(press(&guest, &review).await.location().starts_with("/orders/"));
}

#[tokio::test]
async fn what_changed_meanwhile_is_shown_before_anything_is_ordered() {
    let shop = Shop::open().await;
    let image = hung(&shop).await;
    let guest = guest(&shop, image, POSTER, 1).await;
    let seen = through(&guest).await.text;
    sqlx::query("update prices set amount = 1090 where amount = 990")
        .execute(shop.db())
        .await
        .expect("dearer");
    let answer = press(&guest, &seen).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    for shown in
        ["Something changed meanwhile", "€9.90</del>", "€10.90</ins>", "€14.80</del>", "Order and pay €15.80"]
    {
        assert!(answer.text.contains(shown), "no {shown}: {}", answer.text);
    }
    assert!(orders(&shop).await.is_empty());
    // Whoever presses again agrees.
    assert!(press(&guest, &answer.text).await.location().starts_with("/orders/"));
    // A form that says nothing orders nothing.
    let csrf = guest.csrf("/checkout/review").await;
    let answer = guest.post("/checkout/review", &[("csrf", &csrf), ("total", "1")]).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert_eq!(orders(&shop).await.len(), 1);
}

#[tokio::test]
async fn whatever_keeps_an_order_from_being_made_is_said_in_words() {
    let spring = "insert into coupons (id, code, kind, value, max_uses, starts_at, created_at)
                  values (gen_random_uuid(), 'SPRING', 'percent', 1000, 1, now() - interval '1 day', now());
                  update carts set coupon_id = (select id from coupons)";
    let other_street = "update checkouts set address = address || '{\"line1\": \"Lindenweg 8\"}'; update carts set version = version + 1";
    for (before, change, words) in [
        ("", "update carts set version = version + 1", "how it is sent is not what you saw"),
        ("", other_street, "Lindenweg 8"),
        ("", "update prices set amount = 1090 where amount = 990", "€10.90</ins>"),
        (spring, "update coupons set uses = 1", "All uses of this coupon are gone."),
        (spring, "update coupons set is_active = false", "This code is not good."),
        (
            "",
            "update prices set amount = 19 where amount = 990; update shipping_rates set amount = 20",
            "less than €0.50 cannot be paid",
        ),
    ] {
        let shop = Shop::open().await;
        let image = hung(&shop).await;
        let guest = guest(&shop, image, POSTER, 1).await;
        sqlx::raw_sql(before).execute(shop.db()).await.expect("before");
        let seen = through(&guest).await.text;
        sqlx::raw_sql(change).execute(shop.db()).await.expect("changed");
        let answer = press(&guest, &seen).await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "{change}");
        assert!(
            answer.text.contains(words) && answer.text.contains("Nothing was"),
            "{change}: {}",
            answer.text
        );
        assert!(orders(&shop).await.is_empty());
    }
}

#[tokio::test]
async fn what_cannot_be_had_any_more_leads_to_where_it_is_looked_after() {
    for (change, to) in [
        ("delete from shipping_rates where method = 'standard'", "/checkout/shipping"),
        ("update images set visibility = 'private', published_at = null", "/cart"),
    ] {
        let shop = Shop::open().await;
        let image = hung(&shop).await;
        let guest = guest(&shop, image, POSTER, 1).await;
        let seen = through(&guest).await.text;
        sqlx::query(change).execute(shop.db()).await.expect("changed");
        let answer = press(&guest, &seen).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, to), "{change}");
        assert!(guest.get(to).await.text.contains("Nothing was ordered"), "{change}");
        assert!(orders(&shop).await.is_empty());
    }
}

#[tokio::test]
async fn a_parcel_that_cannot_be_sent_is_said_kindly() {
    let shop = Shop::open().await;
    let image = hung(&shop).await;
    let guest = guest(&shop, image, POSTER, 1).await;
    post(&guest, "/checkout/address", &HOME).await;
    sqlx::query("update shipping_rates set up_to_g = 1 where up_to_g = 1000")
        .execute(shop.db())
        .await
        .expect("light");
    sqlx::query("delete from shipping_rates where up_to_g > 1").execute(shop.db()).await.expect("light");
    let page = guest.get("/checkout/shipping").await.text;
    assert!(page.contains("This is more than we can send to Germany at once"), "{page}");
    sqlx::query("delete from shipping_rates").execute(shop.db()).await.expect("none");
    let page = guest.get("/checkout/shipping").await.text;
    assert!(page.contains("We cannot send parcels to Germany for payment in Euro yet"), "{page}");
}

#[tokio::test]
async fn the_button_can_be_pressed_only_so_often() {
    let shop = Shop::open().await;
    let image = hung(&shop).await;
    let guest = guest(&shop, image, POSTER, 1).await;
    let page = through(&guest).await.text;
    for _ in 0..20 {
        assert_eq!(press(&guest, &page).await.status, StatusCode::SEE_OTHER);
    }
    let answer = press(&guest, &page).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(
        answer.text.contains("please try again") && answer.text.contains("Order and pay"),
        "{}",
        answer.text
    );
    assert_eq!(orders(&shop).await.len(), 1);
}
