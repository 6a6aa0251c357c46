//! Who does something too often is told when to come back, keeps what they typed, and keeps nobody else out.

use reqwest::StatusCode;
use shop::testing;

use crate::support::{Answer, Browser, PASSWORD, Shop, wish};

const MIRA: &str = "mira@example.org";

async fn sign_in(browser: &Browser, email: &str, password: &str) -> Answer {
    let csrf = browser.csrf("/sign-in").await;
    let fields = [("csrf", csrf.as_str()), ("email", email), ("password", password), ("next", "/gallery")];
    browser.post("/sign-in", &fields).await
}

/// The `number`th browser of a crowd, each in a network of its own.
fn one_of_many(shop: &Shop, number: usize) -> Browser {
    shop.browser_at(&format!("2001:db8:0:{number:x}::1"))
}

#[tokio::test]
async fn an_address_has_ten_tries_wherever_they_come_from_and_known_or_not() {
    let shop = Shop::open().await;
    shop.customer(MIRA).await;
    for email in [MIRA, "nobody@example.org"] {
        for number in 0..10 {
            // Capitals make no other address.
            let typed = if number % 2 == 0 { email.to_owned() } else { email.to_uppercase() };
            let answer = sign_in(&one_of_many(&shop, number), &typed, "a wrong password").await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{number}");
        }
        let refused = sign_in(&one_of_many(&shop, 10), email, PASSWORD).await;
        assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS, "{email}");
        let seconds: u64 = refused.header("retry-after").parse().expect("seconds");
        assert!((1..=20).contains(&seconds), "{seconds}");
        assert!(refused.text.contains("please try again in "), "{}", refused.text);
        assert!(refused.text.contains(&format!("value=\"{email}\"")), "the address is kept");
        assert!(refused.text.contains("value=\"/gallery\""), "the way on is kept");
        assert_eq!(refused.header("cache-control"), "no-store");
    }
    assert_eq!(shop.rows().await[1], 1, "nobody signed in but the customer");
}

#[tokio::test]
async fn strangers_do_not_keep_out_who_signed_in_here_before() {
    let shop = Shop::open().await;
    shop.customer(MIRA).await;
    let own = one_of_many(&shop, 100);
    let answer = sign_in(&own, MIRA, PASSWORD).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert!(own.cookie("known").is_some() && own.cookie("sid").is_some(), "{answer:?}");
    for number in 0..11 {
        sign_in(&one_of_many(&shop, number), MIRA, "a wrong password").await;
    }
    let elsewhere = sign_in(&one_of_many(&shop, 11), MIRA, PASSWORD).await;
    assert_eq!(elsewhere.status, StatusCode::TOO_MANY_REQUESTS);
    own.cookies.lock().expect("no panic").remove("sid");
    assert_eq!(sign_in(&own, MIRA, PASSWORD).await.status, StatusCode::SEE_OTHER, "in the known browser");
    // It has tries of its own, not endless ones.
    own.cookies.lock().expect("no panic").remove("sid");
    for _ in 0..10 {
        assert_eq!(sign_in(&own, MIRA, "wrong").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert_eq!(sign_in(&own, MIRA, PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn being_right_gives_the_tries_back() {
    let shop = Shop::open().await;
    shop.customer(MIRA).await;
    for round in 0..3 {
        for number in 0..9 {
            let answer = sign_in(&one_of_many(&shop, number), MIRA, "a wrong password").await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "round {round}");
        }
        let answer = sign_in(&one_of_many(&shop, 9), MIRA, PASSWORD).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "round {round}");
    }
}

/// How many tries for other accounts are let in from these addresses. Each takes less time than it takes until one more is
/// free, so that a limit is reached, however slow the machine is today.
async fn tries_until_refused(shop: &Shop, client: impl Fn(u8) -> String) -> u8 {
    for number in 0..200 {
        let answer =
            sign_in(&shop.browser_at(&client(number)), &format!("somebody-{number}@example.org"), "x").await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            return number;
        }
    }
    panic!("two hundred tries were let in");
}

#[tokio::test]
async fn a_network_has_thirty_tries_whoever_they_are_for() {
    let shop = Shop::open().await;
    shop.customer(MIRA).await;
    // One customer of a provider has more IPv6 addresses than there are tries.
    let let_in = tries_until_refused(&shop, |number| format!("2001:db8:7:7::{number:x}")).await;
    assert!(let_in >= 30, "{let_in}");
    assert_eq!(
        sign_in(&one_of_many(&shop, 1), MIRA, PASSWORD).await.status,
        StatusCode::SEE_OTHER,
        "others are not"
    );
}

#[tokio::test]
async fn an_address_that_a_stranger_claims_to_have_is_not_believed() {
    let shop =
        Shop::open_with(|config| config.trusted_proxies = "10.0.0.0/8".parse().expect("a network")).await;
    tries_until_refused(&shop, |number| format!("198.51.100.{number}")).await;
    let shop = Shop::open().await;
    shop.customer(MIRA).await;
    let browser = shop.browser_at("198.51.100.7, 203.0.113.9");
    sign_in(&browser, MIRA, PASSWORD).await;
    let address: String = sqlx::query_scalar("select address from sessions order by created_at desc limit 1")
        .fetch_one(shop.db())
        .await
        .expect("a session");
    assert_eq!(address, "203.0.113.9", "what the proxy saw, not what the client wrote before it");
}

#[tokio::test]
async fn a_network_opens_twenty_accounts_at_once() {
    let shop = Shop::open().await;
    let mut refused = Vec::new();
    for number in 0..21 {
        let browser = shop.browser_at("203.0.113.7");
        let csrf = browser.csrf("/sign-up").await;
        let email = format!("pupil-{number}@example.org");
        let fields = [("csrf", csrf.as_str()), ("email", &email), ("password", PASSWORD)];
        let answer = browser.post("/sign-up", &fields).await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            refused.push(answer);
        }
    }
    assert_eq!(refused.len(), 1);
    assert!(refused[0].text.contains("value=\"pupil-20@example.org\""), "what was typed is kept");
    assert!(!refused[0].header("retry-after").is_empty());
    assert_eq!(shop.rows().await[0], 20);
}

#[tokio::test]
async fn an_account_asks_for_thirty_pictures_at_once_and_keeps_the_sentence_of_the_next() {
    // How many may be under way is another limit.
    let shop = Shop::open_with(|config| config.generations_at_once = 100).await;
    let mira = shop.member(MIRA).await;
    testing::give_credits(shop.db(), mira.account_id.expect("an account"), 50).await;
    for number in 0..30 {
        let answer =
            mira.browser.post("/generations", &wish(&mira.csrf, &format!("fox number {number}"))).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{number}");
    }
    let refused = mira.browser.post("/generations", &wish(&mira.csrf, "a fox too many")).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.text.contains("a fox too many</textarea>"), "{}", refused.text);
    assert!(refused.text.contains("value=\"linocut\" checked"), "the other choices are kept");
    assert!(!refused.header("retry-after").is_empty());
    assert_eq!(shop.rows().await[2], 30);
    let noor = shop.customer("noor@example.org").await;
    let csrf = noor.csrf("/generations/new").await;
    let answer = noor.post("/generations", &wish(&csrf, "a hare")).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "somebody else is not held up");
}

