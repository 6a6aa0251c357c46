//! A running shop, and browsers that visit it.

use std::{collections::BTreeMap, sync::Mutex};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use reqwest::{
    Method, RequestBuilder, StatusCode,
    header::{COOKIE, HeaderMap, LOCATION, ORIGIN, SET_COOKIE},
};
use shop::{
    Cause,
    accounts::{self, NewAccount},
    generations::{self, Answer as Drawn, Picture, Size, Style, Wish},
    ids::{AccountId, GenerationId, ImageId},
    images::{self, Format},
    mails::MailKind,
    testing::{self, Database},
};
use sqlx::PgPool;
use tokio::{
    net::TcpListener,
    sync::{OnceCell, oneshot},
};
use web::{
    Config,
    config::{AppEnv, LogFormat},
    passwords::Passwords,
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

/// The hash of everybody's password, made once.
async fn hash() -> &'static str {
    static HASH: OnceCell<String> = OnceCell::const_new();
    HASH.get_or_init(async || Passwords::new().hash(PASSWORD.to_owned()).await.expect("a hash")).await
}

pub struct Shop {
    pub base: String,
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
        let (close, told_to) = oneshot::channel();
        let served = tokio::spawn(web::serve(config, listener, async move {
            told_to.await.ok();
        }));
        let shop = Self { base, database, close: Some(close), served: Some(served) };
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
        Browser::new(&self.base)
    }

    /// Somebody new whose address is verified, and who is signed in.
    pub async fn customer(&self, email: &str) -> Browser {
        testing::account(self.db(), email, hash().await).await;
        self.signed_in(email).await
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
        let csrf = browser.csrf("/sign-in").await;
        let answer =
            browser.post("/sign-in", &[("csrf", &csrf), ("email", email), ("password", PASSWORD)]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        browser
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
            .expect("an answer")
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
    client: reqwest::Client,
    pub cookies: Mutex<BTreeMap<String, String>>,
}

impl Browser {
    pub fn new(base: &str) -> Self {
        rustls::crypto::ring::default_provider().install_default().ok();
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
        Self { base: base.to_owned(), client: client.build().expect("a client"), cookies: Mutex::default() }
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.base));
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
