//! Secrets that are planted by real use are found nowhere: not in what the programs log, not in job arguments or in what is
//! written down of attempts, not on pages of others, not on error pages.

use std::{collections::BTreeMap, sync::Mutex, time::Duration};

use anyhow::{Context, Result, ensure};
use journeys::{TestShop, customers::value_of, shops::client};
use reqwest::{Method, RequestBuilder, StatusCode, header};
use shop::testing;
use web::passwords::Passwords;

const EMAIL: &str = "planted-mira@example.org";
const NAME: &str = "Planted Mira";
const PASSWORD: &str = "planted lamp on the quay";

/// A browser whose cookies can be looked at.
struct Browser {
    http: reqwest::Client,
    shop: String,
    cookies: Mutex<BTreeMap<String, String>>,
}

struct Answer {
    status: StatusCode,
    location: String,
    text: String,
}

impl Browser {
    fn new(shop: &str) -> Result<Self> {
        Ok(Self { http: client()?.build()?, shop: shop.to_owned(), cookies: Mutex::default() })
    }

    fn cookie(&self, name: &str) -> String {
        self.cookies.lock().expect("no panic").get(name).cloned().unwrap_or_default()
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let cookies = self.cookies.lock().expect("no panic");
        let pairs: Vec<_> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        self.http.request(method, format!("{}{path}", self.shop)).header(header::COOKIE, pairs.join("; "))
    }

    async fn send(&self, request: RequestBuilder) -> Result<Answer> {
        let answer = request.send().await?;
        for cookie in answer.headers().get_all(header::SET_COOKIE) {
            let (name, rest) = cookie.to_str()?.split_once('=').context("a cookie")?;
            let value = rest.split(';').next().unwrap_or_default();
            self.cookies.lock().expect("no panic").insert(name.to_owned(), value.to_owned());
        }
        let location =
            answer.headers().get(header::LOCATION).map_or("", |place| place.to_str().unwrap_or_default());
        Ok(Answer { status: answer.status(), location: location.to_owned(), text: answer.text().await? })
    }

    async fn get(&self, path: &str) -> Result<Answer> {
        self.send(self.request(Method::GET, path)).await
    }

    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Result<Answer> {
        self.send(self.request(Method::POST, path).form(fields)).await
    }

    async fn csrf(&self, path: &str) -> Result<String> {
        value_of(&self.get(path).await?.text, "csrf").context("no form")
    }
}

/// What was planted so far.
struct Story {
    mira: Browser,
    secrets: BTreeMap<&'static str, String>,
    error_pages: Vec<String>,
}

impl Story {
    fn plant(&mut self, what: &'static str, secret: &str) -> String {
        assert!(secret.len() >= 8, "{what}: {secret:?} is too short to look for");
        self.secrets.insert(what, secret.to_owned());
        secret.to_owned()
    }

    /// Wrong tries, then the right one.
    async fn at_the_door(&mut self) -> Result<()> {
        let csrf = self.mira.csrf("/sign-in").await?;
        self.plant("the token of a form before signing in", &csrf);
        self.plant("the session before signing in", &self.mira.cookie("sid"));
        for (what, email, password) in [
            ("a wrong password", EMAIL, "planted wrong password"),
            ("a password in the wrong field", "planted-password-in-the-wrong-field", "x"),
            ("an address without an account", "planted-nobody@example.org", "x"),
        ] {
            self.plant(what, if email == EMAIL { password } else { email });
            let fields = [("csrf", csrf.as_str()), ("email", email), ("password", password)];
            ensure!(self.mira.post("/sign-in", &fields).await?.status == StatusCode::UNPROCESSABLE_ENTITY);
        }
        self.plant("the password", PASSWORD);
        self.plant("the address", EMAIL);
        self.plant("the name", NAME);
        let next = self.plant("where to go on", "/generations/new?prompt=planted-way-on");
        let fields =
            [("csrf", csrf.as_str()), ("email", EMAIL), ("password", PASSWORD), ("next", next.as_str())];
        let entered = self.mira.post("/sign-in", &fields).await?;
        ensure!(entered.location == next, "{}", entered.text);
        self.plant("the session", &self.mira.cookie("sid"));
        self.plant("the proof of a known browser", &self.mira.cookie("known"));
        let csrf = self.mira.csrf(&next).await?;
        self.plant("the token of a form", &csrf);
        Ok(())
    }

