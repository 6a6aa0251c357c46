//! A running shop, and browsers that visit it.

#![allow(dead_code, reason = "each test binary uses its part")]

use std::{collections::BTreeMap, sync::Mutex};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use reqwest::{
    Method, RequestBuilder, StatusCode,
    header::{COOKIE, HOST, HeaderMap, LOCATION, ORIGIN, SET_COOKIE},
};
use shop::{
    Cause,
    accounts::{self, NewAccount, Role},
    carts::NewLine,
    crops::{Area, Crop, Orientation, Place},
    generations::{self, Answer as Drawn, Begun, Picture, Style, Wish},
    ids::{AccountId, GenerationId, ImageId, MockupId},
    images::{self, Format},
    mails::MailKind,
    mockups::{self, Subject},
    products, sessions,
    testing::{self, Database, LIMITS, TERMS},
};
use sqlx::PgPool;
use tokio::{
    net::TcpListener,
    sync::{OnceCell, oneshot},
};
use web::{
    Config,
    config::{AppEnv, LogFormat, Switch},
    data_key::DataKey,
    one_time_codes::Secret,
    passwords::Passwords,
    security::csrf::TokenKey,
    session::SessionValue,
};

pub const PASSWORD: &str = "a lamp on the quay";
pub const SECRET: &str = "a secret for tests alone, and long enough for production 1234567890";
/// What Stripe signs its events with.
pub const WEBHOOK_SECRET: &str = "whsec_a_secret_for_tests_alone";
pub const DATA_KEY: &str = "dGhpcnR5LXR3byBieXRlcyBmb3IgdGVzdHMgYWxvbmU=";

pub fn config(database_url: &str) -> Config {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    Config {
        app_env: AppEnv::Development,
        gallery_review: Switch::Off,
        currency: shop::money::Currency::Eur,
        stripe_webhook_secrets: WEBHOOK_SECRET.into(),
        stripe_livemode: None,
        generations_at_once: 10,
        pictures_per_hour: 60,
        pictures_per_day: 200,
        picture_promise_hours: 24,
        welcome_credits: 20,
        database_url: database_url.into(),
        web_listen: ([127, 0, 0, 1], 0).into(),
        public_url: "http://shop.example:8080".parse().expect("a URL"),
        allowed_hosts: String::new(),
        trusted_proxies: "127.0.0.1".parse().expect("an address"),
        session_secret: SECRET.into(),
        data_key: DATA_KEY.into(),
        s3_endpoint: "http://storage.example:9000".parse().expect("a URL"),
        s3_public_endpoint: String::new(),
        s3_region: "eu-central-1".to_owned(),
        s3_bucket: "pictures".to_owned(),
        s3_access_key_id: "key".into(),
        s3_secret_access_key: "secret".into(),
        templates_dir: format!("{root}/templates").into(),
        assets_dir: format!("{root}/assets").into(),
        log_format: LogFormat::Text,
        rust_log: "info".to_owned(),
    }
}

/// The hash of everybody's password, made once.
async fn hash() -> &'static str {
    static HASH: OnceCell<String> = OnceCell::const_new();
    HASH.get_or_init(async || Passwords::new().hash(PASSWORD.to_owned()).await.expect("a hash")).await
}

pub struct Shop {
    pub base: String,
    /// What browsers call it, where that is not its address.
    host: Option<String>,
    database: Database,
    close: Option<oneshot::Sender<()>>,
    served: Option<tokio::task::JoinHandle<anyhow::Result<()>>>,
}

impl Shop {
    pub async fn open() -> Self {
        Self::open_with(|_| {}).await
    }

