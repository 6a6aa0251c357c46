//! Who may do what: every method of every URL, asked by everybody. A URL that is missing here fails the test.

use std::collections::BTreeSet;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::DateTime;
use reqwest::{Method, StatusCode};
use shop::{
    Cause,
    accounts::{Duty, Role},
    addresses::{self, Texts},
    audit::Actor,
    blocklists,
    carts::{self, Owner},
    exports,
    generations::{self, Begun, Wish},
    ids::{AccountId, GenerationId, ImageId, OrderId, StrikeId},
    images,
    money::Currency,
    sources::{self, Brought, SourceImage},
    strikes,
    testing::{self, TERMS},
    tokens::Purpose,
};
use strum::VariantArray;
use web::{admission::Access, routes::Listed};

use crate::support::{Answer, Member, Shop, choice};

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, VariantArray)]
pub enum Who {
    Stranger,
    /// The customer to whom everything belongs that is asked for.
    Customer,
    OtherCustomer,
    Unverified,
    Support,
    Production,
    Manager,
    Owner,
}

/// What each of them is answered. The number is for whoever may.
#[derive(Debug, Clone, Copy)]
enum Expect {
    /// Everybody.
    All(u16),
    /// Whoever has the link of the customer, which shows the address that it was sent to.
    ByLink(u16),
    /// The customer, by a link; strangers are sent to sign in, others learn that it is not theirs.
    OwnByLink(u16),
    /// Strangers; whoever is signed in is sent on.
    Strangers(u16),
    /// Whoever has to prove an address; others are sent on.
    Unproved(u16),
    /// The customer, who has something in their cart; others are sent to their own, which is empty.
    Buyer(u16),
    /// Whoever is signed in; strangers are sent to sign in.
    Members(u16),
    /// Whoever is signed in and has proved their address; strangers are sent to sign in, others are told what is missing.
    Verified(u16),
    /// Whoever is signed in, without and with one-time codes, which all staff have; strangers are sent to sign in.
    ByCodes(u16, u16),
    /// The customer; strangers are sent to sign in, for others it does not exist.
    Own(u16),
    /// The same for a script: a stranger is told 401.
    OwnByScript(u16),
    /// The customer; for everybody else it does not exist.
    Hidden(u16),
    /// These members of staff; for others it does not exist, strangers are sent to sign in.
    Staff(u16, &'static [Who]),
}

use Expect::{
    All, Buyer, ByCodes, ByLink, Hidden, Members, Own, OwnByLink, OwnByScript, Staff, Strangers, Unproved,
    Verified,
};

const STAFF: &[Who] = &[Who::Support, Who::Production, Who::Manager, Who::Owner];
const DESK: &[Who] = &[Who::Support, Who::Manager, Who::Owner];
const PRESS: &[Who] = &[Who::Production, Who::Manager, Who::Owner];
const HEADS: &[Who] = &[Who::Manager, Who::Owner];
const OWNERS: &[Who] = &[Who::Owner];

/// Every method of every URL, in an order in which the customer can do one after the other.
const MATRIX: &[(&str, &str, Expect)] = &[
    ("GET", "/", All(200)),
    ("GET", "/sign-up", Strangers(200)),
    ("POST", "/sign-up", All(422)),
    ("GET", "/sign-up/sent", Unproved(200)),
    ("POST", "/verifications", All(303)),
    // Of an account that is none of theirs: the link alone, without its password or its browser, does nothing.
    ("GET", "/verifications/:token", All(200)),
    ("POST", "/verifications/:token", All(422)),
    ("GET", "/sign-in", Strangers(200)),
    ("POST", "/sign-in", All(422)),
    ("POST", "/sign-out", All(303)),
    ("GET", "/password-resets/new", All(200)),
    ("POST", "/password-resets", All(303)),
    ("GET", "/password-resets/sent", All(200)),
    ("GET", "/password-resets/:token", ByLink(200)),
    // The new password is too short.
    ("POST", "/password-resets/:token", ByLink(422)),
    ("GET", "/second-factor", All(303)),
    ("POST", "/second-factor", All(303)),
    ("GET", "/confirmation", Members(200)),
    ("POST", "/confirmation", Members(422)),
    ("GET", "/checkout/address", Buyer(200)),
    ("POST", "/checkout/address", All(303)),
    ("GET", "/checkout/shipping", Buyer(200)),
    // No way of sending is chosen, so that the review leads back here.
    ("POST", "/checkout/shipping", Buyer(422)),
    ("GET", "/checkout/review", All(303)),
    ("POST", "/checkout/review", All(303)),
    ("GET", "/gallery", All(200)),
    ("GET", "/gallery/:name", All(200)),
    // On to object storage, by an address that is good for a while.
    ("GET", "/gallery/:name/card.jpg", All(303)),
    ("GET", "/products", All(200)),
    ("GET", "/products/:slug", All(200)),
    // With the customer's picture on it.
    ("POST", "/products/:slug/mockups", Hidden(303)),
    ("GET", "/mockups/:id", Hidden(200)),
    ("GET", "/generations", Members(200)),
    ("POST", "/generations", Verified(303)),
    ("GET", "/generations/new", Members(200)),
    ("GET", "/generations/:id", Own(200)),
    ("GET", "/generations/:id/progress", OwnByScript(200)),
    ("GET", "/generations/:id/preview", OwnByScript(200)),
    ("POST", "/generations/:id/cancellation", Own(303)),
    ("GET", "/sources/:id", Own(200)),
    ("GET", "/images/:id", Hidden(200)),
    ("GET", "/images/:id/staged", Hidden(200)),
    ("GET", "/images/:id/download", Own(200)),
    ("POST", "/images/:id/visibility", Own(303)),
    ("POST", "/images/:id/favourite", Own(303)),
    // Of a picture in the gallery.
    ("POST", "/images/:id/love", Verified(303)),
    // The reason is none of the list.
    ("POST", "/images/:id/reports", Verified(422)),
    ("POST", "/images/:id/deletion", Own(303)),
    ("POST", "/images/:id/restoration", Own(303)),
    ("GET", "/orders", Members(200)),
    ("GET", "/orders/lookup", All(200)),
    // The number is missing.
    ("POST", "/orders/lookup", All(422)),
    ("GET", "/orders/:id", Hidden(200)),
    ("GET", "/orders/:id/progress", Hidden(200)),
    // Back to the order, as long as there is no page to pay on.
    ("GET", "/orders/:id/payment", Hidden(303)),
    ("POST", "/orders/:id/payment", Hidden(303)),
    ("POST", "/orders/:id/cancellation", Hidden(303)),
    ("POST", "/orders/:id/resumption", Hidden(303)),
    ("POST", "/orders/:id/return-to-cart", Hidden(303)),
    // Whoever has the link of a letter sees the order in that browser, as the next page.
    ("GET", "/orders/:id/access/:token", All(303)),
    // A mail program turns news off by the link alone.
    ("GET", "/mail-preferences/:token", All(200)),
    ("POST", "/mail-preferences/:token", All(200)),
    ("GET", "/cart", All(200)),
    // Of a variant that nobody sells.
    ("POST", "/cart/lines", All(422)),
    ("POST", "/cart/lines/restoration", All(422)),
    ("POST", "/cart/lines/:id", Hidden(303)),
    // There is no such coupon; who has no cart has nothing that it could be for.
    ("POST", "/cart/coupon", Hidden(422)),
    ("POST", "/cart/coupon/removal", All(303)),
    ("POST", "/cart/lines/:id/removal", Hidden(303)),
    ("POST", "/cart/currency", All(303)),
    ("GET", "/account", Members(200)),
    ("GET", "/account/profile", Members(200)),
    ("POST", "/account/profile", Members(303)),
    // The present password is missing.
    ("GET", "/account/password", Members(200)),
    ("POST", "/account/password", Members(422)),
    ("GET", "/account/email", Members(200)),
    ("POST", "/account/email", Members(422)),
    ("GET", "/account/deletion", Members(200)),
    ("POST", "/account/deletion", Members(422)),
    ("POST", "/account/deletion/withdrawal", Members(303)),
    ("GET", "/account/addresses", Members(200)),
    ("POST", "/account/addresses", Members(303)),
    ("GET", "/account/addresses/new", Members(200)),
    ("GET", "/account/addresses/:id", Own(200)),
    ("POST", "/account/addresses/:id", Own(303)),
    ("POST", "/account/addresses/:id/default", Own(303)),
    ("POST", "/account/addresses/:id/deletion", Own(303)),
    ("GET", "/account/exports", Members(200)),
    ("POST", "/account/exports", Members(303)),
    // On to object storage, by an address that is good for a moment.
    ("GET", "/account/exports/:id/file", Own(303)),
    ("GET", "/account/second-factor", Members(200)),
    ("POST", "/account/second-factor", Members(303)),
    // The first code is missing.
    ("POST", "/account/second-factor/confirmation", Members(422)),
    ("POST", "/account/second-factor/recovery-codes", ByCodes(303, 200)),
    // Staff never turn them off.
    ("POST", "/account/second-factor/removal", ByCodes(303, 422)),
    ("GET", "/account/sessions", Members(200)),
    ("POST", "/account/sessions/:id/revocation", Own(303)),
    ("POST", "/account/sessions/revocation", Members(303)),
    ("GET", "/account/credits", Members(200)),
    ("GET", "/email-changes/:token", OwnByLink(200)),
    ("POST", "/email-changes/:token", OwnByLink(303)),
    ("GET", "/admin", Staff(200, STAFF)),
    ("GET", "/admin/accounts", Staff(200, DESK)),
    ("GET", "/admin/accounts/:id", Staff(200, DESK)),
    ("POST", "/admin/accounts/:id/closure", Staff(303, HEADS)),
    ("POST", "/admin/accounts/:id/erasure", Staff(303, HEADS)),
    ("POST", "/admin/accounts/:id/reopening", Staff(303, HEADS)),
    ("POST", "/admin/accounts/:id/role", Staff(303, OWNERS)),
    ("GET", "/admin/reviews", Staff(200, DESK)),
    ("POST", "/admin/reviews/:id/verdict", Staff(303, DESK)),
    ("POST", "/admin/accounts/:id/credits", Staff(303, HEADS)),
    ("POST", "/admin/accounts/:id/clearance", Staff(303, DESK)),
    ("GET", "/admin/strikes", Staff(200, DESK)),
    ("GET", "/admin/strikes/:id/source", Staff(200, DESK)),
    ("POST", "/admin/strikes/:id/verdict", Staff(303, DESK)),
    ("GET", "/admin/blocklist", Staff(200, HEADS)),
    ("POST", "/admin/blocklist", Staff(303, HEADS)),
    ("GET", "/admin/providers", Staff(200, PRESS)),
    ("GET", "/admin/upkeep", Staff(200, PRESS)),
    ("POST", "/admin/providers/:name/pause", Staff(303, HEADS)),
    ("POST", "/admin/providers/:name/stay", Staff(303, HEADS)),
    ("POST", "/admin/providers/:name/probe", Staff(303, HEADS)),
    ("POST", "/admin/providers/:name/resumption", Staff(303, HEADS)),
    ("GET", "/admin/orders", Staff(200, STAFF)),
    ("GET", "/admin/orders/:id", Staff(200, STAFF)),
    ("POST", "/admin/orders/:id/release", Staff(303, HEADS)),
    ("GET", "/admin/mails", Staff(200, DESK)),
    ("GET", "/admin/audit", Staff(200, HEADS)),
    ("GET", "/admin/prices", Staff(200, HEADS)),
    ("POST", "/admin/prices", Staff(303, HEADS)),
    ("GET", "/admin/prices/new", Staff(200, HEADS)),
    ("GET", "/admin/prices/preview", Staff(200, HEADS)),
    ("GET", "/admin/prices/:id", Staff(200, HEADS)),
    // What they saw before is none of what there was.
    ("POST", "/admin/prices/:id", Staff(422, HEADS)),
    ("POST", "/admin/prices/:id/amounts", Staff(303, HEADS)),
    ("POST", "/admin/prices/:id/publication", Staff(303, HEADS)),
    ("POST", "/admin/prices/:id/deletion", Staff(303, HEADS)),
    ("POST", "/admin/prices/:id/withdrawal", Staff(303, HEADS)),
    ("GET", "/admin/coupons", Staff(200, HEADS)),
    // The code is missing.
    ("POST", "/admin/coupons", Staff(422, HEADS)),
    ("GET", "/admin/coupons/new", Staff(200, HEADS)),
    ("GET", "/admin/coupons/:id", Staff(200, HEADS)),
    ("POST", "/admin/coupons/:id/deactivation", Staff(303, HEADS)),
    ("POST", "/admin/coupons/:id/reactivation", Staff(303, HEADS)),
    // Nobody of them is the payment provider.
    ("POST", "/hooks/stripe", All(400)),
    ("GET", "/healthz", All(200)),
    ("GET", "/readyz", All(200)),
    ("GET", "/assets/*name", All(200)),
    ("GET", "/favicon.ico", All(200)),
    ("GET", "/robots.txt", All(200)),
];

/// What nobody but the customer may read. Staff who look accounts up see the first two.
const EMAIL: &str = "planted-mira@example.org";
const NAME: &str = "Planted Mira";
const PROMPT: &str = "a planted fox";
const STREET: &str = "7 Planted Lane";
/// A sentence that was turned down, which those read who judge it.
const STRUCK: &str = "a planted grue";

/// Somebody who has not opened the link in their mail yet, and somebody to whom the office does what it may.
const NEWCOMER: &str = "newcomer@example.org";
const SUBJECT: &str = "subject@example.org";

/// When the subject's picture was handed in for the gallery, in microseconds.
const HANDED_IN: &str = "1795498212000000";

/// Fields that are right for whatever form reads them, and open nothing by themselves.
const FIELDS: &[(&str, &str)] = &[
    ("prompt", "a hare of their own"),
    ("style", "linocut"),
    ("size", "square"),
    ("quality", "draft"),
    ("count", "1"),
    ("again", "yes"),
    ("favourite", "yes"),
    ("love", "yes"),
    ("decision", "publish"),
    ("seen", HANDED_IN),
    ("client_key", "0193a5c2-7b54-7cc3-b1c5-6a6f3f0a9d11"),
    ("visibility", "published"),
    ("email", "nobody@example.org"),
    ("password", "wrong"),
    ("name", "A name of their own"),
    ("country", "DE"),
    ("line1", "Gartenstraße 3"),
    ("city", "Berlin"),
    ("postcode", "10115"),
    ("role", "production"),
    ("reason", "a reason"),
    ("way", "give"),
    ("amount", "3"),
    ("note", "a note"),
    ("terms", "grue\nanother"),
    ("version", "1"),
    ("verdict", "benign"),
    ("variant", "0193a5c2-7b54-7cc3-b1c5-6a6f3f0a9d11"),
    ("line", "0193a5c2-7b54-7cc3-b1c5-6a6f3f0a9d11"),
    ("orientation", "portrait"),
    ("left", "0"),
    ("top", "0"),
    ("width", "10000"),
    ("height", "10000"),
    ("quantity", "2"),
    ("code", "NONE"),
    ("currency", "EUR"),
    ("agree", "yes"),
];

impl Who {
    fn role(self) -> Option<Role> {
        match self {
            Self::Stranger => None,
            Self::Customer | Self::OtherCustomer | Self::Unverified => Some(Role::Customer),
            Self::Support => Some(Role::Support),
            Self::Production => Some(Role::Production),
            Self::Manager => Some(Role::Manager),
            Self::Owner => Some(Role::Owner),
        }
    }
}

impl Expect {
    /// The status, and whether the way leads to the door.
    fn of(self, who: Who) -> (u16, bool) {
        let (stranger, customer) = (who == Who::Stranger, who == Who::Customer);
        match self {
            Strangers(status) => (if stranger { status } else { 303 }, false),
            Unproved(status) => (if stranger || who == Who::Unverified { status } else { 303 }, false),
            OwnByScript(_) if stranger => (401, false),
            Members(_) | Verified(_) | ByCodes(..) | Own(_) | OwnByLink(_) | Staff(..) if stranger => {
                (303, true)
            }
            All(status) | ByLink(status) | Members(status) => (status, false),
            Buyer(status) => (if customer { status } else { 303 }, false),
            Verified(status) => (if who == Who::Unverified { 403 } else { status }, false),
            ByCodes(without, with) => (if STAFF.contains(&who) { with } else { without }, false),
            Own(status) | OwnByScript(status) | Hidden(status) => {
                (if customer { status } else { 404 }, false)
            }
            OwnByLink(status) => (if customer { status } else { 410 }, false),
            Staff(status, who_may) => (if who_may.contains(&who) { status } else { 404 }, false),
        }
    }

