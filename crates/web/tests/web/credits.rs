//! Credits: what staff give, and what their owner reads.

use reqwest::StatusCode;
use serde_json::json;
use shop::{accounts::Role, credits, ids::AccountId, testing};

use crate::{
    office::{entries, post},
    support::Shop,
};

const KEY: &str = "0193a5c2-7b54-7cc3-b1c5-6a6f3f0a9d11";

fn gift<'a>(way: &'a str, amount: &'a str, note: &'a str) -> [(&'a str, &'a str); 4] {
    [("way", way), ("amount", amount), ("note", note), ("client_key", KEY)]
}

async fn available(shop: &Shop, id: AccountId) -> i64 {
    credits::balance(shop.db(), id).await.expect("read").available
}

#[tokio::test]
async fn staff_give_and_take_once_and_say_why() {
    let shop = Shop::open().await;
    let mira = shop.customer("mira@example.org").await;
    let id = shop.account_id("mira@example.org").await;
    let manager = shop.staff(Role::Manager).await;
    let account = format!("/admin/accounts/{id}");
    let path = format!("{account}/credits");
    let page = manager.get(&account).await.text;
    assert!(page.contains("name=\"client_key\"") && page.contains("A welcome from the shop"), "{page}");

    let sorry = gift("give", "12", "sorry for the <crooked> frame");
    let (one, other) = tokio::join!(post(&manager, &path, &sorry), post(&manager, &path, &sorry));
    for answer in [one, other] {
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, account.as_str()));
    }
    assert_eq!(available(&shop, id).await, 1_012, "a double click gives once");
    post(&manager, &path, &gift("give", "2", "and for the late mail")).await;
    assert_eq!(available(&shop, id).await, 1_014, "the same form with something else in it is another gift");
    let page = manager.get(&account).await.text;
    for words in
        ["<dt>Left</dt><dd>1014</dd>", "+12", "Given by the shop", "sorry for the &lt;crooked&gt; frame"]
    {
        assert!(page.contains(words), "{words}: {page}");
    }
    let own = mira.get("/account/credits").await.text;
    assert!(own.contains("You have 1014 credits") && own.contains("Given by the shop"), "{own}");
    assert!(!own.contains("crooked"), "what staff write for each other: {own}");

    post(&manager, &path, &gift("take", "1000", "a slip")).await;
    assert_eq!(available(&shop, id).await, 14);
    assert!(mira.get("/account/credits").await.text.contains("Taken back by the shop"));
    let short = post(&manager, &path, &gift("take", "15", "too much")).await;
    assert_eq!(short.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(short.text.contains("There are only 14 credits to take"), "{}", short.text);
    assert_eq!(available(&shop, id).await, 14);

    let entry = |before: i64, after: i64, amount: i64, note: &str| {
        let after = json!({ "credits": after, "amount": amount, "note": note });
        ("credits.give".to_owned(), json!({ "credits": before }), after)
    };
    assert_eq!(
        entries(&shop).await,
        [
            entry(1_000, 1_012, 12, "sorry for the <crooked> frame"),
            entry(1_012, 1_014, 2, "and for the late mail"),
            entry(1_014, 14, -1_000, "a slip"),
        ]
    );
}

#[tokio::test]
async fn what_is_held_by_a_request_cannot_be_taken() {
    let shop = Shop::open().await;
    shop.customer("mira@example.org").await;
    shop.queued("mira@example.org", "a fox").await;
    let id = shop.account_id("mira@example.org").await;
    let manager = shop.staff(Role::Manager).await;
    let left = available(&shop, id).await;
    let path = format!("/admin/accounts/{id}/credits");
    let more = (left + 1).to_string();
    let answer = post(&manager, &path, &gift("take", &more, "all")).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    post(&manager, &path, &gift("take", &left.to_string(), "all")).await;
    assert_eq!(available(&shop, id).await, 0);
}