    pub async fn open_with(adapt: impl FnOnce(&mut Config)) -> Self {
        let database = Database::new().await;
        let mut config = config(&database.url);
        adapt(&mut config);
        let listener = TcpListener::bind(config.web_listen).await.expect("a free port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let production = config.app_env == AppEnv::Production;
        let host = config.public_url.host_str().filter(|_| production).map(str::to_owned);
        let (close, told_to) = oneshot::channel();
        let served = tokio::spawn(web::serve(config, listener, async move {
            told_to.await.ok();
        }));
        let shop = Self { base, host, database, close: Some(close), served: Some(served) };
        // Connections queue in the backlog until the server takes them, so this waits for it.
        shop.browser().get("/healthz").await;
        shop
    }

    pub async fn close(&mut self) {
        self.close.take().expect("it is open").send(()).ok();
        self.served.take().expect("it is open").await.expect("no panic").expect("no error");
    }

    pub fn db(&self) -> &PgPool {
        &self.database.pool
    }

    pub fn database_url(&self) -> String {
        self.database.url.clone()
    }

    pub fn browser(&self) -> Browser {
        let mut browser = Browser::new(&self.base);
        browser.host.clone_from(&self.host);
        browser
    }

    /// A browser somewhere else, as the proxy in front of the shop says.
    pub fn browser_at(&self, client: &str) -> Browser {
        Browser { client_address: Some(client.to_owned()), ..self.browser() }
    }

    /// Somebody new whose address is verified, and who is signed in.
    pub async fn customer(&self, email: &str) -> Browser {
        let browser = self.browser();
        self.customer_in(&browser, email).await;
        browser
    }

    /// As [`Shop::customer`], with a browser that may be at another server of the same shop.
    pub async fn customer_in(&self, browser: &Browser, email: &str) {
        let id = testing::account(self.db(), email, hash().await).await;
        testing::welcome(self.db(), id, 1_000).await;
        self.sign_in(browser, email).await;
    }

    /// Somebody new who is signed in, and whose address is not verified yet.
    pub async fn newcomer(&self, email: &str) -> Browser {
        let new = NewAccount { email, password_hash: hash().await, next: "", browser: None };
        accounts::open(self.db(), &Cause::now(None), &new).await.expect("an account");
        self.signed_in(email).await
    }

    /// One more browser in which somebody who is known signs in.
    pub async fn signed_in(&self, email: &str) -> Browser {
        let browser = self.browser();
        self.sign_in(&browser, email).await;
        browser
    }

    async fn sign_in(&self, browser: &Browser, email: &str) {
        let csrf = browser.csrf("/sign-in").await;
        let answer =
            browser.post("/sign-in", &[("csrf", &csrf), ("email", email), ("password", PASSWORD)]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    }

    /// The path of the link in the newest mail of this kind to an address, as a worker sends it.
    pub async fn link(&self, recipient: &str, kind: MailKind) -> String {
        let place = if kind == MailKind::VerifyEmail {
            "verifications"
        } else if kind == MailKind::ResetPassword {
            "password-resets"
        } else {
            "email-changes"
        };
        let (_, bits) = testing::send(self.db(), recipient, kind).await;
        format!("/{place}/{}", BASE64_URL_SAFE_NO_PAD.encode(bits))
    }

    /// Somebody whose address is known to be theirs, signed in without passing the door.
    pub async fn member(&self, email: &str) -> Member {
        let account_id = testing::account(self.db(), email, "$argon2id$none").await;
        self.session(account_id).await
    }

    /// One more browser in which this account is signed in.
    pub async fn session(&self, account_id: AccountId) -> Member {
        let member = self.stranger();
        let by = sessions::Browser { user_agent: "a test", address: "192.0.2.1" };
        sessions::begin(self.db(), &Cause::now(None), account_id, &member.id_hash, by, None)
            .await
            .expect("begun")
            .expect("open");
        Member { account_id: Some(account_id), ..member }
    }

    /// Somebody who is not signed in, with a session value that forms are tied to.
    pub fn stranger(&self) -> Member {
        let (browser, value) = (self.browser(), SessionValue::fresh());
        browser.set_cookie("sid", &BASE64_URL_SAFE_NO_PAD.encode(value.bytes()));
        let csrf = TokenKey::derive(&SECRET.into()).token(&value);
        Member { browser, csrf, account_id: None, id_hash: value.id_hash() }
    }

    /// The kinds of all mails to an address, oldest first.
    pub async fn mails(&self, recipient: &str) -> Vec<String> {
        sqlx::query_scalar("select kind from mails where recipient = $1 order by id")
            .bind(recipient)
            .fetch_all(self.db())
            .await
            .expect("mails")
    }

    pub async fn account_id(&self, email: &str) -> AccountId {
        accounts::credentials(self.db(), email).await.expect("an answer").expect("an account").account_id
    }

    /// Somebody new who works for the shop with this role and is signed in with a code: `support@example.org` and so on.
    pub async fn staff(&self, role: Role) -> Browser {
        let name: &str = role.into();
        let email = format!("{name}@example.org");
        self.hire(&email, role).await;
        let secret = self.with_second_factor(&email).await;
        let browser = self.browser();
        let answer = browser.sign_in(&email, "").await;
        assert_eq!(answer.location(), "/second-factor?next=%2Fgenerations", "{}", answer.text);
        let answer = browser.give_code(&self.code(&email, &secret).await, "").await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        browser
    }

    /// An account with this role, verified, without one-time codes. Nobody is signed in.
    pub async fn hire(&self, email: &str, role: Role) -> AccountId {
        let cause = Cause::now(None);
        let id = AccountId::new(cause.at);
        let hash = Passwords::new().hash(PASSWORD.to_owned()).await.expect("a hash");
        let insert = "insert into accounts (id, email, password_hash, role, email_verified_at, created_at) values ($1, $2, $3, $4, $5, $5)";
        let role: &str = role.into();
        sqlx::query(insert)
            .bind(id.0)
            .bind(email)
            .bind(hash)
            .bind(role)
            .bind(cause.at)
            .execute(self.db())
            .await
            .expect("an account");
        id
    }

    /// Turns one-time codes on for an account.
    pub async fn with_second_factor(&self, email: &str) -> Secret {
        let (id, secret) = (self.account_id(email).await, Secret::fresh());
        let sealed = secret.seal(&Self::data_key(), id).expect("sealed");
        let insert =
            "insert into second_factors (account_id, sealed_secret, confirmed_at) values ($1, $2, now())";
        sqlx::query(insert).bind(id.0).bind(sealed).execute(self.db()).await.expect("on");
        secret
    }

    /// A code of this account that was not used yet, as if the last one had been given long ago.
    pub async fn code(&self, email: &str, secret: &Secret) -> String {
        let id = self.account_id(email).await;
        let forget = "update second_factors set last_step = 0 where account_id = $1";
        sqlx::query(forget).bind(id.0).execute(self.db()).await.expect("forgotten");
        secret.code(Cause::now(None).at).expect("a code")
    }

    /// The secret that an account's codes are made from.
    pub async fn secret(&self, email: &str) -> Secret {
        let id = self.account_id(email).await;
        let factor = shop::second_factors::find(self.db(), id).await.expect("read").expect("on");
        Secret::open(&Self::data_key(), id, &factor.sealed_secret.expect("confirmed")).expect("opened")
    }

    /// Everybody proved last to be there so long ago.
    pub async fn nobody_confirmed_for(&self, minutes: i32) {
        sqlx::query("update sessions set confirmed_at = now() - make_interval(mins => $1)")
            .bind(minutes)
            .execute(self.db())
            .await
            .expect("set back");
    }

    fn data_key() -> DataKey {
        DataKey::new(&DATA_KEY.into()).expect("a key")
    }

    /// A request of this customer that waits in the queue.
    pub async fn queued(&self, email: &str, prompt: &str) -> GenerationId {
        let cause = Cause::now(None);
        let wish = Wish { style: Style::Linocut, ..shop::testing::wish(prompt) };
        let account_id = self.account_id(email).await;
        shop::testing::give_credits(self.db(), account_id, 1).await;
        generations::request(self.db(), &cause, account_id, &wish, LIMITS)
            .await
            .expect("an answer")
            .expect("a generation")
    }

    /// A picture of this customer, just drawn.
    pub async fn drawn(&self, email: &str, prompt: &str) -> (GenerationId, ImageId) {
        let id = self.queued(email, prompt).await;
        let cause = Cause::now(None);
        let claim = shop::testing::claim(self.db()).await;
        let begun = generations::begin(self.db(), &cause, &claim, id, TERMS).await.expect("an answer");
        let Begun::Draw(drawing) = begun else { panic!("nothing to draw: {begun:?}") };
        let picture = Picture {
            bytes: b"not really a picture".to_vec(),
            format: Format::Png,
            width: 1024,
            height: 1024,
            sha256: [7; 32],
        };
        let answer =
            Drawn { pictures: vec![picture], usage: None, cost_microdollars: None, request_id: None };
        generations::answered(self.db(), &cause, drawing.call_id, &answer).await.expect("taken in");
        let cards = images::of_generations(self.db(), &[id]).await.expect("cards");
        (id, cards[0].id)
    }

    /// A picture of this customer that is stored, with small versions.
    pub async fn stored(&self, email: &str, prompt: &str) -> (GenerationId, ImageId) {
        let (generation, image) = self.drawn(email, prompt).await;
        images::stored(self.db(), &Cause::now(None), image).await.expect("stored");
        images::thumbnails_made(self.db(), image, &[320, 640, 960]).await.expect("prepared");
        (generation, image)
    }

    /// A picture of this customer that hangs in the gallery, and its address there.
    pub async fn published(&self, email: &str, prompt: &str, title: &str) -> (ImageId, String) {
        let (_, image) = self.stored(email, prompt).await;
        let owner = self.account_id(email).await;
        images::submit(self.db(), &Cause::now(None), owner, image, title, false)
            .await
            .expect("an answer")
            .expect("published");
        (image, web::pictures::hung_path(title, image))
    }

    /// A mock-up of a picture that is wanted.
    pub async fn mockup(&self, image_id: ImageId) -> MockupId {
        let poster = products::find(self.db(), "poster").await.expect("read").expect("sold");
        let crop = Crop { left: 1_389, top: 0, width: 7_222, height: 10_000 };
        let variant_id = poster.variants[0].id;
        let subject = Subject { image_id, variant_id, orientation: Orientation::Portrait, crop };
        mockups::want(self.db(), &Cause::now(None), &subject).await.expect("an answer").expect("wanted").id
    }

    /// How many rows of each kind there are: whether anything was stored.
    pub async fn rows(&self) -> Vec<i64> {
        let count = "select (select count(*) from accounts), (select count(*) from sessions), (select count(*) from generations),
                            (select count(*) from images), (select count(*) from apalis.jobs)";
        let row: (i64, i64, i64, i64, i64) =
            sqlx::query_as(count).fetch_one(self.db()).await.expect("counts");
        vec![row.0, row.1, row.2, row.3, row.4]
    }
}

/// A browser with a session, and the token that its forms carry.
pub struct Member {
    pub browser: Browser,
    pub csrf: String,
    pub account_id: Option<AccountId>,
    pub id_hash: sessions::IdHash,
}

impl Member {
    pub async fn get(&self, path: &str) -> Answer {
        self.browser.get(path).await
    }

    /// Sends a form with its token.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut fields = fields.to_vec();
        fields.push(("csrf", &self.csrf));
        self.browser.post(path, &fields).await
    }
}

#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }

