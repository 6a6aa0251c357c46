//! What a thing will look like, drawn from the original in the store and put there.

mod outside;
mod support;

use outside::Whole;
use shop::{
    Cause,
    crops::{Crop, Orientation},
    ids::{ImageId, MockupId, VariantId},
    images::{self, Format},
    jobs::Job,
    mockups::{self, MockupState, Subject, mockup_key},
    products,
};

async fn variant(whole: &Whole, slug: &str) -> VariantId {
    products::find(whole.db(), slug).await.expect("read").expect("sold").variants[0].id
}

async fn subject(whole: &Whole, image_id: ImageId, slug: &str) -> Subject {
    let variant_id = variant(whole, slug).await;
    Subject { image_id, variant_id, orientation: Orientation::Portrait, crop: Crop::ALL }
}

async fn want(whole: &Whole, subject: &Subject) -> MockupId {
    mockups::want(whole.db(), &Cause::now(None), subject).await.expect("an answer").expect("wanted").id
}

async fn state(whole: &Whole, subject: &Subject) -> Option<MockupState> {
    mockups::find(whole.db(), subject).await.expect("read").map(|mockup| mockup.state)
}

async fn objects(whole: &Whole, id: MockupId) -> [bool; 2] {
    let mut there = [false; 2];
    for (there, format) in there.iter_mut().zip([Format::Webp, Format::Jpeg]) {
        *there = whole.services.storage.find(&mockup_key(id, format)).await.expect("an answer").is_some();
    }
    there
}

async fn drawn(whole: &Whole) -> ImageId {
    whole.shop.request().await;
    whole.work_off().await;
    sqlx::query_scalar("select id from images").fetch_one(whole.db()).await.expect("an image")
}

#[tokio::test]
async fn it_is_drawn_once_and_goes_with_its_picture() {
    let whole = Whole::open().await;
    let image = drawn(&whole).await;
    let on_mug = subject(&whole, image, "mug").await;
    let id = want(&whole, &on_mug).await;
    assert_eq!(want(&whole, &on_mug).await, id);
    whole.work_off().await;
    assert_eq!(state(&whole, &on_mug).await, Some(MockupState::Made));
    assert_eq!(objects(&whole, id).await, [true; 2]);
    let webp = whole.services.storage.get(&mockup_key(id, Format::Webp)).await.expect("stored");
    assert_eq!(&webp[8..12], b"WEBP");
    assert_eq!(whole.attempts("make_mockup").await.len(), 1);
    // A crash before its end was written: it is there already.
    whole.again(Job::MakeMockup { mockup_id: id }).await;
    whole.work_off().await;
    assert_eq!(objects(&whole, id).await, [true; 2]);

    // One that is not drawn yet when the picture is deleted leaves nothing behind either.
    let on_shirt = subject(&whole, image, "t-shirt").await;
    let late = want(&whole, &on_shirt).await;
    images::delete(whole.db(), &Cause::now(None), whole.shop.owner, image)
        .await
        .expect("ok")
        .expect("deleted");
    whole.work_off().await;
    assert_eq!(objects(&whole, late).await, [false; 2]);
    assert_eq!(state(&whole, &on_shirt).await, None, "it is wanted anew if the picture comes back");
    assert_eq!(objects(&whole, id).await, [true; 2], "the picture can still be restored");
    sqlx::query("update images set deleted_at = now() - interval '2 hours'")
        .execute(whole.db())
        .await
        .expect("older");
    whole.again(Job::PurgeImage { image_id: image }).await;
    whole.work_off().await;
    assert_eq!(objects(&whole, id).await, [false; 2]);
    assert_eq!(state(&whole, &on_mug).await, None);
}

#[tokio::test]
async fn it_waits_for_its_picture_and_fails_in_peace() {
    let whole = Whole::open().await;
    let image = drawn(&whole).await;
    let on_poster = subject(&whole, image, "poster").await;
    let staged = "update images set state = 'staged', staged_bytes = 'no picture', thumbnail_widths = '{}'";
    sqlx::query(staged).execute(whole.db()).await.expect("staged");
    let id = want(&whole, &on_poster).await;
    let working = whole.work().await;
    let put_off = async || {
        let attempts = whole.attempts("make_mockup").await;
        attempts.iter().any(|(_, error)| error.contains("not in object storage yet"))
    };
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(30);
    while !put_off().await {
        assert!(tokio::time::Instant::now() < deadline, "it was never put off");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(state(&whole, &on_poster).await, Some(MockupState::Wanted));
    // It comes, and is none.
    let key = images::original_key(image, Format::Png);
    whole.services.storage.put(&key, b"no picture".to_vec(), "image/png").await.expect("stored");
    sqlx::query("update images set state = 'stored', staged_bytes = null")
        .execute(whole.db())
        .await
        .expect("stored");
    whole.rest().await;
    working.stop().await;
    assert_eq!(state(&whole, &on_poster).await, Some(MockupState::Failed));
    assert_eq!(objects(&whole, id).await, [false; 2]);
    assert_eq!(want(&whole, &on_poster).await, id, "who asks again has it tried again");
    assert_eq!(state(&whole, &on_poster).await, Some(MockupState::Wanted));
}
