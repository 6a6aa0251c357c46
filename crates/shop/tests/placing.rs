//! A cart becomes an order: once, as it was seen, or not at all.

mod support;

use std::time::Duration;

use futures::future::join_all;
use shop::{
    addresses::Texts,
    carts::{self, Owner},
    checkouts::{self, Plan, Step},
    coupons::CouponRefusal,
    crops::{Area, Crop, Place},
    ids::{CartId, CartLineId, CouponId, ImageId, OrderId},
    images,
    money::{Currency, Money},
    orders::{self, Change, Changed, PlaceError, Placing, Seen, Sums},
    products,
    shipping::{CannotSend, ShippingMethod},
    testing::Database,
};
use sqlx::postgres::PgPoolOptions;
use support::{account, cause, jobs, ready};

const POSTER: &str = "POSTER-13X18-MATTE";
const MUG: &str = "MUG-330-WHITE";
const FILE: &str = "DOWNLOAD-FULL";

struct Shop {
    database: Database,
    /// Hangs in the gallery.
    picture: ImageId,
}

impl Shop {
    async fn open() -> Self {
        let database = Database::new().await;
        let owner = account(&database, "painter@example.org").await;
        let (_, pictures) = ready(&database, owner).await;
        images::submit(&database.pool, &cause(), owner, pictures[0], "A fox", false)
            .await
            .expect("answered")
            .expect("hung");
        Self { database, picture: pictures[0] }
    }

    fn db(&self) -> &sqlx::PgPool {
        &self.database.pool
    }

    async fn run(&self, sql: &'static str) {
        sqlx::raw_sql(sql).execute(self.db()).await.expect("done");
    }

    async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(self.db()).await.expect("a number")
    }

    /// A coupon for ten per cent.
    async fn coupon(&self, code: &str, max_uses: Option<i32>, each: Option<i32>) -> CouponId {
        let id = CouponId::new(cause().at);
        sqlx::query(
            "insert into coupons (id, code, kind, value, max_uses, max_uses_each, starts_at, created_at)
             values ($1, $2, 'percent', 1000, $3, $4, now() - interval '1 day', now())",
        )
        .bind(id)
        .bind(code)
        .bind(max_uses)
        .bind(each)
        .execute(self.db())
        .await
        .expect("a coupon");
        id
    }

    /// A guest's cart, told from others by a number.
    async fn cart(
        &self,
        guest: u8,
        currency: Currency,
        wanted: &[(&str, i32)],
        coupon: Option<CouponId>,
    ) -> Buyer<'_> {
        let id = CartId::new(cause().at);
        sqlx::query(
            "insert into carts (id, token_hash, currency, coupon_id, created_at, updated_at) values ($1, $2, $3, $4, now(), now())",
        )
        .bind(id)
        .bind([guest; 32])
        .bind(currency)
        .bind(coupon)
        .execute(self.db())
        .await
        .expect("a cart");
        let buyer = Buyer { shop: self, id, owner: Owner::Guest([guest; 32]), guest };
        for (sku, quantity) in wanted {
            buyer.take(sku, *quantity).await;
        }
        buyer
    }
}

struct Buyer<'s> {
    shop: &'s Shop,
    id: CartId,
    owner: Owner,
    guest: u8,
}

