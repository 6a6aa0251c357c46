//! The gallery, page by page.

use std::collections::BTreeSet;

use shop::Cause;

use crate::support::Shop;

#[tokio::test]
async fn pages_hold_every_picture_once_even_if_many_were_published_at_the_same_moment() {
    let shop = Shop::open().await;
    shop.customer("mira@example.org").await;
    let (generation, _) = shop.stored("mira@example.org", "A <fox>").await;
    let account = shop.account_id("mira@example.org").await;
    // Sixty pictures at three moments, twenty at each.
    for number in 0..60 {
        let id = shop::ids::ImageId::new(Cause::now(None).at);
        sqlx::query(
            "with g as (insert into generations (id, account_id, client_key, prompt, style, size, count, state, created_at, finished_at)
                        values ($1, $2, $1, 'A <fox>', 'linocut', 'square', 1, 'ready', now(), now()) returning id)
             insert into images (id, generation_id, account_id, position, state, visibility, format, width, height, sha256, created_at, published_at)
             select $1, g.id, $2, 1, 'stored', 'published', 'png', 1024, 1024, $3, now(), '2026-11-24T00:00:00.123456Z'::timestamptz + $4 * interval '1 microsecond' from g",
        )
        .bind(id.0)
        .bind(account.0)
        .bind(vec![1_u8; 32])
        .bind(f64::from(number % 3))
        .execute(shop.db())
        .await
        .expect("a picture");
    }
    let browser = shop.browser();
    let (mut seen, mut next, mut pages) = (BTreeSet::new(), "/gallery".to_owned(), 0);
    loop {
        let page = browser.get(&next).await;
        pages += 1;
        for part in page.text.split("class=\"frame\" href=\"").skip(1) {
            let href = part.split('"').next().expect("an address").to_owned();
            assert!(seen.insert(href.clone()), "{href} is on two pages");
        }
        assert!(!page.text.contains("A <fox>"));
        assert_eq!(page.header("cache-control"), "no-cache");
        let Some(from) = page.text.find("/gallery?after=") else { break };
        next = page.text[from..].split('"').next().expect("an address").to_owned();
    }
    assert_eq!((pages, seen.len()), (3, 60));
    assert!(!seen.contains(&format!("/generations/{generation}")));
    assert_eq!(browser.cookies.lock().expect("no panic").len(), 0, "who only looks gets no cookie");
}
