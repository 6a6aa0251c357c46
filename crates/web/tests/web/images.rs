//! One picture, and what its owner does with it.

use reqwest::{Method, StatusCode};
use shop::Cause;

use crate::support::Shop;

#[tokio::test]
async fn a_picture_is_published_and_taken_back() {
    let shop = Shop::open().await;
    let mira = shop.customer("mira@example.org").await;
    let (_, image) = shop.stored("mira@example.org", "A fox").await;
    let page = format!("/images/{image}");
    let csrf = mira.csrf(&page).await;
    let guest = shop.browser();
    assert_eq!(guest.get(&page).await.status, StatusCode::NOT_FOUND);

    let answer =
        mira.post(&format!("{page}/visibility"), &[("csrf", &csrf), ("visibility", "published")]).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, page.as_str()));
    assert!(mira.get(&page).await.text.contains("hangs in the gallery now"));
    let seen = guest.get(&page).await;
    assert_eq!(seen.status, StatusCode::OK);
    assert!(!seen.text.contains("/deletion") && !seen.text.contains("/download"), "{}", seen.text);
    assert!(
        seen.text.contains(&format!("<link rel=\"canonical\" href=\"http://shop.example:8080{page}\">")),
        "{}",
        seen.text
    );
    assert!(guest.get("/gallery").await.text.contains(&page));

    mira.post(&format!("{page}/visibility"), &[("csrf", &csrf), ("visibility", "private")]).await;
    assert_eq!(guest.get(&page).await.status, StatusCode::NOT_FOUND);
    assert!(!guest.get("/gallery").await.text.contains(&page));
    let unreadable =
        mira.post(&format!("{page}/visibility"), &[("csrf", &csrf), ("visibility", "hidden")]).await;
    assert_eq!(unreadable.status, StatusCode::BAD_REQUEST);

    sqlx::query("update images set visibility = 'hidden'").execute(shop.db()).await.expect("done");
    mira.post(&format!("{page}/visibility"), &[("csrf", &csrf), ("visibility", "published")]).await;
    assert!(mira.get(&page).await.text.contains("cannot be shown in the gallery"));
    assert_eq!(guest.get(&page).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_picture_is_deleted_and_had_back() {
    let shop = Shop::open().await;
    let mira = shop.customer("mira@example.org").await;
    let (generation, image) = shop.stored("mira@example.org", "A fox").await;
    let page = format!("/images/{image}");
    let csrf = mira.csrf(&page).await;
    mira.post(&format!("{page}/visibility"), &[("csrf", &csrf), ("visibility", "published")]).await;
    mira.get("/").await;
    let answer = mira.post(&format!("{page}/deletion"), &[("csrf", &csrf)]).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/generations"));
    let history = mira.get("/generations").await;
    assert!(history.text.contains("The picture is deleted."), "{}", history.text);
    assert!(history.text.contains(&format!("action=\"{page}/restoration\"")), "{}", history.text);
    assert_eq!(shop.browser().get(&page).await.status, StatusCode::NOT_FOUND);
    assert!(!mira.get(&format!("/generations/{generation}")).await.text.contains(&page));
    assert!(mira.get(&page).await.text.contains("You deleted this picture"));

    let answer = mira.post(&format!("{page}/restoration"), &[("csrf", &csrf)]).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, page.as_str()));
    assert!(mira.get(&page).await.text.contains("The picture is back."));
    assert!(mira.get(&format!("/generations/{generation}")).await.text.contains(&page));
    mira.post(&format!("{page}/restoration"), &[("csrf", &csrf)]).await;
    assert!(mira.get(&page).await.text.contains("nothing to change any more"));
}

#[tokio::test]
async fn a_picture_is_downloaded_from_wherever_it_is() {
    let shop = Shop::open().await;
    let mira = shop.customer("mira@example.org").await;
    let (_, image) = shop.drawn("mira@example.org", "A fox").await;
    let path = format!("/images/{image}/download");
    let staged = mira.get(&path).await;
    assert_eq!(staged.text, "not really a picture");
    assert_eq!(staged.header("content-type"), "image/png");
    assert_eq!(
        staged.header("content-disposition"),
        format!("attachment; filename=\"ai-gallery-{image}.png\"")
    );
    assert_eq!(staged.header("cache-control"), "private, no-store");

    shop::images::stored(shop.db(), &Cause::now(None), image).await.expect("stored");
    let stored = mira.get(&path).await;
    assert_eq!(stored.status, StatusCode::SEE_OTHER);
    let location = stored.location();
    assert!(
        location
            .starts_with(&format!("http://storage.example:9000/pictures/images/{image}/original.png?X-Amz-")),
        "{location}"
    );
    let disposition =
        format!("response-content-disposition=attachment%3B%20filename%3D%22ai-gallery-{image}.png%22");
    assert!(location.contains(&disposition) && location.contains("X-Amz-Expires=7200"), "{location}");
}

#[tokio::test]
async fn the_bytes_of_a_staged_picture_are_for_whoever_may_see_it() {
    let shop = Shop::open().await;
    let mira = shop.customer("mira@example.org").await;
    let (_, image) = shop.drawn("mira@example.org", "A fox").await;
    let path = format!("/images/{image}/staged");
    let bytes = mira.get(&path).await;
    assert_eq!((bytes.status, bytes.text.as_str()), (StatusCode::OK, "not really a picture"));
    assert_eq!(bytes.header("cache-control"), "private, no-store");
    let again =
        mira.send(mira.request(Method::GET, &path).header("if-none-match", bytes.header("etag"))).await;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);
    assert_eq!(shop.browser().get(&path).await.status, StatusCode::NOT_FOUND);
    shop::images::stored(shop.db(), &Cause::now(None), image).await.expect("stored");
    let moved = mira.get(&path).await;
    assert_eq!(moved.status, StatusCode::SEE_OTHER, "a page that was rendered before still shows it");
    assert!(moved.location().contains(&format!("/pictures/images/{image}/original.png?X-Amz-")));
    assert_eq!(shop.browser().get(&path).await.status, StatusCode::NOT_FOUND);
}