impl Buyer<'_> {
    async fn take(&self, sku: &str, quantity: i32) {
        let all = products::list(self.shop.db()).await.expect("products");
        let variant =
            all.iter().flat_map(|product| &product.variants).find(|it| it.sku == sku).expect("sold");
        let picture = Area { width: 1024, height: 1024 };
        let crop =
            variant.print.map_or(Crop::ALL, |print| Crop::filling(picture, print.area_mm, Place::Middle));
        sqlx::query(
            "insert into cart_lines (id, cart_id, variant_id, image_id, orientation, crop_left, crop_top, crop_width, crop_height,
                                     quantity, created_at)
             values ($1, $2, $3, $4, 'portrait', $5, $6, $7, $8, $9, now())",
        )
        .bind(CartLineId::new(cause().at))
        .bind(self.id)
        .bind(variant.id)
        .bind(self.shop.picture)
        .bind(crop.left)
        .bind(crop.top)
        .bind(crop.width)
        .bind(crop.height)
        .bind(quantity)
        .execute(self.shop.db())
        .await
        .expect("a line");
        sqlx::query("update carts set version = version + 1 where id = $1")
            .bind(self.id)
            .execute(self.shop.db())
            .await
            .expect("changed");
    }

    /// To an address, in a way.
    async fn to(self, country: &str, region: &str, method: Option<ShippingMethod>) -> Self {
        let text = |text: &str| text.to_owned();
        let address = Texts {
            country: text(country),
            name: text("Mira Okafor"),
            line1: text("Gartenstraße 3"),
            city: text("Berlin"),
            region: text(region),
            postcode: text(match country {
                "AT" => "1010",
                "CA" => "H3Z 2Y7",
                "JP" => "154-0023",
                "KR" => "03051",
                "US" => "95014",
                _ => "10115",
            }),
            ..Texts::default()
        };
        let email = format!("Guest{}@example.org", self.guest);
        checkouts::set_address(self.shop.db(), &cause(), self.id, &email, &address)
            .await
            .expect("answered")
            .expect("kept");
        if let Some(method) = method {
            checkouts::set_method(self.shop.db(), &cause(), self.id, method)
                .await
                .expect("answered")
                .expect("kept");
        }
        self
    }

    async fn ready(self) -> Self {
        self.to("DE", "", Some(ShippingMethod::Standard)).await
    }

    async fn plan(&self) -> Plan {
        checkouts::of_owner(self.shop.db(), &cause(), &self.owner).await.expect("read").expect("a cart")
    }

    async fn see(&self) -> Seen {
        let plan = self.plan().await;
        Seen { version: plan.snapshot.cart.version, sums: Sums::from(&plan.totals) }
    }

    async fn place(&self, seen: Seen) -> Result<OrderId, PlaceError> {
        orders::place(self.shop.db(), &cause(), &Placing { owner: self.owner, seen }).await.expect("answered")
    }

    async fn order(&self) -> OrderId {
        self.place(self.see().await).await.expect("placed")
    }
}

async fn sums(shop: &Shop, id: OrderId) -> (i64, i64, i64, i64, i64) {
    sqlx::query_as("select subtotal, discount, shipping, tax, total from orders where id = $1")
        .bind(id)
        .fetch_one(shop.db())
        .await
        .expect("an order")
}

async fn status(shop: &Shop, id: OrderId) -> (String, Option<String>) {
    sqlx::query_as("select status, end_reason from orders where id = $1")
        .bind(id)
        .fetch_one(shop.db())
        .await
        .expect("an order")
}

