//! What is true of a session at its provider at one moment, in no provider's words.

use chrono::{DateTime, Utc};

use super::{LedgerKind, SessionState, ledger::Movement};
use crate::Cause;

/// Where a session stands at its provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RemoteState {
    /// The customer can pay.
    Open,
    /// The customer did what they had to.
    Complete,
    /// Nobody paid, and nobody can any more.
    Expired,
}

/// Whether the money of a session is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RemotePayment {
    /// No.
    Unpaid,
    /// It is on its way.
    Processing,
    /// Yes.
    Paid,
    /// None was to be paid.
    NoneNeeded,
    /// It will not come.
    Failed,
}

/// All that is true of a session at one moment, in no provider's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// What it is called there.
    pub reference: String,
    /// The payment that came of it.
    pub payment_ref: Option<String>,
    /// Where it stands.
    pub state: RemoteState,
    /// Whether the money is there.
    pub payment: RemotePayment,
    /// What was asked for, in the smallest unit.
    pub amount: i64,
    /// Three capital letters (ISO 4217).
    pub currency: String,
    /// Money that came.
    pub charges: Vec<Charge>,
    /// Money that went back, or is to go back.
    pub refunds: Vec<Refund>,
    /// Money that the customer's bank wants back.
    pub disputes: Vec<Dispute>,
}

/// Money that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// What it is called there.
    pub reference: String,
    /// In the smallest unit.
    pub amount: i64,
    /// Three capital letters (ISO 4217).
    pub currency: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// How a refund stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefundState {
    /// It is on its way.
    Pending,
    /// It went back.
    Succeeded,
    /// It did not arrive, and is with us again.
    Failed,
}

/// Money that went back, or is to go back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    /// What it is called there.
    pub reference: String,
    /// In the smallest unit.
    pub amount: i64,
    /// Three capital letters (ISO 4217).
    pub currency: String,
    /// How it stands.
    pub state: RefundState,
    /// When it was asked for.
    pub at: DateTime<Utc>,
}

/// How a dispute stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DisputeState {
    /// The bank has not decided.
    Open,
    /// The money stays with us.
    Won,
    /// The bank keeps it.
    Lost,
}

/// Money that the customer's bank wants back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dispute {
    /// What it is called there.
    pub reference: String,
    /// In the smallest unit.
    pub amount: i64,
    /// Three capital letters (ISO 4217).
    pub currency: String,
    /// How it stands.
    pub state: DisputeState,
    /// When it began.
    pub at: DateTime<Utc>,
}

impl Facts {
    /// The state that follows from them.
    pub(super) fn session_state(&self) -> SessionState {
        match (self.state, self.payment) {
            (RemoteState::Open, _) => SessionState::Open,
            (RemoteState::Expired, _) => SessionState::Expired,
            (RemoteState::Complete, RemotePayment::Paid | RemotePayment::NoneNeeded) => {
                SessionState::Complete
            }
            (RemoteState::Complete, RemotePayment::Unpaid | RemotePayment::Processing) => {
                SessionState::Processing
            }
            (RemoteState::Complete, RemotePayment::Failed) => SessionState::Failed,
        }
    }

    /// What came of it, whether or not it went back, in the smallest unit of whatever currency it is in.
    pub(super) fn charged(&self) -> i64 {
        self.charges.iter().map(|charge| charge.amount).fold(0, i64::saturating_add)
    }

    /// What moved, in an order in which it can have moved. A refund that failed went out before, and a dispute that is decided
    /// was open, whether or not we saw it.
    pub(super) fn movements(&self, cause: &Cause) -> Vec<Movement<'_>> {
        let charges = self.charges.iter().map(|charge| Movement {
            kind: LedgerKind::Charge,
            reference: &charge.reference,
            amount: charge.amount,
            currency: &charge.currency,
            occurred_at: charge.at,
        });
        let refunds = self.refunds.iter().flat_map(|refund| {
            let out = Movement {
                kind: LedgerKind::Refund,
                reference: &refund.reference,
                amount: refund.amount,
                currency: &refund.currency,
                occurred_at: refund.at,
            };
            match refund.state {
                RefundState::Pending => vec![],
                RefundState::Succeeded => vec![out],
                RefundState::Failed => {
                    vec![out, Movement { kind: LedgerKind::RefundFailed, occurred_at: cause.at, ..out }]
                }
            }
        });
        let disputes = self.disputes.iter().flat_map(|dispute| {
            let begun = Movement {
                kind: LedgerKind::Dispute,
                reference: &dispute.reference,
                amount: dispute.amount,
                currency: &dispute.currency,
                occurred_at: dispute.at,
            };
            let ended = |kind| Movement { kind, occurred_at: cause.at, ..begun };
            match dispute.state {
                DisputeState::Open => vec![begun],
                DisputeState::Won => vec![begun, ended(LedgerKind::DisputeWon)],
                DisputeState::Lost => vec![begun, ended(LedgerKind::DisputeLost)],
            }
        });
        charges.chain(refunds).chain(disputes).filter(|movement| movement.amount > 0).collect()
    }
}
