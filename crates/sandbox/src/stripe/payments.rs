//! What happens when a customer pays: at once, after a step with the bank, later, or not at all.

use super::agenda::Due;
use super::books::Books;
use super::cards::{self, Decline, Fate};
use super::charges::{self, Charge};
use super::ids;
use super::intents::{self, Failure, Intent};
use super::methods::{Kind, Method};
use super::sessions::{Customer, PaymentStatus, Session, Status};

/// What a customer pays with, as typed.
#[derive(Clone, Debug)]
pub(super) enum Means {
    Card(String),
    Iban(String),
    /// Nothing, as nothing is to be paid.
    Nothing,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Outcome {
    /// The session is complete; the money may come later.
    Complete,
    /// The customer has to pass a step with the bank first.
    Challenged,
    Declined(Decline),
    /// The session is no longer open.
    Closed,
    /// The number is none of a card's, or not one of the test accounts.
    WrongNumber,
    /// The session does not take this way of paying.
    NotOffered,
}

impl Books {
    /// One try of a customer's.
    pub(super) fn pay(
        &mut self,
        session: &str,
        means: &Means,
        customer: Customer,
        shipping: Option<usize>,
    ) -> Outcome {
        let (now, now_ms, pace) = (self.now(), self.now_ms, self.pace);
        let Some(session) = self.sessions.change(session).filter(|session| session.is_payable(now)) else {
            return Outcome::Closed;
        };
        if let Some(chosen) = shipping.filter(|chosen| *chosen < session.shipping.len()) {
            session.chosen = chosen;
        }
        let email = customer.email.or_else(|| session.customer_email.clone());
        let customer = Customer { email, name: customer.name };
        if session.total() == 0 {
            session.customer_details = Some(customer);
            session.payment_status = PaymentStatus::NoPaymentRequired;
            let id = session.id.clone();
            self.complete(&id);
            return Outcome::Complete;
        }
        let method = match method(session, means) {
            Ok(method) => method,
            Err(outcome) => return outcome,
        };
        session.customer_details = Some(customer.clone());
        let session = session.clone();
        let intent = self.intent_of(&session);
        let fate = method.fate;
        if let Some(intent) = self.intents.change(&intent) {
            intent.amount = session.total();
            intent.method = Some(method.clone());
            intent.last_error = None;
        }
        match fate {
            Fate::Declined(decline) => {
                self.charge_failed(&intent, method, customer, decline);
                Outcome::Declined(decline)
            }
            Fate::Challenged => {
                if let Some(intent) = self.intents.change(&intent) {
                    intent.status = intents::Status::RequiresAction;
                }
                self.emit_intent("payment_intent.requires_action", &intent);
                Outcome::Challenged
            }
            Fate::ClearsLate | Fate::Bounces => {
                let charge = self.charge_made(&intent, method, customer, charges::Status::Pending);
                let at = now_ms + pace.settle_ms;
                if let Some(intent) = self.intents.change(&intent) {
                    intent.status = intents::Status::Processing;
                    intent.settles_at_ms = Some(at);
                }
                self.agenda.insert((at, Due::Settlement(intent.clone())));
                self.emit_charge("charge.pending", &charge);
                self.emit_intent("payment_intent.processing", &intent);
                self.complete(&session.id);
                Outcome::Complete
            }
            Fate::Pays | Fate::PaysThenDisputed | Fate::RefundsLate | Fate::RefundsFail => {
                self.succeed(&intent, method, customer);
                Outcome::Complete
            }
        }
    }

    /// The customer comes back from the bank's page.
    pub(super) fn answer_challenge(&mut self, session: &str, passed: bool) -> Outcome {
        let now = self.now();
        let Some(session) = self.sessions.get(session).filter(|session| session.is_payable(now)).cloned()
        else {
            return Outcome::Closed;
        };
        let intent = session.intent.as_ref().and_then(|id| self.intents.change(id));
        let Some(intent) = intent.filter(|intent| intent.status == intents::Status::RequiresAction) else {
            return Outcome::Closed;
        };
        let (id, Some(mut method)) = (intent.id.clone(), intent.method.clone()) else {
            return Outcome::Closed;
        };
        if !passed {
            intent.status = intents::Status::RequiresPaymentMethod;
            intent.last_error = Some(Failure { decline: Decline::Authentication, charge: None });
            self.emit_intent("payment_intent.payment_failed", &id);
            return Outcome::Declined(Decline::Authentication);
        }
        method.authenticated = true;
        self.succeed(&id, method, session.customer_details.unwrap_or_default());
        Outcome::Complete
    }

