//! How a request ended, told by mail to whoever does not watch any more.

use chrono::{DateTime, Duration, Utc};
use sqlx::PgTransaction;

use crate::{
    Cause,
    ids::{AccountId, GenerationId},
    mails::{self, Letter, MailKind},
};

/// So long somebody is taken to watch the page where the picture appears. What took longer is told by mail.
pub const WATCHED_FOR: Duration = Duration::seconds(60);

/// A request that ended.
pub(super) struct News {
    pub generation_id: GenerationId,
    pub account_id: AccountId,
    pub asked_at: DateTime<Utc>,
}

impl News {
    /// That no picture comes.
    pub async fn tell_of_failure(&self, tx: &mut PgTransaction<'_>, cause: &Cause) -> sqlx::Result<()> {
        self.tell(tx, cause, &Letter::PicturesFailed { generation_id: self.generation_id }).await
    }

    /// Writes the letter, if it took so long that nobody watches, and if its owner wants news.
    pub async fn tell(&self, tx: &mut PgTransaction<'_>, cause: &Cause, letter: &Letter) -> sqlx::Result<()> {
        if cause.at - self.asked_at <= WATCHED_FOR {
            return Ok(());
        }
        let Some(email) = mails::news_address(tx, self.account_id).await? else { return Ok(()) };
        let kind: &str = MailKind::from(letter).into();
        let key = format!("{}:{}", kind.replace('_', "-"), self.generation_id);
        mails::write(tx, cause, Some(self.account_id), &email, letter, &key).await
    }
}