    pub fn location(&self) -> &str {
        self.header(LOCATION.as_str())
    }

    pub fn set_cookies(&self) -> Vec<&str> {
        self.headers.get_all(SET_COOKIE).iter().map(|value| value.to_str().expect("text")).collect()
    }

    /// The token of the first form on the page.
    pub fn csrf(&self) -> String {
        let marker = "name=\"csrf\" value=\"";
        let from =
            self.text.find(marker).unwrap_or_else(|| panic!("no form on a page of status {}", self.status))
                + marker.len();
        self.text[from..].split('"').next().expect("a value").to_owned()
    }
}

/// Keeps cookies, follows no redirects.
pub struct Browser {
    base: String,
    host: Option<String>,
    client_address: Option<String>,
    client: reqwest::Client,
    pub cookies: Mutex<BTreeMap<String, String>>,
}

impl Browser {
    pub fn new(base: &str) -> Self {
        rustls::crypto::ring::default_provider().install_default().ok();
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
        Self {
            base: base.to_owned(),
            host: None,
            client_address: None,
            client: client.build().expect("a client"),
            cookies: Mutex::default(),
        }
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let mut request = self.client.request(method, format!("{}{path}", self.base));
        if let Some(host) = &self.host {
            request = request.header(HOST, host);
        }
        if let Some(client) = &self.client_address {
            request = request.header("x-forwarded-for", client);
        }
        let cookies = self.cookies.lock().expect("no panic");
        if cookies.is_empty() {
            return request;
        }
        let pairs: Vec<_> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        request.header(COOKIE, pairs.join("; "))
    }

