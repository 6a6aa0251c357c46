//! A running shop, and browsers that visit it.

#![allow(dead_code, reason = "each test binary uses its part")]

use std::{collections::BTreeMap, sync::Mutex};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use reqwest::{
    Method, RequestBuilder, StatusCode,
    header::{COOKIE, HOST, HeaderMap, LOCATION, ORIGIN, SET_COOKIE},
};
use shop::{
    Cause, accounts,
    generations::{self, Answer as Drawn, Picture, Size, Style, Wish},
    ids::{AccountId, GenerationId, ImageId},
    images::{self, Format},
    sessions,
    testing::Database,
};
use sqlx::PgPool;
use tokio::{net::TcpListener, sync::oneshot};
use web::{
    Config,
    config::{AppEnv, LogFormat},
    security::csrf::TokenKey,
    session::SessionValue,
};

pub const PASSWORD: &str = "a lamp on the quay";
pub const SECRET: &str = "a secret for tests alone, and long enough for production 1234567890";

pub fn config(database_url: &str) -> Config {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    Config {
        app_env: AppEnv::Development,
        database_url: database_url.into(),
        web_listen: ([127, 0, 0, 1], 0).into(),
        public_url: "http://shop.example:8080".parse().expect("a URL"),
        allowed_hosts: String::new(),
        trusted_proxies: "127.0.0.1".parse().expect("an address"),
        session_secret: SECRET.into(),
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

    pub fn browser(&self) -> Browser {
        let mut browser = Browser::new(&self.base);
        browser.host.clone_from(&self.host);
        browser
    }

    /// A browser somewhere else, as the proxy in front of the shop says.
    pub fn browser_at(&self, client: &str) -> Browser {
        Browser { client_address: Some(client.to_owned()), ..self.browser() }
    }

    /// Somebody new who is signed in.
    pub async fn customer(&self, email: &str) -> Browser {
        let browser = self.browser();
        let csrf = browser.csrf("/sign-up").await;
        let answer =
            browser.post("/sign-up", &[("csrf", &csrf), ("email", email), ("password", PASSWORD)]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        browser
    }

    /// Somebody whose address is known to be theirs, signed in without passing the door.
    pub async fn member(&self, email: &str) -> Member {
        let cause = Cause::now(None);
        let account_id =
            accounts::open(self.db(), &cause, email, "$argon2id$none").await.expect("an account");
        sqlx::query("update accounts set email_verified_at = now() where id = $1")
            .bind(account_id.0)
            .execute(self.db())
            .await
            .expect("verified");
        self.session(account_id).await
    }

    /// One more browser in which this account is signed in.
    pub async fn session(&self, account_id: AccountId) -> Member {
        let member = self.stranger();
        let by = sessions::Browser { user_agent: "a test", address: "192.0.2.1" };
        sessions::begin(self.db(), &Cause::now(None), account_id, &member.id_hash, by).await.expect("begun");
        Member { account_id: Some(account_id), ..member }
    }

    /// Somebody who is not signed in, with a session value that forms are tied to.
    pub fn stranger(&self) -> Member {
        let (browser, value) = (self.browser(), SessionValue::fresh());
        browser.set_cookie("sid", &BASE64_URL_SAFE_NO_PAD.encode(value.bytes()));
        let csrf = TokenKey::derive(&SECRET.into()).token(&value);
        Member { browser, csrf, account_id: None, id_hash: value.id_hash() }
    }

    pub async fn account_id(&self, email: &str) -> AccountId {
        shop::accounts::credentials(self.db(), email)
            .await
            .expect("an answer")
            .expect("an account")
            .account_id
    }

    /// A request of this customer that waits in the queue.
    pub async fn queued(&self, email: &str, prompt: &str) -> GenerationId {
        let cause = Cause::now(None);
        let wish = Wish {
            prompt: prompt.to_owned(),
            style: Style::Linocut,
            size: Size::Square,
            count: 1,
            client_key: GenerationId::new(cause.at).0,
        };
        generations::request(self.db(), &cause, self.account_id(email).await, &wish)
            .await
            .expect("a generation")
    }

    /// A picture of this customer, just drawn.
    pub async fn drawn(&self, email: &str, prompt: &str) -> (GenerationId, ImageId) {
        let id = self.queued(email, prompt).await;
        let cause = Cause::now(None);
        let drawing =
            generations::begin(self.db(), &cause, &shop::testing::claim(self.db()).await, id, "model")
                .await
                .expect("an answer")
                .expect("a call");
        let picture = Picture {
            bytes: b"not really a picture".to_vec(),
            format: Format::Png,
            width: 1024,
            height: 1024,
            sha256: [7; 32],
        };
        let answer = Drawn { pictures: vec![picture], usage: None, request_id: None };
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

/// A form for POST /generations that is right in everything, for tests to spoil.
pub fn wish<'a>(csrf: &'a str, prompt: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("csrf", csrf),
        ("prompt", prompt),
        ("style", "linocut"),
        ("size", "square"),
        ("count", "1"),
        ("client_key", "0193a5c2-7b54-7cc3-b1c5-6a6f3f0a9d11"),
    ]
}
