//! V6: passwords and the door. Limits are tried out in tests/web/limits.rs.

use std::collections::BTreeSet;

use reqwest::StatusCode;
use shop::mails::MailKind;
use web::limits;

use crate::{
    document,
    matrix::{Who, World},
    sources::files,
    support::{Answer, PASSWORD, Shop},
};

async fn sign_up(shop: &Shop, number: usize, email: &str, password: &str) -> Answer {
    let browser = shop.browser_at(&format!("2001:db8:0:{number:x}::1"));
    let csrf = browser.csrf("/sign-up").await;
    browser.post("/sign-up", &[("csrf", &csrf), ("email", email), ("password", password)]).await
}

async fn sign_in(shop: &Shop, number: usize, email: &str, password: &str) -> Answer {
    let browser = shop.browser_at(&format!("2001:db8:1:{number:x}::1"));
    let csrf = browser.csrf("/sign-in").await;
    browser.post("/sign-in", &[("csrf", &csrf), ("email", email), ("password", password)]).await
}

/// Gives an account this password.
async fn set_password(shop: &Shop, email: &str, password: &str) {
    let hash = web::passwords::Passwords::new().hash(password.to_owned()).await.expect("a hash");
    let sql = "update accounts set password_hash = $2 where email = $1";
    sqlx::query(sql).bind(email).bind(hash).execute(shop.db()).await.expect("set");
}

#[test]
fn v6_1_1_the_limits_are_written_down() {
    let text = document::text();
    for (what, rules) in limits::ALL {
        for limit in rules.subject.into_iter().chain(rules.network) {
            let numbers = format!("{} at once, then one every {} s", limit.burst, limit.every.as_secs());
            let row = text
                .lines()
                .any(|line| line.contains(&format!("`{}`", limit.rule)) && line.contains(&numbers));
            assert!(row, "docs/security.md does not say of {what}: `{}`, {numbers}", limit.rule);
        }
    }
}

