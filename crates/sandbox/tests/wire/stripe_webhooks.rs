//! Webhooks: tried again, doubled, shuffled, withheld, sent again, several at once.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use sandbox::{PayWith, Post};
use serde_json::json;

use crate::started::{Started, start};
use crate::stripe::{CARD, Hooks, SECRET, until};

/// Events of one payment by card.
const OF_A_PAYMENT: usize = 5;

async fn start_with_hooks() -> (Started, Hooks) {
    let (started, hooks) = (start().await, Hooks::open().await);
    started.sandbox.add_stripe_webhook(hooks.url(), SECRET).expect("added");
    (started, hooks)
}

async fn pay(started: &Started) -> String {
    let session = started.session().await;
    started.sandbox.till().pay(&session, PayWith::Card(CARD)).expect("paid");
    session
}

#[tokio::test]
async fn a_refused_event_is_tried_again_until_it_is_taken() {
    let (started, hooks) = start_with_hooks().await;
    let till = started.sandbox.till();
    till.set_post(Post { retry_ms: 60, ..Post::default() }).expect("valid");
    hooks.answer_with(500);
    pay(&started).await;
    until("second tries", || hooks.count() >= 2 * OF_A_PAYMENT).await;
    assert_eq!(till.account().undelivered, OF_A_PAYMENT);
    assert_eq!(started.kinds("delivery_success=false").await.len(), OF_A_PAYMENT);
    hooks.answer_with(204);
    until("all taken", || till.account().undelivered == 0).await;
    assert!(started.kinds("delivery_success=false").await.is_empty());
    assert_eq!(started.kinds("delivery_success=true").await.len(), OF_A_PAYMENT);
    let ids: BTreeSet<_> = hooks.came().into_iter().map(|(id, _)| id).collect();
    assert_eq!(ids.len(), OF_A_PAYMENT);
}

#[tokio::test]
async fn an_event_that_nobody_takes_is_given_up_and_can_be_sent_again() {
    let (started, hooks) = start_with_hooks().await;
    let till = started.sandbox.till();
    till.set_post(Post { retry_ms: 1, ..Post::default() }).expect("valid");
    hooks.answer_with(503);
    let session = started.session().await;
    till.expire(&session).expect("expired");
    until("six tries", || hooks.count() == 6).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!((hooks.count(), till.account().undelivered), (6, 1));
    hooks.answer_with(200);
    let (event, kind) = till.events_about(&session).pop().expect("an event");
    assert_eq!(kind, "checkout.session.expired");
    started.poke("stripe/resend", &json!({ "event": event })).await;
    until("it is taken", || till.account().undelivered == 0).await;
    assert_eq!(started.stripe_get(&format!("events/{event}")).await["pending_webhooks"], 0);
    assert!(till.resend("evt_none").is_err());
    // Whoever came later can be told of it too.
    let later = Hooks::open().await;
    till.add_webhook(later.url(), "whsec_later").expect("added");
    till.resend(&event).expect("sent");
    until("both have it", || later.count() == 1 && till.account().undelivered == 0).await;
}

#[tokio::test]
async fn events_come_several_times_out_of_order_and_several_at_once() {
    let (started, hooks) = start_with_hooks().await;
    let till = started.sandbox.till();
    let post = Post { copies_min: 2, copies_max: 5, delay_ms: 300, together: 50, ..Post::default() };
    till.set_post(post).expect("valid");
    hooks.take_ms(20);
    for _ in 0..10 {
        pay(&started).await;
    }
    let told: Vec<_> = {
        let events = started.stripe_get("events?limit=100").await;
        let events = events["data"].as_array().expect("a list").iter().rev();
        events.map(|event| event["id"].as_str().expect("an id").to_owned()).collect()
    };
    assert_eq!(told.len(), 10 * OF_A_PAYMENT);
    until("all taken", || till.account().undelivered == 0 && hooks.count() >= 2 * told.len()).await;
    tokio::time::sleep(Duration::from_millis(600)).await;
    let mut copies = BTreeMap::<String, usize>::new();
    let mut first_seen = Vec::new();
    for (id, _) in hooks.came() {
        if !copies.contains_key(&id) {
            first_seen.push(id.clone());
        }
        *copies.entry(id).or_default() += 1;
    }
    assert!(copies.values().all(|copies| (2..=5).contains(copies)), "{copies:?}");
    assert_ne!(first_seen, told, "they came in order");
    assert!(hooks.most_at_once() > 1, "one after the other");
    assert!(till.set_post(Post { copies_min: 3, copies_max: 2, ..Post::default() }).is_err());
}

#[tokio::test]
async fn withheld_events_count_as_failed_until_they_are_released() {
    let (started, hooks) = start_with_hooks().await;
    let till = started.sandbox.till();
    started.poke("stripe/post", &json!({ "withheld": 100 })).await;
    let session = pay(&started).await;
    started.poke("stripe/post", &json!({})).await;
    pay(&started).await;
    until("the second payment's", || hooks.count() == OF_A_PAYMENT).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(hooks.count(), OF_A_PAYMENT);
    let withheld = started.stripe_get("events?delivery_success=false&type=checkout.session.completed").await;
    assert_eq!(withheld["data"][0]["data"]["object"]["id"], json!(session));
    assert_eq!(till.release(), OF_A_PAYMENT);
    until("all taken", || till.account().undelivered == 0).await;
    assert_eq!(hooks.count(), 2 * OF_A_PAYMENT);
}

#[tokio::test]
async fn a_restart_goes_on_with_what_was_not_taken_also_at_another_address() {
    let (started, hooks) = start_with_hooks().await;
    hooks.answer_with(500);
    let session = pay(&started).await;
    until("first tries", || hooks.count() == OF_A_PAYMENT).await;
    let Started { sandbox, data, .. } = started;
    sandbox.stop().await;
    let started = crate::started::start_in(data).await;
    let till = started.sandbox.till();
    assert_eq!(till.account().undelivered, OF_A_PAYMENT);
    let moved = Hooks::open().await;
    started.sandbox.add_stripe_webhook(moved.url(), SECRET).expect("added");
    until("all taken", || till.account().undelivered == 0).await;
    let kinds: BTreeSet<_> = moved.came().into_iter().map(|(_, kind)| kind).collect();
    assert!(kinds.contains("checkout.session.completed"), "{kinds:?} of {session}");
    assert_eq!(moved.count(), OF_A_PAYMENT);
    assert!(moved.signatures().iter().all(|signature| signature.starts_with("t=")));
}

/// A thousand payments are five thousand events; a debug build on two cores does it in seconds.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_payments_and_all_their_events_in_seconds() {
    let (started, hooks) = start_with_hooks().await;
    let till = started.sandbox.till();
    let session = started.session().await;
    let since = Instant::now();
    let form = crate::stripe::session("eur");
    let mut sessions = vec![session];
    for _ in 1..1_000 {
        sessions.push(started.stripe("checkout/sessions", &form).await.id());
    }
    for session in &sessions {
        till.pay(session, PayWith::Card(CARD)).expect("paid");
    }
    until("all taken", || till.account().undelivered == 0).await;
    let account = till.account();
    assert_eq!(
        (account.complete, account.payments.len(), hooks.count()),
        (1_000, 1_000, 1_000 * OF_A_PAYMENT)
    );
    assert_eq!(account.payments.iter().map(|payment| payment.amount).sum::<i64>(), 1_234_000);
    assert!(account.payments.iter().all(|payment| payment.metadata["order"] == "7"));
    assert!(since.elapsed() < Duration::from_mins(1), "{:?}", since.elapsed());
}