#[tokio::test]
async fn an_order_is_a_copy_of_what_was_seen() {
    let shop = Shop::open().await;
    let coupon = shop.coupon("SPRING", Some(5), Some(1)).await;
    let mira = shop.cart(1, Currency::Eur, &[(POSTER, 2), (MUG, 1), (FILE, 1)], Some(coupon)).await;
    let mira = mira.ready().await;
    let order = mira.order().await;
    // 2 × 9.90 + 14.90 + 5.90 = 40.60, − 10 %, + 4.90, of which 19 % in it.
    assert_eq!(sums(&shop, order).await, (4_060, 406, 490, 662, 4_144));
    let (email, method, days, code, version): (String, String, (i16, i16), String, i32) = {
        let row: (String, String, i16, i16, String, i32) = sqlx::query_as(
            "select email, shipping_method, days_min, days_max, coupon_code, cart_version from orders where id = $1 and browser_hash is not null",
        )
        .bind(order)
        .fetch_one(shop.db())
        .await
        .expect("an order");
        (row.0, row.1, (row.2, row.3), row.4, row.5)
    };
    // A mug takes longest: 2 to 5 days, and 2 to 5 on the way.
    assert_eq!((email.as_str(), method.as_str(), days), ("Guest1@example.org", "standard", (4, 10)));
    assert_eq!((code.as_str(), version), ("SPRING", mira.plan().await.snapshot.cart.version));
    let lines: Vec<(String, i32, i64, i64, Option<i32>, String)> = sqlx::query_as(
        "select sku, quantity, unit, total, effective_dpi, caption from order_lines where order_id = $1 order by position",
    )
    .bind(order)
    .fetch_all(shop.db())
    .await
    .expect("lines");
    let caption = || "A fox".to_owned();
    assert_eq!(
        lines,
        [
            (POSTER.to_owned(), 2, 990, 1_782, Some(144), caption()),
            (MUG.to_owned(), 1, 1_490, 1_341, Some(130), caption()),
            (FILE.to_owned(), 1, 590, 531, None, caption()),
        ]
    );
    assert_eq!(shop.count("select count(*) from order_events where kind = 'placed'").await, 1);
    assert_eq!(jobs(&shop.database, "open_checkout").await.len(), 1);
    assert_eq!(shop.count("select amount from payment_sessions where state = 'opening'").await, 4_144);
    assert_eq!(shop.count("select uses::bigint from coupons").await, 1);
    // What is in the cart stays until it is paid.
    assert_eq!(shop.count("select count(*) from cart_lines").await, 3);
}

#[tokio::test]
async fn a_double_click_in_two_tabs_is_one_order() {
    let shop = Shop::open().await;
    let mira = shop.cart(1, Currency::Eur, &[(POSTER, 1)], None).await.ready().await;
    let seen = mira.see().await;
    let placed = join_all((0..12).map(|_| mira.place(seen))).await;
    let first = placed[0].clone().expect("placed");
    assert!(placed.iter().all(|it| *it == Ok(first)), "{placed:?}");
    assert_eq!(shop.count("select count(*) from orders").await, 1);
    assert_eq!(shop.count("select count(*) from payment_sessions").await, 1);
}

#[tokio::test]
async fn another_cart_replaces_the_order_that_is_not_paid_yet_and_keeps_its_coupon() {
    let shop = Shop::open().await;
    let coupon = shop.coupon("ONCE", Some(1), Some(1)).await;
    let mira = shop.cart(1, Currency::Eur, &[(POSTER, 1)], Some(coupon)).await.ready().await;
    let first = mira.order().await;
    shop.run(
        "update payment_sessions set state = 'open', url = 'https://pay.example/1', provider_ref = 'cs_1'",
    )
    .await;
    mira.take(MUG, 1).await;
    assert_eq!(mira.plan().await.totals.discount, 248, "the one use is the cart's own");
    let second = mira.order().await;
    assert_ne!(first, second);
    assert_eq!(status(&shop, first).await, ("cancelled".to_owned(), Some("replaced".to_owned())));
    assert_eq!(status(&shop, second).await, ("pending_payment".to_owned(), None));
    assert_eq!(jobs(&shop.database, "expire_checkout").await.len(), 1);
    assert_eq!(shop.count("select uses::bigint from coupons").await, 1);
    assert_eq!(shop.count("select count(*) from coupon_uses where state = 'held'").await, 1);
    // Another address is another order too, at the same price.
    let mira = mira.to("AT", "", None).await;
    let third = mira.order().await;
    assert_ne!(second, third);
    assert_eq!(shop.count("select count(*) from orders where status = 'pending_payment'").await, 1);
}

#[tokio::test]
async fn an_order_for_which_money_is_on_its_way_is_left_alone() {
    let shop = Shop::open().await;
    let mira = shop.cart(1, Currency::Eur, &[(POSTER, 1)], None).await.ready().await;
    let first = mira.order().await;
    shop.run("update orders set payment_status = 'pending'; delete from cart_lines").await;
    mira.take(MUG, 1).await;
    let second = mira.order().await;
    assert_eq!(status(&shop, first).await.0, "pending_payment");
    assert_eq!(status(&shop, second).await.0, "pending_payment");
}

