//! Sessions over the wire: keys, restarts, what can be paid once.

use std::sync::Arc;

use sandbox::{Pace, Paid, PayWith, Sandbox, SandboxConfig, Webhook};
use serde_json::json;

use crate::started::{Started, config, start, start_in};
use crate::stripe::{CARD, Hooks, SECRET, session, until};

#[tokio::test]
async fn only_test_keys_are_let_in() {
    let started = start().await;
    let url = format!("{}v1/balance", started.sandbox.stripe_base_url());
    let get = |key: &'static str| started.client.get(&url).bearer_auth(key).send();
    for (key, words) in [("sk_live_1", "live"), ("sk-test", "Invalid API Key"), ("", "did not provide")] {
        let answer = get(key).await.expect("an answer");
        assert_eq!(answer.status(), 401, "{key}");
        assert!(answer.text().await.expect("text").contains(words), "{key}");
    }
    let basic =
        started.client.get(&url).basic_auth("sk_test_1", Some("")).header("stripe-version", "2024-06-20");
    let answer = basic.send().await.expect("an answer");
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["stripe-version"]),
        (200, &"2024-06-20".parse().expect("a value"))
    );
    let nothing = started.stripe("subscriptions", &[]).await;
    assert_eq!((nothing.status, &nothing.body["error"]["type"]), (404, &json!("invalid_request_error")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_is_paid_once_whoever_tries() {
    let started = Arc::new(start().await);
    let session = started.session().await;
    let mut tries = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (started, session) = (Arc::clone(&started), session.clone());
        tries.spawn(
            async move { started.sandbox.till().pay(&session, PayWith::Card(CARD)).expect("an outcome") },
        );
    }
    let outcomes = tries.join_all().await;
    assert_eq!(outcomes.iter().filter(|paid| **paid == Paid::Complete).count(), 1);
    assert_eq!(outcomes.iter().filter(|paid| **paid == Paid::Closed).count(), 19);
    assert_eq!(started.sandbox.till().account().payments.len(), 1);
    assert!(started.sandbox.till().expire(&session).is_err());
}

#[tokio::test]
async fn nothing_to_pay_needs_no_payment() {
    let started = start().await;
    let mut form = session("krw");
    form[2].1 = "0";
    let free = started.stripe("checkout/sessions", &form).await.id();
    assert_eq!(started.sandbox.till().pay(&free, PayWith::Nothing).expect("an outcome"), Paid::Complete);
    let read = started.stripe_get(&format!("checkout/sessions/{free}")).await;
    assert_eq!(
        (&read["payment_status"], &read["payment_intent"]),
        (&json!("no_payment_required"), &json!(null))
    );
    form[2].1 = "499";
    let small = started.stripe("checkout/sessions", &form).await;
    assert_eq!((small.status, &small.body["error"]["code"]), (400, &json!("amount_too_small")));
    assert!(small.body["error"]["message"].as_str().expect("text").contains("₩500"));
}

#[tokio::test]
async fn a_failed_try_keeps_the_session_open_until_it_expires_with_its_payment() {
    let started = start().await;
    let till = started.sandbox.till();
    let id = started.session().await;
    assert_eq!(till.pay(&id, PayWith::Card("4000000000000002")).expect("an outcome"), Paid::Declined);
    assert_eq!(till.pay(&id, PayWith::Card("4000002500003155")).expect("an outcome"), Paid::Challenged);
    let intent = started.stripe_get(&format!("checkout/sessions/{id}")).await["payment_intent"].clone();
    let cancel = format!("payment_intents/{}/cancel", intent.as_str().expect("an id"));
    let refused = started.stripe(&cancel, &[]).await;
    assert_eq!(
        (refused.status, &refused.body["error"]["code"]),
        (400, &json!("payment_intent_unexpected_state"))
    );
    started.poke("stripe/expire", &json!({ "session": id })).await;
    let read = started.stripe_get(&format!("checkout/sessions/{id}?expand[]=payment_intent")).await;
    assert_eq!((&read["status"], &read["payment_intent"]["status"]), (&json!("expired"), &json!("canceled")));
    assert_eq!(till.answer_challenge(&id, true).expect("an outcome"), Paid::Closed);
    assert!(till.account().payments.is_empty());
}

#[tokio::test]
async fn a_restart_remembers_keys_payments_and_appointments() {
    let started = start().await;
    let till = started.sandbox.till();
    till.set_pace(Pace { settle_ms: 1_500, ..Pace::default() });
    let first = started.try_stripe("checkout/sessions", &session("eur"), "order-7").await.expect("an answer");
    let debit = started.session().await;
    till.pay(&first.id(), PayWith::Card(CARD)).expect("paid");
    till.pay(&debit, PayWith::Iban("AT611904300234573201")).expect("paid");
    let before = till.account();
    let Started { sandbox, data, .. } = started;
    sandbox.stop().await;
    // What was being written when a process died is not taken for a line.
    let journal = data.path().join("stripe").join("journal");
    let mut torn = std::fs::read_to_string(&journal).expect("a journal");
    torn.push_str("session\t{\"id\":");
    std::fs::write(&journal, torn).expect("written");

    let started = start_in(data).await;
    let till = started.sandbox.till();
    assert_eq!(till.account(), before);
    let again = started.try_stripe("checkout/sessions", &session("eur"), "order-7").await.expect("an answer");
    assert_eq!(
        (again.id(), &again.headers["idempotent-replayed"]),
        (first.id(), &"true".parse().expect("a value"))
    );
    let other = started.try_stripe("checkout/sessions", &session("usd"), "order-7").await.expect("an answer");
    assert_eq!((other.status, &other.body["error"]["type"]), (400, &json!("idempotency_error")));
    let elsewhere = started.try_stripe("refunds", &[], "order-7").await.expect("an answer");
    assert_eq!((elsewhere.status, &elsewhere.body["error"]["type"]), (400, &json!("idempotency_error")));
    until("the debit", || till.account().payments.len() == 2).await;
}

#[tokio::test]
async fn endpoints_of_the_configuration_hear_of_everything() {
    let hooks = Hooks::open().await;
    let data = tempfile::tempdir().expect("a folder");
    let webhook = Webhook { url: hooks.url().to_owned(), secret: SECRET.to_owned() };
    let config = SandboxConfig { stripe_webhooks: vec![webhook], ..config(&data) };
    let sandbox = Sandbox::start(config.clone()).await.expect("the sandbox starts");
    rustls::crypto::ring::default_provider().install_default().ok();
    let client = reqwest::Client::builder().build().expect("a client");
    let started = Started { sandbox, client, data };
    let id = started.session().await;
    started.sandbox.till().expire(&id).expect("expired");
    until("the event", || hooks.count() == 1).await;
    let wrong = Webhook { url: "https://elsewhere.example/hooks".to_owned(), secret: SECRET.to_owned() };
    started.sandbox.stop().await;
    let refused = Sandbox::start(SandboxConfig { stripe_webhooks: vec![wrong], ..config }).await;
    assert!(refused.is_err(), "the sandbox has no TLS");
}