    /// Whether they do it as staff who may.
    fn is_duty_of(self, who: Who) -> bool {
        matches!(self, Staff(_, who_may) if who_may.contains(&who))
    }

    /// What must not be in the answer.
    fn hides(self, who: Who) -> &'static [&'static str] {
        if who == Who::Customer {
            &[]
        } else if self.is_duty_of(who) && DESK.contains(&who) {
            &[PROMPT, STREET]
        } else if self.is_duty_of(who) {
            &[PROMPT, STREET, STRUCK]
        } else if matches!(self, ByLink(_)) {
            &[NAME, PROMPT, STREET, STRUCK]
        } else {
            &[EMAIL, NAME, PROMPT, STREET, STRUCK]
        }
    }
}

/// A shop with everybody in it.
pub struct World {
    pub shop: Shop,
    accounts: Vec<(Who, AccountId)>,
    newcomer: AccountId,
    subject: AccountId,
    /// What stands in a pattern, by what begins it: the longest beginning counts.
    things: Vec<(&'static str, String)>,
    asset: String,
}

impl World {
    pub async fn open() -> Self {
        let shop = Shop::open().await;
        let mut accounts = Vec::new();
        for who in Who::VARIANTS {
            let Some(role) = who.role() else { continue };
            let email = if *who == Who::Customer { EMAIL.to_owned() } else { format!("{who:?}@example.org") };
            let id = shop.member(&email).await.account_id.expect("an account");
            testing::give_credits(shop.db(), id, 20).await;
            let role: &str = role.into();
            let verified = *who != Who::Unverified;
            let sql = "update accounts set role = $2, name = $3, email_verified_at = case when $4 then now() end where id = $1";
            sqlx::query(sql)
                .bind(id.0)
                .bind(role)
                .bind(if *who == Who::Customer { NAME } else { "" })
                .bind(verified)
                .execute(shop.db())
                .await
                .expect("changed");
            // Staff have one-time codes, or the gate sends them to set them up.
            if STAFF.contains(who) {
                shop.with_second_factor(&email).await;
            }
            accounts.push((*who, id));
        }
        let mut world = Self {
            newcomer: shop.member(NEWCOMER).await.account_id.expect("an account"),
            subject: shop.member(SUBJECT).await.account_id.expect("an account"),
            shop,
            accounts,
            things: vec![],
            asset: String::new(),
        };
        let unproved = "update accounts set email_verified_at = null where id = $1";
        sqlx::query(unproved).bind(world.newcomer).execute(world.shop.db()).await.expect("unproved");
        world.furnish().await;
        world
    }

