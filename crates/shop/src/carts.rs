//! Carts: what somebody is about to buy.

mod currencies;
mod discounts;
mod lines;
mod merging;
mod pruning;
mod snapshots;

pub use currencies::set_currency;
pub use discounts::{Applied, CouponError, applied, remove_coupon, set_coupon};
pub(crate) use lines::put_back;
pub use lines::{
    Added, LINES_MAX, LineError, NewLine, QUANTITY_MAX, QuantityError, Removed, add, most, remove, restore,
    set_quantity,
};
pub use merging::merge;
pub use pruning::{IDLE_LIMIT, prune};
pub use snapshots::{Line, LineProblem, Snapshot, snapshot};
use sqlx::{PgExecutor, PgPool, PgTransaction};

use crate::{
    Cause,
    ids::{AccountId, CartId, CouponId},
    money::Currency,
};

/// SHA-256 of what a guest's cookie holds.
pub type BrowserHash = [u8; 32];

/// Whose a cart is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// An account's, in whatever browser.
    Account(AccountId),
    /// A browser's, in which nobody is signed in.
    Guest(BrowserHash),
}

impl Owner {
    /// The account, if it is one's.
    pub fn account_id(&self) -> Option<AccountId> {
        match self {
            Self::Account(id) => Some(*id),
            Self::Guest(_) => None,
        }
    }

    /// The browser, if it is a guest's.
    pub fn browser_hash(&self) -> Option<&[u8]> {
        match self {
            Self::Account(_) => None,
            Self::Guest(hash) => Some(hash),
        }
    }
}

/// The currency of somebody's cart, if they have one.
pub async fn currency(db: &PgPool, owner: &Owner) -> sqlx::Result<Option<Currency>> {
    sqlx::query_scalar!(
        r#"select currency as "currency: Currency" from carts where account_id = $1 or token_hash = $2"#,
        owner.account_id() as Option<AccountId>,
        owner.browser_hash(),
    )
    .fetch_optional(db)
    .await
}

/// A cart, without what is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cart {
    /// Which one.
    pub id: CartId,
    /// Whose it is.
    pub owner: Owner,
    /// What it is to be paid in.
    pub currency: Currency,
    /// Another one with each change of what would be ordered.
    pub version: i32,
    /// What is taken off, if it turns out to be good for this.
    pub coupon_id: Option<CouponId>,
}

struct Row {
    id: CartId,
    account_id: Option<AccountId>,
    token_hash: Option<Vec<u8>>,
    currency: Currency,
    version: i32,
    coupon_id: Option<CouponId>,
}

impl Cart {
    /// Nothing for a row without an owner, which `carts_has_an_owner` forbids.
    fn of(row: Row) -> Option<Self> {
        let owner = match (row.account_id, row.token_hash) {
            (Some(id), _) => Owner::Account(id),
            (None, hash) => Owner::Guest(hash?.try_into().ok()?),
        };
        let Row { id, currency, version, coupon_id, .. } = row;
        Some(Self { id, owner, currency, version, coupon_id })
    }
}

/// Somebody's cart, if they have one.
pub async fn find(db: impl PgExecutor<'_>, owner: &Owner) -> sqlx::Result<Option<Cart>> {
    let row = sqlx::query_as!(
        Row,
        r#"select id as "id: CartId", account_id as "account_id: AccountId", token_hash, currency as "currency: Currency", version,
                  coupon_id as "coupon_id: CouponId"
           from carts where account_id = $1 or token_hash = $2"#,
        owner.account_id() as Option<AccountId>,
        owner.browser_hash(),
    )
    .fetch_optional(db)
    .await?;
    Ok(row.and_then(Cart::of))
}

/// How many pieces are in a guest's cart.
pub async fn pieces(db: &PgPool, browser: &BrowserHash) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select coalesce(sum(l.quantity), 0)::bigint as "pieces!"
           from carts c join cart_lines l on l.cart_id = c.id where c.token_hash = $1"#,
        browser.as_slice(),
    )
    .fetch_one(db)
    .await
}

/// A cart that one transaction holds to change it.
#[derive(Debug, Clone, Copy)]
struct Held {
    id: CartId,
    currency: Currency,
}

/// Somebody's cart, made in this currency if need be. It is held until the transaction ends, and one version on.
async fn open(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    owner: &Owner,
    currency: Currency,
) -> sqlx::Result<Held> {
    let id = CartId::new(cause.at);
    match owner {
        Owner::Account(account_id) => {
            sqlx::query_as!(
                Held,
                r#"insert into carts (id, account_id, currency, created_at, updated_at) values ($1, $2, $3, $4, $4)
                   on conflict on constraint carts_account_once do update set version = carts.version + 1, updated_at = $4
                   returning id as "id: CartId", currency as "currency: Currency""#,
                id as CartId,
                *account_id as AccountId,
                currency as Currency,
                cause.at,
            )
            .fetch_one(&mut **tx)
            .await
        }
        Owner::Guest(hash) => {
            sqlx::query_as!(
                Held,
                r#"insert into carts (id, token_hash, currency, created_at, updated_at) values ($1, $2, $3, $4, $4)
                   on conflict on constraint carts_token_hash_once do update set version = carts.version + 1, updated_at = $4
                   returning id as "id: CartId", currency as "currency: Currency""#,
                id as CartId,
                hash.as_slice(),
                currency as Currency,
                cause.at,
            )
            .fetch_one(&mut **tx)
            .await
        }
    }
}

/// Somebody's cart, if they have one. It is held until the transaction ends, and one version on.
async fn hold(tx: &mut PgTransaction<'_>, cause: &Cause, owner: &Owner) -> sqlx::Result<Option<Held>> {
    sqlx::query_as!(
        Held,
        r#"update carts set version = version + 1, updated_at = $3 where account_id = $1 or token_hash = $2
           returning id as "id: CartId", currency as "currency: Currency""#,
        owner.account_id() as Option<AccountId>,
        owner.browser_hash(),
        cause.at,
    )
    .fetch_optional(&mut **tx)
    .await
}
