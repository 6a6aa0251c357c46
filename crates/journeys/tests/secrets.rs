//! Secrets that are planted by real use are found nowhere: not in what the programs log, not in job arguments or in what is
//! written down of attempts, not on pages of others, not on error pages.

use std::{collections::BTreeMap, sync::Mutex, time::Duration};

use anyhow::{Context, Result, ensure};
use journeys::{TestShop, customers::value_of, shops::client};
use reqwest::{Method, RequestBuilder, StatusCode, header};
use shop::{Cause, testing};
use web::{one_time_codes::Secret, passwords::Passwords};

const EMAIL: &str = "planted-mira@example.org";
const NAME: &str = "Planted Mira";
const OLD_PASSWORD: &str = "planted lamp that was forgotten";
const PASSWORD: &str = "planted lamp on the quay";
const NEWCOMER: &str = "planted-noor@example.org";
const NEWCOMERS_PASSWORD: &str = "planted boat on the river";

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

    /// Somebody new opens the link in her mail.
    async fn newcomer(&mut self, shop: &TestShop) -> Result<()> {
        let noor = Browser::new(&shop.url)?;
        let csrf = noor.csrf("/sign-up").await?;
        self.plant("the address of somebody new", NEWCOMER);
        self.plant("the password of somebody new", NEWCOMERS_PASSWORD);
        let fields = [("csrf", csrf.as_str()), ("email", NEWCOMER), ("password", NEWCOMERS_PASSWORD)];
        ensure!(noor.post("/sign-up", &fields).await?.status == StatusCode::SEE_OTHER);
        let path = self.link(shop, NEWCOMER, "/verifications/", "the token of a link to verify").await?;
        let csrf = noor.csrf(&path).await?;
        ensure!(noor.post(&path, &[("csrf", &csrf)]).await?.status == StatusCode::SEE_OTHER);
        self.plant("the session of somebody new", &noor.cookie("sid"));
        Ok(())
    }

    /// The password was forgotten; a link gives another one.
    async fn forgetful(&mut self, shop: &TestShop) -> Result<()> {
        self.plant("the password that was forgotten", OLD_PASSWORD);
        let csrf = self.mira.csrf("/password-resets/new").await?;
        let asked = self.mira.post("/password-resets", &[("csrf", &csrf), ("email", EMAIL)]).await?;
        ensure!(asked.status == StatusCode::SEE_OTHER, "{}", asked.text);
        let path = self.link(shop, EMAIL, "/password-resets/", "the token of a link to reset").await?;
        let csrf = self.mira.csrf(&path).await?;
        let wrong = self.mira.post(&path, &[("csrf", &csrf), ("password", "short")]).await?;
        ensure!(wrong.status == StatusCode::UNPROCESSABLE_ENTITY, "{}", wrong.text);
        let reset = self.mira.post(&path, &[("csrf", &csrf), ("password", PASSWORD)]).await?;
        ensure!(reset.location == "/sign-in", "{}", reset.text);
        // Once more: this is the page of a link that was used.
        self.error_pages.push(self.mira.get(&path).await?.text);
        let hash: String = sqlx::query_scalar("select password_hash from accounts where email = $1")
            .bind(EMAIL)
            .fetch_one(&shop.database.pool)
            .await?;
        self.plant("the hash of the new password", &hash);
        Ok(())
    }

    /// The path of a link that arrived by mail, with its token planted.
    async fn link(&mut self, shop: &TestShop, to: &str, place: &str, what: &'static str) -> Result<String> {
        let link = shop.outside.wait_for_link(to, place).await?;
        self.plant(what, link.split_once(place).context("a token")?.1);
        Ok(link.strip_prefix(&shop.url).context("a link to the shop")?.to_owned())
    }

    /// One-time codes are turned on, and a recovery code lets in elsewhere.
    async fn careful(&mut self, shop: &TestShop) -> Result<()> {
        const PAGE: &str = "/account/second-factor";
        let csrf = self.mira.csrf(PAGE).await?;
        self.mira.post(PAGE, &[("csrf", &csrf)]).await?;
        let page = self.mira.get(PAGE).await?.text;
        let groups = page.split("class=\"secret-groups\">").nth(1).and_then(|rest| rest.split("</p>").next());
        let groups = groups.context("no secret")?.replace("<code>", "").replace("</code>", "");
        self.plant("the secret of one-time codes in groups", groups.trim());
        let secret = self.plant("the secret of one-time codes", &groups.replace(' ', ""));
        let code = Secret::from_base32(&secret).context("no base32")?.code(Cause::now(None).at)?;
        let fields = [("csrf", csrf.as_str()), ("first_code", code.as_str())];
        let turned_on = self.mira.post(&format!("{PAGE}/confirmation"), &fields).await?;
        let codes = turned_on.text.split("aria-label=\"Recovery codes\">").nth(1).context("no codes")?;
        let mut codes = codes.lines();
        let used = self.plant("a recovery code that was used", codes.next().context("no code")?);
        self.plant("a recovery code", codes.next().context("no other code")?);
        self.plant("the session with codes", &self.mira.cookie("sid"));

        let elsewhere = Browser::new(&shop.url)?;
        let csrf = elsewhere.csrf("/sign-in").await?;
        let fields = [("csrf", csrf.as_str()), ("email", EMAIL), ("password", PASSWORD)];
        elsewhere.post("/sign-in", &fields).await?;
        self.plant("the session whose code is due", &elsewhere.cookie("sid"));
        let csrf = elsewhere.csrf("/second-factor").await?;
        let wrong = self.plant("a wrong recovery code", "PLAN-TEDC-0DE7");
        for (code, status) in [(&wrong, StatusCode::UNPROCESSABLE_ENTITY), (&used, StatusCode::SEE_OTHER)] {
            let answer = elsewhere.post("/second-factor", &[("csrf", &csrf), ("code", code)]).await?;
            ensure!(answer.status == status, "{}", answer.text);
        }
        self.plant("the session after the code", &elsewhere.cookie("sid"));
        Ok(())
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
                ("quality", "draft"),
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
        sqlx::query_scalar("select id::text from images limit 1").fetch_one(&shop.database.pool).await?;
    let open = ["/", "/gallery", "/sign-in", "/sign-up", "/generations"].map(str::to_owned);
    let images = [format!("/images/{image}"), format!("/images/{image}/staged")];
    let of_pages = pages.iter().flat_map(|page| [page.clone(), format!("{page}/progress")]);
    let mut texts = Vec::new();
    for path in open.into_iter().chain(images).chain(of_pages) {
        texts.push(stranger.get(&path).await?.text);
    }
    Ok(texts)
}

