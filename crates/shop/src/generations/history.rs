//! What somebody asked for so far, as they look through it.

use sqlx::PgPool;

use super::{Generation, GenerationState, Quality, Size, Style};
use crate::{
    Cause,
    ids::{AccountId, GenerationId},
};

/// Which requests are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::VariantArray, strum::IntoStaticStr, strum::EnumString)]
#[strum(serialize_all = "snake_case")]
pub enum Shown {
    /// All.
    All,
    /// Those whose pictures are still to come.
    Waiting,
    /// Those whose pictures came.
    Ready,
    /// Those that brought none.
    Undrawn,
    /// Those with a picture among the favourites.
    Favourites,
}

impl Shown {
    fn states(self) -> &'static [GenerationState] {
        use GenerationState::{Cancelled, Failed, Generating, Queued, Ready, Refused};
        match self {
            Self::All | Self::Favourites => &[Queued, Generating, Ready, Refused, Failed, Cancelled],
            Self::Waiting => &[Queued, Generating],
            Self::Ready => &[Ready],
            Self::Undrawn => &[Refused, Failed, Cancelled],
        }
    }
}

/// What is looked for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Words of the sentence, or nothing.
    pub words: &'a str,
    /// Which ones.
    pub shown: Shown,
    /// Older than this one.
    pub before: Option<GenerationId>,
}

/// An account's generations, newest first, `limit` of them.
pub async fn history(
    db: &PgPool,
    account_id: AccountId,
    wanted: Wanted<'_>,
    limit: i64,
) -> sqlx::Result<Vec<Generation>> {
    let states: Vec<String> =
        wanted.shown.states().iter().map(|state| <&str>::from(*state).to_owned()).collect();
    let favourites = wanted.shown == Shown::Favourites;
    if wanted.words.is_empty() {
        return sqlx::query_as!(
            Generation,
            r#"select id as "id: GenerationId", prompt, style as "style: Style", size as "size: Size", quality as "quality: Quality",
                      count, state as "state: GenerationState", problem, created_at, deadline_at
               from generations g
               where account_id = $1 and ($2::uuid is null or id < $2) and state = any($3)
                 and (not $4 or exists (select from images i where i.generation_id = g.id
                                        and i.favourite_at is not null and i.deleted_at is null))
               order by id desc limit $5"#,
            account_id as AccountId,
            wanted.before as Option<GenerationId>,
            &states,
            favourites,
            limit,
        )
        .fetch_all(db)
        .await;
    }
    // A statement of its own, so that it can begin with the index over words.
    sqlx::query_as!(
        Generation,
        r#"select id as "id: GenerationId", prompt, style as "style: Style", size as "size: Size", quality as "quality: Quality",
                  count, state as "state: GenerationState", problem, created_at, deadline_at
           from generations g
           where account_id = $1 and words @@ (select search_query($6)) and ($2::uuid is null or id < $2) and state = any($3)
             and (not $4 or exists (select from images i where i.generation_id = g.id
                                    and i.favourite_at is not null and i.deleted_at is null))
           order by id desc limit $5"#,
        account_id as AccountId,
        wanted.before as Option<GenerationId>,
        &states,
        favourites,
        limit,
        wanted.words,
    )
    .fetch_all(db)
    .await
}

/// Whatever ended has been looked at, with pictures or without. Returns what was new.
pub async fn see_all(db: &PgPool, cause: &Cause, account_id: AccountId) -> sqlx::Result<Vec<GenerationId>> {
    sqlx::query_scalar!(
        r#"update generations set seen_at = $2 where account_id = $1 and state in ('ready', 'refused', 'failed') and seen_at is null
           returning id as "id: GenerationId""#,
        account_id as AccountId,
        cause.at,
    )
    .fetch_all(db)
    .await
}

/// What came of this request has been looked at.
pub async fn see(db: &PgPool, cause: &Cause, account_id: AccountId, id: GenerationId) -> sqlx::Result<()> {
    sqlx::query!(
        "update generations set seen_at = $3 where id = $1 and account_id = $2 and state in ('ready', 'refused', 'failed') and seen_at is null",
        id as GenerationId,
        account_id as AccountId,
        cause.at,
    )
    .execute(db)
    .await?;
    Ok(())
}