#[tokio::test]
async fn ten_of_a_hundred_get_a_coupon_of_ten_uses_and_the_others_are_told() {
    let shop = Shop::open().await;
    let coupon = shop.coupon("RACE", Some(10), None).await;
    let mut carts = Vec::new();
    for guest in 0..100 {
        let cart = shop.cart(guest, Currency::Eur, &[(POSTER, 1)], Some(coupon)).await.ready().await;
        let seen = cart.see().await;
        assert_eq!(seen.sums.discount, 99);
        carts.push((cart, seen));
    }
    let patient = PgPoolOptions::new().max_connections(30).acquire_timeout(Duration::from_mins(2));
    let patient = patient.connect(&shop.database.url).await.expect("connected");
    let place = async |(buyer, seen): &(Buyer<'_>, Seen)| {
        let placing = Placing { owner: buyer.owner, seen: *seen };
        orders::place(&patient, &cause(), &placing).await.expect("answered")
    };
    let placed = join_all(carts.iter().map(place)).await;
    let told = |it: &Result<OrderId, PlaceError>| {
        matches!(it, Err(PlaceError::Coupon(CouponRefusal::UsedUp) | PlaceError::Changed))
    };
    assert_eq!(placed.iter().filter(|it| it.is_ok()).count(), 10, "{placed:?}");
    assert_eq!(placed.iter().filter(|it| told(it)).count(), 90, "{placed:?}");
    assert_eq!(
        shop.count("select count(*) from orders where coupon_code = 'RACE' and discount = 99").await,
        10
    );
    assert_eq!(shop.count("select count(*) from orders").await, 10);
    assert_eq!(shop.count("select uses::bigint from coupons").await, 10);
    assert_eq!(shop.count("select count(*) from coupon_uses where state = 'held'").await, 10);
    // Whoever comes back sees why, and can order without it.
    let (cart, _) = carts.iter().zip(&placed).find(|(_, it)| it.is_err()).expect("one of the 90").0;
    let plan = cart.plan().await;
    assert_eq!(plan.refused_coupon().map(|refused| refused.reason), Some(CouponRefusal::UsedUp));
    assert_eq!(sums(&shop, cart.order().await).await, (990, 0, 490, 236, 1_480));
}

#[tokio::test]
async fn a_customer_uses_a_coupon_as_often_as_each_may() {
    let shop = Shop::open().await;
    let coupon = shop.coupon("EACH", None, Some(1)).await;
    let one = shop.cart(1, Currency::Eur, &[(POSTER, 1)], Some(coupon)).await.ready().await;
    one.order().await;
    // The same address in another browser, in small letters.
    let other = shop.cart(2, Currency::Eur, &[(POSTER, 1)], Some(coupon)).await.ready().await;
    assert_eq!(other.plan().await.totals.discount, 99);
    let before = other.see().await;
    shop.run("update checkouts set email = 'guest1@example.org'").await;
    let refused = other.plan().await.refused_coupon().map(|refused| refused.reason);
    assert_eq!(refused, Some(CouponRefusal::UsedUpByCustomer));
    assert_eq!(other.place(before).await, Err(PlaceError::Changed));
}

#[tokio::test]
async fn a_coupon_that_takes_nothing_off_is_not_used() {
    let shop = Shop::open().await;
    let coupon = shop.coupon("SENT", Some(5), None).await;
    let mira = shop.cart(1, Currency::Eur, &[(FILE, 1)], Some(coupon)).await.ready().await;
    shop.run("update coupons set kind = 'free_shipping', value = 0").await;
    let order = mira.order().await;
    // Neither for a courier, nor for what rounds to nothing.
    let noor = shop.cart(2, Currency::Eur, &[(POSTER, 1)], Some(coupon)).await;
    noor.to("DE", "", Some(ShippingMethod::Express)).await.order().await;
    shop.run("update coupons set kind = 'percent', value = 1").await;
    shop.cart(3, Currency::Eur, &[(POSTER, 1)], Some(coupon)).await.ready().await.order().await;
    assert_eq!(shop.count("select count(*) from orders where coupon_id is not null").await, 0);
    assert_eq!(shop.count("select uses::bigint from coupons").await, 0);
    assert_eq!(status(&shop, order).await.0, "pending_payment");
    shop.run("update coupons set kind = 'free_shipping', value = 0").await;
    let ada = shop.cart(4, Currency::Eur, &[(POSTER, 1)], Some(coupon)).await.ready().await;
    assert_eq!(sums(&shop, ada.order().await).await, (990, 0, 0, 158, 990));
    assert_eq!(shop.count("select uses::bigint from coupons").await, 1);
}