#[tokio::test]
async fn v6_2_1_a_password_has_eight_characters() {
    let shop = Shop::open().await;
    for (number, password) in ["", "x", "vq7-k2x", "ééééééé", "🦊🦊🦊"].iter().enumerate() {
        let answer = sign_up(&shop, number, "a@example.org", password).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{password}");
        assert!(answer.text.contains("at least 8 characters"), "{password}: {}", answer.text);
    }
    assert_eq!(shop.rows().await[0], 0);
    assert_eq!(sign_up(&shop, 9, "b@example.org", "vq7-k2xw").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn v6_2_4_a_common_password_is_refused_in_kind_words() {
    let shop = Shop::open().await;
    for (number, password) in
        ["password", "12345678", "Qwertyuiop", "iloveyou", "PASSWORD1"].iter().enumerate()
    {
        let answer = sign_up(&shop, number, "a@example.org", password).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{password}");
        assert!(answer.text.contains("Many people use this password"), "{password}: {}", answer.text);
    }
    let answer = sign_up(&shop, 7, "mira.okafor@example.org", "mira.okafor 7").await;
    assert!(answer.text.contains("has the name of your e-mail address in it"), "{}", answer.text);
    let answer = sign_up(&shop, 8, "a@example.org", "AI-Gallery").await;
    assert!(answer.text.contains("is the name of this shop"), "{}", answer.text);
    assert_eq!(shop.rows().await[0], 0);
}

#[tokio::test]
async fn v6_2_5_a_password_is_made_of_anything() {
    let shop = Shop::open().await;
    for (number, password) in
        ["qqxwzvkj", "83619274650", "        ", "🦊🐇🦉🐟🦔🐎🐢🦀", "密码密码密码密码", "<>&\"'\\;--%"]
            .iter()
            .enumerate()
    {
        let answer = sign_up(&shop, number, &format!("p{number}@example.org"), password).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{password}: {}", answer.text);
    }
}

#[tokio::test]
async fn v6_2_6_and_7_a_password_is_masked_and_can_be_pasted() {
    let world = World::open().await;
    let mut fields = BTreeSet::new();
    for who in [Who::Stranger, Who::Customer] {
        let browser = world.arrive(who).await;
        for url in web::routes::table().listed.iter().filter(|url| url.methods.contains("GET")) {
            let page = browser.get(&world.path(url.pattern)).await.text;
            for tag in page.match_indices("<input").filter_map(|(at, _)| page[at..].split('>').next()) {
                if !tag.contains("password\"") {
                    continue;
                }
                let told = format!("{}: {tag}", url.pattern);
                assert!(tag.contains("type=\"password\""), "{told}");
                let helped = ["autocomplete=\"current-password\"", "autocomplete=\"new-password\""];
                assert!(helped.iter().any(|word| tag.contains(word)), "{told}");
                assert!(!tag.contains("readonly") && !tag.contains("onpaste"), "{told}");
                fields.insert(told);
            }
        }
    }
    let pages: BTreeSet<&str> = fields.iter().filter_map(|told| told.split(": ").next()).collect();
    let expected = [
        "/account/deletion",
        "/account/email",
        "/account/password",
        "/confirmation",
        "/password-resets/:token",
        "/sign-in",
        "/sign-up",
        "/verifications/:token",
    ];
    assert_eq!(pages, BTreeSet::from(expected));
    let (_, script) = files("assets", "app.js").remove(0);
    assert!(
        !script.contains("\"paste\"") && !script.contains("'paste'"),
        "no script looks at what is pasted"
    );
}

#[tokio::test]
async fn v6_2_8_a_password_is_compared_to_its_last_character() {
    let shop = Shop::open().await;
    shop.member("mira@example.org").await;
    let long = format!("{} Fox", "a lamp on the quay ".repeat(50));
    for password in [" with spaces around ", "With Capitals and ünïcödé", long.as_str()] {
        set_password(&shop, "mira@example.org", password).await;
        let mut without_end = password.to_owned();
        without_end.pop();
        let wrong =
            [password.to_lowercase(), password.trim().to_owned(), without_end, format!("{password}x")];
        for (number, wrong) in wrong.iter().filter(|wrong| *wrong != password).enumerate() {
            let answer = sign_in(&shop, number, "mira@example.org", wrong).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong:?}");
        }
        let answer = sign_in(&shop, 9, "mira@example.org", password).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{password:?}");
    }
}

#[tokio::test]
async fn v6_3_2_a_new_shop_has_no_account() {
    let shop = Shop::open().await;
    assert_eq!(shop.rows().await[0], 0);
    for (number, name) in ["admin@example.org", "root@localhost", "sa@example.org"].iter().enumerate() {
        let answer = sign_in(&shop, number, name, "admin").await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}");
    }
}

#[tokio::test]
async fn v6_3_8_the_door_does_not_say_who_has_an_account() {
    let shop = Shop::open().await;
    shop.member("mira@example.org").await;
    set_password(&shop, "mira@example.org", PASSWORD).await;
    let mut told = Vec::new();
    for email in ["mira@example.org", "noor@example.org"] {
        let mut answers = Vec::new();
        for number in 0..12 {
            let answer = sign_in(&shop, number, email, "a wrong password").await;
            let text = answer.text.replace(email, "-").replace(&answer.csrf(), "-");
            // How long to wait depends on the second in which it was asked.
            answers.push((answer.status, text.split("try again in").next().expect("a beginning").to_owned()));
        }
        told.push(answers);
    }
    assert_eq!(told[0], told[1]);
}

#[tokio::test]
async fn v6_4_3_another_password_does_not_get_past_the_code() {
    let shop = Shop::open().await;
    let email = "mira@example.org";
    shop.member(email).await;
    let secret = shop.with_second_factor(email).await;
    let browser = shop.browser();
    let csrf = browser.csrf("/password-resets/new").await;
    browser.post("/password-resets", &[("csrf", &csrf), ("email", email)]).await;
    let link = shop.link(email, MailKind::ResetPassword).await;
    let answer = browser.post(&link, &[("csrf", &csrf), ("password", PASSWORD)]).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/sign-in"), "{}", answer.text);
    assert_eq!(browser.get("/account").await.status, StatusCode::SEE_OTHER, "the link lets nobody in");
    assert_eq!(browser.sign_in(email, "").await.location(), "/second-factor?next=%2Fgenerations");
    assert_eq!(browser.get("/account").await.status, StatusCode::SEE_OTHER, "nor does the password alone");
    browser.give_code(&shop.code(email, &secret).await, "").await;
    assert_eq!(browser.get("/account").await.status, StatusCode::OK);
}
