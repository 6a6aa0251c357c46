//! Mock-ups: wanted once, drawn, failed, and seen by those who see the picture.

mod support;

use shop::{
    crops::{Area, Crop, Orientation},
    ids::ImageId,
    images,
    mockups::{self, MockupSource, MockupState, Subject, WAITING_MAX},
    products::{self, Product, ProductKind},
    reconciliation::{self, Folder, Listed},
    testing::Database,
};
use support::{account, cause, jobs, ready};

async fn product(database: &Database, slug: &str) -> Product {
    products::find(&database.pool, slug).await.expect("read").expect("sold")
}

fn subject(image_id: ImageId, product: &Product, sku: &str) -> Subject {
    let variant = product.variants.iter().find(|variant| variant.sku == sku).expect("sold");
    let crop = Crop { left: 0, top: 0, width: 7_500, height: 10_000 };
    Subject { image_id, variant_id: variant.id, orientation: Orientation::Portrait, crop }
}

#[tokio::test]
async fn the_same_is_wanted_once_and_shared_by_what_looks_alike() {
    let database = Database::new().await;
    let db = &database.pool;
    let owner = account(&database, "mira@example.org").await;
    let image = ready(&database, owner).await.1[0];
    let shirt = product(&database, "t-shirt").await;
    let want =
        async |subject: &Subject| mockups::want(db, &cause(), subject).await.expect("ok").expect("wanted");
    let small = subject(image, &shirt, "TEE-S-NAVY");
    let (one, two) = tokio::join!(want(&small), want(&small));
    assert_eq!(one.id, two.id);
    assert_eq!(want(&subject(image, &shirt, "TEE-XXL-NAVY")).await.id, one.id, "a size looks like the other");
    assert_ne!(want(&subject(image, &shirt, "TEE-S-BLACK")).await.id, one.id);
    let poster = product(&database, "poster").await;
    let upright = subject(image, &poster, "POSTER-30X40-MATTE");
    let across = Subject { orientation: Orientation::Landscape, ..upright };
    let elsewhere = Subject { crop: Crop { left: 1, ..upright.crop }, ..upright };
    let larger = subject(image, &poster, "POSTER-50X70-MATTE");
    let ids =
        [want(&upright).await.id, want(&across).await.id, want(&elsewhere).await.id, want(&larger).await.id];
    for (number, id) in ids.iter().enumerate() {
        assert!(!ids[..number].contains(id), "{number}");
    }
    assert_eq!(jobs(&database, "make_mockup").await.len(), 6);

    images::stored(db, &cause(), image).await.expect("stored");
    let MockupSource::Stored(_, look) = mockups::source(db, ids[1]).await.expect("read") else {
        panic!("stored")
    };
    assert_eq!((look.kind, look.area_mm), (ProductKind::Poster, Some(Area { width: 400, height: 300 })));
    assert_eq!(look.crop, upright.crop);
}

#[tokio::test]
async fn only_so_many_wait_and_a_deleted_picture_is_on_nothing() {
    let database = Database::new().await;
    let db = &database.pool;
    let owner = account(&database, "mira@example.org").await;
    let images = ready(&database, owner).await.1;
    let mug = product(&database, "mug").await;
    let on_mug = subject(images[0], &mug, "MUG-330-WHITE");
    let full = "insert into mockups (id, image_id, variant_id, orientation, crop_left, crop_top, crop_width, crop_height, created_at)
                select gen_random_uuid(), $1, $2, 'portrait', n, 0, 1, 1, now() from generate_series(1, $3) n";
    sqlx::query(full)
        .bind(images[1].0)
        .bind(on_mug.variant_id.0)
        .bind(i32::try_from(WAITING_MAX).expect("small"))
        .execute(db)
        .await
        .expect("full");
    assert_eq!(mockups::want(db, &cause(), &on_mug).await.expect("ok"), None);
    sqlx::query("delete from mockups where crop_left = 1").execute(db).await.expect("one less");
    let wanted = mockups::want(db, &cause(), &on_mug).await.expect("ok").expect("wanted");
    assert_eq!(wanted.state, MockupState::Wanted);
    sqlx::query("delete from mockups").execute(db).await.expect("none");
    images::delete(db, &cause(), owner, images[0]).await.expect("ok").expect("deleted");
    assert_eq!(mockups::want(db, &cause(), &on_mug).await.expect("ok"), None);
    assert_eq!(jobs(&database, "make_mockup").await.len(), 1);
}

#[tokio::test]
async fn it_is_seen_by_those_who_see_the_picture() {
    let database = Database::new().await;
    let db = &database.pool;
    let (owner, other) =
        (account(&database, "mira@example.org").await, account(&database, "noor@example.org").await);
    let image = ready(&database, owner).await.1[0];
    let mug = product(&database, "mug").await;
    let on_mug = subject(image, &mug, "MUG-330-BLACK");
    let id = mockups::want(db, &cause(), &on_mug).await.expect("ok").expect("wanted").id;
    let seen = async |viewer| mockups::seen(db, viewer, id).await.expect("read");
    assert_eq!(seen(Some(owner)).await.expect("theirs").subject, on_mug);
    assert!(seen(Some(other)).await.is_none() && seen(None).await.is_none());
    images::submit(db, &cause(), owner, image, "A fox", false).await.expect("ok").expect("published");
    assert_eq!(seen(None).await.expect("everybody's").product_slug, "mug");

    // What is drawn while its picture is deleted is not kept.
    assert!(mockups::made(db, &cause(), id).await.expect("ok"));
    assert!(mockups::made(db, &cause(), id).await.expect("ok"), "twice is once");
    images::delete(db, &cause(), owner, image).await.expect("ok").expect("deleted");
    assert!(seen(Some(owner)).await.is_none());
    assert!(!mockups::made(db, &cause(), id).await.expect("ok"));
    assert_eq!(mockups::find(db, &on_mug).await.expect("read"), None);
}

#[tokio::test]
async fn its_objects_belong_to_something_as_long_as_its_row_is_there() {
    let database = Database::new().await;
    let db = &database.pool;
    let owner = account(&database, "mira@example.org").await;
    let image = ready(&database, owner).await.1[0];
    let mug = product(&database, "mug").await;
    let id = mockups::want(db, &cause(), &subject(image, &mug, "MUG-330-BLACK"))
        .await
        .expect("ok")
        .expect("wanted")
        .id;
    let modified_at = cause().at - chrono::TimeDelta::days(2);
    let listed = |id: String, ending: &str| Listed { key: format!("mockups/{id}.{ending}"), modified_at };
    let stranger = listed("0193a5c2-7b54-7cc3-b1c5-6a6f3f0a9d11".to_owned(), "webp");
    let objects = [listed(id.to_string(), "webp"), listed(id.to_string(), "jpg"), stranger];
    let found = async || {
        reconciliation::compare_folder(db, &cause(), Folder::Mockups, &objects)
            .await
            .expect("compared")
            .findings
    };
    assert_eq!(found().await, 1);
    sqlx::query("delete from mockups").execute(db).await.expect("gone");
    assert_eq!(found().await, 3);
}
