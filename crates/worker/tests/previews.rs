//! Previews: seen by whoever asked while the picture is drawn, and gone with it.

mod painter;
mod support;

use std::time::Duration;

use painter::Painter;
use serde_json::json;
use shop::generations::{self, GenerationState};
use tokio::time::Instant;

#[tokio::test]
async fn a_preview_is_seen_while_the_picture_is_drawn_and_gone_with_it() {
    let painter = Painter::open(&["--openai-partial-images=2"]).await;
    painter.give_credits().await;
    painter.poke("openai/draw_time", json!({"ms": 3_000})).await;
    let (db, owner) = (painter.db(), painter.shop.owner);
    let id = painter.ask(&shop::testing::wish("a fox")).await;
    let stranger = shop::testing::account(db, "b@example.org", "x").await;
    let working = painter.work().await;
    let deadline = Instant::now() + Duration::from_secs(20);
    let mut numbers = Vec::new();
    while painter.generation(id).await.state != GenerationState::Ready {
        if let Some(number) = generations::preview_number(db, id).await.expect("read")
            && numbers.last() != Some(&number)
        {
            let webp = generations::preview(db, owner, id).await.expect("read").expect("there");
            let preview = image::load_from_memory(&webp).expect("a picture");
            assert!(
                preview.width() <= generations::PREVIEW_WIDTH.cast_unsigned() && webp.starts_with(b"RIFF")
            );
            assert_eq!(
                generations::preview(db, stranger, id).await.expect("read"),
                None,
                "for its owner alone"
            );
            numbers.push(number);
        }
        assert!(Instant::now() < deadline, "it is never ready");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(numbers, [1, 2]);
    assert_eq!(generations::preview(db, owner, id).await.expect("read"), None);
    painter.rest(1.0).await;
    let invoice = painter.invoice().await;
    assert_eq!((invoice.calls, painter.spent().await), (1, invoice.microdollars), "previews are paid for");
    working.stop().await;
}

#[tokio::test]
async fn several_pictures_at_once_have_none() {
    let painter = Painter::open(&["--openai-partial-images=2"]).await;
    painter.give_credits().await;
    let id = painter.ask(&generations::Wish { count: 2, ..shop::testing::wish("a fox") }).await;
    let working = painter.work().await;
    painter.rest(1.0).await;
    assert_eq!(painter.generation(id).await.state, GenerationState::Ready);
    assert_eq!(painter.balance().await.available, painter::CREDITS - 2);
    working.stop().await;
}
