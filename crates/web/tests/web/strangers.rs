//! What belongs to somebody else does not exist.

use reqwest::StatusCode;
use shop::{
    Cause,
    addresses::{self, Texts},
    carts::{self, Owner},
    exports,
    ids::{AccountId, AddressId, SessionId, SourceId},
    money::Currency,
    sources::{self, Brought},
    testing,
};
use web::{admission::Access, routes::Listed};

use crate::support::{Shop, choice};

/// A picture that somebody brought along, told from others by a number.
async fn brought(shop: &Shop, email: &str, number: u8) -> SourceId {
    let brought = Brought { bytes: b"Miras".to_vec(), width: 64, height: 64, sha256: [number; 32] };
    let account_id = shop.account_id(email).await;
    sources::stage(shop.db(), &Cause::now(None), account_id, &brought).await.expect("staged")
}

#[tokio::test]
async fn nothing_of_somebody_else_is_found_at_any_address() {
    let shop = Shop::open().await;
    shop.customer("mira@example.org").await;
    let noor = shop.customer("noor@example.org").await;
    let (generation, stored) = shop.stored("mira@example.org", "Miras fox").await;
    let (_, staged) = shop.drawn("mira@example.org", "Miras hare").await;
    let mockup = shop.mockup(stored).await;
    let queued = shop.queued("mira@example.org", "Miras owl").await;
    let account = shop.account_id("mira@example.org").await;
    let export = exports::request(shop.db(), &Cause::now(None), account).await.expect("asked for");
    exports::made(shop.db(), &Cause::now(None), export, 1).await.expect("made");
    let session: SessionId = sqlx::query_scalar("select id from sessions where account_id = $1")
        .bind(account)
        .fetch_one(shop.db())
        .await
        .expect("a session");
    let address = address(&shop, account).await;
    let brought = brought(&shop, "mira@example.org", 1).await;
    let brought_and_stored = self::brought(&shop, "mira@example.org", 2).await;
    assert!(sources::stored(shop.db(), brought_and_stored).await.expect("an answer"));
    let order = testing::placed(shop.db(), Owner::Account(account), "mira@example.org", stored).await;
    let line = choice(&shop, "POSTER-13X18-MATTE", stored).await;
    let in_cart =
        carts::add(shop.db(), &Cause::now(None), &Owner::Account(account), Currency::Eur, &line).await;
    let in_cart = in_cart.expect("an answer").expect("added").line_id;
    let csrf = noor.csrf("/generations/new").await;
    let before = format!("{:?}", everything(&shop).await);
    let mut asked = 0;
    for Listed { pattern, methods, access, .. } in web::routes::table().listed {
        // What staff may open is looked at by the tests of the office.
        // So is a link that lets in whoever has it.
        if !pattern.contains(":id") || pattern.contains(":token") || matches!(access, Access::Staff(_)) {
            continue;
        }
        let ids = match pattern.split(":id").next() {
            Some("/generations/") => vec![generation.0, queued.0],
            Some("/images/") => vec![stored.0, staged.0],
            Some("/orders/") => vec![order.0],
            Some("/mockups/") => vec![mockup.0],
            Some("/sources/") => vec![brought.0, brought_and_stored.0],
            Some("/account/sessions/") => vec![session.0],
            Some("/account/addresses/") => vec![address.0],
            Some("/account/exports/") => vec![export.0],
            Some("/cart/lines/") => vec![in_cart.0],
            _ => panic!("nothing of Mira's is known for {pattern}"),
        };
        for id in ids {
            let path = pattern.replace(":id", &id.to_string());
            if methods.contains("GET") {
                let answer = noor.get(&path).await;
                assert_eq!(answer.status, StatusCode::NOT_FOUND, "GET {path}");
                assert!(!answer.text.contains("Miras"), "{path}");
                let guest = shop.browser().get(&path).await;
                assert_ne!(guest.status, StatusCode::OK, "GET {path} by a guest");
                assert!(!guest.text.contains("Miras"), "{path}");
                asked += 1;
            }
            if methods.contains("POST") {
                let answer = noor.post(&path, &[("csrf", &csrf), ("visibility", "published")]).await;
                assert_eq!(answer.status, StatusCode::NOT_FOUND, "POST {path}");
                asked += 1;
            }
        }
    }
    assert_eq!(asked, 44);
    for id in [generation.0, stored.0] {
        assert_eq!(noor.get(&format!("/generations/new?from={id}")).await.status, StatusCode::NOT_FOUND);
    }
    assert_eq!(format!("{:?}", everything(&shop).await), before, "nothing changed");
}

#[tokio::test]
async fn a_published_picture_is_changed_by_its_owner_alone() {
    let shop = Shop::open().await;
    let mira = shop.customer("mira@example.org").await;
    let noor = shop.customer("noor@example.org").await;
    let (_, image) = shop.stored("mira@example.org", "Miras fox").await;
    let miras = mira.csrf("/generations/new").await;
    mira.post(&format!("/images/{image}/visibility"), &[("csrf", &miras), ("visibility", "published")]).await;
    let csrf = noor.csrf("/generations/new").await;
    for action in ["visibility", "deletion", "restoration", "favourite"] {
        let answer = noor
            .post(&format!("/images/{image}/{action}"), &[("csrf", &csrf), ("visibility", "private")])
            .await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{action}");
    }
    assert_eq!(noor.get(&format!("/images/{image}/download")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(
        noor.get(&format!("/images/{image}")).await.location(),
        web::pictures::hung_path("Miras fox", image)
    );
    assert!(noor.get(&format!("/generations/new?from={image}")).await.text.contains("Miras fox</textarea>"));
}

#[tokio::test]
async fn somebody_who_is_not_signed_in_comes_back_to_the_page_of_what_they_wanted_to_change() {
    let shop = Shop::open().await;
    shop.customer("mira@example.org").await;
    let (_, image) = shop.stored("mira@example.org", "Miras fox").await;
    let guest = shop.browser();
    let csrf = guest.csrf("/sign-in").await;
    let answer = guest.post(&format!("/images/{image}/deletion"), &[("csrf", &csrf)]).await;
    assert_eq!(answer.location(), format!("/sign-in?next=%2Fimages%2F{image}"));
}

async fn address(shop: &Shop, account: AccountId) -> AddressId {
    let text = |text: &str| text.to_owned();
    let texts = Texts {
        country: text("DE"),
        name: text("Miras name"),
        line1: text("Gartenstraße 3"),
        city: text("Berlin"),
        postcode: text("10115"),
        ..Texts::default()
    };
    let place = addresses::check(&texts).expect("an address");
    addresses::add(shop.db(), &Cause::now(None), account, &place).await.expect("done").expect("room")
}

async fn everything(shop: &Shop) -> Vec<(String, String)> {
    let sql = "select id::text, state || visibility || coalesce(deleted_at::text, '') from images
               union all select id::text, state from generations
               union all select id::text, state from exports
               union all select id::text, status from orders
               union all select id::text, '' from sessions
               union all select id::text, quantity::text from cart_lines
               union all select id::text, name || is_default from addresses order by 1";
    sqlx::query_as(sql).fetch_all(shop.db()).await.expect("rows")
}
