//! The stand-in from inside the process: what journeys do a thousand times, without a page or a wire.

mod shown;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{anyhow, ensure};
use serde::Serialize;

use super::books::Cause;
use super::params::Metadata;
use super::payments::{Means, Outcome};
use super::sessions::{Customer, Session, Status};
use super::{Order, Pace, Post, Stripe, charges};

pub(crate) use shown::Shown;

/// A handle on the Stripe stand-in. Clones are handles on the same one.
#[derive(Clone)]
pub struct Till(pub(crate) Arc<Stripe>);

/// What a customer pays with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PayWith<'a> {
    /// A card by its number, one of Stripe's test cards.
    Card(&'a str),
    /// SEPA Direct Debit from an IBAN, one of Stripe's test accounts; euros only, and settled later.
    Iban(&'a str),
    /// Nothing, for a total of zero.
    Nothing,
}

/// What came of a try to pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Paid {
    /// The session is complete; a direct debit's money comes later, or does not.
    Complete,
    /// The customer has to pass a step with the bank first: [`Till::answer_challenge`].
    Challenged,
    /// The bank said no; the session stays open.
    Declined,
    /// The session is complete already, or expired.
    Closed,
}

/// Money that came in, as Stripe's books have it. Amounts are in the currency's smallest unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Payment {
    /// `pi_…`.
    pub intent: String,
    /// `ch_…`.
    pub charge: String,
    /// `cs_…`.
    pub session: String,
    /// What was charged.
    pub amount: i64,
    /// How much of it was given back.
    pub refunded: i64,
    /// Three small letters.
    pub currency: String,
    /// Whether the customer's bank has it back.
    pub disputed: bool,
    /// The PaymentIntent's metadata: an order's id, if the shop said it.
    pub metadata: BTreeMap<String, String>,
}

/// What happened since the sandbox's data was new, for a test to hold its own books against.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Account {
    /// Sessions made.
    pub sessions: usize,
    /// Of these, still open.
    pub open: usize,
    /// Of these, expired.
    pub expired: usize,
    /// Of these, complete.
    pub complete: usize,
    /// Events told.
    pub events: usize,
    /// Events that not every endpoint has taken.
    pub undelivered: usize,
    /// Refunds that did not fail.
    pub refunds: usize,
    /// Money that came in, oldest first.
    pub payments: Vec<Payment>,
}

impl Till {
    /// Tells an endpoint of everything from now on, and of what waits for it. Returns its id, `we_…`.
    pub fn add_webhook(&self, url: &str, secret: &str) -> anyhow::Result<String> {
        self.0.give_webhook(url, secret)
    }

    /// One try of a customer's to pay a session.
    ///
    /// # Errors
    /// If there is no such session, the number is none, or the session does not take this way of paying.
    pub fn pay(&self, session: &str, with: PayWith) -> anyhow::Result<Paid> {
        let means = match with {
            PayWith::Card(number) => Means::Card(number.to_owned()),
            PayWith::Iban(number) => Means::Iban(number.to_owned()),
            PayWith::Nothing => Means::Nothing,
        };
        self.known(session)?;
        let customer = Customer { email: None, name: Some("Ada Example".to_owned()) };
        let outcome = self.0.change(Cause::default(), |books| books.pay(session, &means, customer, None));
        paid(outcome)
    }

    /// The customer comes back from the bank's page.
    ///
    /// # Errors
    /// If there is no such session.
    pub fn answer_challenge(&self, session: &str, passed: bool) -> anyhow::Result<Paid> {
        self.known(session)?;
        paid(self.0.change(Cause::default(), |books| books.answer_challenge(session, passed)))
    }

    /// Expires a session now.
    ///
    /// # Errors
    /// If it is not open.
    pub fn expire(&self, session: &str) -> anyhow::Result<()> {
        let was_open = self.0.change(Cause::default(), |books| books.expire_session(session));
        ensure!(was_open, "{session} is no open session");
        Ok(())
    }

    /// Decides a direct debit now, by its session or its PaymentIntent.
    ///
    /// # Errors
    /// If none is under way there.
    pub fn settle(&self, id: &str, paid: bool) -> anyhow::Result<()> {
        let intent = self.intent(id);
        let settled = self.0.change(Cause::default(), |books| books.settle(&intent, paid));
        ensure!(settled, "no delayed payment is under way in {id}");
        Ok(())
    }

    /// The customer's bank takes a payment back, named by its session, PaymentIntent or charge. Returns the dispute's id.
    ///
    /// # Errors
    /// If there is no money that could be disputed.
    pub fn dispute(&self, id: &str) -> anyhow::Result<String> {
        let charge = self.charge(id);
        let opened = self.0.change(Cause::default(), |books| books.open_dispute(&charge, "fraudulent"));
        opened.map_err(|refusal| anyhow!(refusal.message))
    }

    /// The bank decides a dispute.
    ///
    /// # Errors
    /// If it is not open.
    pub fn close_dispute(&self, dispute: &str, won: bool) -> anyhow::Result<()> {
        let closed = self.0.change(Cause::default(), |books| books.close_dispute(dispute, won));
        closed.map_err(|refusal| anyhow!(refusal.message))
    }