    /// Things of the customer, one of each kind.
    async fn furnish(&mut self) {
        let (db, customer) = (self.shop.db(), self.id(Who::Customer));
        let (generation, image) = self.shop.drawn(EMAIL, PROMPT).await;
        let mockup = self.shop.mockup(image).await;
        let (hung, hung_at) = self.shop.published(EMAIL, "a hare for everybody", "A hare").await;
        let hung_at = hung_at.trim_start_matches("/gallery/").to_owned();
        let (_, submitted) = self.shop.stored(SUBJECT, "an owl").await;
        let at = DateTime::from_timestamp_micros(HANDED_IN.parse().expect("a number")).expect("a moment");
        images::submit(db, &Cause { at, request_id: None }, self.subject, submitted, "An owl", true)
            .await
            .expect("an answer")
            .expect("handed in");
        let drawing = self.shop.queued(EMAIL, "a heron").await;
        self.preview(drawing).await;
        let brought = Brought { bytes: b"a jpeg".to_vec(), width: 64, height: 64, sha256: [1; 32] };
        let source = sources::stage(db, &Cause::now(None), customer, &brought).await.expect("staged");
        let text = str::to_owned;
        let texts = Texts {
            country: text("DE"),
            name: text(NAME),
            line1: text(STREET),
            city: text("Berlin"),
            postcode: text("10115"),
            ..Texts::default()
        };
        let place = addresses::check(&texts).expect("an address");
        let cause = Cause::now(None);
        let address = addresses::add(db, &cause, customer, &place).await.expect("an answer").expect("room");
        let export = exports::request(db, &cause, customer).await.expect("asked for");
        exports::made(db, &cause, export, 1).await.expect("made");
        let session: uuid::Uuid = sqlx::query_scalar("select id from sessions where account_id = $1")
            .bind(customer)
            .fetch_one(db)
            .await
            .expect("the session of a browser that was left somewhere");
        let unsubscribe: uuid::Uuid =
            sqlx::query_scalar("select unsubscribe_token from accounts where id = $1")
                .bind(customer)
                .fetch_one(db)
                .await
                .expect("a token");
        let strike = self.strike().await;
        let (order, held) = self.orders(image, submitted).await;
        let line = choice(&self.shop, "POSTER-13X18-MATTE", image).await;
        let in_cart = carts::add(db, &cause, &Owner::Account(customer), Currency::Eur, &line).await;
        let in_cart = in_cart.expect("an answer").expect("added").line_id;
        let mut things = vec![
            ("/generations/", generation.to_string()),
            ("/generations/:id/preview", drawing.to_string()),
            ("/images/", image.to_string()),
            ("/images/:id/love", hung.to_string()),
            ("/images/:id/reports", hung.to_string()),
            ("/gallery/", hung_at),
            ("/products/", "poster".to_owned()),
            ("/mockups/", mockup.to_string()),
            ("/sources/", source.to_string()),
            ("/orders/", order.to_string()),
            ("/orders/:id/access/", BASE64_URL_SAFE_NO_PAD.encode([4_u8; 32])),
            ("/admin/orders/", held.to_string()),
            ("/admin/reviews/", submitted.to_string()),
            ("/account/addresses/", address.to_string()),
            ("/account/exports/", export.to_string()),
            ("/account/sessions/", session.to_string()),
            ("/mail-preferences/", unsubscribe.to_string()),
            ("/admin/accounts/:id", customer.to_string()),
            ("/admin/accounts/:id/", self.subject.to_string()),
            ("/admin/strikes/", strike.to_string()),
            ("/admin/providers/", "openai".to_owned()),
            ("/admin/prices/", self.price_list("draft").await),
            ("/admin/prices/:id/withdrawal", self.price_list("published").await),
            ("/cart/lines/", in_cart.to_string()),
            ("/admin/coupons/", self.coupon().await),
        ];
        for (number, purpose, beginning, account, email) in [
            (1, Purpose::VerifyEmail, "/verifications/", self.newcomer, NEWCOMER),
            (2, Purpose::ResetPassword, "/password-resets/", customer, EMAIL),
            (3, Purpose::ConfirmNewEmail, "/email-changes/", customer, "moved-mira@example.org"),
        ] {
            let bits = [number; 32];
            let sql =
                "insert into account_tokens (id_hash, account_id, purpose, email, created_at, expires_at)
                       values (sha256($1), $2, $3, $4, now(), now() + interval '1 hour')";
            sqlx::query(sql)
                .bind(bits.as_slice())
                .bind(account)
                .bind(purpose)
                .bind(email)
                .execute(db)
                .await
                .expect("a link");
            things.push((beginning, BASE64_URL_SAFE_NO_PAD.encode(bits)));
        }
        let home = self.shop.browser().get("/").await.text;
        let from = home.find("/assets/app.").expect("a style sheet");
        home[from..].split('"').next().expect("an address").clone_into(&mut self.asset);
        self.things = things;
    }