    /// Two sentences; the pages where one sees what comes of them.
    async fn in_use(&mut self) -> Result<Vec<String>> {
        let mut pages = Vec::new();
        for (what, prompt) in [
            ("a sentence", "a planted fox in autumn leaves"),
            ("a sentence that is refused", "sandbox:moderation of a planted hare"),
        ] {
            self.plant(what, prompt);
            let form = self.mira.get("/generations/new").await?.text;
            let (csrf, key) = (value_of(&form, "csrf"), value_of(&form, "client_key"));
            let fields = [
                ("csrf", csrf.as_deref().context("no token")?),
                ("prompt", prompt),
                ("style", "as_written"),
                ("size", "square"),
                ("count", "1"),
                ("client_key", key.as_deref().context("no key")?),
            ];
            let asked = self.mira.post("/generations", &fields).await?;
            ensure!(asked.status == StatusCode::SEE_OTHER, "{}", asked.text);
            pages.push(asked.location);
        }
        Ok(pages)
    }

    /// What comes to the wrong place, by mistake or on purpose.
    async fn astray(&mut self) -> Result<()> {
        for (what, path, secret) in [
            ("a link to verify", "/verifications/planted-verification-0123456789", "planted-verification"),
            ("a link to reset", "/password-resets/planted-reset-0123456789", "planted-reset"),
            ("a key in an address", "/nowhere?api_key=planted-api-key", "planted-api-key"),
            ("a path that is none", "/planted-path/of/nobody", "planted-path"),
        ] {
            self.plant(what, secret);
            self.error_pages.push(self.mira.get(path).await?.text);
        }
        let forged = self.plant("a forged token", "planted-forged-token-0123456789");
        let unsent = self.plant("a sentence that was refused with its form", "planted unsent sentence");
        let fields = [("csrf", forged.as_str()), ("prompt", unsent.as_str())];
        self.error_pages.push(self.mira.post("/generations", &fields).await?.text);
        let bearer = self.plant("a header of somebody's program", "planted-bearer-0123456789");
        let request = self.mira.request(Method::DELETE, "/gallery").bearer_auth(bearer);
        self.error_pages.push(self.mira.send(request).await?.text);
        Ok(())
    }
}

/// What somebody reads who is not signed in.
async fn looked_at_by_others(shop: &TestShop, pages: &[String]) -> Result<Vec<String>> {
    let stranger = Browser::new(&shop.url)?;
    let image: String =
        sqlx::query_scalar("select id::text from images").fetch_one(&shop.database.pool).await?;
    let open = ["/", "/gallery", "/sign-in", "/sign-up", "/generations"].map(str::to_owned);
    let images = [format!("/images/{image}"), format!("/images/{image}/staged")];
    let of_pages = pages.iter().flat_map(|page| [page.clone(), format!("{page}/progress")]);
    let mut texts = Vec::new();
    for path in open.into_iter().chain(images).chain(of_pages) {
        texts.push(stranger.get(&path).await?.text);
    }
    Ok(texts)
}

/// Jobs with all that goes with them, and how tries ended.
async fn written_down(shop: &TestShop) -> Result<Vec<String>> {
    let sql =
        "select convert_from(job, 'utf8') || metadata::text || coalesce(last_result::text, '') from apalis.jobs
               union all select coalesce(error, '') from job_attempts
               union all select coalesce(error, '') from provider_calls";
    Ok(sqlx::query_scalar(sql).fetch_all(&shop.database.pool).await?)
}

#[tokio::test]
async fn twenty_planted_secrets_are_found_nowhere() -> Result<()> {
    let shop = TestShop::open(1).await?;
    let db = &shop.database.pool;
    let hash =
        Passwords::new().hash(PASSWORD.to_owned()).await.map_err(|problem| anyhow::anyhow!("{problem}"))?;
    testing::account(db, EMAIL, &hash).await;
    sqlx::query("update accounts set email_verified_at = now(), name = $1").bind(NAME).execute(db).await?;

    let mut story = Story { mira: Browser::new(&shop.url)?, secrets: shop.secrets(), error_pages: vec![] };
    story.plant("the hash of the password", &hash);
    story.at_the_door().await?;
    let pages = story.in_use().await?;
    shop.settle(Duration::from_mins(1)).await?;
    story.astray().await?;
    let Story { secrets, error_pages, .. } = story;
    ensure!(secrets.len() >= 20, "{} secrets are planted", secrets.len());

    let places = [
        ("the log of web", shop.web.log()),
        ("the log of worker", shop.workers[0].log()),
        ("job arguments and attempts", written_down(&shop).await?.join("\n")),
        ("pages of others", looked_at_by_others(&shop, &pages).await?.join("\n")),
        ("error pages", error_pages.join("\n")),
    ];
    for (place, text) in &places {
        ensure!(text.len() > 200, "{place} is empty: {text}");
        for (what, secret) in &secrets {
            // An error page greets whoever is signed in, and its forms carry their own token.
            let own =
                *place == "error pages" && ["the address", "the name", "the token of a form"].contains(what);
            let encoded: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
            let found = text.contains(secret.as_str()) || text.contains(&encoded);
            ensure!(own || !found, "{what} ({secret}) is in {place}");
        }
    }
    shop.close(0).await
}
