//! Carts: what goes in, what comes out, and whose they are.

mod support;

use chrono::Duration;
use shop::{
    Cause, StaleTransition,
    carts::{
        self, Added, IDLE_LIMIT, LINES_MAX, LineError, LineProblem, NewLine, Owner, QuantityError, Removed,
        Snapshot,
    },
    coupons::CouponRefusal,
    crops::{Area, Crop, Orientation, Place},
    ids::{AccountId, CartLineId, ImageId},
    images,
    money::Currency,
    products::{self, Variant},
    testing::Database,
};
use support::{account, cause, ready};

const GUEST: Owner = Owner::Guest([9; 32]);
const PICTURE: Area = Area { width: 1024, height: 1024 };

async fn variant(database: &Database, sku: &str) -> Variant {
    let products = products::list(&database.pool).await.expect("listed");
    let found = products.into_iter().flat_map(|product| product.variants).find(|variant| variant.sku == sku);
    found.unwrap_or_else(|| panic!("no {sku}"))
}

/// One of a variant with as much of a picture on it as fits.
async fn choice(database: &Database, sku: &str, image_id: ImageId) -> NewLine {
    let variant = variant(database, sku).await;
    let area = variant.print.map_or(PICTURE, |print| print.area_mm);
    NewLine {
        variant_id: variant.id,
        image_id,
        orientation: Orientation::Portrait,
        crop: Crop::filling(PICTURE, area, Place::Middle),
        quantity: 1,
        accepts_low_dpi: false,
    }
}

/// Mira, and two pictures of hers, of which the first hangs in the gallery.
async fn mira(database: &Database) -> (AccountId, ImageId, ImageId) {
    let mira = account(database, "mira@example.org").await;
    let (_, pictures) = ready(database, mira).await;
    images::submit(&database.pool, &cause(), mira, pictures[0], "A fox", false)
        .await
        .expect("answered")
        .expect("published");
    (mira, pictures[0], pictures[1])
}

async fn add(database: &Database, owner: &Owner, line: &NewLine) -> Result<Added, LineError> {
    carts::add(&database.pool, &cause(), owner, Currency::Eur, line).await.expect("answered")
}

async fn look(database: &Database, owner: &Owner) -> Option<Snapshot> {
    let cart = carts::find(&database.pool, owner).await.expect("read")?;
    let mut conn = database.pool.acquire().await.expect("a connection");
    carts::snapshot(&mut conn, &cause(), cart.id).await.expect("read")
}

/// How many of each line, the most first: lines of the same millisecond have no order.
async fn quantities(database: &Database, owner: &Owner) -> Vec<i32> {
    let snapshot = look(database, owner).await;
    let mut quantities: Vec<_> =
        snapshot.iter().flat_map(|snapshot| &snapshot.lines).map(|line| line.quantity).collect();
    quantities.sort_unstable_by(|one, other| other.cmp(one));
    quantities
}

async fn rows(database: &Database) -> (i64, i64) {
    sqlx::query_as("select (select count(*) from carts), (select count(*) from cart_lines)")
        .fetch_one(&database.pool)
        .await
        .expect("counts")
}

/// A tenth off.
async fn coupon(db: &sqlx::PgPool, code: &str) {
    let insert = "insert into coupons (id, code, kind, value, starts_at, created_at)
                  values (gen_random_uuid(), $1, 'percent', 1000, now() - interval '1 day', now())";
    sqlx::query(insert).bind(code).execute(db).await.expect("a coupon");
}