#[tokio::test]
async fn what_changed_between_looking_and_pressing_is_not_ordered() {
    let changes: [(&str, PlaceError); 6] = [
        ("update prices set amount = amount + 100", PlaceError::Changed),
        ("update shipping_rates set amount = amount + 1", PlaceError::Changed),
        ("update tax_rules set rate_bp = 2000 where country = 'DE'", PlaceError::Changed),
        ("update carts set version = version + 1", PlaceError::Changed),
        ("update images set visibility = 'private', published_at = null", PlaceError::Incomplete(Step::Cart)),
        ("delete from shipping_rates where method = 'standard'", PlaceError::Incomplete(Step::Shipping)),
    ];
    for (change, expected) in changes {
        let shop = Shop::open().await;
        let mira = shop.cart(1, Currency::Eur, &[(POSTER, 1)], None).await.ready().await;
        let seen = mira.see().await;
        shop.run(change).await;
        assert_eq!(mira.place(seen).await, Err(expected), "{change}");
        for table in ["select count(*) from orders", "select count(*) from payment_sessions"] {
            assert_eq!(shop.count(table).await, 0, "{change}");
        }
    }
}

#[tokio::test]
async fn who_saw_another_address_or_way_orders_nothing() {
    let shop = Shop::open().await;
    let mira = shop.cart(1, Currency::Eur, &[(POSTER, 1)], None).await.ready().await;
    let first = mira.see().await;
    // The same once more is no change.
    let mira = mira.ready().await;
    assert_eq!(mira.see().await, first);
    let email = "Guest1@example.org";
    let home = mira.plan().await.checkout.and_then(|checkout| checkout.address).expect("an address");
    let next_door = Texts { line1: "Gartenstraße 5".to_owned(), ..home };
    let set = async |email: &str, address: &Texts| {
        checkouts::set_address(shop.db(), &cause(), mira.id, email, address)
            .await
            .expect("answered")
            .expect("kept");
    };
    set(email, &next_door).await;
    assert_eq!(mira.place(first).await, Err(PlaceError::Changed), "another address at the same price");
    let second = mira.see().await;
    set("other@example.org", &next_door).await;
    assert_eq!(mira.place(second).await, Err(PlaceError::Changed), "letters go elsewhere");
    // Two ways at the same price.
    shop.run("update shipping_rates set amount = 500, free_from = null").await;
    let third = mira.see().await;
    checkouts::set_method(shop.db(), &cause(), mira.id, ShippingMethod::Express)
        .await
        .expect("answered")
        .expect("kept");
    assert_eq!(mira.see().await.sums, third.sums);
    assert_eq!(mira.place(third).await, Err(PlaceError::Changed), "another way at the same price");
    assert_eq!(shop.count("select count(*) from orders").await, 0);
    let order = mira.order().await;
    assert_eq!(mira.place(mira.see().await).await, Ok(order));
}

