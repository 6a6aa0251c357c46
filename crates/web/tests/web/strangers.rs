//! What belongs to somebody else does not exist.

use reqwest::StatusCode;

use web::{admission::Access, routes::Listed};

use crate::support::Shop;

#[tokio::test]
async fn nothing_of_somebody_else_is_found_at_any_address() {
    let shop = Shop::open().await;
    shop.customer("mira@example.org").await;
    let noor = shop.customer("noor@example.org").await;
    let (generation, stored) = shop.stored("mira@example.org", "Miras fox").await;
    let (_, staged) = shop.drawn("mira@example.org", "Miras hare").await;
    let queued = shop.queued("mira@example.org", "Miras owl").await;
    let csrf = noor.csrf("/generations/new").await;
    let before = format!("{:?}", everything(&shop).await);
    let mut asked = 0;
    for Listed { pattern, methods, access } in web::routes::table().listed {
        // What staff may open is looked at by the tests of the office.
        if !pattern.contains(":id") || matches!(access, Access::Staff(_)) {
            continue;
        }
        let ids =
            if pattern.starts_with("/generations") { [generation.0, queued.0] } else { [stored.0, staged.0] };
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
    assert_eq!(asked, 24);
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

async fn everything(shop: &Shop) -> Vec<(String, String)> {
    let sql = "select id::text, state || visibility || coalesce(deleted_at::text, '') from images
               union all select id::text, state from generations order by 1";
    sqlx::query_as(sql).fetch_all(shop.db()).await.expect("rows")
}
