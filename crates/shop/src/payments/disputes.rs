//! What the ledger says of disputes: whether a customer's bank wants money back, or has taken it.

use super::{Entry, LedgerKind};

fn has(entries: &[Entry], kind: LedgerKind, reference: &str) -> bool {
    entries.iter().any(|entry| entry.kind == kind && entry.reference == reference)
}

/// The bank keeps the money of this one. That is the last word: a dispute that was won can be lost after all, and what was read
/// of an earlier moment may come late.
pub(super) fn is_lost(entries: &[Entry], reference: &str) -> bool {
    has(entries, LedgerKind::DisputeLost, reference)
}

/// The bank has not decided about this one.
pub(super) fn is_open(entries: &[Entry], reference: &str) -> bool {
    !is_lost(entries, reference) && !has(entries, LedgerKind::DisputeWon, reference)
}

fn all(entries: &[Entry]) -> impl Iterator<Item = &str> {
    let begun = entries.iter().filter(|entry| entry.kind == LedgerKind::Dispute);
    begun.map(|entry| entry.reference.as_str())
}

/// Whether a bank wants money back, or has taken it: production must not go on.
pub(super) fn any_stands(entries: &[Entry]) -> bool {
    all(entries).any(|reference| is_open(entries, reference) || is_lost(entries, reference))
}

/// Whether a bank has still to decide about one of these.
pub(crate) fn any_is_open(entries: &[Entry]) -> bool {
    all(entries).any(|reference| is_open(entries, reference))
}