    /// An order of the customer's with a link to it, and a held one of somebody else's.
    async fn orders(&self, image: ImageId, others: ImageId) -> (OrderId, OrderId) {
        let (db, customer) = (self.shop.db(), self.id(Who::Customer));
        let order = testing::placed(db, Owner::Account(customer), EMAIL, image).await;
        let held = testing::placed(db, Owner::Account(self.subject), SUBJECT, others).await;
        let stopped = "update orders set hold = 'amount_mismatch' where id = $1";
        sqlx::query(stopped).bind(held).execute(db).await.expect("held");
        let access =
            "insert into order_accesses (token_hash, order_id, created_at) values (sha256($1), $2, now())";
        sqlx::query(access).bind([4_u8; 32].as_slice()).bind(order).execute(db).await.expect("a link");
        (order, held)
    }

    /// A picture of which one can see something already.
    async fn preview(&self, id: GenerationId) {
        let db = self.shop.db();
        let cause = Cause::now(None);
        let begun = generations::begin(db, &cause, &testing::claim(db).await, id, TERMS).await;
        let Begun::Draw(drawing) = begun.expect("an answer") else { panic!("nothing to draw") };
        generations::show_preview(db, &cause, drawing.call_id, 1, b"webp").await.expect("shown");
    }

    /// A sentence of the subject's that was turned down, and a review because of it.
    async fn strike(&self) -> StrikeId {
        let (db, cause) = (self.shop.db(), Cause::now(None));
        let operator = Actor { account_id: None, client_address: String::new() };
        blocklists::change(db, &cause, &operator, &["grue".to_owned()], "").await.expect("changed");
        // With a picture of theirs, which whoever judges may see.
        let brought = Brought { bytes: b"a jpeg".to_vec(), width: 64, height: 64, sha256: [2; 32] };
        let source = sources::stage(db, &cause, self.subject, &brought).await.expect("staged");
        let wish = Wish { source: Some(SourceImage::Brought(source)), ..testing::wish(STRUCK) };
        generations::request(db, &cause, self.subject, &wish, testing::LIMITS)
            .await
            .expect("an answer")
            .expect("turned down in peace");
        let review = "update accounts set review_since = now() where id = $1";
        sqlx::query(review).bind(self.subject).execute(db).await.expect("sent to review");
        strikes::undecided(db, cause.at, 1).await.expect("read").remove(0).id
    }

