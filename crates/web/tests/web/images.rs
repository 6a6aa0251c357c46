//! One picture, and what its owner does with it.

use reqwest::{Method, StatusCode};
use shop::{Cause, accounts::Role};

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
    let own = mira.get(&page).await;
    assert!(own.text.contains("hangs in the gallery now"), "{}", own.text);
    assert!(!own.text.contains("canonical"), "its owner's page is known to nobody else");
    let hung = web::pictures::hung_path("A fox", image);
    assert!(own.text.contains(&format!("href=\"{hung}\"")), "{}", own.text);
    let led = guest.get(&page).await;
    assert_eq!((led.status, led.location()), (StatusCode::SEE_OTHER, hung.as_str()));
    assert_eq!(guest.get(&hung).await.status, StatusCode::OK);
    assert!(guest.get("/gallery").await.text.contains(&hung));

    mira.post(&format!("{page}/visibility"), &[("csrf", &csrf), ("visibility", "private")]).await;
    for gone in [&page, &hung] {
        assert_eq!(guest.get(gone).await.status, StatusCode::NOT_FOUND, "{gone}");
    }
    assert!(!guest.get("/gallery").await.text.contains(&hung));
    let unreadable =
        mira.post(&format!("{page}/visibility"), &[("csrf", &csrf), ("visibility", "hidden")]).await;
    assert_eq!(unreadable.status, StatusCode::BAD_REQUEST);

    sqlx::query("update images set visibility = 'hidden'").execute(shop.db()).await.expect("done");
    mira.post(&format!("{page}/visibility"), &[("csrf", &csrf), ("visibility", "published")]).await;
    assert!(mira.get(&page).await.text.contains("cannot be shown in the gallery"));
    assert_eq!(guest.get(&page).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_title_is_chosen_and_looked_at() {
    let shop = Shop::open().await;
    let mira = shop.customer("mira@example.org").await;
    let (_, image) = shop.stored("mira@example.org", &"A small house by a canal ".repeat(20)).await;
    let page = format!("/images/{image}");
    let form = mira.get(&page).await;
    let suggested = "A small house by a canal A small house by a canal A small house by a canal A…";
    assert!(
        form.text.contains(&format!("name=\"title\" type=\"text\" value=\"{suggested}\"")),
        "{}",
        form.text
    );
    let csrf = form.csrf();
    let submit = async |title: &str| {
        let fields = [("csrf", csrf.as_str()), ("visibility", "published"), ("title", title)];
        mira.post(&format!("{page}/visibility"), &fields).await
    };
    for (title, words) in
        [("x".repeat(81), "The title has 81 characters"), ("a\0b".to_owned(), "invisible control character")]
    {
        let refused = submit(&title).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.text.contains(words) && refused.text.contains("href=\"#title\""), "{}", refused.text);
        assert!(refused.text.contains(&format!("value=\"{title}\"")), "what was typed is kept");
    }
    assert_eq!(submit("  The\nCanal <1> ").await.location(), page);
    let wall = shop.browser().get("/gallery").await;
    assert!(wall.text.contains("alt=\"AI-generated picture: The Canal &lt;1&gt;\""), "{}", wall.text);
    assert!(mira.get(&page).await.text.contains("hang in the gallery</a>"));
    submit("Another").await;
    assert!(mira.get(&page).await.text.contains("nothing to change any more"), "it hangs there already");
}

#[tokio::test]
async fn favourites_are_kept_and_come_back_to_their_page() {
    let shop = Shop::open().await;
    let mira = shop.customer("mira@example.org").await;
    let (generation, image) = shop.stored("mira@example.org", "A fox").await;
    let page = format!("/images/{image}");
    let csrf = mira.csrf(&page).await;
    let press = async |favourite: &str, back: &str| {
        let fields = [("csrf", csrf.as_str()), ("favourite", favourite), ("back", back)];
        mira.post(&format!("{page}/favourite"), &fields).await
    };
    let place = format!("/generations?q=fox#g-{generation}");
    assert_eq!(press("yes", &place).await.location(), place);
    for shown in
        [page.clone(), format!("/generations/{generation}"), "/generations?show=favourites".to_owned()]
    {
        let text = mira.get(&shown).await.text;
        assert!(text.contains("aria-pressed=\"true\"") && text.contains("value=\"no\""), "{shown}: {text}");
    }
    assert_eq!(press("no", "//evil.example").await.location(), page);
    let empty = mira.get("/generations?show=favourites").await;
    assert!(empty.text.contains("You have no favourites yet"), "{}", empty.text);
    assert_eq!(press("perhaps", "").await.status, StatusCode::BAD_REQUEST);
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

#[tokio::test]
async fn a_submitted_picture_is_seen_by_staff_with_a_code_wherever_its_bytes_are() {
    let shop = Shop::open().await;
    shop.customer("mira@example.org").await;
    let owner = shop.account_id("mira@example.org").await;
    let (_, image) = shop.drawn("mira@example.org", "A fox").await;
    let path = format!("/images/{image}/staged");
    let support = shop.staff(Role::Support).await;
    // As the office, which they enter with a code alone.
    let without = shop.hire("without@example.org", Role::Support).await;
    let without = shop.session(without).await;
    let due = shop.session(shop.account_id("support@example.org").await).await;
    let press = shop.staff(Role::Production).await;
    assert_eq!(support.get(&path).await.status, StatusCode::NOT_FOUND, "it is not handed in yet");
    shop::images::submit(shop.db(), &Cause::now(None), owner, image, "A fox", true)
        .await
        .expect("an answer")
        .expect("handed in");
    let nobody_else = async || {
        for (name, browser) in
            [("no codes", &without.browser), ("a code is due", &due.browser), ("press", &press)]
        {
            assert_eq!(browser.get(&path).await.status, StatusCode::NOT_FOUND, "{name}");
        }
    };
    assert_eq!(support.get(&path).await.text, "not really a picture");
    nobody_else().await;
    // Stored while they look at the page that links here.
    shop::images::stored(shop.db(), &Cause::now(None), image).await.expect("stored");
    let moved = support.get(&path).await;
    assert_eq!(moved.status, StatusCode::SEE_OTHER);
    assert!(moved.location().contains(&format!("/pictures/images/{image}/original.png?X-Amz-")));
    nobody_else().await;
}
