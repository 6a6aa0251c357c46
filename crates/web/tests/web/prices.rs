//! Price lists in the office.

use reqwest::StatusCode;
use shop::accounts::Role;

use crate::{
    office::{entries, post},
    support::{Browser, Shop},
};

const PAGE: &str = "/admin/prices";
const POSTER: &str = "POSTER-30X40-MATTE";

/// The id of the list that the shop began with in a currency.
pub async fn first(shop: &Shop, currency: &str) -> String {
    sqlx::query_scalar("select id::text from price_lists where currency = $1 order by id limit 1")
        .bind(currency)
        .fetch_one(shop.db())
        .await
        .expect("a list")
}

/// What something costs in a list.
async fn price(shop: &Shop, list: &str, sku: &str) -> Option<(i64, Option<i64>)> {
    let sql = "select p.amount, p.compare_at from prices p join variants v on v.id = p.variant_id
               where p.price_list_id = $1::uuid and v.sku = $2";
    sqlx::query_as(sql).bind(list).bind(sku).fetch_optional(shop.db()).await.expect("read")
}

async fn state(shop: &Shop, list: &str) -> String {
    sqlx::query_scalar("select state from price_lists where id = $1::uuid")
        .bind(list)
        .fetch_one(shop.db())
        .await
        .expect("a list")
}

/// The value of a field of a page.
fn field(page: &str, name: &str) -> String {
    let from = page.find(&format!("name=\"{name}\"")).unwrap_or_else(|| panic!("no field {name}: {page}"));
    let value = page[from..].split("value=\"").nth(1).expect("a value");
    value.split('"').next().expect("its end").to_owned()
}

/// The form of the amounts as it stands, with some of it typed anew.
async fn amounts(browser: &Browser, list: &str, typed: &[(&str, &str)]) -> Vec<(String, String)> {
    let page = browser.get(&format!("{PAGE}/{list}")).await.text;
    let skus: Vec<&str> =
        page.split("name=\"seen-").skip(1).map(|rest| rest.split('"').next().expect("a name")).collect();
    assert_eq!(skus.len(), 39);
    let mut fields = Vec::new();
    for sku in skus {
        for kind in ["seen", "amount", "compare"] {
            let name = format!("{kind}-{sku}");
            let new = typed.iter().find(|(other, _)| *other == name).map(|(_, value)| (*value).to_owned());
            let value = new.unwrap_or_else(|| field(&page, &name));
            fields.push((name, value));
        }
    }
    fields
}

async fn send(browser: &Browser, list: &str, fields: &[(String, String)]) -> crate::support::Answer {
    let fields: Vec<(&str, &str)> =
        fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    post(browser, &format!("{PAGE}/{list}/amounts"), &fields).await
}