    pub async fn send(&self, request: RequestBuilder) -> Answer {
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status(), response.headers().clone());
        let answer = Answer {
            status,
            headers,
            text: String::from_utf8_lossy(&response.bytes().await.expect("a body")).into_owned(),
        };
        for cookie in answer.set_cookies() {
            let (name, rest) = cookie.split_once('=').expect("a cookie");
            let value = rest.split(';').next().expect("a value");
            let mut cookies = self.cookies.lock().expect("no panic");
            if cookie.contains("Max-Age=0") {
                cookies.remove(name);
            } else {
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// Sends a form as a browser does from a page of the shop.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let request = self
            .request(Method::POST, path)
            .header("sec-fetch-site", "same-origin")
            .header(ORIGIN, "http://shop.example:8080")
            .form(fields);
        self.send(request).await
    }

    /// Gives the password; the way on is empty or a path.
    pub async fn sign_in(&self, email: &str, next: &str) -> Answer {
        let csrf = self.csrf("/sign-in").await;
        self.post("/sign-in", &[("csrf", &csrf), ("email", email), ("password", PASSWORD), ("next", next)])
            .await
    }

    /// Gives a one-time code after the password.
    pub async fn give_code(&self, code: &str, next: &str) -> Answer {
        let csrf = self.csrf("/second-factor").await;
        self.post("/second-factor", &[("csrf", &csrf), ("code", code), ("next", next)]).await
    }

    /// The token of the first form of a page.
    pub async fn csrf(&self, path: &str) -> String {
        self.get(path).await.csrf()
    }

    pub fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().expect("no panic").get(name).cloned()
    }

