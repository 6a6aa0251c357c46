//! What happens by itself after a while: expiries, delayed payments, disputes, late refunds.

use std::collections::BTreeSet;

use super::books::Books;
use super::cards::Fate;
use super::sessions::Status;

/// Due times in milliseconds since 1970, with what is due.
pub(super) type Agenda = BTreeSet<(u64, Due)>;

/// Something that is to happen, with the id of what it happens to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Due {
    /// A session that nobody paid.
    Expiry(String),
    /// The PaymentIntent of a delayed payment.
    Settlement(String),
    /// A charge whose customer complains.
    Dispute(String),
    Refund(String),
}

impl Books {
    /// Does what is due, and says when the next thing is, in milliseconds since 1970.
    pub(super) fn keep_appointments(&mut self) -> Option<u64> {
        while let Some((at, _)) = self.agenda.first() {
            if *at > self.now_ms {
                return Some(*at);
            }
            match self.agenda.pop_first() {
                Some((_, Due::Expiry(session))) => {
                    self.expire_session(&session);
                }
                Some((_, Due::Settlement(intent))) => {
                    let method = self.intents.get(&intent).and_then(|intent| intent.method.as_ref());
                    let paid = method.is_some_and(|method| method.fate == Fate::ClearsLate);
                    self.settle(&intent, paid);
                }
                Some((_, Due::Dispute(charge))) => {
                    // One that was disputed or refunded by hand in the meantime stays as it is.
                    self.open_dispute(&charge, "fraudulent").ok();
                }
                Some((_, Due::Refund(refund))) => self.settle_refund(&refund),
                None => {}
            }
        }
        None
    }

    /// Reads from the objects what was still to happen when the last run ended.
    pub(super) fn remember_appointments(&mut self) {
        let sessions = self.sessions.all().filter(|session| session.status == Status::Open);
        let sessions = sessions.map(|session| (session.expires_at * 1000, Due::Expiry(session.id.clone())));
        let intents = self.intents.all();
        let intents = intents.filter_map(|it| Some((it.settles_at_ms?, Due::Settlement(it.id.clone()))));
        let charges = self.charges.all();
        let charges = charges.filter_map(|it| Some((it.disputed_at_ms?, Due::Dispute(it.id.clone()))));
        let refunds = self.refunds.all();
        let refunds = refunds.filter_map(|it| Some((it.settles_at_ms?, Due::Refund(it.id.clone()))));
        self.agenda = sessions.chain(intents).chain(charges).chain(refunds).collect();
    }
}