    /// A delayed payment is decided. False when it was already.
    pub(super) fn settle(&mut self, intent: &str, paid: bool) -> bool {
        let Some(intent) = self.intents.change(intent) else { return false };
        if intent.status != intents::Status::Processing {
            return false;
        }
        intent.settles_at_ms = None;
        let (id, session, charge) = (intent.id.clone(), intent.session.clone(), intent.latest_charge.clone());
        let charge = charge.unwrap_or_default();
        if paid {
            intent.status = intents::Status::Succeeded;
            if let Some(charge) = self.charges.change(&charge) {
                charge.status = charges::Status::Succeeded;
            }
            self.emit_charge("charge.succeeded", &charge);
            self.emit_intent("payment_intent.succeeded", &id);
            if let Some(session) = self.sessions.change(&session) {
                session.payment_status = PaymentStatus::Paid;
            }
            self.emit_session("checkout.session.async_payment_succeeded", &session);
            self.book(&charge);
        } else {
            intent.status = intents::Status::RequiresPaymentMethod;
            intent.last_error = Some(Failure { decline: Decline::Debit, charge: Some(charge.clone()) });
            if let Some(charge) = self.charges.change(&charge) {
                charge.status = charges::Status::Failed;
                charge.decline = Some(Decline::Debit);
            }
            self.emit_charge("charge.failed", &charge);
            self.emit_intent("payment_intent.payment_failed", &id);
            self.emit_session("checkout.session.async_payment_failed", &session);
        }
        true
    }

    /// Money moves: charge, PaymentIntent and session, told in that order.
    fn succeed(&mut self, intent: &str, method: Method, customer: Customer) {
        let disputed = method.fate == Fate::PaysThenDisputed;
        let charge = self.charge_made(intent, method, customer, charges::Status::Succeeded);
        let Some(known) = self.intents.change(intent) else { return };
        known.status = intents::Status::Succeeded;
        let session = known.session.clone();
        self.emit_charge("charge.succeeded", &charge);
        self.emit_intent("payment_intent.succeeded", intent);
        if let Some(session) = self.sessions.change(&session) {
            session.payment_status = PaymentStatus::Paid;
        }
        self.complete(&session);
        self.book(&charge);
        if disputed {
            let at = self.now_ms + self.pace.dispute_ms;
            if let Some(charge) = self.charges.change(&charge) {
                charge.disputed_at_ms = Some(at);
            }
            self.agenda.insert((at, Due::Dispute(charge)));
        }
    }

    /// The PaymentIntent of a session, made now when this is the first try.
    fn intent_of(&mut self, session: &Session) -> String {
        if let Some(id) = &session.intent {
            return id.clone();
        }
        let intent = Intent::of(session, self.now());
        let id = intent.id.clone();
        let rendered = intent.render(&self.base);
        self.intents.put(intent);
        if let Some(session) = self.sessions.change(&session.id) {
            session.intent = Some(id.clone());
        }
        self.emit("payment_intent.created", &rendered);
        id
    }

    fn charge_made(
        &mut self,
        intent: &str,
        method: Method,
        customer: Customer,
        status: charges::Status,
    ) -> String {
        let now = self.now();
        let Some(intent) = self.intents.change(intent) else { return String::new() };
        let charge = Charge::of(intent, method, customer, status, now);
        let id = charge.id.clone();
        intent.latest_charge = Some(id.clone());
        self.charges.put(charge);
        id
    }

    fn charge_failed(&mut self, intent: &str, method: Method, customer: Customer, decline: Decline) {
        let id = self.charge_made(intent, method, customer, charges::Status::Failed);
        if let Some(charge) = self.charges.change(&id) {
            charge.decline = Some(decline);
        }
        if let Some(intent) = self.intents.change(intent) {
            intent.status = intents::Status::RequiresPaymentMethod;
            intent.last_error = Some(Failure { decline, charge: Some(id.clone()) });
        }
        self.emit_charge("charge.failed", &id);
        self.emit_intent("payment_intent.payment_failed", intent);
    }

    /// The balance knows of the charge a moment later, and Stripe tells of that too.
    fn book(&mut self, charge: &str) {
        if let Some(charge) = self.charges.change(charge) {
            charge.balance_transaction = Some(ids::new("txn_3", 23));
        }
        self.emit_charge("charge.updated", charge);
    }

    fn complete(&mut self, session: &str) {
        if let Some(session) = self.sessions.change(session) {
            session.status = Status::Complete;
        }
        self.emit_session("checkout.session.completed", session);
    }

    fn emit_session(&mut self, kind: &str, id: &str) {
        if let Some(rendered) = self.sessions.get(id).map(|session| session.render(&self.base)) {
            self.emit(kind, &rendered);
        }
    }
}

fn method(session: &Session, means: &Means) -> Result<Method, Outcome> {
    let offers = |kind: Kind| session.methods.iter().any(|method| method == kind.name());
    match means {
        Means::Card(number) if offers(Kind::Card) => {
            let number = cards::bare(number);
            let fate = cards::card(&number).ok_or(Outcome::WrongNumber)?;
            Ok(Method::new(Kind::Card, &number, fate))
        }
        Means::Iban(number) if offers(Kind::SepaDebit) => {
            let number = cards::bare(number);
            let fate = cards::iban(&number).ok_or(Outcome::WrongNumber)?;
            Ok(Method::new(Kind::SepaDebit, &number, fate))
        }
        Means::Card(_) | Means::Iban(_) | Means::Nothing => Err(Outcome::NotOffered),
    }
}