    pub fn set_cookie(&self, name: &str, value: &str) {
        self.cookies.lock().expect("no panic").insert(name.to_owned(), value.to_owned());
    }
}

/// One of a variant with as much of a drawn picture on it as fits.
pub async fn choice(shop: &Shop, sku: &str, image_id: ImageId) -> NewLine {
    let products = products::list(shop.db()).await.expect("listed");
    let mut variants = products.into_iter().flat_map(|product| product.variants);
    let variant = variants.find(|variant| variant.sku == sku).unwrap_or_else(|| panic!("no {sku}"));
    let picture = Area { width: 1024, height: 1024 };
    let area = variant.print.map_or(picture, |print| print.area_mm);
    NewLine {
        variant_id: variant.id,
        image_id,
        orientation: Orientation::Portrait,
        crop: Crop::filling(picture, area, Place::Middle),
        quantity: 1,
        accepts_low_dpi: false,
    }
}

/// A choice as a form for POST /cart/lines has it.
pub fn fields_of(line: &NewLine) -> Vec<(&'static str, String)> {
    let orientation: &str = line.orientation.into();
    let mut fields = vec![
        ("variant", line.variant_id.to_string()),
        ("image", line.image_id.to_string()),
        ("orientation", orientation.to_owned()),
        ("left", line.crop.left.to_string()),
        ("top", line.crop.top.to_string()),
        ("width", line.crop.width.to_string()),
        ("height", line.crop.height.to_string()),
        ("quantity", line.quantity.to_string()),
    ];
    if line.accepts_low_dpi {
        fields.push(("accept", "yes".to_owned()));
    }
    fields
}

/// A form for POST /generations that is right in everything, for tests to spoil.
pub fn wish<'a>(csrf: &'a str, prompt: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("csrf", csrf),
        ("prompt", prompt),
        ("style", "linocut"),
        ("size", "square"),
        ("quality", "draft"),
        ("count", "1"),
        ("again", "yes"),
        ("client_key", "0193a5c2-7b54-7cc3-b1c5-6a6f3f0a9d11"),
    ]
}
