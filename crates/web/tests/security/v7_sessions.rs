//! V7: sessions begin with a value that nobody had before, and end for good.

use std::collections::HashSet;

use reqwest::StatusCode;
use shop::sessions::{ABSOLUTE_LIMIT, IDLE_LIMIT};
use web::session::SessionValue;

use crate::{
    matrix::{Who, World},
    support::{PASSWORD, Shop},
};

#[tokio::test]
async fn v7_2_1_and_2_only_a_value_that_the_shop_gave_out_is_a_session() {
    let shop = Shop::open().await;
    shop.member("mira@example.org").await;
    let stranger = shop.stranger();
    assert_eq!(
        stranger.get("/generations").await.status,
        StatusCode::SEE_OTHER,
        "made up, in the right form"
    );
    for value in ["", "mira@example.org", "0", "null", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
        let browser = shop.browser();
        browser.set_cookie("sid", value);
        assert_eq!(browser.get("/generations").await.status, StatusCode::SEE_OTHER, "{value}");
    }
}

#[tokio::test]
async fn v7_2_3_session_values_are_random_and_kept_as_hashes() {
    let values: HashSet<[u8; 32]> = (0..10_000).map(|_| *SessionValue::fresh().bytes()).collect();
    assert_eq!(values.len(), 10_000);
    // Of 256 random bits about half are set; a counter or a clock would show.
    let set: u32 = values.iter().flatten().map(|byte| byte.count_ones()).sum();
    let share = f64::from(set) / (10_000.0 * 256.0);
    assert!((0.49..0.51).contains(&share), "{share}");
    let shop = Shop::open().await;
    let mira = shop.member("mira@example.org").await;
    let cookie = mira.browser.cookie("sid").expect("a session");
    let stored: Vec<String> =
        sqlx::query_scalar("select s::text || encode(s.id_hash, 'base64') from sessions s")
            .fetch_all(shop.db())
            .await
            .expect("rows");
    assert!(stored.iter().all(|row| !row.contains(&cookie)), "who reads the table cannot sign in");
}

#[tokio::test]
async fn v7_2_4_signing_in_changes_the_value_and_ends_the_session_before() {
    let shop = Shop::open().await;
    shop.customer("mira@example.org").await;
    let browser = shop.browser();
    let mut values = vec![];
    for path in ["/sign-in", "/generations/new", "/generations/new"] {
        let csrf = browser.csrf(path).await;
        values.push(browser.cookie("sid").expect("a value"));
        let answer = browser
            .post("/sign-in", &[("csrf", &csrf), ("email", "mira@example.org"), ("password", PASSWORD)])
            .await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
    }
    values.push(browser.cookie("sid").expect("a value"));
    assert_eq!(values.iter().collect::<HashSet<_>>().len(), 4, "each time another one");
    for (number, value) in values.iter().enumerate() {
        let thief = shop.browser();
        thief.set_cookie("sid", value);
        let status = thief.get("/generations").await.status;
        assert_eq!(status == StatusCode::OK, number == 3, "only the last one is signed in");
    }
}

#[tokio::test]
async fn v7_3_1_and_2_a_session_ends_by_time() {
    let shop = Shop::open().await;
    for (column, limit) in [("last_seen_at", IDLE_LIMIT), ("created_at", ABSOLUTE_LIMIT)] {
        let mira = shop.member(&format!("{column}@example.org")).await;
        for (seconds, status) in [(-60, StatusCode::OK), (60, StatusCode::SEE_OTHER)] {
            let sql = format!(
                "update sessions set {column} = now() - make_interval(secs => $2) where id_hash = $1"
            );
            let age = limit.num_seconds() + seconds;
            let age = f64::from(u32::try_from(age).expect("some weeks"));
            sqlx::query(sqlx::AssertSqlSafe(sql))
                .bind(mira.id_hash.as_slice())
                .bind(age)
                .execute(shop.db())
                .await
                .expect("aged");
            assert_eq!(mira.get("/generations").await.status, status, "{column} {seconds}");
        }
    }
}

#[tokio::test]
async fn v7_4_1_a_session_that_was_ended_is_over_everywhere() {
    let shop = Shop::open().await;
    let mira = shop.member("mira@example.org").await;
    let value = mira.browser.cookie("sid").expect("a session");
    assert_eq!(mira.post("/sign-out", &[]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(mira.browser.cookie("sid"), None, "the browser forgets it");
    mira.browser.set_cookie("sid", &value);
    assert_eq!(mira.get("/generations").await.status, StatusCode::SEE_OTHER, "and so does the shop");
    let answer = mira.post("/generations", &[("prompt", "a fox")]).await;
    assert!(answer.location().starts_with("/sign-in"), "{answer:?}");
}

#[tokio::test]
async fn v7_4_2_an_account_that_was_shut_or_erased_is_signed_in_nowhere() {
    let shop = Shop::open().await;
    for column in ["disabled_at", "erased_at"] {
        let mira = shop.member(&format!("{column}@example.org")).await;
        let elsewhere = shop.session(mira.account_id.expect("an account")).await;
        assert_eq!(elsewhere.get("/generations").await.status, StatusCode::OK);
        let sql = format!("update accounts set {column} = now() where id = $1");
        sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(mira.account_id.map(|id| id.0))
            .execute(shop.db())
            .await
            .expect("shut");
        for browser in [&mira, &elsewhere] {
            assert_eq!(browser.get("/generations").await.status, StatusCode::SEE_OTHER, "{column}");
        }
    }
}

#[tokio::test]
async fn v7_4_4_one_can_sign_out_on_every_page() {
    let world = World::open().await;
    let mut pages = 0;
    for who in [Who::Customer, Who::Owner] {
        let member = world.arrive(who).await;
        for url in web::routes::table().listed.iter().filter(|url| url.methods.contains("GET")) {
            let page = member.get(&world.path(url.pattern)).await.text;
            if page.starts_with("<!doctype html>") {
                assert!(page.contains("action=\"/sign-out\""), "{}", url.pattern);
                pages += 1;
            }
        }
    }
    assert!(pages >= 40, "{pages}");
}