#[tokio::test]
async fn a_manager_writes_a_list_publishes_it_and_withdraws_it() {
    let shop = Shop::open().await;
    let manager = shop.staff(Role::Manager).await;
    let eur = first(&shop, "EUR").await;
    let index = manager.get(PAGE).await.text;
    assert!(
        index.contains("Prices in EUR") && index.contains("Running") && index.contains("39 prices"),
        "{index}"
    );
    assert!(manager.get(&format!("{PAGE}/new?copy={eur}")).await.text.contains("Copy of Prices in EUR"));

    let answer = post(
        &manager,
        PAGE,
        &[
            ("name", " Black  <Friday> "),
            ("currency", "EUR"),
            ("priority", "10"),
            ("copy", &eur),
            ("percent", "−10 %"),
            ("struck", "yes"),
        ],
    )
    .await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    let path = answer.location().to_owned();
    let list = path.trim_start_matches("/admin/prices/").to_owned();
    let page = manager.get(&path).await.text;
    assert!(page.contains("Black &lt;Friday&gt;") && page.contains("Draft"), "{page}");
    assert_eq!(field(&page, &format!("amount-{POSTER}")), "22.90");
    assert_eq!(field(&page, &format!("compare-{POSTER}")), "24.90");
    assert!(shop.browser().get("/products").await.text.contains("€9.90"), "a draft counts nowhere");

    // Before it is published one sees what it will do.
    let preview = manager.get(&format!("{PAGE}/preview?currency=EUR&with={list}")).await.text;
    assert!(preview.contains("€22.90 <s>€24.90</s>") && preview.contains("0 cost more"), "{preview}");
    let now = manager.get(&format!("{PAGE}/preview?currency=EUR")).await.text;
    assert!(now.contains("nothing costs more or less") && now.contains("Black &lt;Friday&gt;"), "{now}");

    let published = post(&manager, &format!("{path}/publication"), &[]).await;
    assert_eq!(published.location(), path);
    let window = shop.browser().get("/products").await.text;
    assert!(window.contains("<strong>€8.90</strong>") && window.contains("<s>€9.90</s>"), "{window}");
    // A running list is not thrown away.
    assert_eq!(post(&manager, &format!("{path}/deletion"), &[]).await.location(), path);
    assert_eq!(state(&shop, &list).await, "published");

    let withdrawal = format!("{path}/withdrawal");
    let answer = post(&manager, &withdrawal, &[("note", " ")]).await;
    assert!(answer.status == StatusCode::UNPROCESSABLE_ENTITY && answer.text.contains("id=\"note-error\""));
    assert_eq!(post(&manager, &withdrawal, &[("note", "over")]).await.location(), path);
    assert_eq!(state(&shop, &list).await, "withdrawn");
    assert!(shop.browser().get("/products").await.text.contains("<strong>€9.90</strong>"));
    let page = manager.get(&path).await.text;
    assert!(page.contains("nothing in it can be changed") && !page.contains("name=\"amount-"), "{page}");
    let actions: Vec<String> = entries(&shop).await.into_iter().map(|(action, ..)| action).collect();
    assert_eq!(actions, ["price_list.create", "price_list.publish", "price_list.withdraw"]);
    let log = manager.get("/admin/audit").await.text;
    assert!(
        log.contains("withdrew <a href=") && log.contains("the price list “Black &lt;Friday&gt;”"),
        "{log}"
    );

    // A draft is thrown away.
    let answer = post(&manager, PAGE, &[("name", "Another"), ("currency", "KRW")]).await;
    let draft = answer.location().to_owned();
    let empty = post(&manager, &format!("{draft}/publication"), &[]).await;
    assert!(empty.status == StatusCode::UNPROCESSABLE_ENTITY && empty.text.contains("no price in this list"));
    assert_eq!(post(&manager, &format!("{draft}/deletion"), &[]).await.location(), PAGE);
    assert_eq!(manager.get(&draft).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn changed_amounts_are_saved_together_and_kept_in_the_history() {
    let shop = Shop::open().await;
    let manager = shop.staff(Role::Manager).await;
    let eur = first(&shop, "EUR").await;
    let typed = [
        ("amount-POSTER-30X40-MATTE", "26,5"),
        ("compare-POSTER-30X40-MATTE", "29"),
        ("amount-MUG-330-BLACK", ""),
    ];
    let fields = amounts(&manager, &eur, &typed).await;
    let (one, other) = tokio::join!(send(&manager, &eur, &fields), send(&manager, &eur, &fields));
    let path = format!("{PAGE}/{eur}");
    assert_eq!((one.location(), other.location()), (path.as_str(), path.as_str()), "{}", one.text);
    assert_eq!(price(&shop, &eur, POSTER).await, Some((2_650, Some(2_900))));
    assert_eq!(price(&shop, &eur, "MUG-330-BLACK").await, None);
    assert_eq!(price(&shop, &eur, "MUG-330-WHITE").await, Some((1_490, None)));
    let page = manager.get(&path).await.text;
    assert!(page.contains("<ins>€26.50, struck through €29.00</ins>"), "{page}");
    assert!(page.contains("<del>€14.90</del>") && page.contains("by manager@example.org"), "{page}");
    let log = entries(&shop).await;
    assert_eq!(log.len(), 1, "a double click is one change: {log:?}");
    assert_eq!(log[0].2[POSTER], "€26.50 instead of €29.00");
    assert_eq!(log[0].1["MUG-330-BLACK"], "€14.90");
}

#[tokio::test]
async fn bad_amounts_change_nothing_and_are_told_beside_their_cells() {
    let shop = Shop::open().await;
    let manager = shop.staff(Role::Manager).await;
    let (eur, jpy, krw) = (first(&shop, "EUR").await, first(&shop, "JPY").await, first(&shop, "KRW").await);
    for (list, name, typed, sentence) in [
        (&eur, "amount-POSTER-30X40-MATTE", "dear", "with at most 2 decimals"),
        (&eur, "amount-POSTER-30X40-MATTE", "24.905", "with at most 2 decimals"),
        (&eur, "amount-POSTER-30X40-MATTE", "0", "Nothing is sold for nothing"),
        (&eur, "amount-POSTER-30X40-MATTE", "99999999", "more than anything may cost"),
        (&eur, "compare-POSTER-30X40-MATTE", "1", "must be more than what it costs"),
        (&jpy, "amount-POSTER-30X40-MATTE", "4080.50", "without decimals"),
        (&krw, "amount-POSTER-30X40-MATTE", "38900.00", "without decimals"),
        (&krw, "amount-POSTER-30X40-MATTE", "<b>fox", "without decimals"),
    ] {
        // Another cell is right, and is not saved either.
        let fields = amounts(&manager, list, &[(name, typed), ("amount-MUG-330-WHITE", "55")]).await;
        let answer = send(&manager, list, &fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{typed}");
        assert!(answer.text.contains(sentence), "{typed}: {}", answer.text);
        assert!(answer.text.contains(&format!("id=\"{name}-error\"")), "{typed}");
        assert!(answer.text.contains(&format!("href=\"#{name}\"")), "{typed}: the summary leads there");
        assert_eq!(field(&answer.text, "amount-MUG-330-WHITE"), "55", "what was typed is kept");
        assert!(!answer.text.contains("<b>fox"), "{typed}");
    }
    assert_eq!(price(&shop, &eur, "MUG-330-WHITE").await, Some((1_490, None)));
    let spoilt = [("seen-MUG-330-WHITE", "cheap")];
    let fields = amounts(&manager, &eur, &spoilt).await;
    assert_eq!(send(&manager, &eur, &fields).await.status, StatusCode::BAD_REQUEST);
    assert!(entries(&shop).await.is_empty());
    // Without decimals, whole amounts are right.
    let fields = amounts(&manager, &jpy, &[("amount-MUG-330-WHITE", "2 500")]).await;
    assert_eq!(send(&manager, &jpy, &fields).await.status, StatusCode::SEE_OTHER);
    assert_eq!(price(&shop, &jpy, "MUG-330-WHITE").await, Some((2_500, None)));
}

#[tokio::test]
async fn a_form_that_was_open_for_long_overwrites_nobody_unawares() {
    let shop = Shop::open().await;
    let manager = shop.staff(Role::Manager).await;
    let eur = first(&shop, "EUR").await;
    let late = amounts(&manager, &eur, &[("amount-POSTER-30X40-MATTE", "23.90")]).await;
    let other = [("amount-POSTER-30X40-MATTE", "25.90"), ("amount-MUG-330-WHITE", "15.90")];
    let fields = amounts(&manager, &eur, &other).await;
    assert_eq!(send(&manager, &eur, &fields).await.status, StatusCode::SEE_OTHER);

    let answer = send(&manager, &eur, &late).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text.contains("meanwhile somebody else changed this to €25.90"), "{}", answer.text);
    assert_eq!(price(&shop, &eur, POSTER).await, Some((2_590, None)));
    assert_eq!(field(&answer.text, "amount-POSTER-30X40-MATTE"), "23.90");
    assert_eq!(field(&answer.text, "seen-POSTER-30X40-MATTE"), "2590", "the next try knows");
    let mut aware = late.clone();
    for (name, value) in &mut aware {
        if name == "seen-POSTER-30X40-MATTE" {
            "2590".clone_into(value);
        }
    }
    assert_eq!(send(&manager, &eur, &aware).await.status, StatusCode::SEE_OTHER);
    assert_eq!(price(&shop, &eur, POSTER).await, Some((2_390, None)));
    assert_eq!(
        price(&shop, &eur, "MUG-330-WHITE").await,
        Some((1_590, None)),
        "a cell that was left alone overwrites nothing"
    );
}

#[tokio::test]
async fn names_and_times_are_checked_and_kept() {
    let shop = Shop::open().await;
    let manager = shop.staff(Role::Manager).await;
    let gbp = first(&shop, "GBP").await;
    let path = format!("{PAGE}/{gbp}");
    let page = manager.get(&path).await.text;
    let (seen, starts_at) = (field(&page, "seen"), field(&page, "starts_at"));
    let before: chrono::DateTime<chrono::Utc> =
        sqlx::query_scalar("select starts_at from price_lists where id = $1::uuid")
            .bind(&gbp)
            .fetch_one(shop.db())
            .await
            .expect("read");
    for (name, from, until, rank, error) in [
        ("", starts_at.as_str(), "", "0", "name-error"),
        ("Pounds", "tomorrow", "", "0", "starts_at-error"),
        ("Pounds", "2026-12-24T18:00", "2026-12-24T18:00", "0", "ends_at-error"),
        ("Pounds", &starts_at, "", "101", "priority-error"),
        ("Pounds", &starts_at, "", "-1", "priority-error"),
    ] {
        let fields =
            [("name", name), ("starts_at", from), ("ends_at", until), ("priority", rank), ("seen", &seen)];
        let answer = post(&manager, &path, &fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{error}");
        assert!(answer.text.contains(&format!("id=\"{error}\"")), "{error}: {}", answer.text);
    }
    let fields = |name: &'static str, seen: &str| {
        let text = str::to_owned;
        [
            ("name", text(name)),
            ("starts_at", starts_at.clone()),
            ("ends_at", text("2099-12-24T18:00")),
            ("priority", text("3")),
            ("seen", text(seen)),
        ]
    };
    let send = async |fields: [(&str, String); 5]| {
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        post(&manager, &path, &fields).await
    };
    assert_eq!(send(fields("Pounds", &seen)).await.location(), path);
    let kept: (String, i16, chrono::DateTime<chrono::Utc>) =
        sqlx::query_as("select name, priority, starts_at from price_lists where id = $1::uuid")
            .bind(&gbp)
            .fetch_one(shop.db())
            .await
            .expect("read");
    assert_eq!(kept, ("Pounds".to_owned(), 3, before), "a beginning that was left alone is kept to the tick");

    let late = send(fields("Sterling", &seen)).await;
    assert_eq!(late.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(late.text.contains("the list is called “Pounds”"), "{}", late.text);
    let aware = field(&late.text, "seen");
    assert_eq!(send(fields("Sterling", &aware)).await.location(), path);
    assert_eq!(entries(&shop).await.len(), 2);
}

#[tokio::test]
async fn withdrawing_the_last_list_says_what_is_not_sold_any_more() {
    let shop = Shop::open().await;
    let manager = shop.staff(Role::Manager).await;
    let usd = first(&shop, "USD").await;
    let path = format!("{PAGE}/{usd}");
    let page = manager.get(&path).await.text;
    assert!(page.contains("39 things are not sold in US dollar any more"), "{page}");
    let withdrawal = format!("{path}/withdrawal");
    let answer = post(&manager, &withdrawal, &[("note", "we stop")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text.contains("id=\"agree-error\"") && answer.text.contains("we stop</textarea>"));
    assert_eq!(state(&shop, &usd).await, "published");
    assert_eq!(post(&manager, &withdrawal, &[("note", "we stop"), ("agree", "yes")]).await.location(), path);
    assert_eq!(entries(&shop).await[0].2["no_longer_sold"], 39);
}

#[tokio::test]
async fn a_preview_of_another_moment_is_asked_for_in_words_that_it_understands() {
    let shop = Shop::open().await;
    let manager = shop.staff(Role::Manager).await;
    let before = manager.get(&format!("{PAGE}/preview?at=2020-01-01T00:00&currency=JPY")).await;
    assert_eq!(before.status, StatusCode::OK);
    assert!(before.text.contains("39 are not sold any more") && before.text.contains("JP¥4,080"));
    let bad = manager.get(&format!("{PAGE}/preview?at=christmas")).await;
    assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(bad.text.contains("id=\"at-error\"") && bad.text.contains("value=\"christmas\""));
    assert_eq!(manager.get(&format!("{PAGE}/preview?currency=XXX")).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_a_new_list_cannot_be_is_said() {
    let shop = Shop::open().await;
    let manager = shop.staff(Role::Manager).await;
    let eur = first(&shop, "EUR").await;
    for (fields, error) in [
        (vec![("name", "A"), ("currency", "XXX")], "currency-error"),
        (vec![("name", "A"), ("currency", "USD"), ("copy", eur.as_str())], "currency-error"),
        (vec![("name", "A"), ("currency", "EUR"), ("percent", "10")], "percent-error"),
        (
            vec![("name", "A"), ("currency", "EUR"), ("copy", eur.as_str()), ("percent", "-96")],
            "percent-error",
        ),
        (vec![("name", "A"), ("currency", "EUR"), ("copy", "none")], "copy-error"),
        (vec![("name", ""), ("currency", "EUR")], "name-error"),
    ] {
        let answer = post(&manager, PAGE, &fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{fields:?}");
        assert!(answer.text.contains(&format!("id=\"{error}\"")), "{fields:?}: {}", answer.text);
    }
    assert!(entries(&shop).await.is_empty());
}

#[tokio::test]
async fn nobody_else_sees_or_changes_prices() {
    let shop = Shop::open().await;
    let eur = first(&shop, "EUR").await;
    for role in [Role::Support, Role::Production, Role::Customer] {
        let browser = shop.staff(role).await;
        for path in [PAGE.to_owned(), format!("{PAGE}/{eur}"), format!("{PAGE}/preview")] {
            assert_eq!(browser.get(&path).await.status, StatusCode::NOT_FOUND, "{role:?}: {path}");
        }
        let fields = [("amount-MUG-330-WHITE", "1"), ("seen-MUG-330-WHITE", "1490")];
        let answer = post(&browser, &format!("{PAGE}/{eur}/amounts"), &fields).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{role:?}");
    }
    assert_eq!(price(&shop, &eur, "MUG-330-WHITE").await, Some((1_490, None)));
}
