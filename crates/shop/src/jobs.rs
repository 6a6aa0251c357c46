//! The jobs: everything slow, costly or fallible. A payload is ids, never a copy of state.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::PgTransaction;
use ulid::Ulid;

use crate::{
    Cause, generations,
    ids::{GenerationId, ImageId, MailId},
    images, mails,
};

/// A piece of work for a worker. The names are stored: a job that was enqueued by an older version must still decode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "job", rename_all = "snake_case")]
pub enum Job {
    /// Asks the provider for the pictures of a generation.
    GenerateImages {
        /// Which one.
        generation_id: GenerationId,
    },
    /// Moves a picture from Postgres to object storage.
    UploadImage {
        /// Which one.
        image_id: ImageId,
    },
    /// Makes the small versions of a stored picture.
    MakeThumbnails {
        /// Which one.
        image_id: ImageId,
    },
    /// Makes the picture that goes with links to one in the gallery.
    MakeCard {
        /// Which one.
        image_id: ImageId,
    },
    /// Removes a deleted picture for good, once it can no longer be restored.
    PurgeImage {
        /// Which one.
        image_id: ImageId,
    },
    /// Sends a mail.
    SendMail {
        /// Which one.
        mail_id: MailId,
    },
}

/// A queue of its own, so that a slow picture never delays a mail. Stored as apalis' `job_type`.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    strum::VariantArray,
    strum::IntoStaticStr,
    strum::EnumString,
    strum::Display,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Lane {
    /// Calls that cost money and take seconds.
    Generation,
    /// Object storage.
    Uploads,
    /// Work on pixels.
    Pictures,
    /// Mail servers.
    Mail,
}

impl Lane {
    /// Its name in the queue and in `WORKER_LANES`.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

impl Job {
    /// The queue it waits in.
    pub fn lane(&self) -> Lane {
        match self {
            Self::GenerateImages { .. } => Lane::Generation,
            Self::UploadImage { .. } | Self::PurgeImage { .. } => Lane::Uploads,
            Self::MakeThumbnails { .. } | Self::MakeCard { .. } => Lane::Pictures,
            Self::SendMail { .. } => Lane::Mail,
        }
    }

    /// Its name in logs and on the dashboard.
    pub fn name(&self) -> &'static str {
        match self {
            Self::GenerateImages { .. } => "generate_images",
            Self::UploadImage { .. } => "upload_image",
            Self::MakeThumbnails { .. } => "make_thumbnails",
            Self::MakeCard { .. } => "make_card",
            Self::PurgeImage { .. } => "purge_image",
            Self::SendMail { .. } => "send_mail",
        }
    }

    /// How often it is tried before it is given up. With the worker's backoff (2 s doubling to 10 min) 16 tries span
    /// more than an hour: an outage of storage is waited out, a provider's is told sooner.
    pub fn max_attempts(&self) -> i32 {
        match self {
            Self::GenerateImages { .. } | Self::MakeThumbnails { .. } | Self::MakeCard { .. } => 5,
            Self::UploadImage { .. } | Self::PurgeImage { .. } | Self::SendMail { .. } => 16,
        }
    }

    /// Puts the job into its queue, in the transaction that makes it true: no commit, no job. Only transitions of this
    /// crate call it, so that no page can forget it.
    pub(crate) async fn enqueue(self, tx: &mut PgTransaction<'_>, cause: &Cause) -> sqlx::Result<()> {
        self.enqueue_for(tx, cause, cause.at).await
    }

    /// As [`Job::enqueue`], to be run at a later time.
    pub(crate) async fn enqueue_for(
        self,
        tx: &mut PgTransaction<'_>,
        cause: &Cause,
        due: DateTime<Utc>,
    ) -> sqlx::Result<()> {
        let payload = serde_json::to_vec(&self).map_err(|error| sqlx::Error::Encode(error.into()))?;
        // The database's clock decides what is due, so that a web host whose clock runs ahead delays nothing.
        let delay = (due - cause.at).as_seconds_f64();
        sqlx::query!(
            "insert into apalis.jobs (id, job_type, job, max_attempts, run_at, metadata)
             values ($1, $2, $3, $4, now() + make_interval(secs => $5), hstore('request_id', coalesce($6, '')))",
            Ulid::new().to_string(),
            self.lane().name(),
            payload,
            self.max_attempts(),
            delay,
            cause.request_id.as_deref(),
        )
        .execute(&mut **tx)
        .await?;
        Ok(())
    }

    /// Writes the end of a job that was given up into the model, in words for the customer, so that it is seen.
    pub(crate) async fn give_up(&self, tx: &mut PgTransaction<'_>, cause: &Cause) -> sqlx::Result<()> {
        match *self {
            Self::GenerateImages { generation_id } => generations::give_up(tx, cause, generation_id).await,
            Self::UploadImage { image_id } => {
                let problem = "We could not move this picture to its final place yet. It is safe with us, and you can use it as it is.";
                images::report_problem(tx, image_id, problem).await
            }
            Self::MakeThumbnails { image_id } => {
                let problem =
                    "We could not prepare the small versions of this picture, so it may load slowly.";
                images::report_problem(tx, image_id, problem).await
            }
            // Links to it show the picture itself instead: nobody has to do anything.
            Self::MakeCard { .. } => Ok(()),
            Self::PurgeImage { image_id } => {
                let problem =
                    "We could not remove this picture's files for good yet. Nobody else can see them.";
                images::report_problem(tx, image_id, problem).await
            }
            Self::SendMail { mail_id } => mails::give_up(tx, mail_id).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stored_form_of_a_job_does_not_change_by_accident() {
        let id: GenerationId = "01890a5d-ac96-774b-bcce-b302099a8057".parse().expect("a uuid");
        let stored = r#"{"job":"generate_images","generation_id":"01890a5d-ac96-774b-bcce-b302099a8057"}"#;
        let job = Job::GenerateImages { generation_id: id };
        assert_eq!(serde_json::to_string(&job).expect("json"), stored);
        assert_eq!(serde_json::from_str::<Job>(stored).expect("a job"), job);
    }
}