/// Jobs with all that goes with them, how tries ended, and what is known of mails beside the address that they went to.
async fn written_down(shop: &TestShop) -> Result<Vec<String>> {
    let sql =
        "select convert_from(job, 'utf8') || metadata::text || coalesce(last_result::text, '') from apalis.jobs
               union all select coalesce(error, '') from job_attempts
               union all select coalesce(error, '') from provider_calls
               union all select kind || details::text || dedupe_key || coalesce(problem, '') from mails
               union all select action || coalesce(before::text, '') || coalesce(after::text, '') from audit_entries";
    Ok(sqlx::query_scalar(sql).fetch_all(&shop.database.pool).await?)
}

#[tokio::test]
async fn twenty_planted_secrets_are_found_nowhere() -> Result<()> {
    let shop = TestShop::open(1).await?;
    let db = &shop.database.pool;
    let hash = Passwords::new()
        .hash(OLD_PASSWORD.to_owned())
        .await
        .map_err(|problem| anyhow::anyhow!("{problem}"))?;
    testing::account(db, EMAIL, &hash).await;
    sqlx::query("update accounts set name = $1").bind(NAME).execute(db).await?;

    let mut story = Story { mira: Browser::new(&shop.url)?, secrets: shop.secrets(), error_pages: vec![] };
    story.plant("the hash of the password", &hash);
    story.newcomer(&shop).await?;
    story.forgetful(&shop).await?;
    story.at_the_door().await?;
    let pages = story.in_use().await?;
    shop.settle(Duration::from_mins(1)).await?;
    story.careful(&shop).await?;
    let unsubscribe: String =
        sqlx::query_scalar("select unsubscribe_token::text from accounts where email = $1")
            .bind(EMAIL)
            .fetch_one(db)
            .await?;
    story.plant("the token that turns news off", &unsubscribe);
    story.mira.get(&format!("/mail-preferences/{unsubscribe}")).await?;
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