    /// A price list with a price in it.
    async fn price_list(&self, state: &str) -> String {
        let sql = "with made as (
                       insert into price_lists (id, name, currency, state, starts_at, created_at)
                       values (gen_random_uuid(), 'Francs', 'CHF', $1, now(), now()) returning id)
                   insert into prices (price_list_id, variant_id, amount)
                   select made.id, (select id from variants limit 1), 990 from made returning price_list_id::text";
        sqlx::query_scalar(sql).bind(state).fetch_one(self.shop.db()).await.expect("a list")
    }

    async fn coupon(&self) -> String {
        let sql = "insert into coupons (id, code, kind, value, starts_at, created_at)
                   values (gen_random_uuid(), 'SPRING', 'percent', 1000, now(), now()) returning id::text";
        sqlx::query_scalar(sql).fetch_one(self.shop.db()).await.expect("a coupon")
    }

    fn id(&self, who: Who) -> AccountId {
        self.accounts.iter().find(|(other, _)| *other == who).expect("an account").1
    }

    /// A new browser of theirs, in which a code was given just now. Nobody was too fast so far.
    pub async fn arrive(&self, who: Who) -> Member {
        sqlx::query("delete from throttles").execute(self.shop.db()).await.expect("forgiven");
        if who == Who::Stranger {
            return self.shop.stranger();
        }
        let member = self.shop.session(self.id(who)).await;
        sqlx::query("update sessions set second_factor_at = now() where id_hash = $1")
            .bind(member.id_hash.as_slice())
            .execute(self.shop.db())
            .await
            .expect("given");
        member
    }

