//! The ledger: money that moved, as the provider says. Rows are added and never changed; whether an order is paid follows from
//! them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sqlx::PgTransaction;

use super::{LedgerKind, SessionState, disputes};
use crate::{
    Cause,
    ids::{LedgerEntryId, OrderId},
    money::{Currency, Money},
    orders::PaymentStatus,
};

/// One movement of money, as far as it decides whether an order is paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Which way.
    pub kind: LedgerKind,
    /// The charge, refund or dispute that it is of.
    pub reference: String,
    /// In the smallest unit of its currency.
    pub amount: i64,
    /// Three capital letters (ISO 4217). It may be one that we do not sell in.
    pub currency: String,
}

impl Entry {
    /// What it adds to what is there, in the smallest unit: below zero if it went away from us. `all` are the entries of its order.
    pub fn signed(&self, all: &[Self]) -> i64 {
        let came_back = || {
            all.iter().any(|other| other.kind == LedgerKind::DisputeWon && other.reference == self.reference)
        };
        match self.kind {
            LedgerKind::Charge | LedgerKind::RefundFailed | LedgerKind::DisputeWon => self.amount,
            LedgerKind::Refund | LedgerKind::Dispute => -self.amount,
            // It is gone since the dispute began, unless that was said to be won meanwhile.
            LedgerKind::DisputeLost => {
                if came_back() {
                    -self.amount
                } else {
                    0
                }
            }
        }
    }
}

/// What is there, by currency, in the smallest unit.
pub(crate) fn balances(entries: &[Entry]) -> BTreeMap<&str, i64> {
    let mut balances = BTreeMap::<_, i64>::new();
    for entry in entries {
        let balance = balances.entry(entry.currency.as_str()).or_default();
        *balance = balance.saturating_add(entry.signed(entries));
    }
    balances
}

/// What we sent back and arrived there, in the smallest unit of this currency.
pub(crate) fn given_back(entries: &[Entry], currency: Currency) -> i64 {
    let sent = sum(entries, LedgerKind::Refund, currency);
    sent.saturating_sub(sum(entries, LedgerKind::RefundFailed, currency)).max(0)
}

fn sum(entries: &[Entry], kind: LedgerKind, currency: Currency) -> i64 {
    let ours = entries.iter().filter(|entry| entry.kind == kind && entry.currency == currency.code());
    ours.map(|entry| entry.amount).fold(0, i64::saturating_add)
}

/// A movement of money to be written down.
#[derive(Debug, Clone, Copy)]
pub(super) struct Movement<'a> {
    pub kind: LedgerKind,
    pub reference: &'a str,
    pub amount: i64,
    pub currency: &'a str,
    pub occurred_at: DateTime<Utc>,
}

/// Whether an order of this total is paid, by what moved and where its session stands. Money in another currency counts as none:
/// a hold says that it is there. What is there and less than the total, without anything having gone back, is still to come.
pub fn payment_status(entries: &[Entry], session: Option<SessionState>, total: Money) -> PaymentStatus {
    if disputes::any_stands(entries) {
        return PaymentStatus::Disputed;
    }
    let charged = sum(entries, LedgerKind::Charge, total.currency);
    let returned = given_back(entries, total.currency);
    if charged == 0 {
        return match session {
            _ if total.amount == 0 => PaymentStatus::Paid,
            Some(SessionState::Processing) => PaymentStatus::Pending,
            Some(SessionState::Failed) => PaymentStatus::Failed,
            Some(
                SessionState::Opening | SessionState::Open | SessionState::Complete | SessionState::Expired,
            )
            | None => PaymentStatus::None,
        };
    }
    let kept = charged.saturating_sub(returned);
    if kept <= 0 {
        PaymentStatus::Refunded
    } else if kept > total.amount {
        PaymentStatus::Overpaid
    } else if kept == total.amount {
        PaymentStatus::Paid
    } else if returned > 0 {
        PaymentStatus::PartiallyRefunded
    } else {
        PaymentStatus::Pending
    }
}

