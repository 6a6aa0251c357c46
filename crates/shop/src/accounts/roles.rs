//! Giving and taking roles.

use serde_json::json;
use sqlx::PgPool;

use super::{Role, owners};
use crate::{
    Cause, StaleTransition,
    audit::{self, Actor, Deed},
    ids::AccountId,
    mails::{self, Letter},
    sessions,
};

/// Why a role is not changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RoleError {
    /// Nobody changes their own role: a slip would shut them out.
    #[error("nobody changes their own role")]
    Oneself,
    /// Somebody must be left who gives roles.
    #[error("the last owner stays")]
    LastOwner,
    /// Whoever works for the shop has proved their address.
    #[error("the address was never proved")]
    Unverified,
    /// There is no such account any more, or it has this role already.
    #[error(transparent)]
    Stale(#[from] StaleTransition),
}

/// Gives an account another role. It is signed out everywhere, and told by mail.
pub async fn change(
    db: &PgPool,
    cause: &Cause,
    actor: &Actor,
    id: AccountId,
    role: Role,
) -> sqlx::Result<Result<(), RoleError>> {
    if actor.account_id == Some(id) {
        return Ok(Err(RoleError::Oneself));
    }
    let mut tx = db.begin().await?;
    let is_last_owner = owners::is_last(&mut tx, id).await?;
    let before = sqlx::query!(
        r#"select role as "role: Role", email, email_verified_at is not null as "is_verified!"
           from accounts where id = $1 and erased_at is null for update"#,
        id as AccountId,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(before) = before.filter(|before| before.role != role) else {
        return Ok(Err(StaleTransition.into()));
    };
    if is_last_owner {
        return Ok(Err(RoleError::LastOwner));
    }
    if role.is_staff() && !before.is_verified {
        return Ok(Err(RoleError::Unverified));
    }
    sqlx::query!("update accounts set role = $2 where id = $1", id as AccountId, role as Role)
        .execute(&mut *tx)
        .await?;
    sessions::end_all(&mut tx, id, None).await?;
    let subject_id = id.to_string();
    let deed = Deed {
        action: "role.change",
        subject_kind: "account",
        subject_id: &subject_id,
        before: Some(json!({ "role": before.role })),
        after: Some(json!({ "role": role })),
    };
    audit::record(&mut tx, cause, actor, &deed).await?;
    let letter = Letter::RoleChanged { role: <&str>::from(role).to_owned() };
    let event = format!("role_changed:{id}:{}", cause.at.timestamp_micros());
    mails::write(&mut tx, cause, Some(id), &before.email, &letter, &event).await?;
    tx.commit().await?;
    Ok(Ok(()))
}