fn later(by: Duration) -> Cause {
    Cause { at: cause().at + by, request_id: None }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_choice_at_once_is_one_line_of_as_many() {
    let database = Database::new().await;
    let (_, hung, _) = mira(&database).await;
    let line = choice(&database, "POSTER-13X18-MATTE", hung).await;
    let adds: Vec<_> = (0..50)
        .map(|_| {
            let pool = database.pool.clone();
            tokio::spawn(async move {
                carts::add(&pool, &cause(), &GUEST, Currency::Eur, &line).await.expect("answered")
            })
        })
        .collect();
    let mut told = Vec::new();
    for add in adds {
        told.push(add.await.expect("no panic").expect("added").quantity);
    }
    told.sort_unstable();
    assert_eq!(told, (1..=50).collect::<Vec<_>>(), "each was told another number");
    assert_eq!(quantities(&database, &GUEST).await, [50]);
    assert_eq!(look(&database, &GUEST).await.expect("a cart").cart.version, 50, "each change is a version");
    assert_eq!(carts::pieces(&database.pool, &[9; 32]).await.expect("counted"), 50);
}

#[tokio::test]
async fn a_line_has_at_most_ninety_nine_and_a_cart_at_most_fifty_lines() {
    let database = Database::new().await;
    let (mira, hung, _) = mira(&database).await;
    let owner = Owner::Account(mira);
    let many = NewLine { quantity: 98, ..choice(&database, "POSTER-13X18-MATTE", hung).await };
    assert!(!add(&database, &owner, &many).await.expect("added").is_capped);
    let more = add(&database, &owner, &NewLine { quantity: 2, ..many }).await.expect("added");
    assert_eq!((more.quantity, more.is_capped), (99, true));
    for quantity in [0, -1, 100, i32::MAX] {
        let refused = add(&database, &owner, &NewLine { quantity, ..many }).await;
        assert_eq!(refused, Err(LineError::BadQuantity(99)));
        let set =
            carts::set_quantity(&database.pool, &cause(), &owner, more.line_id, quantity).await.expect("ok");
        assert_eq!(set, Err(QuantityError::Bad(99)));
    }
    // Of a file there is one.
    let file = NewLine { quantity: 7, ..choice(&database, "DOWNLOAD-FULL", hung).await };
    for _ in 0..2 {
        assert_eq!(add(&database, &owner, &file).await.expect("added").quantity, 1);
    }
    // Other parts of the picture are other lines.
    for left in 2..LINES_MAX {
        let left = i32::try_from(left).expect("small");
        let crop = Crop { left, ..many.crop };
        add(&database, &owner, &NewLine { crop, quantity: 1, ..many }).await.expect("room");
    }
    let crop = Crop { left: 0, ..many.crop };
    assert_eq!(add(&database, &owner, &NewLine { crop, ..many }).await, Err(LineError::Full));
    add(&database, &owner, &many).await.expect("what is there takes no room");
    assert_eq!(rows(&database).await, (1, LINES_MAX));
}

#[tokio::test]
async fn what_cannot_be_ordered_does_not_go_in_and_makes_no_cart() {
    let database = Database::new().await;
    let (mira, hung, private) = mira(&database).await;
    let noor = Owner::Account(account(&database, "noor@example.org").await);
    let small = choice(&database, "POSTER-13X18-MATTE", private).await;
    for owner in [&GUEST, &noor] {
        assert_eq!(add(&database, owner, &small).await, Err(LineError::NoPicture), "{owner:?}");
    }
    let line = NewLine { image_id: hung, ..small };
    let nothing = ImageId::new(cause().at);
    for (refused, why) in [
        (NewLine { image_id: nothing, ..line }, LineError::NoPicture),
        (NewLine { crop: Crop::ALL, ..line }, LineError::BadCrop),
        (NewLine { orientation: Orientation::Landscape, ..line }, LineError::BadCrop),
        (choice(&database, "POSTER-50X70-MATTE", hung).await, LineError::TooFewPixels(37)),
        (choice(&database, "POSTER-30X40-MATTE", hung).await, LineError::FewPixels(65)),
    ] {
        assert_eq!(add(&database, &GUEST, &refused).await, Err(why));
    }
    // A cup does not turn, whatever the part of the picture.
    let cup = variant(&database, "MUG-330-WHITE").await;
    let area = cup.print.expect("printed").hung(Orientation::Landscape);
    let turned = NewLine {
        variant_id: cup.id,
        orientation: Orientation::Landscape,
        crop: Crop::filling(PICTURE, area, Place::Middle),
        ..line
    };
    assert_eq!(add(&database, &GUEST, &turned).await, Err(LineError::BadCrop));
    let francs = carts::add(&database.pool, &cause(), &GUEST, Currency::Chf, &line).await.expect("answered");
    assert_eq!(francs, Err(LineError::NoPrice(Currency::Chf)));
    sqlx::query("update products set is_active = false where slug = 'poster'")
        .execute(&database.pool)
        .await
        .expect("taken off");
    assert_eq!(add(&database, &GUEST, &line).await, Err(LineError::NotSold));
    assert_eq!(rows(&database).await, (0, 0));
    // With consent few pixels are enough, and one's own pictures need not hang anywhere.
    let agreed = NewLine { accepts_low_dpi: true, ..choice(&database, "CANVAS-30X40", private).await };
    add(&database, &Owner::Account(mira), &agreed).await.expect("added");
}

#[tokio::test]
async fn a_snapshot_has_the_prices_of_now_and_what_stands_in_the_way() {
    let database = Database::new().await;
    let (mira, hung, private) = mira(&database).await;
    let owner = Owner::Account(mira);
    let poster = choice(&database, "POSTER-13X18-MATTE", private).await;
    add(&database, &owner, &NewLine { quantity: 2, ..poster }).await.expect("added");
    add(&database, &GUEST, &NewLine { image_id: hung, ..poster }).await.expect("added");
    let snapshot = look(&database, &owner).await.expect("a cart");
    let line = &snapshot.lines[0];
    assert_eq!(
        (line.price.expect("sold").amount, line.total(), snapshot.subtotal()),
        (990, Some(1_980), 1_980)
    );
    assert_eq!(
        (snapshot.pieces(), line.is_own, line.problem, snapshot.can_be_ordered()),
        (2, true, None, true)
    );
    assert!(!look(&database, &GUEST).await.expect("a cart").lines[0].is_own);
    let problem = async |owner| {
        let snapshot = look(&database, owner).await.expect("a cart");
        assert_eq!(snapshot.can_be_ordered(), snapshot.lines[0].problem.is_none());
        assert_eq!(snapshot.subtotal() > 0, snapshot.lines[0].problem.is_none());
        snapshot.lines[0].problem
    };
    // Another price is shown at once.
    let run = async |sql: &str| {
        sqlx::query(sqlx::AssertSqlSafe(sql.to_owned())).execute(&database.pool).await.expect("done");
    };
    run("update prices set amount = 1111, compare_at = null").await;
    assert_eq!(look(&database, &owner).await.expect("a cart").subtotal(), 2_222);
    carts::set_currency(&database.pool, &cause(), &owner, Currency::Chf).await.expect("set");
    assert_eq!(problem(&owner).await, Some(LineProblem::NoPrice));
    carts::set_currency(&database.pool, &cause(), &owner, Currency::Jpy).await.expect("set");
    assert_eq!(problem(&owner).await, None);
    run("update variants set min_dpi = 150, fair_dpi = 150, good_dpi = 150").await;
    assert_eq!(problem(&owner).await, Some(LineProblem::TooFewPixels));
    run("update variants set min_dpi = 60").await;
    assert_eq!(problem(&owner).await, Some(LineProblem::TooFewPixels), "nobody agreed to so few");
    run("update variants set fair_dpi = 100").await;
    images::withdraw(&database.pool, mira, hung).await.expect("answered").expect("withdrawn");
    assert_eq!(problem(&GUEST).await, Some(LineProblem::PictureGone));
    images::delete(&database.pool, &cause(), mira, private).await.expect("answered").expect("deleted");
    assert_eq!(problem(&owner).await, Some(LineProblem::PictureGone));
    images::restore(&database.pool, &cause(), mira, private).await.expect("answered").expect("back");
    assert_eq!(problem(&owner).await, None);
    run("update products set is_active = false").await;
    assert_eq!(problem(&owner).await, Some(LineProblem::NotSold));
}

#[tokio::test]
async fn every_change_is_another_version_and_what_changes_nothing_is_none() {
    let database = Database::new().await;
    let (mira, hung, _) = mira(&database).await;
    let owner = Owner::Account(mira);
    let line = choice(&database, "POSTER-13X18-MATTE", hung).await;
    let id = add(&database, &owner, &line).await.expect("added").line_id;
    coupon(&database.pool, "SPRING").await;
    let (db, at) = (&database.pool, cause());
    let mut version = look(&database, &owner).await.expect("a cart").cart.version;
    let mut is = async |what: &str, changed: bool| {
        let now = look(&database, &owner).await.expect("a cart").cart.version;
        assert_eq!(now > version, changed, "{what}: {version}, {now}");
        version = now;
    };
    carts::set_quantity(db, &at, &owner, id, 3).await.expect("answered").expect("set");
    is("another quantity", true).await;
    carts::set_quantity(db, &at, &owner, id, 3).await.expect("answered").expect("set");
    is("the same quantity", false).await;
    carts::set_currency(db, &at, &owner, Currency::Usd).await.expect("set");
    is("a currency", true).await;
    carts::set_coupon(db, &at, &owner, " spring ").await.expect("answered").expect("good");
    is("a coupon", true).await;
    let refused = carts::set_coupon(db, &at, &owner, "AUTUMN").await.expect("answered");
    assert_eq!(refused, Err(CouponRefusal::Unknown.into()));
    is("a coupon that is none", false).await;
    carts::remove_coupon(db, &at, &owner).await.expect("answered").expect("removed");
    is("no coupon", true).await;
    assert_eq!(carts::remove_coupon(db, &at, &owner).await.expect("answered"), Err(StaleTransition));
    is("still no coupon", false).await;
    carts::remove(db, &at, &owner, id).await.expect("answered").expect("removed");
    is("a line less", true).await;
    assert_eq!(carts::remove(db, &at, &owner, id).await.expect("answered"), Err(StaleTransition));
    is("nothing less", false).await;
}

#[tokio::test]
async fn what_was_removed_comes_back_once_and_in_its_place() {
    let database = Database::new().await;
    let (mira, hung, private) = mira(&database).await;
    let owner = Owner::Account(mira);
    let line = NewLine { quantity: 7, ..choice(&database, "POSTER-13X18-MATTE", private).await };
    let first = add(&database, &owner, &line).await.expect("added").line_id;
    tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    let cup = choice(&database, "MUG-330-WHITE", hung).await;
    let cup = NewLine { accepts_low_dpi: true, ..cup };
    let second = add(&database, &owner, &cup).await.expect("added").line_id;
    let removed =
        carts::remove(&database.pool, &cause(), &owner, first).await.expect("answered").expect("removed");
    assert_eq!(removed, Removed { id: first, choice: line });
    let restore = async |owner: &Owner, removed: &Removed| {
        carts::restore(&database.pool, &cause(), owner, Currency::Eur, removed).await.expect("answered")
    };
    for _ in 0..2 {
        assert_eq!(restore(&owner, &removed).await.expect("back").quantity, 7, "a second time is no more");
    }
    let snapshot = look(&database, &owner).await.expect("a cart");
    assert_eq!(snapshot.lines.iter().map(|line| line.id).collect::<Vec<_>>(), [first, second]);
    // Somebody else's line is not theirs, whatever the form says, and a picture that is gone does not come back with it.
    let noor = Owner::Account(account(&database, "noor@example.org").await);
    let stolen = Removed { id: second, choice: NewLine { image_id: hung, ..line } };
    assert_eq!(restore(&noor, &stolen).await, Err(LineError::NoPicture));
    for (id, whose) in [(first, &noor), (first, &GUEST), (CartLineId::new(cause().at), &owner)] {
        let gone = carts::remove(&database.pool, &cause(), whose, id).await.expect("answered");
        assert_eq!(gone, Err(StaleTransition));
        let set = carts::set_quantity(&database.pool, &cause(), whose, id, 2).await.expect("answered");
        assert_eq!(set, Err(StaleTransition.into()));
    }
    carts::remove(&database.pool, &cause(), &owner, first).await.expect("answered").expect("removed");
    images::delete(&database.pool, &cause(), mira, private).await.expect("answered").expect("deleted");
    assert_eq!(restore(&owner, &removed).await, Err(LineError::NoPicture));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_guests_cart_moves_into_the_accounts_once() {
    let database = Database::new().await;
    let (mira, hung, private) = mira(&database).await;
    let owner = Owner::Account(mira);
    let poster = choice(&database, "POSTER-13X18-MATTE", hung).await;
    let file = choice(&database, "DOWNLOAD-FULL", hung).await;
    coupon(&database.pool, "SPRING").await;
    coupon(&database.pool, "GUEST").await;
    let (db, at) = (&database.pool, cause());
    add(&database, &owner, &NewLine { quantity: 60, ..poster }).await.expect("added");
    add(&database, &owner, &file).await.expect("added");
    add(&database, &owner, &NewLine { image_id: private, ..poster }).await.expect("added");
    carts::set_coupon(db, &at, &owner, "SPRING").await.expect("answered").expect("good");
    for line in [NewLine { quantity: 3, ..poster }, file, choice(&database, "POSTER-21X30-MATTE", hung).await]
    {
        let line = NewLine { accepts_low_dpi: true, ..line };
        carts::add(db, &at, &GUEST, Currency::Usd, &line).await.expect("answered").expect("added");
    }
    carts::set_coupon(db, &at, &GUEST, "GUEST").await.expect("answered").expect("good");
    let before = look(&database, &owner).await.expect("a cart").cart;
    // Two tabs sign in at once, and once more after that.
    let merges: Vec<_> = (0..8)
        .map(|_| {
            let pool = database.pool.clone();
            tokio::spawn(async move { carts::merge(&pool, &cause(), &[9; 32], mira).await.expect("merged") })
        })
        .collect();
    let mut moved = 0;
    for merge in merges {
        moved += usize::from(merge.await.expect("no panic"));
    }
    assert_eq!(moved, 1);
    assert_eq!(quantities(&database, &owner).await, [63, 1, 1, 1]);
    let after = look(&database, &owner).await.expect("a cart").cart;
    assert_eq!((after.id, after.currency, after.coupon_id), (before.id, before.currency, before.coupon_id));
    assert!(after.version > before.version);
    assert!(look(&database, &GUEST).await.is_none());
    // No more than there may be.
    add(&database, &GUEST, &NewLine { quantity: 99, ..poster }).await.expect("added");
    assert!(carts::merge(db, &at, &[9; 32], mira).await.expect("merged"));
    assert_eq!(quantities(&database, &owner).await, [99, 1, 1, 1]);
}

#[tokio::test]
async fn an_empty_cart_takes_what_the_guest_chose() {
    let database = Database::new().await;
    let (mira, hung, _) = mira(&database).await;
    let owner = Owner::Account(mira);
    let (db, at) = (&database.pool, cause());
    carts::set_currency(db, &at, &owner, Currency::Eur).await.expect("set");
    coupon(db, "SPRING").await;
    let line = choice(&database, "POSTER-13X18-MATTE", hung).await;
    carts::add(db, &at, &GUEST, Currency::Jpy, &line).await.expect("answered").expect("added");
    carts::set_coupon(db, &at, &GUEST, "SPRING").await.expect("answered").expect("good");
    let guests = look(&database, &GUEST).await.expect("a cart");
    let checkout =
        "insert into checkouts (cart_id, email, updated_at) values ($1, 'guest@example.org', now())";
    sqlx::query(checkout).bind(guests.cart.id).execute(db).await.expect("on the way");
    assert!(carts::merge(db, &at, &[9; 32], mira).await.expect("merged"));
    let merged = look(&database, &owner).await.expect("a cart");
    assert_eq!(merged.cart.currency, Currency::Jpy);
    assert_eq!(merged.cart.coupon_id, guests.cart.coupon_id);
    assert_eq!(merged.lines[0].id, guests.lines[0].id, "the line itself moved: an order may know it");
    let moved: bool = sqlx::query_scalar("select exists (select from checkouts where cart_id = $1)")
        .bind(merged.cart.id)
        .fetch_one(db)
        .await
        .expect("read");
    assert!(moved);
    assert!(!carts::merge(db, &at, &[8; 32], mira).await.expect("nothing to merge"));
}

#[tokio::test]
async fn what_finds_no_room_stays_in_the_browsers_cart() {
    let database = Database::new().await;
    let (mira, hung, _) = mira(&database).await;
    let owner = Owner::Account(mira);
    let line = choice(&database, "POSTER-13X18-MATTE", hung).await;
    for left in 0..45 {
        let crop = Crop { left, ..line.crop };
        add(&database, &owner, &NewLine { crop, ..line }).await.expect("added");
    }
    for left in 40..52 {
        let crop = Crop { left, ..line.crop };
        add(&database, &GUEST, &NewLine { crop, ..line }).await.expect("added");
    }
    carts::merge(&database.pool, &cause(), &[9; 32], mira).await.expect("merged");
    assert_eq!(quantities(&database, &owner).await.len(), 50);
    assert_eq!(quantities(&database, &GUEST).await, [1, 1], "five were the same, five found room");
}

#[tokio::test]
async fn carts_that_nobody_comes_back_for_are_forgotten() {
    let database = Database::new().await;
    let (mira, hung, _) = mira(&database).await;
    let noor = Owner::Account(account(&database, "noor@example.org").await);
    let (db, at) = (&database.pool, cause());
    let line = choice(&database, "POSTER-13X18-MATTE", hung).await;
    add(&database, &Owner::Account(mira), &line).await.expect("added");
    add(&database, &GUEST, &line).await.expect("added");
    carts::set_currency(db, &at, &noor, Currency::Usd).await.expect("set");
    assert_eq!(carts::prune(db, later(IDLE_LIMIT - Duration::hours(1)).at).await.expect("pruned"), 0);
    assert_eq!(carts::prune(db, later(IDLE_LIMIT + Duration::hours(1)).at).await.expect("pruned"), 2);
    assert_eq!(rows(&database).await, (1, 1));
    assert_eq!(quantities(&database, &Owner::Account(mira)).await, [1]);
}