    /// The address of something that belongs to the customer.
    pub fn path(&self, pattern: &str) -> String {
        if pattern.starts_with("/assets/") {
            return self.asset.clone();
        }
        let thing = |place: &str| {
            let known = self.things.iter().filter(|(beginning, _)| place.starts_with(beginning));
            known.max_by_key(|(beginning, _)| beginning.len()).map_or("", |(_, thing)| thing.as_str())
        };
        let mut path = pattern.to_owned();
        // Of two things the first is told by what stands before it.
        if let Some((before, _)) = pattern.split_once(":id").filter(|(_, after)| after.contains(':')) {
            path = path.replacen(":id", thing(before), 1);
        }
        let thing = thing(pattern);
        let path = path
            .replace(":id", thing)
            .replace(":token", thing)
            .replace(":name", thing)
            .replace(":slug", thing);
        assert!(!path.contains([':', '*']) && !path.contains("//"), "{pattern}: say here what it is about");
        path
    }

    async fn ask(&self, who: Who, method: &str, pattern: &str) -> Answer {
        let (member, path) = (self.arrive(who).await, self.path(pattern));
        let by_link = web::routes::table().listed.iter().any(|url| url.by_link && url.pattern == pattern);
        if method == "POST" && !by_link {
            let image = self.path("/images/:id");
            let image = ("image", image.trim_start_matches("/images/"));
            return member.post(&path, &[FIELDS, &[image]].concat()).await;
        }
        let method: Method = method.parse().expect("a method");
        member.browser.send(member.browser.request(method, &path)).await
    }

