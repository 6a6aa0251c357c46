//! What takes days at Stripe: direct debits, disputes, late refunds.

use sandbox::{Pace, Paid, PayWith};
use serde_json::json;

use crate::started::{Started, start};
use crate::stripe::{CARD, until};

const SOON: Pace = Pace { settle_ms: 50, dispute_ms: 50, refund_ms: 50 };
const CLEARS: &str = "AT61 1904 3002 3457 3201";
const BOUNCES: &str = "AT861904300235473202";

#[tokio::test]
async fn a_direct_debit_is_complete_at_once_and_paid_later() {
    let started = start().await;
    let till = started.sandbox.till();
    till.set_pace(Pace { settle_ms: 300, ..SOON });
    let session = started.session().await;
    assert_eq!(till.pay(&session, PayWith::Iban(CLEARS)).expect("paid"), Paid::Complete);
    let now = started.stripe_get(&format!("checkout/sessions/{session}?expand[]=payment_intent")).await;
    assert_eq!((&now["status"], &now["payment_status"]), (&json!("complete"), &json!("unpaid")));
    assert_eq!(now["payment_intent"]["status"], "processing");
    assert!(till.account().payments.is_empty());
    until("the money", || till.account().payments.len() == 1).await;
    let then = started.stripe_get(&format!("checkout/sessions/{session}?expand[]=payment_intent")).await;
    assert_eq!((&then["status"], &then["payment_status"]), (&json!("complete"), &json!("paid")));
    assert_eq!(then["payment_intent"]["amount_received"], 1234);
    assert_eq!(
        started.kinds("").await,
        [
            "payment_intent.created",
            "charge.pending",
            "payment_intent.processing",
            "checkout.session.completed",
            "charge.succeeded",
            "payment_intent.succeeded",
            "checkout.session.async_payment_succeeded",
            "charge.updated",
        ]
    );
}

#[tokio::test]
async fn a_direct_debit_that_bounces_leaves_the_session_unpaid() {
    let started = start().await;
    let till = started.sandbox.till();
    till.set_pace(SOON);
    let session = started.session().await;
    till.pay(&session, PayWith::Iban(BOUNCES)).expect("paid");
    until("the refusal", || till.events_about(&session).len() == 2).await;
    let then = started.stripe_get(&format!("checkout/sessions/{session}?expand[]=payment_intent")).await;
    assert_eq!((&then["status"], &then["payment_status"]), (&json!("complete"), &json!("unpaid")));
    assert_eq!(then["payment_intent"]["last_payment_error"]["code"], "payment_method_debit_not_authorized");
    assert_eq!(started.kinds("type=checkout.session.*").await[1], "checkout.session.async_payment_failed");
    assert!(till.account().payments.is_empty());
    assert_eq!(till.pay(&session, PayWith::Card(CARD)).expect("an outcome"), Paid::Closed);
}

#[tokio::test]
async fn a_poke_decides_a_direct_debit_now_and_only_once() {
    let started = start().await;
    let till = started.sandbox.till();
    till.set_pace(Pace { settle_ms: 60_000, ..SOON });
    let session = started.session().await;
    started.poke("stripe/pay", &json!({ "session": session, "iban": CLEARS })).await;
    started.poke("stripe/settle", &json!({ "id": session, "paid": false })).await;
    assert!(till.settle(&session, true).is_err());
    assert!(till.account().payments.is_empty());
    let dollars = started.session_in("usd").await;
    assert!(till.pay(&dollars, PayWith::Iban(CLEARS)).is_err(), "SEPA takes euros only");
}

#[tokio::test]
async fn a_dispute_comes_by_itself_is_won_and_brings_the_money_back() {
    let started = start().await;
    let till = started.sandbox.till();
    till.set_pace(SOON);
    let session = started.session().await;
    till.pay(&session, PayWith::Card("4000000000000259")).expect("paid");
    until("the dispute", || till.account().payments[0].disputed).await;
    let disputes = started.stripe_get("disputes").await;
    let dispute = &disputes["data"][0];
    assert_eq!((&dispute["status"], &dispute["amount"]), (&json!("needs_response"), &json!(1234)));
    assert_eq!(dispute["payment_method_details"]["card"]["network"], "visa");
    let refund = started.stripe("refunds", &[("charge", &till.account().payments[0].charge)]).await;
    assert_eq!((refund.status, &refund.body["error"]["code"]), (400, &json!("charge_disputed")));
    let id = dispute["id"].as_str().expect("an id");
    till.close_dispute(id, true).expect("closed");
    assert!(!till.account().payments[0].disputed);
    assert_eq!(
        started.kinds("type=charge.dispute.*").await,
        [
            "charge.dispute.created",
            "charge.dispute.funds_withdrawn",
            "charge.dispute.funds_reinstated",
            "charge.dispute.updated",
            "charge.dispute.closed",
        ]
    );
}

#[tokio::test]
async fn a_dispute_by_hand_is_lost_when_the_shop_gives_in() {
    let started = start().await;
    let till = started.sandbox.till();
    let session = started.session().await;
    till.pay(&session, PayWith::Card(CARD)).expect("paid");
    let dispute = till.dispute(&session).expect("opened");
    assert!(till.dispute(&session).is_err());
    let closed = started.stripe(&format!("disputes/{dispute}/close"), &[]).await;
    assert_eq!((closed.status, &closed.body["status"]), (200, &json!("lost")));
    assert!(till.account().payments[0].disputed);
}

#[tokio::test]
async fn refunds_come_late_fail_late_and_are_made_elsewhere() {
    let started = start().await;
    let till = started.sandbox.till();
    till.set_pace(Pace { refund_ms: 250, ..SOON });
    let late = paid(&started, "4000000000007726").await;
    let refund = started.stripe("refunds", &[("payment_intent", &late), ("amount", "200")]).await;
    assert_eq!(refund.body["status"], "pending");
    let failing = paid(&started, "4000000000005126").await;
    let refund_that_fails = started.stripe("refunds", &[("payment_intent", &failing)]).await;
    assert_eq!(refund_that_fails.body["status"], "succeeded");
    assert_eq!(till.account().payments[1].refunded, 1234);
    until("the failure", || till.account().payments[1].refunded == 0).await;
    assert_eq!(till.account().payments[0].refunded, 200);
    let read = async |refund: &str| started.stripe_get(&format!("refunds/{refund}")).await["status"].clone();
    assert_eq!(read(&refund.id()).await, "succeeded");
    assert_eq!(read(&refund_that_fails.id()).await, "failed");
    assert_eq!(
        started.kinds("types[]=refund.*").await,
        ["refund.created", "refund.created", "refund.updated", "refund.updated", "refund.failed"]
    );
    till.refund(&late, Some(34)).expect("refunded in the dashboard");
    assert!(till.refund(&late, Some(5_000)).is_err());
    assert_eq!(till.account().payments[0].refunded, 234);
}

/// Pays a session with a card, and says with which PaymentIntent.
async fn paid(started: &Started, card: &str) -> String {
    let session = started.session().await;
    let till = started.sandbox.till();
    till.pay(&session, PayWith::Card(card)).expect("paid");
    till.account().payments.last().expect("a payment").intent.clone()
}
