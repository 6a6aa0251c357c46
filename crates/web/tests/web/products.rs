//! The shop window.

use reqwest::StatusCode;

use crate::support::Shop;

#[tokio::test]
async fn everybody_sees_what_is_sold_and_what_it_costs() {
    let shop = Shop::open().await;
    let page = shop.browser().get("/products").await;
    assert_eq!(page.status, StatusCode::OK);
    for words in [
        "href=\"/products/poster\"",
        "href=\"/products/framed-print\"",
        "href=\"/products/canvas\"",
        "href=\"/products/mug\"",
        "href=\"/products/t-shirt\"",
        "href=\"/products/download\"",
        "<span class=\"hint\">from</span> <strong>€9.90</strong>",
        "Yours at once",
        "Leaves us after 2 to 4 working days",
        "action=\"/cart/currency\"",
        "name=\"next\" value=\"/products\"",
        "<option value=\"KRW\">South Korean won</option>",
        "<option value=\"EUR\" selected>Euro</option>",
        "rel=\"canonical\"",
    ] {
        assert!(page.text.contains(words), "{words}: {}", page.text);
    }
    assert!(!page.text.contains("from</span> <strong>€5.90"), "of a file there is one");
    assert!(shop.browser().get("/").await.text.contains("<li><a href=\"/products\">Shop</a></li>"));
    sqlx::query("update products set is_active = false where slug = 'mug'")
        .execute(shop.db())
        .await
        .expect("off");
    assert!(!shop.browser().get("/products").await.text.contains("/products/mug"));
}

#[tokio::test]
async fn what_has_no_price_says_so() {
    let shop = Shop::open().await;
    sqlx::query("update price_lists set state = 'withdrawn'").execute(shop.db()).await.expect("withdrawn");
    let page = shop.browser().get("/products").await.text;
    assert!(page.contains("Not sold in Euro at the moment"), "{page}");
    sqlx::query("update products set is_active = false").execute(shop.db()).await.expect("off");
    assert!(shop.browser().get("/products").await.text.contains("The shop window is being arranged"));
}

#[tokio::test]
async fn a_picture_is_taken_along_by_who_may_see_it() {
    let shop = Shop::open().await;
    let mira = shop.customer("mira@example.org").await;
    let noor = shop.customer("noor@example.org").await;
    let (_, private) = shop.stored("mira@example.org", "a private fox").await;
    let (published, _) = shop.published("mira@example.org", "a hare for all", "A hare").await;
    let takes = |page: &str, id: shop::ids::ImageId| {
        page.contains(&format!("href=\"/products/poster?image={id}\""))
            && page.contains(&format!("name=\"next\" value=\"/products?image={id}\""))
    };
    let own = mira.get(&format!("/products?image={private}")).await.text;
    assert!(takes(&own, private) && own.contains("What shall it go on?"), "{own}");
    assert!(!own.contains("rel=\"canonical\""));
    for browser in [&noor, &shop.browser()] {
        let page = browser.get(&format!("/products?image={private}")).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(
            !page.text.contains(&private.to_string()) && !page.text.contains("private fox"),
            "{}",
            page.text
        );
        let page = browser.get(&format!("/products?image={published}")).await.text;
        assert!(takes(&page, published) && page.contains("/gallery/"), "{page}");
    }
    let none = mira.get("/products?image=%3Cscript%3E").await;
    assert!(none.status == StatusCode::OK && none.text.contains("href=\"/products/poster\""));
}