    /// Everything that belongs to the customer and to two who never ask. Whether news are sent is left out, since whoever has the
    /// link turns them off, and so are hearts, which others give.
    async fn belongings(&self) -> Vec<String> {
        let sql = "select (to_jsonb(a) - 'mail_when_ready')::text from accounts a where id = any($1)
                   union all select g::text from generations g where account_id = any($1)
                   union all select (to_jsonb(i) - 'loves')::text from images i where account_id = any($1)
                   union all select b::text from source_images b where account_id = any($1)
                   union all select c::text from credit_entries c where account_id = any($1)
                   union all select h::text from credit_holds h where account_id = any($1)
                   union all select d::text from addresses d where account_id = any($1)
                   union all select e::text from exports e where account_id = any($1)
                   union all select t::text from account_tokens t where account_id = any($1)
                   union all select f::text from second_factors f where account_id = any($1)
                   union all select m::text from mails m where account_id = any($1)
                   union all select c::text from credit_entries c where account_id = any($1)
                   union all select k::text from strikes k where account_id = any($1)
                   union all select c::text from carts c where account_id = any($1)
                   union all select l::text from cart_lines l join carts c on c.id = l.cart_id where c.account_id = any($1)
                   union all select o::text from orders o where account_id = any($1)
                   union all select s.id::text from sessions s where account_id = any($1) order by 1";
        let whose = vec![self.id(Who::Customer).0, self.newcomer.0, self.subject.0];
        sqlx::query_scalar(sql).bind(whose).fetch_all(self.shop.db()).await.expect("rows")
    }

    /// Everything that pages can change, of everybody; but not that the owner has seen a picture, which is what looking does.
    pub async fn everything(&self) -> Vec<String> {
        let sql = "select a::text from accounts a union all select (to_jsonb(g) - 'seen_at')::text from generations g
                   union all select i::text from images i union all select d::text from addresses d
                   union all select b::text from source_images b union all select c::text from credit_entries c
                   union all select h::text from credit_holds h union all select l::text from loves l
                   union all select w::text from mockups w union all select r::text from reports r
                   union all select e::text from exports e union all select t::text from account_tokens t
                   union all select f::text from second_factors f union all select c::text from recovery_codes c
                   union all select m::text from mails m union all select u::text from audit_entries u
                   union all select v::text from credit_entries v union all select k::text from strikes k
                   union all select o::text from orders o union all select e::text from order_events e
                   union all select n::text from payment_sessions n
                   union all select c::text from carts c union all select l::text from cart_lines l
                   union all select b::text from blocklists b union all select p::text from providers p
                   union all select l::text from price_lists l union all select p::text from prices p
                   union all select c::text from coupons c union all select c::text from price_changes c
                   union all select s.id::text || s.confirmed_at from sessions s union all select j.id from apalis.jobs j
                   order by 1";
        sqlx::query_scalar(sql).fetch_all(self.shop.db()).await.expect("rows")
    }
}

#[test]
fn v8_2_1_the_matrix_has_every_method_of_every_url_and_no_other() {
    let listed: BTreeSet<(String, &str)> = web::routes::table()
        .listed
        .iter()
        .flat_map(|Listed { pattern, methods, .. }| {
            methods.split(", ").filter(|method| *method != "HEAD").map(|method| (method.to_owned(), *pattern))
        })
        .collect();
    let expected: BTreeSet<(String, &str)> =
        MATRIX.iter().map(|(method, pattern, _)| ((*method).to_owned(), *pattern)).collect();
    let missing: Vec<_> = listed.difference(&expected).collect();
    let stale: Vec<_> = expected.difference(&listed).collect();
    assert!(missing.is_empty(), "say in MATRIX who may use {missing:?}");
    assert!(stale.is_empty(), "these are no URLs: {stale:?}");
    assert_eq!(expected.len(), MATRIX.len(), "each is there once");
}

/// Rows and routes say the same of who may, each in its own words.
#[test]
fn v8_2_1_the_matrix_and_the_gates_agree() {
    for Listed { pattern, access, .. } in web::routes::table().listed {
        for (method, _, expect) in MATRIX.iter().filter(|(_, other, _)| *other == pattern) {
            let staff = |duty: Duty| -> Vec<Who> {
                let may = |who: &Who| who.role().is_some_and(|role| role.may(duty));
                Who::VARIANTS.iter().copied().filter(may).collect()
            };
            let agree = match (access, *expect) {
                (Access::Staff(duty), Staff(_, who_may)) => staff(duty) == who_may,
                (Access::Staff(_), _) | (_, Staff(..)) => false,
                (Access::Member | Access::MemberByPage, _) => {
                    matches!(expect.of(Who::Stranger), (303, true) | (401, _))
                }
                (Access::Anybody, _) => true,
            };
            assert!(agree, "{method} {pattern}: {expect:?}, but the gate is for {access:?}");
        }
    }
}

