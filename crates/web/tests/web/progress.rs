//! Watching a picture come.

use reqwest::{Method, StatusCode};
use shop::{
    Cause,
    generations::{self, Begun},
    testing::TERMS,
};

use crate::support::Shop;

#[tokio::test]
async fn the_fragment_is_the_same_until_something_changes_and_then_ends_the_asking() {
    let shop = Shop::open().await;
    let mira = shop.customer("mira@example.org").await;
    let id = shop.queued("mira@example.org", "A fox").await;
    // Old enough that the delay does not change while this test looks.
    sqlx::query("update generations set created_at = created_at - interval '1 minute'")
        .execute(shop.db())
        .await
        .expect("done");
    let path = format!("/generations/{id}/progress");
    let first = mira.get(&path).await;
    assert_eq!(first.status, StatusCode::OK);
    assert_eq!(first.header("cache-control"), "private, no-cache");
    assert!(first.text.contains("hx-trigger=\"every 2s\""), "{}", first.text);
    assert!(first.text.contains("next in line") && first.text.contains("about 15 seconds"), "{}", first.text);
    let etag = first.header("etag").to_owned();
    assert!(etag.starts_with('"'), "a strong one: {etag}");
    let ask = async || mira.send(mira.request(Method::GET, &path).header("if-none-match", &etag)).await;
    for _ in 0..3 {
        let answer = ask().await;
        assert_eq!((answer.status, answer.text.as_str()), (StatusCode::NOT_MODIFIED, ""));
        assert_eq!(answer.header("etag"), etag);
    }

    let cause = Cause::now(None);
    let claim = shop::testing::claim(shop.db()).await;
    let begun = generations::begin(shop.db(), &cause, &claim, id, TERMS).await.expect("an answer");
    let Begun::Draw(drawing) = begun else { panic!("nothing to draw: {begun:?}") };
    let generating = ask().await;
    assert_eq!(generating.status, StatusCode::OK);
    assert!(generating.text.contains("is being drawn"), "{}", generating.text);
    assert!(!generating.text.contains("cancellation"));

    generations::refuse(
        shop.db(),
        &cause,
        drawing.call_id,
        None,
        "moderation_blocked",
        "We may not draw this.",
        None,
    )
    .await
    .expect("refused");
    let refused = ask().await;
    assert!(refused.text.contains("We may not draw this."), "{}", refused.text);
    assert!(!refused.text.contains("hx-trigger") && !refused.text.contains("hx-get"), "{}", refused.text);
    assert!(!refused.text.contains("moderation_blocked"), "what the provider said is not shown");
    let page = mira.get(&format!("/generations/{id}")).await;
    assert!(!page.text.contains("http-equiv=\"refresh\""), "{}", page.text);
}

#[tokio::test]
async fn a_ready_picture_is_shown_from_wherever_it_is() {
    let shop = Shop::open().await;
    let mira = shop.customer("mira@example.org").await;
    let (generation, image) = shop.drawn("mira@example.org", "A fox").await;
    let page = format!("/generations/{generation}");
    assert!(mira.get(&page).await.text.contains(&format!("src=\"/images/{image}/staged\"")));
    shop::images::stored(shop.db(), &Cause::now(None), image).await.expect("stored");
    let stored = mira.get(&page).await.text;
    assert!(
        stored.contains(&format!(
            "src=\"http://storage.example:9000/pictures/images/{image}/original.png?X-Amz-"
        )),
        "{stored}"
    );
    shop::images::thumbnails_made(shop.db(), image, &[320, 640]).await.expect("prepared");
    let prepared = mira.get(&page).await.text;
    for name in ["320.webp", "640.webp", "320.jpg", "640.jpg"] {
        assert!(prepared.contains(&format!("/pictures/images/{image}/{name}?X-Amz-")), "{name}: {prepared}");
    }
    assert_eq!(
        signed(&prepared),
        signed(&mira.get(&page).await.text),
        "equal, so that browsers find them in their cache"
    );
}

fn signed(page: &str) -> Vec<&str> {
    page.split('"').filter(|part| part.contains("X-Amz-Signature")).collect()
}

#[tokio::test]
async fn a_request_that_has_not_begun_can_be_taken_back() {
    let shop = Shop::open().await;
    let mira = shop.customer("mira@example.org").await;
    let id = shop.queued("mira@example.org", "A fox").await;
    let page = format!("/generations/{id}");
    let csrf = mira.csrf(&page).await;
    let answer = mira.post(&format!("{page}/cancellation"), &[("csrf", &csrf)]).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, page.as_str()));
    assert!(mira.get(&page).await.text.contains("You cancelled this request"));
    mira.post(&format!("{page}/cancellation"), &[("csrf", &csrf)]).await;
    assert!(mira.get(&page).await.text.contains("It was too late to cancel"));
}

#[tokio::test]
async fn a_script_that_asks_after_the_session_ended_gets_no_page_to_swap_in() {
    let shop = Shop::open().await;
    shop.customer("mira@example.org").await;
    let id = shop.queued("mira@example.org", "A fox").await;
    assert_eq!(
        shop.browser().get(&format!("/generations/{id}/progress")).await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn a_preview_is_shown_to_its_owner_while_the_picture_is_drawn() {
    let shop = Shop::open().await;
    let mira = shop.customer("mira@example.org").await;
    let id = shop.queued("mira@example.org", "A fox").await;
    let (page, preview) = (format!("/generations/{id}/progress"), format!("/generations/{id}/preview"));
    let cause = Cause::now(None);
    let claim = shop::testing::claim(shop.db()).await;
    let begun = generations::begin(shop.db(), &cause, &claim, id, TERMS).await.expect("an answer");
    let Begun::Draw(drawing) = begun else { panic!("nothing to draw: {begun:?}") };
    assert!(!mira.get(&page).await.text.contains("/preview"));
    assert_eq!(mira.get(&preview).await.status, StatusCode::NOT_FOUND);
    for number in [1, 3, 2] {
        generations::show_preview(shop.db(), &cause, drawing.call_id, number, b"webp").await.expect("shown");
    }
    assert!(mira.get(&page).await.text.contains(&format!("src=\"{preview}?number=3\"")));
    let seen = mira.get(&preview).await;
    assert_eq!(
        (seen.status, seen.header("content-type"), seen.text.as_str()),
        (StatusCode::OK, "image/webp", "webp")
    );
    let noor = shop.customer("noor@example.org").await;
    assert_eq!(noor.get(&preview).await.status, StatusCode::NOT_FOUND);
    assert_eq!(shop.browser().get(&preview).await.status, StatusCode::UNAUTHORIZED);

    generations::refuse(shop.db(), &cause, drawing.call_id, None, "x", "We may not draw this.", None)
        .await
        .expect("refused");
    assert_eq!(mira.get(&preview).await.status, StatusCode::NOT_FOUND);
    assert!(!mira.get(&page).await.text.contains("/preview"));
    generations::show_preview(shop.db(), &cause, drawing.call_id, 9, b"late").await.expect("too late");
    assert_eq!(mira.get(&preview).await.status, StatusCode::NOT_FOUND);
}