#[tokio::test]
async fn the_first_page_with_something_missing_is_named() {
    let shop = Shop::open().await;
    let mira = shop.cart(1, Currency::Eur, &[], None).await;
    assert_eq!(mira.plan().await.step(), Step::Cart);
    mira.take(FILE, 1).await;
    assert_eq!(mira.plan().await.step(), Step::Address);
    let country = Texts { country: "DE".to_owned(), ..Texts::default() };
    checkouts::set_address(shop.db(), &cause(), mira.id, "a@example.org", &country)
        .await
        .expect("answered")
        .expect("kept");
    let plan = mira.plan().await;
    assert_eq!((plan.step(), plan.is_sent(), plan.totals.shipping), (Step::Review, false, 0));
    // 5.90 × 19 ÷ 119
    assert_eq!(plan.totals.tax, 94);
    let order = mira.order().await;
    assert_eq!(
        shop.count("select count(*) from orders where shipping_method is null and days_max is null").await,
        1
    );
    assert_eq!(status(&shop, order).await.0, "pending_payment");
    // A thing needs more of an address than a file.
    mira.take(POSTER, 1).await;
    assert_eq!(mira.plan().await.step(), Step::Address);
    let mira = mira.to("DE", "", None).await;
    assert_eq!(mira.plan().await.step(), Step::Shipping);
}

#[tokio::test]
async fn currencies_without_cents_and_taxes_on_top_add_up() {
    let shop = Shop::open().await;
    for (guest, currency, country, region, expected) in [
        // 2 × 1,630 + 1,650, 10 % of it in it.
        (1, Currency::Jpy, "JP", "13", (3_260, 0, 1_650, 446, 4_910)),
        (2, Currency::Krw, "KR", "11", (31_200, 0, 15_800, 4_273, 47_000)),
        // 2 × 9.90 + 9.90, and 5 % for the country or 13 % for Ontario on top.
        (3, Currency::Usd, "CA", "QC", (1_980, 0, 990, 149, 3_119)),
        (4, Currency::Usd, "CA", "ON", (1_980, 0, 990, 386, 3_356)),
        // No rule, no tax.
        (5, Currency::Usd, "US", "CA", (1_980, 0, 990, 0, 2_970)),
    ] {
        let cart = shop.cart(guest, currency, &[(POSTER, 2)], None).await;
        let buyer = cart.to(country, region, Some(ShippingMethod::Standard)).await;
        let plan = buyer.plan().await;
        let totals = &plan.totals;
        let found = (totals.subtotal, totals.discount, totals.shipping, totals.tax, totals.total);
        assert_eq!(found, expected, "{country} {region}");
        assert_eq!(sums(&shop, buyer.order().await).await, expected, "{country} {region}");
    }
}

#[tokio::test]
async fn shipping_is_free_from_a_sum_and_refused_beyond_a_weight() {
    let shop = Shop::open().await;
    let cart = shop.cart(1, Currency::Eur, &[("FRAMED-30X40-OAK", 1)], None).await;
    shop.run("update cart_lines set accepts_low_dpi = true").await;
    let mira = cart.to("DE", "", Some(ShippingMethod::Standard)).await;
    // 1.7 kg is a small parcel.
    assert_eq!(mira.plan().await.totals.shipping, 790);
    shop.run("update cart_lines set quantity = 2").await;
    assert_eq!(mira.plan().await.totals.shipping, 0, "for €109.80");
    // What a coupon takes off does not count.
    let half = "insert into coupons (id, code, kind, value, starts_at, created_at)
                values (gen_random_uuid(), 'HALF', 'percent', 5000, now() - interval '1 day', now());
                update carts set coupon_id = (select id from coupons)";
    shop.run(half).await;
    assert_eq!(mira.plan().await.totals.shipping, 790, "for €54.90");
    shop.run("update coupons set kind = 'free_shipping', value = 0; update cart_lines set quantity = 1")
        .await;
    let plan = mira.plan().await;
    let rates = plan.rates.as_ref().expect("sent").as_ref().expect("can be sent");
    let amounts: Vec<_> = rates.iter().map(|rate| (rate.method, rate.amount)).collect();
    assert_eq!(amounts, [(ShippingMethod::Standard, 0), (ShippingMethod::Express, 2_390)]);
    shop.run("update cart_lines set quantity = 99").await;
    let plan = mira.plan().await;
    assert_eq!((plan.rates.clone(), plan.step()), (Some(Err(CannotSend::TooHeavy)), Step::Shipping));
    shop.run("update cart_lines set quantity = 1; delete from shipping_rates where currency = 'EUR'").await;
    assert_eq!(mira.plan().await.rates, Some(Err(CannotSend::NoRate)));
}

