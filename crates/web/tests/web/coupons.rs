//! Coupons in the office.

use reqwest::StatusCode;
use shop::{Cause, accounts::Role, coupons};

use crate::{
    office::{entries, post},
    support::Shop,
};

const PAGE: &str = "/admin/coupons";

#[tokio::test]
async fn a_manager_makes_a_coupon_takes_it_back_and_brings_it_back() {
    let shop = Shop::open().await;
    let manager = shop.staff(Role::Manager).await;
    assert!(manager.get(PAGE).await.text.contains("There is none yet"));
    assert_eq!(manager.get(&format!("{PAGE}/new")).await.status, StatusCode::OK);
    let fields = [
        ("code", " spring 26 "),
        ("kind", "percent"),
        ("value", "12,5"),
        ("currency", "KRW"),
        ("min_subtotal", "30 000"),
        ("max_uses", "10"),
        ("max_uses_each", "1"),
        ("starts_at", ""),
        ("ends_at", "2099-12-31T18:00"),
    ];
    let answer = post(&manager, PAGE, &fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    let path = answer.location().to_owned();
    let again = post(&manager, PAGE, &fields).await;
    assert!(
        again.status == StatusCode::UNPROCESSABLE_ENTITY && again.text.contains("with this code already")
    );
    let page = manager.get(&path).await.text;
    for words in [
        "SPRING26",
        "12.5% off the goods",
        "in South Korean won",
        "₩30,000",
        "0 of 10",
        "once for each customer",
        "Good now",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let usable = async |code: &str| {
        let found = coupons::find_usable(shop.db(), &Cause::now(None), code).await.expect("answered");
        found.is_ok()
    };
    assert!(usable("Spring26").await);
    let off = format!("{path}/deactivation");
    let silent = post(&manager, &off, &[("note", " ")]).await;
    assert!(silent.status == StatusCode::UNPROCESSABLE_ENTITY && silent.text.contains("id=\"note-error\""));
    assert_eq!(post(&manager, &off, &[("note", "too <dear>")]).await.location(), path);
    assert!(!usable("SPRING26").await);
    assert!(manager.get(PAGE).await.text.contains("Taken back"));
    assert_eq!(post(&manager, &off, &[("note", "again")]).await.location(), path, "a double click");
    assert_eq!(post(&manager, &format!("{path}/reactivation"), &[("note", "no")]).await.location(), path);
    assert!(usable("SPRING26").await);
    let actions: Vec<String> = entries(&shop).await.into_iter().map(|(action, ..)| action).collect();
    assert_eq!(actions, ["coupon.create", "coupon.deactivate", "coupon.reactivate"]);
    let log = manager.get("/admin/audit").await.text;
    assert!(log.contains("the coupon “SPRING26”") && log.contains("too &lt;dear&gt;"), "{log}");
}

#[tokio::test]
async fn what_cannot_be_a_coupon_is_kept_with_a_sentence() {
    let shop = Shop::open().await;
    let manager = shop.staff(Role::Manager).await;
    let right = [("code", "SPRING"), ("kind", "percent"), ("value", "10")];
    for (spoilt, error) in [
        (vec![("code", "AB")], "code-error"),
        (vec![("code", "SPRÍNG")], "code-error"),
        (vec![("code", "<b>fox")], "code-error"),
        (vec![("kind", "")], "kind-error"),
        (vec![("value", "")], "value-error"),
        (vec![("value", "0")], "value-error"),
        (vec![("value", "100.01")], "value-error"),
        (vec![("value", "-5")], "value-error"),
        (vec![("kind", "fixed"), ("value", "5")], "currency-error"),
        (vec![("kind", "fixed"), ("value", "5.5"), ("currency", "JPY")], "value-error"),
        (vec![("kind", "free_shipping")], "value-error"),
        (vec![("currency", "XXX")], "currency-error"),
        (vec![("min_subtotal", "10")], "currency-error"),
        (vec![("min_subtotal", "much"), ("currency", "EUR")], "min_subtotal-error"),
        (vec![("max_uses", "0")], "max_uses-error"),
        (vec![("max_uses_each", "many")], "max_uses_each-error"),
        (vec![("starts_at", "soon")], "starts_at-error"),
        (vec![("ends_at", "2020-01-01T00:00")], "ends_at-error"),
    ] {
        let mut fields = spoilt.clone();
        fields.extend(right);
        let answer = post(&manager, PAGE, &fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{spoilt:?}");
        assert!(answer.text.contains(&format!("id=\"{error}\"")), "{spoilt:?}: {}", answer.text);
        assert!(!answer.text.contains("<b>fox"));
    }
    assert!(entries(&shop).await.is_empty());
    for (kind, value, code) in [("fixed", "5", "FIVE"), ("free_shipping", "", "FREE")] {
        let fields = [("code", code), ("kind", kind), ("value", value), ("currency", "EUR")];
        assert_eq!(post(&manager, PAGE, &fields).await.status, StatusCode::SEE_OTHER, "{kind}");
    }
    let index = manager.get(PAGE).await.text;
    assert!(index.contains("€5.00 off the goods") && index.contains("Sent for nothing"), "{index}");
}

#[tokio::test]
async fn nobody_else_makes_or_sees_coupons() {
    let shop = Shop::open().await;
    for role in [Role::Support, Role::Production, Role::Customer] {
        let browser = shop.staff(role).await;
        assert_eq!(browser.get(PAGE).await.status, StatusCode::NOT_FOUND, "{role:?}");
        let fields = [("code", "SPRING"), ("kind", "percent"), ("value", "10")];
        assert_eq!(post(&browser, PAGE, &fields).await.status, StatusCode::NOT_FOUND, "{role:?}");
    }
    assert!(coupons::list(shop.db()).await.expect("read").is_empty());
}