    /// Gives money back as somebody does in Stripe's dashboard, without the shop; all that is left unless an amount is said.
    /// The payment is named by its session, PaymentIntent or charge. Returns the refund's id.
    ///
    /// # Errors
    /// If there is not as much to give back.
    pub fn refund(&self, id: &str, amount: Option<i64>) -> anyhow::Result<String> {
        let charge = self.charge(id);
        let refunded =
            self.0.change(Cause::default(), |books| books.refund(&charge, amount, None, Metadata::new()));
        let refund = refunded.map_err(|refusal| anyhow!(refusal.message))?;
        Ok(refund["id"].as_str().unwrap_or_default().to_owned())
    }

    /// How events are delivered from now on.
    ///
    /// # Errors
    /// If the numbers make no sense.
    pub fn set_post(&self, post: Post) -> anyhow::Result<()> {
        ensure!(post.is_valid(), "copies and at_once are at least 1, and shares at most 100");
        self.0.change(Cause::default(), |books| books.post = post);
        Ok(())
    }

    /// How events are delivered.
    pub fn post(&self) -> Post {
        self.0.read(|books| books.post)
    }

    /// How long things take that take days at Stripe, from now on.
    pub fn set_pace(&self, pace: Pace) {
        self.0.change(Cause::default(), |books| books.pace = pace);
    }

    /// How long things take.
    pub fn pace(&self) -> Pace {
        self.0.read(|books| books.pace)
    }

    /// Delivers what was withheld, as the knobs say now. Returns how many deliveries that were.
    pub fn release(&self) -> usize {
        self.0.change(Cause::default(), super::books::Books::release)
    }

    /// Delivers an event once more.
    ///
    /// # Errors
    /// If there is no such event.
    pub fn resend(&self, event: &str) -> anyhow::Result<()> {
        ensure!(self.0.change(Cause::default(), |books| books.resend(event)), "there is no event {event}");
        Ok(())
    }

    /// Hangs up on every call of the API for so long; zero ends it.
    pub fn go_down(&self, time: Duration) {
        self.0.weather.go_down(time);
    }

    /// Every call of the API takes so much longer; zero ends it.
    pub fn slow_down(&self, time: Duration) {
        self.0.weather.slow_down(time);
    }

    /// How the next calls of the API are answered.
    pub fn order(&self, order: Order) {
        self.0.weather.order(order);
    }

    /// What happened so far.
    pub fn account(&self) -> Account {
        self.0.read(|books| {
            let mut account =
                Account { sessions: books.sessions.len(), events: books.events.len(), ..Account::default() };
            for session in books.sessions.all() {
                match session.status {
                    Status::Open => account.open += 1,
                    Status::Expired => account.expired += 1,
                    Status::Complete => account.complete += 1,
                }
            }
            account.undelivered = books.events.all().filter(|event| books.pending(event) > 0).count();
            let refunds = books.refunds.all();
            account.refunds =
                refunds.filter(|refund| refund.status != super::refunds::Status::Failed).count();
            for charge in books.charges.all().filter(|charge| charge.status == charges::Status::Succeeded) {
                let intent = books.intents.get(&charge.intent);
                account.payments.push(Payment {
                    intent: charge.intent.clone(),
                    charge: charge.id.clone(),
                    session: intent.map(|intent| intent.session.clone()).unwrap_or_default(),
                    amount: charge.amount,
                    refunded: charge.amount_refunded,
                    currency: charge.currency.clone(),
                    disputed: charge.disputed,
                    metadata: charge.metadata.clone(),
                });
            }
            account
        })
    }

    /// The ids of the events about an object, oldest first, each with its type.
    pub fn events_about(&self, id: &str) -> Vec<(String, String)> {
        self.0.read(|books| {
            let about = books.events.all().filter(|event| event.about == id);
            about.map(|event| (event.id.clone(), event.kind.clone())).collect()
        })
    }

    /// How many calls of the API there were, by method and path with `:id` for ids.
    pub fn calls(&self) -> BTreeMap<String, u64> {
        self.0.calls.read().by_path
    }

    fn known(&self, session: &str) -> anyhow::Result<()> {
        ensure!(self.0.read(|books| books.sessions.get(session).is_some()), "there is no session {session}");
        Ok(())
    }

    fn intent(&self, id: &str) -> String {
        let of = |session: &Session| session.intent.clone();
        self.0.read(|books| books.sessions.get(id).and_then(of)).unwrap_or_else(|| id.to_owned())
    }

    fn charge(&self, id: &str) -> String {
        let intent = self.intent(id);
        let charge = self.0.read(|books| books.intents.get(&intent).and_then(|it| it.latest_charge.clone()));
        charge.unwrap_or(intent)
    }
}

fn paid(outcome: Outcome) -> anyhow::Result<Paid> {
    match outcome {
        Outcome::Complete => Ok(Paid::Complete),
        Outcome::Challenged => Ok(Paid::Challenged),
        Outcome::Declined(_) => Ok(Paid::Declined),
        Outcome::Closed => Ok(Paid::Closed),
        Outcome::WrongNumber => Err(anyhow!("that is no card's number, or none of the test accounts")),
        Outcome::NotOffered => Err(anyhow!("the session does not take this way of paying")),
    }
}
