//! The payment page: its statuses, its form, and where it leads.

use reqwest::redirect::Policy;
use sandbox::PayWith;

use crate::started::start;
use crate::stripe::{CARD, session};

#[tokio::test]
async fn the_form_is_there_until_there_is_nothing_to_pay() {
    let started = start().await;
    let (till, base) = (started.sandbox.till(), started.sandbox.stripe_base_url());
    let get = async |path: &str| {
        let answer = started.client.get(format!("{base}{path}")).send().await.expect("an answer");
        let policy = answer.headers().get("content-security-policy").cloned();
        (answer.status().as_u16(), policy, answer.text().await.expect("text"))
    };
    let id = started.session().await;
    let (status, policy, page) = get(&format!("pay/{id}")).await;
    assert_eq!(status, 200);
    assert!(policy.expect("a policy").to_str().expect("text").starts_with("default-src 'self'"));
    for expected in [
        "€12.34",
        "A print",
        "name=\"card_number\"",
        "name=\"iban\"",
        "ada@example.org",
        "http://127.0.0.1:1/cart",
    ] {
        assert!(page.contains(expected), "{expected}");
    }
    assert!(!page.contains("<script") && !page.contains("style="));
    assert!(!get(&format!("pay/{}", started.session_in("krw").await)).await.2.contains("iban"));

    till.pay(&id, PayWith::Card(CARD)).expect("paid");
    let (status, _, page) = get(&format!("pay/{id}")).await;
    assert_eq!(status, 200);
    assert!(
        page.contains("This is done")
            && page.contains(&format!("done?session={id}"))
            && !page.contains("<form")
    );
    let expired = started.session().await;
    till.expire(&expired).expect("expired");
    let page = get(&format!("pay/{expired}")).await.2;
    assert!(page.contains("has expired") && !page.contains("<form"));
    assert_eq!(get("pay/cs_test_none").await.0, 404);
    assert_eq!(get("pay.css").await.0, 200);
    let receipt = format!("receipts/{}", till.account().payments[0].charge);
    assert!(get(&receipt).await.2.contains("€12.34"));
}

#[tokio::test]
async fn what_is_typed_is_checked_shown_again_and_never_trusted() {
    let started = start().await;
    let mut form = session("eur");
    form[3].1 = "<script>alert(1)</script>";
    let answer = started.stripe("checkout/sessions", &form).await;
    let url = answer.body["url"].as_str().expect("a url").to_owned();
    let page = started.client.get(&url).send().await.expect("an answer").text().await.expect("text");
    assert!(page.contains("&lt;script&gt;") && !page.contains("<script>"));

    let client = reqwest::Client::builder().redirect(Policy::none()).build().expect("a client");
    let pay = async |form: &[(&str, &str)]| client.post(&url).form(form).send().await.expect("an answer");
    let typed = [
        ("method", "card"),
        ("card_number", "4242 4242 4242 4241"),
        ("expiry", "12/30"),
        ("cvc", "123"),
        ("name", "\"Ada\""),
    ];
    let wrong = pay(&typed).await;
    assert_eq!(wrong.status(), 422);
    let page = wrong.text().await.expect("text");
    assert!(
        page.contains("not valid") && page.contains("&quot;Ada&quot;") && !page.contains("value=\"123\"")
    );
    let debit = [("method", "sepa_debit"), ("iban", "AT61 1904 3002 3457 3201"), ("iban_name", "Ada")];
    let paid = pay(&debit).await;
    let expected = format!("http://127.0.0.1:1/done?session={}", answer.id());
    assert_eq!(
        (paid.status().as_u16(), paid.headers()["location"].to_str().expect("text")),
        (303, expected.as_str())
    );
    let late = pay(&typed).await;
    assert!(late.text().await.expect("text").contains("This is done"));
}

#[tokio::test]
async fn a_customer_chooses_how_it_is_shipped() {
    let started = start().await;
    let mut form = session("eur");
    for (index, amount) in [("0", "300"), ("1", "900")] {
        let name = |rest: &str| {
            format!("shipping_options[{index}][shipping_rate_data]{rest}").leak() as &'static str
        };
        form.push((name("[display_name]"), if index == "0" { "Slow" } else { "Fast" }));
        form.push((name("[fixed_amount][amount]"), amount));
        form.push((name("[fixed_amount][currency]"), "eur"));
    }
    let answer = started.stripe("checkout/sessions", &form).await;
    assert_eq!(answer.body["amount_total"], 1534);
    let url = answer.body["url"].as_str().expect("a url");
    let client = reqwest::Client::builder().redirect(Policy::none()).build().expect("a client");
    let typed =
        [("shipping", "1"), ("card_number", CARD), ("expiry", "12/30"), ("cvc", "123"), ("name", "Ada")];
    assert_eq!(client.post(url).form(&typed).send().await.expect("an answer").status(), 303);
    assert_eq!(started.sandbox.till().account().payments[0].amount, 2134);
}

#[tokio::test]
async fn the_dashboard_shows_payments_and_its_buttons_work() {
    let started = start().await;
    let id = started.session().await;
    let url = started.sandbox.dashboard_url();
    let client = reqwest::Client::builder().redirect(Policy::none()).build().expect("a client");
    let read = async || {
        client.get(format!("{url}/payments")).send().await.expect("an answer").text().await.expect("text")
    };
    let page = read().await;
    assert!(
        page.contains(&id) && page.contains("€12.34") && page.contains("Send again") == page.contains("evt_")
    );
    assert!(!page.contains("<script") && !page.contains("style="));
    let form = [("session", id.as_str()), ("card", CARD)];
    let paid = client.post(format!("{url}/_sandbox/stripe/pay")).form(&form).send().await.expect("an answer");
    assert_eq!(
        (paid.status().as_u16(), paid.headers()["location"].to_str().expect("text")),
        (303, "/payments")
    );
    let page = read().await;
    assert!(
        page.contains("complete, paid")
            && page.contains("checkout.session.completed")
            && page.contains("Send again")
    );
    let foreign =
        client.post(format!("{url}/_sandbox/stripe/pay")).header("sec-fetch-site", "cross-site").form(&form);
    assert_eq!(foreign.send().await.expect("an answer").status(), 403);
    for (path, body) in [
        ("pay", serde_json::json!({ "session": "cs_test_none", "card": CARD })),
        ("pay", serde_json::json!({ "session": id, "card": CARD, "iban": "x" })),
        ("expire", serde_json::json!({ "session": id })),
        ("post", serde_json::json!({ "copies_min": 0 })),
        ("next", serde_json::json!({ "answer": "nonsense" })),
        ("webhook", serde_json::json!({ "url": "ftp://x", "secret": "y" })),
    ] {
        let answer =
            client.post(format!("{url}/_sandbox/stripe/{path}")).json(&body).send().await.expect("an answer");
        assert_eq!(answer.status(), 400, "{path}");
    }
}