#[tokio::test]
async fn a_gift_that_is_wrong_is_kept_and_nothing_is_given() {
    let shop = Shop::open().await;
    shop.customer("mira@example.org").await;
    let id = shop.account_id("mira@example.org").await;
    let manager = shop.staff(Role::Manager).await;
    let path = format!("/admin/accounts/{id}/credits");
    let long = "x".repeat(301);
    for (fields, wrong) in [
        (gift("keep", "5", "why"), "way"),
        (gift("give", "", "why"), "amount"),
        (gift("give", "0", "why"), "amount"),
        (gift("give", "-5", "why"), "amount"),
        (gift("give", "1.5", "why"), "amount"),
        (gift("give", "10001", "why"), "amount"),
        (gift("give", "5", " "), "note"),
        (gift("give", "5", &long), "note"),
    ] {
        let answer = post(&manager, &path, &fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{fields:?}");
        assert_eq!(answer.text.matches("class=\"field-error\"").count(), 1, "{fields:?}: {}", answer.text);
        assert!(answer.text.contains(&format!("id=\"{wrong}-error\"")), "{fields:?}: {}", answer.text);
        let kept = format!("name=\"amount\" type=\"text\" inputmode=\"numeric\" value=\"{}\"", fields[1].1);
        assert!(answer.text.contains(&kept), "{fields:?}: {}", answer.text);
        assert!(answer.text.contains(fields[2].1.trim()), "{fields:?}");
    }
    let without_key = post(&manager, &path, &gift("give", "5", "why")[..3]).await;
    assert!(without_key.text.contains("The form was not complete"), "{}", without_key.text);
    assert!(entries(&shop).await.is_empty());
    assert_eq!(available(&shop, id).await, 1_000);
    let nobody = format!("/admin/accounts/{KEY}/credits");
    let answer = post(&manager, &nobody, &gift("give", "5", "why")).await;
    assert_eq!(manager.get(answer.location()).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn who_answers_customers_sees_credits_and_gives_none() {
    let shop = Shop::open().await;
    let mira = shop.customer("mira@example.org").await;
    shop.drawn("mira@example.org", "a fox at dawn").await;
    let id = shop.account_id("mira@example.org").await;
    let support = shop.staff(Role::Support).await;
    let page = support.get(&format!("/admin/accounts/{id}")).await.text;
    assert!(page.contains("Pictures were drawn") && !page.contains("name=\"amount\""), "{page}");
    assert!(!page.contains("a fox at dawn"), "sentences are their owner's: {page}");
    for browser in [&support, &mira] {
        let path = format!("/admin/accounts/{id}/credits");
        assert_eq!(post(browser, &path, &gift("give", "5", "why")).await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn a_customer_reads_what_came_and_went() {
    let shop = Shop::open().await;
    let mira = shop.customer("mira@example.org").await;
    let noor = shop.customer("noor@example.org").await;
    let (drawn, _) = shop.drawn("mira@example.org", "a fox & a hare").await;
    shop.queued("mira@example.org", "an owl").await;
    let own = mira.get("/account/credits").await.text;
    for words in [
        "A welcome from the shop",
        "+1000",
        "Pictures were drawn",
        "\u{2212}1",
        &format!("<a href=\"/generations/{drawn}\"><span dir=\"auto\">a fox &amp; a hare</span></a>"),
        "One more is set aside",
    ] {
        assert!(own.contains(words), "{words}: {own}");
    }
    assert!(!own.contains("an owl"), "nothing was taken for it yet");
    let left = available(&shop, shop.account_id("mira@example.org").await).await;
    assert!(own.contains(&format!("You have {left} credits")), "{own}");
    assert!(mira.get("/account").await.text.contains(&format!("You have {left} credits for pictures")));
    let others = noor.get("/account/credits").await.text;
    assert!(others.contains("You have 1000 credits") && !others.contains("a hare"), "{others}");
    assert_eq!(noor.get("/account/credits?before=nonsense").await.status, StatusCode::NOT_FOUND);
    assert!(shop.browser().get("/account/credits").await.location().starts_with("/sign-in"));
}

#[tokio::test]
async fn a_long_history_goes_on() {
    let shop = Shop::open().await;
    let mira = shop.customer("mira@example.org").await;
    let id = shop.account_id("mira@example.org").await;
    for amount in 1..=64 {
        testing::give_credits(shop.db(), id, amount).await;
    }
    let (mut path, mut pages, mut seen) = ("/account/credits".to_owned(), 0, 0);
    loop {
        let page = mira.get(&path).await.text;
        (pages, seen) = (pages + 1, seen + page.matches("<time datetime").count());
        let Some((before, _)) = page.split_once("\" rel=\"next\"") else { break };
        path = before.rsplit("href=\"").next().expect("a link").to_owned();
    }
    assert_eq!((pages, seen), (3, 65));
}

#[tokio::test]
async fn prices_are_those_of_the_qualities_and_who_owes_has_no_credits() {
    let shop = Shop::open().await;
    let mira = shop.customer("mira@example.org").await;
    let page = mira.get("/account/credits").await.text;
    assert!(page.contains("A picture takes 1 (draft), 2 (standard) or 5 (fine)."), "{page}");
    let id = shop.account_id("mira@example.org").await;
    testing::give_credits(shop.db(), id, -1_003).await;
    assert_eq!(available(&shop, id).await, -3);
    let page = mira.get("/generations/new").await.text;
    assert!(page.contains("You have no credits left") && !page.contains("-3 credits"), "{page}");
}