#[tokio::test]
async fn nobodys_mailbox_is_filled_by_asking_to_move_an_account_there() {
    let shop = Shop::open().await;
    let mira = shop.customer(MIRA).await;
    let csrf = mira.csrf("/account/email").await;
    let fields =
        [("csrf", csrf.as_str()), ("new_email", "victim@example.org"), ("current_password", PASSWORD)];
    for _ in 0..5 {
        assert_eq!(mira.post("/account/email", &fields).await.status, StatusCode::SEE_OTHER);
    }
    let refused = mira.post("/account/email", &fields).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.text.contains("value=\"victim@example.org\""), "the address is kept: {}", refused.text);
    assert!(!refused.header("retry-after").is_empty());
}

#[tokio::test]
async fn a_network_searches_the_gallery_sixty_times_at_once_and_looks_at_it_as_often_as_it_likes() {
    let shop = Shop::open().await;
    let mut refused = None;
    for number in 0..200 {
        let answer = shop.browser_at("203.0.113.7").get("/gallery?q=fox").await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            refused = Some((number, answer));
            break;
        }
        assert_eq!(answer.status, StatusCode::OK, "{number}");
    }
    let (number, refused) = refused.expect("two hundred searches were let in");
    assert!(number >= 60, "{number}");
    assert!(refused.text.contains("Nothing is lost: please try again in "), "{}", refused.text);
    assert!(!refused.header("retry-after").is_empty());
    assert_eq!(shop.browser_at("203.0.113.7").get("/gallery").await.status, StatusCode::OK);
    assert_eq!(shop.browser_at("203.0.113.8").get("/gallery?q=fox").await.status, StatusCode::OK);
}

#[tokio::test]
async fn hearts_and_reports_have_an_end_and_the_words_are_kept() {
    let shop = Shop::open().await;
    shop.customer(MIRA).await;
    let (image, path) = shop.published(MIRA, "A fox", "A fox").await;
    let noor = shop.member("noor@example.org").await;
    let mut status = StatusCode::SEE_OTHER;
    for number in 0..70 {
        status = noor.post(&format!("/images/{image}/love"), &[("love", "yes")]).await.status;
        if status != StatusCode::SEE_OTHER {
            assert!(number >= 60, "{number}");
            break;
        }
    }
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    let report = async || {
        let fields = [("reason", "rights"), ("words", "My <logo> is in it")];
        noor.post(&format!("/images/{image}/reports"), &fields).await
    };
    for _ in 0..10 {
        assert_eq!(report().await.location(), path);
    }
    let refused = report().await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.text.contains("My &lt;logo&gt; is in it</textarea>"), "{}", refused.text);
    assert!(refused.text.contains("value=\"rights\" checked"), "{}", refused.text);
}