/// Writes a movement down. Whether it is a new one.
pub(super) async fn add(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    order_id: OrderId,
    provider: &str,
    movement: Movement<'_>,
) -> sqlx::Result<bool> {
    let added = sqlx::query!(
        "insert into ledger_entries (id, order_id, provider, kind, amount, currency, provider_ref, occurred_at, recorded_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict on constraint ledger_entries_once do nothing",
        LedgerEntryId::new(cause.at) as LedgerEntryId,
        order_id as OrderId,
        provider,
        movement.kind as LedgerKind,
        movement.amount,
        movement.currency,
        movement.reference,
        movement.occurred_at,
        cause.at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(added.rows_affected() == 1)
}

/// All that moved for an order, oldest first.
pub(crate) async fn entries(tx: &mut PgTransaction<'_>, order_id: OrderId) -> sqlx::Result<Vec<Entry>> {
    sqlx::query_as!(
        Entry,
        r#"select kind as "kind: LedgerKind", provider_ref as reference, amount, currency
           from ledger_entries where order_id = $1 order by id"#,
        order_id as OrderId,
    )
    .fetch_all(&mut **tx)
    .await
}

/// Computes anew whether an order is paid, and keeps it for lists. The caller holds the order's row.
pub(crate) async fn settle(tx: &mut PgTransaction<'_>, order_id: OrderId) -> sqlx::Result<PaymentStatus> {
    let entries = entries(tx, order_id).await?;
    // The one whose money is on its way decides, else the newest.
    let session = sqlx::query_scalar!(
        r#"select state as "state: SessionState" from payment_sessions where order_id = $1
           order by state = 'processing' desc, id desc limit 1"#,
        order_id as OrderId,
    )
    .fetch_optional(&mut **tx)
    .await?;
    let order = sqlx::query!(
        r#"select total, currency as "currency: Currency" from orders where id = $1"#,
        order_id as OrderId,
    )
    .fetch_one(&mut **tx)
    .await?;
    let status = payment_status(&entries, session, Money::new(order.total, order.currency));
    sqlx::query!(
        "update orders set payment_status = $2 where id = $1 and payment_status <> $2",
        order_id as OrderId,
        status as PaymentStatus,
    )
    .execute(&mut **tx)
    .await?;
    Ok(status)
}

#[cfg(test)]
mod tests {
    use strum::VariantArray;

    use super::*;

    const TOTAL: Money = Money { amount: 1_000, currency: Currency::Eur };

    fn entry(kind: LedgerKind, reference: &str, amount: i64) -> Entry {
        Entry { kind, reference: reference.to_owned(), amount, currency: "EUR".to_owned() }
    }

    #[test]
    fn what_moved_says_whether_it_is_paid() {
        use LedgerKind::{Charge, Dispute, DisputeLost, DisputeWon, Refund, RefundFailed};
        let paid = || entry(Charge, "ch_1", 1_000);
        for (entries, expected) in [
            (vec![], PaymentStatus::None),
            (vec![paid()], PaymentStatus::Paid),
            (vec![entry(Charge, "ch_1", 999)], PaymentStatus::Pending),
            (vec![paid(), entry(Charge, "ch_2", 1_000)], PaymentStatus::Overpaid),
            (vec![paid(), entry(Charge, "ch_2", 1_000), entry(Refund, "re_1", 1_000)], PaymentStatus::Paid),
            (vec![paid(), entry(Refund, "re_1", 1)], PaymentStatus::PartiallyRefunded),
            (vec![paid(), entry(Refund, "re_1", 400), entry(Refund, "re_2", 600)], PaymentStatus::Refunded),
            (vec![paid(), entry(Refund, "re_1", 400), entry(RefundFailed, "re_1", 400)], PaymentStatus::Paid),
            (vec![paid(), entry(Dispute, "dp_1", 1_000)], PaymentStatus::Disputed),
            (
                vec![paid(), entry(Dispute, "dp_1", 1_000), entry(DisputeWon, "dp_1", 1_000)],
                PaymentStatus::Paid,
            ),
            (
                vec![paid(), entry(Dispute, "dp_1", 1_000), entry(DisputeWon, "dp_2", 1_000)],
                PaymentStatus::Disputed,
            ),
            (
                vec![paid(), entry(Dispute, "dp_1", 1_000), entry(DisputeLost, "dp_1", 1_000)],
                PaymentStatus::Disputed,
            ),
            // Also if it was won, whichever of the two was read first.
            (
                vec![
                    paid(),
                    entry(Dispute, "dp_1", 1_000),
                    entry(DisputeWon, "dp_1", 1_000),
                    entry(DisputeLost, "dp_1", 1_000),
                ],
                PaymentStatus::Disputed,
            ),
            (vec![Entry { currency: "XYZ".to_owned(), ..paid() }], PaymentStatus::None),
        ] {
            assert_eq!(payment_status(&entries, None, TOTAL), expected, "{entries:?}");
        }
    }

    #[test]
    fn what_is_there_is_what_came_less_what_went() {
        use LedgerKind::{Charge, Dispute, DisputeLost, DisputeWon, Refund, RefundFailed};
        let paid = || entry(Charge, "ch_1", 1_000);
        let dispute = |kind| entry(kind, "dp_1", 600);
        for (entries, expected) in [
            (vec![paid()], 1_000),
            (vec![paid(), entry(Refund, "re_1", 300)], 700),
            (vec![paid(), entry(Refund, "re_1", 300), entry(RefundFailed, "re_1", 300)], 1_000),
            (vec![paid(), dispute(Dispute)], 400),
            (vec![paid(), dispute(Dispute), dispute(DisputeWon)], 1_000),
            (vec![paid(), dispute(Dispute), dispute(DisputeLost)], 400),
            (vec![paid(), dispute(Dispute), dispute(DisputeWon), dispute(DisputeLost)], 400),
            (vec![paid(), dispute(DisputeLost), dispute(Dispute), dispute(DisputeWon)], 400),
        ] {
            assert_eq!(balances(&entries)["EUR"], expected, "{entries:?}");
        }
        let foreign = Entry { currency: "XYZ".to_owned(), ..paid() };
        assert_eq!(balances(&[paid(), foreign]), BTreeMap::from([("EUR", 1_000), ("XYZ", 1_000)]));
    }

    #[test]
    fn without_money_the_session_says_it() {
        for (session, expected) in [
            (SessionState::Opening, PaymentStatus::None),
            (SessionState::Open, PaymentStatus::None),
            (SessionState::Processing, PaymentStatus::Pending),
            (SessionState::Failed, PaymentStatus::Failed),
            (SessionState::Expired, PaymentStatus::None),
        ] {
            assert_eq!(payment_status(&[], Some(session), TOTAL), expected, "{session:?}");
            let nothing = Money::new(0, Currency::Eur);
            assert_eq!(payment_status(&[], Some(session), nothing), PaymentStatus::Paid, "nothing is due");
        }
    }

    /// Numbers that look random and are the same in each run (splitmix64).
    struct Dice(u64);

    impl Dice {
        fn roll(&mut self, sides: u64) -> u64 {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut mixed = self.0;
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            (mixed ^ (mixed >> 31)) % sides
        }
    }

    #[test]
    fn neither_the_order_of_entries_nor_their_number_of_times_is_of_any_matter() {
        let mut dice = Dice(7);
        for _ in 0..5_000 {
            let mut entries = Vec::new();
            for _ in 0..dice.roll(7) {
                let kind = LedgerKind::VARIANTS[usize::try_from(dice.roll(6)).expect("small")];
                let amount = i64::try_from(1 + dice.roll(1_200)).expect("small");
                let mut new = entry(kind, &format!("ref_{}", dice.roll(3)), amount);
                if dice.roll(8) == 0 {
                    "USD".clone_into(&mut new.currency);
                }
                // As the ledger's unique key has it.
                if !entries.iter().any(|old: &Entry| old.kind == kind && old.reference == new.reference) {
                    entries.push(new);
                }
            }
            let session = SessionState::VARIANTS.get(usize::try_from(dice.roll(7)).expect("small")).copied();
            let status = payment_status(&entries, session, TOTAL);
            let mut shuffled = entries.clone();
            for at in (1..shuffled.len()).rev() {
                shuffled.swap(
                    at,
                    usize::try_from(dice.roll(u64::try_from(at).expect("small") + 1)).expect("small"),
                );
            }
            assert_eq!(payment_status(&shuffled, session, TOTAL), status, "{entries:?}");

            let euros = |kind| -> i64 {
                entries.iter().filter(|e| e.kind == kind && e.currency == "EUR").map(|e| e.amount).sum()
            };
            let charged = euros(LedgerKind::Charge);
            let kept = charged - (euros(LedgerKind::Refund) - euros(LedgerKind::RefundFailed)).max(0);
            match status {
                PaymentStatus::Paid => assert_eq!(kept, TOTAL.amount),
                PaymentStatus::Overpaid => assert!(kept > TOTAL.amount),
                PaymentStatus::PartiallyRefunded => {
                    assert!(kept > 0 && kept < charged && kept < TOTAL.amount);
                }
                PaymentStatus::Refunded => assert!(charged > 0 && kept <= 0),
                PaymentStatus::Disputed => {
                    assert!(entries.iter().any(|e| e.kind == LedgerKind::Dispute));
                }
                PaymentStatus::None | PaymentStatus::Failed => assert_eq!(charged, 0),
                PaymentStatus::Pending => assert!(charged < TOTAL.amount),
            }
        }
    }
}
