//! Credits: what a customer may still have drawn. A picture costs one or more, by its quality. A request holds what it will need; what is drawn is captured, the
//! rest goes back. Entries are never changed, and there is one hold for a generation, whatever is repeated.

mod history;

use serde::Serialize;
use sqlx::{PgExecutor, PgPool, PgTransaction};

pub use history::{Line, history};

use crate::{
    Cause, StaleTransition,
    audit::{self, Actor, Deed},
    ids::{AccountId, CreditEntryId, GenerationId},
};

/// Why an entry was made.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Serialize, sqlx::Type, strum::VariantArray, strum::IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Reason {
    /// A new customer was welcomed.
    Welcome,
    /// Staff gave it.
    Staff,
    /// It came with an order.
    Order,
    /// Pictures were drawn.
    Drawn,
}

/// Where a hold stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type, strum::VariantArray, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum HoldState {
    /// The request is under way.
    Held,
    /// Its pictures came.
    Captured,
    /// It brought nothing, and cost nothing.
    Released,
}

/// What an account has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Balance {
    /// What is left when everything under way comes out.
    pub available: i64,
    /// What requests under way hold.
    pub held: i64,
}

/// What an account has now.
pub async fn balance(db: &PgPool, account_id: AccountId) -> sqlx::Result<Balance> {
    read(db, account_id).await
}

async fn read(db: impl PgExecutor<'_>, account_id: AccountId) -> sqlx::Result<Balance> {
    let row = sqlx::query!(
        r#"select coalesce((select sum(amount) from credit_entries where account_id = $1), 0)::bigint as "total!",
                  coalesce((select sum(amount) from credit_holds where account_id = $1 and state = 'held'), 0)::bigint as "held!""#,
        account_id as AccountId,
    )
    .fetch_one(db)
    .await?;
    Ok(Balance { available: row.total - row.held, held: row.held })
}

/// Holds what a generation will need. `Err` is what there is instead. The caller holds the account's row, so that two requests
/// at once do not hold the same credits.
pub(crate) async fn hold(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    account_id: AccountId,
    generation_id: GenerationId,
    amount: i32,
) -> sqlx::Result<Result<(), Balance>> {
    let balance = read(&mut **tx, account_id).await?;
    if balance.available < i64::from(amount) {
        return Ok(Err(balance));
    }
    sqlx::query!(
        "insert into credit_holds (generation_id, account_id, amount, created_at) values ($1, $2, $3, $4)",
        generation_id as GenerationId,
        account_id as AccountId,
        amount,
        cause.at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(Ok(()))
}

/// The pictures came: takes `amount` from the ledger, at most what was held, and ends the hold. Again is nothing.
pub(crate) async fn capture(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    generation_id: GenerationId,
    amount: i32,
) -> sqlx::Result<()> {
    let held = sqlx::query!(
        r#"update credit_holds set state = 'captured', ended_at = $2 where generation_id = $1 and state = 'held'
           returning account_id as "account_id: AccountId", amount"#,
        generation_id as GenerationId,
        cause.at,
    )
    .fetch_optional(&mut **tx)
    .await?;
    let Some(held) = held else { return Ok(()) };
    let amount = amount.clamp(1, held.amount);
    let entry = Entry {
        account_id: held.account_id,
        amount: -amount,
        reason: Reason::Drawn,
        generation_id: Some(generation_id),
        note: "",
        dedupe_key: &format!("drawn:{generation_id}"),
    };
    add(tx, cause, &entry).await?;
    Ok(())
}

/// Nothing came: what was held is free again. Again is nothing.
pub(crate) async fn release(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    generation_id: GenerationId,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update credit_holds set state = 'released', ended_at = $2 where generation_id = $1 and state = 'held'",
        generation_id as GenerationId,
        cause.at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Welcomes a new customer, once.
pub(crate) async fn welcome(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    account_id: AccountId,
    amount: i32,
) -> sqlx::Result<()> {
    if amount <= 0 {
        return Ok(());
    }
    let entry = Entry {
        account_id,
        amount,
        reason: Reason::Welcome,
        generation_id: None,
        note: "",
        dedupe_key: &format!("welcome:{account_id}"),
    };
    add(tx, cause, &entry).await?;
    Ok(())
}

/// Most credits that staff give or take at once: more is a slip of the hand.
pub const GIVE_MAX: i32 = 10_000;
/// Longest note in characters.
pub const NOTE_MAX: usize = 300;

/// Why staff can neither give nor take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GiveError {
    /// There is less to take.
    #[error("there are only {0} credits to take")]
    Short(i64),
    /// There is no such account any more.
    #[error(transparent)]
    Stale(#[from] StaleTransition),
}

/// Staff give credits, or take some away. `key` names the form that was sent, so that a double click gives once.
pub async fn give(
    db: &PgPool,
    cause: &Cause,
    actor: &Actor,
    account_id: AccountId,
    amount: i32,
    note: &str,
    key: &str,
) -> sqlx::Result<Result<(), GiveError>> {
    let mut tx = db.begin().await?;
    // Whoever holds credits for a request holds this row, too: what is taken is not held meanwhile.
    let known = sqlx::query!(
        "select from accounts where id = $1 and erased_at is null for update",
        account_id as AccountId,
    )
    .fetch_optional(&mut *tx)
    .await?;
    if known.is_none() {
        return Ok(Err(StaleTransition.into()));
    }
    let before = read(&mut *tx, account_id).await?.available;
    let entry = Entry {
        account_id,
        amount,
        reason: Reason::Staff,
        generation_id: None,
        note,
        dedupe_key: &format!("staff:{account_id}:{key}"),
    };
    if !add(&mut tx, cause, &entry).await? {
        return Ok(Ok(()));
    }
    let after = before + i64::from(amount);
    if amount < 0 && after < 0 {
        return Ok(Err(GiveError::Short(before)));
    }
    let deed = Deed {
        action: "credits.give",
        subject_kind: "account",
        subject_id: &account_id.to_string(),
        before: Some(serde_json::json!({"credits": before})),
        after: Some(serde_json::json!({"credits": after, "amount": amount, "note": note})),
    };
    audit::record(&mut tx, cause, actor, &deed).await?;
    tx.commit().await?;
    Ok(Ok(()))
}

struct Entry<'a> {
    account_id: AccountId,
    amount: i32,
    reason: Reason,
    generation_id: Option<GenerationId>,
    note: &'a str,
    dedupe_key: &'a str,
}

/// Whether it is a new one.
async fn add(tx: &mut PgTransaction<'_>, cause: &Cause, entry: &Entry<'_>) -> sqlx::Result<bool> {
    let added = sqlx::query!(
        "insert into credit_entries (id, account_id, amount, reason, generation_id, note, dedupe_key, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict on constraint credit_entries_dedupe_key_once do nothing",
        CreditEntryId::new(cause.at) as CreditEntryId,
        entry.account_id as AccountId,
        entry.amount,
        entry.reason as Reason,
        entry.generation_id as Option<GenerationId>,
        entry.note,
        entry.dedupe_key,
        cause.at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(added.rows_affected() == 1)
}