#[tokio::test]
async fn what_is_too_little_to_be_charged_is_a_gift_or_cannot_be_ordered() {
    let shop = Shop::open().await;
    let off = "insert into coupons (id, code, kind, value, currency, starts_at, created_at)
               values (gen_random_uuid(), 'OFF', 'fixed', 541, 'EUR', now() - interval '1 day', now())";
    shop.run(off).await;
    let coupon: CouponId =
        sqlx::query_scalar("select id from coupons").fetch_one(shop.db()).await.expect("one");
    // A coupon leaves 49 cents, and takes them too; 50 can be paid.
    let mira = shop.cart(1, Currency::Eur, &[(FILE, 1)], Some(coupon)).await.to("DE", "", None).await;
    assert_eq!(mira.plan().await.too_little(), None);
    let gift = mira.order().await;
    assert_eq!(sums(&shop, gift).await, (590, 590, 0, 0, 0));
    assert_eq!(status(&shop, gift).await.0, "confirmed");
    shop.run("update coupons set value = 540").await;
    let noor = shop.cart(2, Currency::Eur, &[(FILE, 1)], Some(coupon)).await.to("DE", "", None).await;
    assert_eq!(sums(&shop, noor.order().await).await, (590, 540, 0, 8, 50));
    // What costs so little by itself is not given away.
    shop.run("update prices set amount = 49 where amount = 590; update carts set coupon_id = null").await;
    let ada = shop.cart(3, Currency::Eur, &[(FILE, 1)], None).await.to("DE", "", None).await;
    let least = Money::new(50, Currency::Eur);
    assert_eq!(ada.plan().await.too_little(), Some(least));
    assert_eq!(ada.place(ada.see().await).await, Err(PlaceError::TooLittle(least)));
    shop.run("update cart_lines set quantity = 2").await;
    ada.order().await;
}

#[tokio::test]
async fn who_signs_in_has_one_order_to_pay_and_keeps_what_they_ordered() {
    let shop = Shop::open().await;
    let (db, coupon) = (shop.db(), shop.coupon("ONCE", Some(1), None).await);
    let noor = account(&shop.database, "noor@example.org").await;
    let guest = shop.cart(1, Currency::Eur, &[(POSTER, 2)], Some(coupon)).await.ready().await;
    let replaced = guest.order().await;
    guest.take(MUG, 1).await;
    let theirs = guest.order().await;
    let page = "update payment_sessions set state = 'open', url = 'https://pay.example/1', provider_ref = 'cs_' || id";
    shop.run(page).await;
    let closing = jobs(&shop.database, "expire_checkout").await.len();
    // The account has the same poster in its cart, and an order to pay as well.
    let own = shop.cart(2, Currency::Eur, &[(POSTER, 1)], None).await;
    let given = "update carts set account_id = $2, token_hash = null where id = $1";
    sqlx::query(given).bind(own.id).bind(noor).execute(db).await.expect("given");
    let own = Buyer { owner: Owner::Account(noor), ..own }.ready().await;
    let hers = own.order().await;
    let other = shop.cart(3, Currency::Eur, &[(POSTER, 1)], None).await.ready().await.order().await;

    assert!(carts::merge(db, &cause(), &[1; 32], noor).await.expect("merged"));
    assert_eq!(status(&shop, theirs).await, ("cancelled".to_owned(), Some("replaced".to_owned())));
    assert_eq!(status(&shop, hers).await.0, "pending_payment");
    assert_eq!(jobs(&shop.database, "expire_checkout").await.len(), closing + 1, "its page is closed");
    assert_eq!(shop.count("select uses::bigint from coupons").await, 0);
    // All of it is the account's, and what may still be paid is compared with what takes its place.
    let listed = orders::list(db, &own.owner, None, 9).await.expect("read");
    let ids: Vec<OrderId> = listed.into_iter().map(|order| order.id).collect();
    assert_eq!(ids, [hers, theirs, replaced], "and nothing of another browser");
    assert_eq!(status(&shop, other).await.0, "pending_payment");
    let same_cart =
        "select count(*) from orders where cart_id = (select id from carts where account_id is not null)";
    assert_eq!(shop.count(same_cart).await, 3);
    let unknown = "select count(*) from order_lines l where order_id in (select id from orders where account_id is not null)
                   and not exists (select from cart_lines c where c.id = l.cart_line_id)";
    assert_eq!(shop.count(unknown).await, 0, "orders know the lines that stayed");
    // Ordered again, it is one order of everything.
    let all = own.order().await;
    assert_eq!(shop.count("select count(*) from orders where status = 'pending_payment'").await, 2);
    assert_eq!(status(&shop, hers).await.1.as_deref(), Some("replaced"));
    assert_eq!(sums(&shop, all).await.0, 3 * 990 + 1_490);
    // What is ordered with no cart left is theirs, too, the next time that they sign in.
    shop.run("update orders set account_id = null, browser_hash = decode(repeat('01', 32), 'hex') where status = 'cancelled'").await;
    assert!(!carts::merge(db, &cause(), &[1; 32], noor).await.expect("merged"));
    assert_eq!(shop.count("select count(*) from orders where account_id is null").await, 1);
}

