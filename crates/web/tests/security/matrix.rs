//! Who may do what: every method of every URL, asked by everybody. A URL that is missing here fails the test.

use std::collections::BTreeSet;

use reqwest::{Method, StatusCode};
use shop::{accounts::Role, ids::AccountId};
use strum::VariantArray;
use web::routes::Listed;

use crate::support::{Answer, Member, Shop};

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, VariantArray)]
enum Who {
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
#[allow(dead_code, reason = "a URL of every kind need not be there at all times")]
enum Expect {
    /// Everybody.
    All(u16),
    /// Strangers; whoever is signed in is sent on.
    Strangers(u16),
    /// Whoever is signed in; strangers are sent to sign in.
    Members(u16),
    /// The customer; strangers are sent to sign in, for others it does not exist.
    Own(u16),
    /// The same for a script: a stranger is told 401.
    OwnByScript(u16),
    /// The customer; for everybody else it does not exist.
    Hidden(u16),
    /// These members of staff; for others it does not exist, strangers are sent to sign in.
    Staff(u16, &'static [Who]),
    /// One by one, in the order of [`Who`].
    Each([u16; 8]),
}

use Expect::{All, Hidden, Members, Own, OwnByScript, Strangers};

/// Every method of every URL.
const MATRIX: &[(&str, &str, Expect)] = &[
    ("GET", "/", All(200)),
    ("GET", "/sign-up", Strangers(200)),
    ("POST", "/sign-up", All(422)),
    ("GET", "/sign-in", Strangers(200)),
    ("POST", "/sign-in", All(422)),
    ("POST", "/sign-out", All(303)),
    ("GET", "/gallery", All(200)),
    ("GET", "/generations", Members(200)),
    ("POST", "/generations", Members(303)),
    ("GET", "/generations/new", Members(200)),
    ("GET", "/generations/:id", Own(200)),
    ("GET", "/generations/:id/progress", OwnByScript(200)),
    ("POST", "/generations/:id/cancellation", Own(303)),
    ("GET", "/images/:id", Hidden(200)),
    ("GET", "/images/:id/staged", Hidden(200)),
    ("GET", "/images/:id/download", Own(200)),
    ("POST", "/images/:id/visibility", Own(303)),
    ("POST", "/images/:id/deletion", Own(303)),
    ("POST", "/images/:id/restoration", Own(303)),
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

/// Fields that are right for whatever form reads them, and open nothing by themselves.
const FIELDS: &[(&str, &str)] = &[
    ("prompt", "a hare of their own"),
    ("style", "linocut"),
    ("size", "square"),
    ("count", "1"),
    ("client_key", "0193a5c2-7b54-7cc3-b1c5-6a6f3f0a9d11"),
    ("visibility", "published"),
    ("email", "nobody@example.org"),
    ("password", "wrong"),
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
            Members(_) | Own(_) | Self::Staff(..) if stranger => (303, true),
            All(status) | Members(status) => (status, false),
            OwnByScript(_) if stranger => (401, false),
            Own(status) | OwnByScript(status) | Hidden(status) => {
                (if customer { status } else { 404 }, false)
            }
            Self::Staff(status, who_may) => (if who_may.contains(&who) { status } else { 404 }, false),
            Self::Each(all) => {
                let place = Who::VARIANTS.iter().position(|other| *other == who).expect("one of them");
                (all[place], false)
            }
        }
    }

    fn shows_accounts(self, who: Who) -> bool {
        matches!(self, Self::Staff(_, who_may) if who_may.contains(&who))
    }
}

/// A shop with everybody in it.
struct World {
    shop: Shop,
    accounts: Vec<(Who, AccountId)>,
    generation: String,
    image: String,
    asset: String,
}

impl World {
    async fn open() -> Self {
        let shop = Shop::open().await;
        let mut accounts = Vec::new();
        for who in Who::VARIANTS {
            let Some(role) = who.role() else { continue };
            let email = if *who == Who::Customer { EMAIL.to_owned() } else { format!("{who:?}@example.org") };
            let id = shop.member(&email).await.account_id.expect("an account");
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
            accounts.push((*who, id));
        }
        let (generation, image) = shop.drawn(EMAIL, PROMPT).await;
        let mira = accounts[0].1;
        sqlx::query(
            "insert into addresses (id, account_id, name, line1, country, created_at) values ($1, $1, $2, $3, 'GB', now())",
        )
        .bind(mira.0)
        .bind(NAME)
        .bind(STREET)
        .execute(shop.db())
        .await
        .expect("an address");
        // Staff have one-time codes, or the gate sends them to set them up.
        let factors = "insert into second_factors (account_id, sealed_secret, confirmed_at)
                       select id, '\\x00', now() from accounts where role <> 'customer'";
        sqlx::query(factors).execute(shop.db()).await.expect("codes");
        let home = shop.browser().get("/").await.text;
        let from = home.find("/assets/app.").expect("a style sheet");
        let asset = home[from..].split('"').next().expect("an address").to_owned();
        Self { shop, accounts, generation: generation.to_string(), image: image.to_string(), asset }
    }

