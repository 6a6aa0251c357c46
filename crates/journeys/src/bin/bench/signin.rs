//! A crowd at the door: what the gallery feels of it, and whether the door tells by its time who is known.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use futures::future::try_join_all;
use journeys::{TestShop, customers::value_of, shops::client};
use reqwest::{StatusCode, header};
use shop::testing;
use tokio::time::{Instant as Moment, sleep_until};

use crate::{
    figures::{self, percentile},
    gallery,
};

/// Pages of the gallery that are asked for in a second: a shop that is well visited, far below what it can do.
const PAGES_PER_SECOND: u32 = 50;
/// Sign-ins that are tried in a second.
const TRIES_PER_SECOND: u32 = 50;
/// How long the gallery is watched, without the crowd and with it.
const WATCHED: Duration = Duration::from_secs(20);
/// Tries for known addresses, and as many for unknown ones.
const TRIES: usize = 500;
/// Tries for one address: it has ten before it is slowed down.
const TRIES_PER_ADDRESS: usize = 5;

/// Both figures, in one run.
pub async fn measure() -> Result<()> {
    let shop = TestShop::open(0).await?;
    gallery::fill(&shop).await?;
    let db = &shop.database.pool;
    shop.customer().await?;
    let hash: String =
        sqlx::query_scalar("select password_hash from accounts where password_hash like '$argon2id$%'")
            .fetch_one(db)
            .await?;
    for number in 0..TRIES / TRIES_PER_ADDRESS {
        testing::account(db, &known(number), &hash).await;
    }
    let door = Door::find(&shop.url).await?;
    measure_gallery(&shop, &door).await?;
    measure_difference(&door).await?;
    shop.close(0).await
}

/// The gallery's slowest hundredth while a crowd tries to sign in, as a multiple of the same without it.
async fn measure_gallery(shop: &TestShop, door: &Door) -> Result<()> {
    let page = format!("{}/gallery", shop.url);
    let http = client()?.build()?;
    let look = async |_| {
        let begun = Instant::now();
        let answer = http.get(&page).send().await?;
        ensure!(answer.status() == StatusCode::OK, "the gallery answered {}", answer.status());
        answer.bytes().await?;
        Ok(begun.elapsed())
    };
    at_a_rate(PAGES_PER_SECOND, Duration::from_secs(3), look).await?;
    let mut idle = at_a_rate(PAGES_PER_SECOND, WATCHED, look).await?;
    // All of them for other accounts and from other places: no limit stops them, only the cost of each.
    let try_to_sign_in = async |number| door.knock(&unknown(number), number).await;
    let crowd = at_a_rate(TRIES_PER_SECOND, WATCHED, try_to_sign_in);
    let (crowded, tried) = tokio::join!(at_a_rate(PAGES_PER_SECOND, WATCHED, look), crowd);
    let (mut crowded, tried) = (crowded?, tried?);
    let (idle, crowded) = (percentile(&mut idle, 99), percentile(&mut crowded, 99));
    figures::print("gallery_p99_without_signins", idle.as_secs_f64() * 1000.0, "ms");
    figures::print("gallery_p99_with_signins", crowded.as_secs_f64() * 1000.0, "ms");
    figures::print_ratio("gallery_p99_under_signins", crowded.as_secs_f64() / idle.as_secs_f64());
    let sent_away = tried.iter().filter(|knock| knock.status == StatusCode::SERVICE_UNAVAILABLE).count();
    figures::print_ratio(
        "signins_sent_away",
        f64::from(u32::try_from(sent_away)?) / f64::from(u32::try_from(tried.len())?),
    );
    figures::print_times("signin_under_signins", tried.into_iter().map(|knock| knock.took).collect());
    Ok(())
}

/// The median of wrong tries for addresses that have an account over that for addresses that have none, in turns.
async fn measure_difference(door: &Door) -> Result<()> {
    let (mut with, mut without) = (Vec::with_capacity(TRIES), Vec::with_capacity(TRIES));
    for number in 0..TRIES {
        let address = number / TRIES_PER_ADDRESS;
        // Who comes first changes, so that neither is always the one that finds things warm.
        let mut pair = [(known(address), &mut with), (unknown(1_000_000 + address), &mut without)];
        if number % 2 == 1 {
            pair.reverse();
        }
        for (email, times) in pair {
            let knock = door.knock(&email, 2 * number + times.len() % 2).await?;
            ensure!(knock.status == StatusCode::UNPROCESSABLE_ENTITY, "the door answered {}", knock.status);
            times.push(knock.took);
        }
    }
    let (with, without) = (percentile(&mut with, 50), percentile(&mut without, 50));
    figures::print("signin_known_p50", with.as_secs_f64() * 1000.0, "ms");
    figures::print("signin_unknown_p50", without.as_secs_f64() * 1000.0, "ms");
    figures::print_ratio("signin_known_unknown_ratio", with.as_secs_f64() / without.as_secs_f64());
    Ok(())
}

/// Begins something so often, however long it takes each time, and waits for all of it.
async fn at_a_rate<T>(
    per_second: u32,
    watched: Duration,
    each: impl AsyncFn(usize) -> Result<T>,
) -> Result<Vec<T>> {
    let count = usize::try_from(watched.as_secs())? * usize::try_from(per_second)?;
    let mut begun = Vec::with_capacity(count);
    let each = &each;
    let start = Moment::now();
    let pace = Duration::from_secs(1) / per_second;
    for number in 0..count {
        let at = start + pace * u32::try_from(number)?;
        begun.push(async move {
            sleep_until(at).await;
            each(number).await
        });
    }
    try_join_all(begun).await
}

/// The form for signing in, as one browser got it.
struct Door {
    http: reqwest::Client,
    action: String,
    cookie: String,
    csrf: String,
}

struct Knock {
    status: StatusCode,
    took: Duration,
}

impl Door {
    async fn find(shop: &str) -> Result<Self> {
        let (http, action) = (client()?.build()?, format!("{shop}/sign-in"));
        let answer = http.get(&action).send().await?;
        let cookie = answer.headers().get(header::SET_COOKIE).context("no cookie")?.to_str()?;
        let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        let csrf = value_of(&answer.text().await?, "csrf").context("no form")?;
        Ok(Self { http, action, cookie, csrf })
    }

    /// Tries a wrong password, from one of many places.
    async fn knock(&self, email: &str, place: usize) -> Result<Knock> {
        let place = format!("10.{}.{}.{}", place >> 16 & 255, place >> 8 & 255, place & 255);
        let form = [("csrf", self.csrf.as_str()), ("email", email), ("password", "not the one of anybody")];
        let request = self.http.post(&self.action).header(header::COOKIE, &self.cookie);
        let begun = Instant::now();
        let answer = request.header("x-forwarded-for", place).form(&form).send().await?;
        let status = answer.status();
        answer.bytes().await?;
        Ok(Knock { status, took: begun.elapsed() })
    }
}

fn known(number: usize) -> String {
    format!("known-{number:07}@example.org")
}

fn unknown(number: usize) -> String {
    format!("other-{number:07}@example.org")
}