#[tokio::test]
async fn an_order_of_nothing_to_pay_needs_no_payment() {
    let shop = Shop::open().await;
    let free = "insert into coupons (id, code, kind, value, starts_at, created_at)
                values (gen_random_uuid(), 'GIFT', 'percent', 10000, now() - interval '1 day', now())";
    shop.run(free).await;
    let coupon: CouponId =
        sqlx::query_scalar("select id from coupons").fetch_one(shop.db()).await.expect("one");
    let mira = shop.cart(1, Currency::Eur, &[(FILE, 1)], Some(coupon)).await.to("DE", "", None).await;
    let seen = mira.see().await;
    let order = mira.place(seen).await.expect("placed");
    assert_eq!(sums(&shop, order).await, (590, 590, 0, 0, 0));
    assert_eq!(status(&shop, order).await, ("confirmed".to_owned(), None));
    assert_eq!(shop.count("select count(*) from cart_lines").await, 0);
    assert_eq!(mira.place(seen).await, Ok(order), "a second click");
    assert_eq!(shop.count("select count(*) from payment_sessions").await, 0);
    assert!(jobs(&shop.database, "open_checkout").await.is_empty());
}

#[tokio::test]
async fn an_order_that_expired_is_compared_with_what_is_so_now() {
    let shop = Shop::open().await;
    let mira = shop.cart(1, Currency::Eur, &[(POSTER, 1), (MUG, 1)], None).await.ready().await;
    let order = mira.order().await;
    let still = async || {
        let mut tx = shop.db().begin().await.expect("begun");
        orders::still_holds(&mut tx, &cause(), order).await.expect("answered")
    };
    assert_eq!(still().await, Ok(()));
    shop.run("update prices set amount = 1100 where amount = 990; update variants set is_active = false where sku = 'MUG-330-WHITE'").await;
    let eur = |amount| Money::new(amount, Currency::Eur);
    let change = |title: &str, what| Change { title: title.to_owned(), what };
    let expected = vec![
        change("Poster, 13 × 18 cm, Matte, 200 g/m²", Changed::Price { old: eur(990), new: eur(1_100) }),
        change("Mug, 330 ml, White", Changed::NotSold),
    ];
    assert_eq!(still().await, Err(expected));
    shop.run("update images set visibility = 'private', published_at = null").await;
    let changes = still().await.expect_err("gone");
    assert!(changes.iter().all(|change| change.what == Changed::PictureGone), "{changes:?}");
}