#[tokio::test]
async fn v8_2_2_everybody_gets_what_is_theirs_and_nothing_of_others() {
    let world = World::open().await;
    let mut before = world.belongings().await;
    assert!(before.len() >= 12, "{before:?}");
    let (mut asked, mut done) = (0, 0);
    // The customer comes last, since their forms change what the others ask for.
    let others = Who::VARIANTS.iter().filter(|who| **who != Who::Customer);
    for who in others.chain([&Who::Customer]) {
        for (method, pattern, expect) in MATRIX {
            let (status, to_the_door) = expect.of(*who);
            let methods: &[&str] = if *method == "GET" { &["GET", "HEAD"] } else { &["POST"] };
            for method in methods {
                let answer = world.ask(*who, method, pattern).await;
                assert_eq!(answer.status.as_u16(), status, "{method} {pattern} by {who:?}: {}", answer.text);
                if to_the_door {
                    assert!(answer.location().starts_with("/sign-in?next="), "{method} {pattern} by {who:?}");
                }
                for marker in expect.hides(*who) {
                    let shown =
                        answer.text.contains(marker) || format!("{:?}", answer.headers).contains(marker);
                    assert!(!shown, "{method} {pattern} shows {marker:?} to {who:?}");
                }
                asked += 1;
            }
            if *method == "POST" && *who != Who::Customer {
                let after = world.belongings().await;
                if expect.is_duty_of(*who) {
                    done += usize::from(after != before);
                    before = after;
                } else {
                    assert_eq!(after, before, "{method} {pattern} by {who:?} changed what is not theirs");
                }
            }
        }
    }
    assert!(asked >= MATRIX.len() * Who::VARIANTS.len(), "{asked}");
    assert_eq!(
        done, 10,
        "two close and open again, one gives a role, one gives credits once, one ends a review, one judges once, one hangs a picture, one lets an order go on"
    );
    let after = world.belongings().await;
    let gone = before.iter().filter(|row| !after.contains(row)).count();
    assert!(gone >= 5, "the customer's own forms do change what is theirs: {after:?}");
}

#[tokio::test]
async fn v8_2_2_the_customer_reads_what_is_theirs() {
    // Without this the markers above could be missing everywhere.
    let world = World::open().await;
    for (pattern, marker) in [
        ("/generations/:id", PROMPT),
        ("/images/:id", PROMPT),
        ("/generations", EMAIL),
        ("/account/profile", NAME),
        ("/account/addresses", STREET),
        ("/account/addresses/:id", STREET),
        ("/password-resets/:token", EMAIL),
        ("/email-changes/:token", "moved-mira@example.org"),
        ("/orders/:id", EMAIL),
    ] {
        let answer = world.arrive(Who::Customer).await.get(&world.path(pattern)).await;
        assert!(answer.text.contains(marker), "{pattern}: {}", answer.text);
    }
    let queue = world.ask(Who::Support, "GET", "/admin/strikes").await;
    assert!(queue.text.contains(STRUCK), "{}", queue.text);
    for marker in [EMAIL, NAME] {
        let answer = world.ask(Who::Support, "GET", "/admin/accounts/:id").await;
        assert!(answer.text.contains(marker), "{}", answer.text);
    }
}

#[tokio::test]
async fn v7_5_3_what_gives_power_asks_for_a_fresh_proof() {
    let world = World::open().await;
    let before = world.belongings().await;
    let owner = world.arrive(Who::Owner).await;
    world.shop.nobody_confirmed_for(11).await;
    let mut asked = 0;
    for Listed { pattern, access, methods, .. } in web::routes::table().listed {
        let Access::Staff(duty) = access else { continue };
        if !duty.needs_step_up() {
            continue;
        }
        assert_eq!(methods, "POST", "{pattern}");
        let answer = owner.post(&world.path(pattern), FIELDS).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{pattern}");
        assert!(answer.location().starts_with("/confirmation?next=%2Fadmin"), "{pattern}: {answer:?}");
        asked += 1;
    }
    assert_eq!(asked, 6);
    assert_eq!(world.belongings().await, before);
}

#[tokio::test]
async fn v13_4_4_methods_that_no_page_knows_are_refused_everywhere() {
    let world = World::open().await;
    for Listed { pattern, methods, .. } in web::routes::table().listed {
        for method in ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"] {
            // An owner: to whoever may not enter it, an office page does not exist under any method.
            let answer = world.ask(Who::Owner, method, pattern).await;
            assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {pattern}");
            assert_eq!(answer.header("allow"), methods, "{method} {pattern}");
        }
    }
}
