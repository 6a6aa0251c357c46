//! Secrets that are planted by real use are found nowhere: not in what the programs log, not in job arguments or in what is
//! written down of attempts, not on pages of others, not on error pages.

use std::{collections::BTreeMap, sync::Mutex, time::Duration};

use anyhow::{Context, Result, ensure};
use journeys::{TestShop, customers::value_of, shops::client};
use reqwest::{Method, RequestBuilder, StatusCode, header};
use shop::{Cause, accounts};
use web::passwords::Passwords;

const EMAIL: &str = "planted-mira@example.org";
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

#[tokio::test]
async fn twenty_planted_secrets_are_found_nowhere() -> Result<()> {
    let shop = TestShop::open(1).await?;
    let db = &shop.database.pool;
    let hash =
        Passwords::new().hash(PASSWORD.to_owned()).await.map_err(|problem| anyhow::anyhow!("{problem}"))?;
    accounts::open(db, &Cause::now(None), EMAIL, &hash).await?;
    sqlx::query("update accounts set email_verified_at = now(), name = 'Planted Mira'").execute(db).await?;

    let mut secrets: BTreeMap<&str, String> = shop.secrets();
    let mut plant = |what: &'static str, secret: &str| {
        assert!(secret.len() >= 8, "{what}: {secret:?} is too short to look for");
        secrets.insert(what, secret.to_owned());
        secret.to_owned()
    };
    let mut error_pages = Vec::new();

    // At the door.
    let mira = Browser::new(&shop.url)?;
    let csrf = plant("the token of a form before signing in", &mira.csrf("/sign-in").await?);
    plant("the session before signing in", &mira.cookie("sid"));
    for (what, email, password) in [
        ("a wrong password", EMAIL, "planted wrong password"),
        ("a password in the wrong field", "planted-password-in-the-wrong-field", "x"),
        ("an address without an account", "planted-nobody@example.org", "x"),
    ] {
        plant(what, if email == EMAIL { password } else { email });
        let fields = [("csrf", csrf.as_str()), ("email", email), ("password", password)];
        ensure!(mira.post("/sign-in", &fields).await?.status == StatusCode::UNPROCESSABLE_ENTITY);
    }
    plant("the password", PASSWORD);
    plant("the address", EMAIL);
    plant("the name", "Planted Mira");
    let next = plant("where to go on", "/generations/new?prompt=planted-way-on");
    let fields = [("csrf", csrf.as_str()), ("email", EMAIL), ("password", PASSWORD), ("next", next.as_str())];
    let entered = mira.post("/sign-in", &fields).await?;
    ensure!(entered.location == next, "{}", entered.text);
    plant("the session", &mira.cookie("sid"));
    plant("the proof of a known browser", &mira.cookie("known"));
    plant("the hash of the password", &hash);

    // In use.
    let form = mira.get(&next).await?.text;
    let csrf = plant("the token of a form", &value_of(&form, "csrf").context("no form")?);
    let mut pages = Vec::new();
    for (what, prompt) in [
        ("a sentence", "a planted fox in autumn leaves"),
        ("a sentence that is refused", "sandbox:moderation of a planted hare"),
    ] {
        plant(what, prompt);
        let key = value_of(&mira.get("/generations/new").await?.text, "client_key").context("no key")?;
        let fields = [
            ("csrf", csrf.as_str()),
            ("prompt", prompt),
            ("style", "as_written"),
            ("size", "square"),
            ("count", "1"),
            ("client_key", key.as_str()),
        ];
        let asked = mira.post("/generations", &fields).await?;
        ensure!(asked.status == StatusCode::SEE_OTHER, "{}", asked.text);
        pages.push(asked.location);
    }
    shop.settle(Duration::from_mins(1)).await?;

    // By mistake, and on purpose.
    for (what, path) in [
        ("a link to verify", "/verifications/planted-verification-0123456789abcdefghijklmno"),
        ("a link to reset", "/password-resets/planted-reset-0123456789abcdefghijklmnopqrstu"),
        ("a key in an address", "/images?api_key=planted-api-key"),
        ("a path that is none", "/planted-path/of/nobody"),
    ] {
        plant(what, path.rsplit(['/', '=']).next().filter(|word| word.contains("planted")).unwrap_or(path));
        error_pages.push(mira.get(path).await?.text);
    }
    let forged = plant("a forged token", "planted-forged-token-0123456789");
    error_pages.push(
        mira.post("/generations", &[("csrf", &forged), ("prompt", "planted unsent sentence")]).await?.text,
    );
    plant("a sentence that was refused with its form", "planted unsent sentence");
    let bearer = plant("a header of somebody's program", "planted-bearer-0123456789");
    let request =
        mira.request(Method::DELETE, "/gallery").header(header::AUTHORIZATION, format!("Bearer {bearer}"));
    error_pages.push(mira.send(request).await?.text);

    // Others look around.
    let stranger = Browser::new(&shop.url)?;
    let image: String = sqlx::query_scalar("select id::text from images").fetch_one(db).await?;
    let mut of_others = Vec::new();
    for path in ["/", "/gallery", "/sign-in", "/sign-up", "/generations"] {
        of_others.push(stranger.get(path).await?.text);
    }
    for page in &pages {
        for path in [
            page.clone(),
            format!("{page}/progress"),
            format!("/images/{image}"),
            format!("/images/{image}/staged"),
        ] {
            of_others.push(stranger.get(&path).await?.text);
        }
    }

    let written_down: Vec<String> = sqlx::query_scalar(
        "select convert_from(job, 'utf8') || metadata::text || coalesce(last_result::text, '') from apalis.jobs
         union all select coalesce(error, '') from job_attempts
         union all select coalesce(error, '') from provider_calls",
    )
    .fetch_all(db)
    .await?;
    let places = [
        ("the log of web", shop.web.log()),
        ("the log of worker", shop.workers[0].log()),
        ("job arguments and attempts", written_down.join("\n")),
        ("pages of others", of_others.join("\n")),
        ("error pages", error_pages.join("\n")),
    ];
    ensure!(secrets.len() >= 20, "{} secrets are planted", secrets.len());
    for (place, text) in &places {
        ensure!(text.len() > 200, "{place} is empty: {text}");
        for (what, secret) in &secrets {
            // The header of an error page greets whoever is signed in, and its form carries their own token.
            let own =
                *place == "error pages" && ["the address", "the name", "the token of a form"].contains(what);
            let encoded: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
            let found = text.contains(secret.as_str()) || text.contains(&encoded);
            ensure!(own || !found, "{what} ({secret}) is in {place}");
        }
    }
    shop.close(0).await
}