    /// A new browser of theirs, in which a code was given just now.
    async fn arrive(&self, who: Who) -> Member {
        let Some((_, id)) = self.accounts.iter().find(|(other, _)| *other == who) else {
            return self.shop.stranger();
        };
        let member = self.shop.session(*id).await;
        sqlx::query("update sessions set second_factor_at = now() where account_id = $1")
            .bind(id.0)
            .execute(self.shop.db())
            .await
            .expect("given");
        member
    }

    /// The address of something that belongs to the customer.
    fn path(&self, pattern: &str) -> String {
        let path = match pattern.split('/').nth(1) {
            Some("generations") => pattern.replace(":id", &self.generation),
            Some("images") => pattern.replace(":id", &self.image),
            Some("assets") => self.asset.clone(),
            _ => pattern.to_owned(),
        };
        assert!(!path.contains([':', '*']), "{pattern}: say here what it is about");
        path
    }

    async fn ask(&self, who: Who, method: &str, pattern: &str) -> Answer {
        let (member, path) = (self.arrive(who).await, self.path(pattern));
        match method {
            "POST" => member.post(&path, FIELDS).await,
            method => {
                let method: Method = method.parse().expect("a method");
                member.browser.send(member.browser.request(method, &path)).await
            }
        }
    }

    /// Everything that belongs to the customer.
    async fn belongings(&self) -> Vec<String> {
        let sql = "select a::text from accounts a where id = $1
                   union all select g::text from generations g where account_id = $1
                   union all select i::text from images i where account_id = $1
                   union all select d::text from addresses d where account_id = $1 order by 1";
        sqlx::query_scalar(sql).bind(self.accounts[0].1.0).fetch_all(self.shop.db()).await.expect("rows")
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

#[tokio::test]
async fn v8_2_2_everybody_gets_what_is_theirs_and_nothing_of_others() {
    let world = World::open().await;
    let before = world.belongings().await;
    assert!(before.len() >= 4, "{before:?}");
    let mut asked = 0;
    // The customer comes last, since their forms change what the others ask for.
    let others = Who::VARIANTS.iter().filter(|who| **who != Who::Customer);
    for who in others.chain([&Who::Customer]) {
        if *who == Who::Customer {
            assert_eq!(world.belongings().await, before, "somebody changed what is not theirs");
        }
        for (method, pattern, expect) in MATRIX {
            let (status, to_the_door) = expect.of(*who);
            let methods: &[&str] = if *method == "GET" { &["GET", "HEAD"] } else { &["POST"] };
            for method in methods {
                let answer = world.ask(*who, method, pattern).await;
                assert_eq!(answer.status.as_u16(), status, "{method} {pattern} by {who:?}: {}", answer.text);
                if to_the_door {
                    assert!(answer.location().starts_with("/sign-in?next="), "{method} {pattern} by {who:?}");
                }
                let may_read: &[&str] = if expect.shows_accounts(*who) {
                    &[PROMPT, STREET]
                } else {
                    &[EMAIL, NAME, PROMPT, STREET]
                };
                for marker in may_read.iter().filter(|_| *who != Who::Customer) {
                    let shown =
                        answer.text.contains(marker) || format!("{:?}", answer.headers).contains(marker);
                    assert!(!shown, "{method} {pattern} shows {marker:?} to {who:?}");
                }
                asked += 1;
            }
        }
    }
    assert!(asked >= MATRIX.len() * Who::VARIANTS.len(), "{asked}");
    assert_ne!(world.belongings().await, before, "the customer's own forms do change something");
}

#[tokio::test]
async fn v8_2_2_the_customer_reads_what_is_theirs() {
    // Without this the markers above could be missing everywhere.
    let world = World::open().await;
    for (path, marker) in [
        (format!("/generations/{}", world.generation), PROMPT),
        (format!("/images/{}", world.image), PROMPT),
        ("/generations".to_owned(), EMAIL),
    ] {
        let answer = world.arrive(Who::Customer).await.get(&path).await;
        assert!(answer.text.contains(marker), "{path}: {}", answer.text);
    }
}

#[tokio::test]
async fn v13_4_4_methods_that_no_page_knows_are_refused_everywhere() {
    let world = World::open().await;
    for Listed { pattern, methods, .. } in web::routes::table().listed {
        for method in ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"] {
            let answer = world.ask(Who::Customer, method, pattern).await;
            assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {pattern}");
            assert_eq!(answer.header("allow"), methods, "{method} {pattern}");
        }
    }
}
