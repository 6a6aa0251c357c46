//! The jobs: everything slow, costly or fallible. A payload is ids, never a copy of state.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::PgTransaction;
use ulid::Ulid;

use crate::{
    Cause, accounts, exports, generations,
    ids::{
        AccountId, ExportId, GenerationId, ImageId, MailId, MockupId, PaymentEventId, PaymentSessionId,
        SourceId,
    },
    images, mails, mockups, payments,
    schedules::{self, Upkeep},
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
    /// Moves a picture that a customer brought along from Postgres to object storage.
    StoreSource {
        /// Which one.
        source_id: SourceId,
    },
    /// Removes a picture that a customer brought along, once nobody has used it for a while.
    PurgeSource {
        /// Which one.
        source_id: SourceId,
    },
    /// Sends a mail.
    SendMail {
        /// Which one.
        mail_id: MailId,
    },
    /// Puts everything that is known about an account into a file.
    ExportAccount {
        /// Which file.
        export_id: ExportId,
    },
    /// Removes the file of an export that expired.
    PurgeExport {
        /// Which one.
        export_id: ExportId,
    },
    /// Takes the person out of an account, some days after its owner asked for it.
    EraseAccount {
        /// Which one.
        account_id: AccountId,
    },
    /// Draws what a thing will look like with a picture on it.
    MakeMockup {
        /// Which one.
        mockup_id: MockupId,
    },
    /// Has the payment provider make a page where an order is paid.
    OpenCheckout {
        /// For which session.
        payment_session_id: PaymentSessionId,
    },
    /// Has the payment provider close a page, so that nobody pays there any more.
    ExpireCheckout {
        /// Which session's.
        payment_session_id: PaymentSessionId,
    },
    /// Asks the payment provider what became of a session.
    ReadPayment {
        /// Of which one.
        payment_session_id: PaymentSessionId,
    },
    /// Does what follows from something that the payment provider told us.
    ApplyPaymentEvent {
        /// From what.
        payment_event_id: PaymentEventId,
    },
    /// Ends what was not drawn in the promised time.
    ExpireGenerations,
    /// Asks the provider for ends of models that are announced.
    CheckModels,
    /// Compares the books, and pictures with their objects.
    Reconcile,
    /// Asks after payments of which nothing was heard for a while, and ends orders that nobody pays.
    CheckPayments,
    /// Asks the payment provider for what it could not tell us.
    FetchPaymentEvents,
    /// Compares the ledger with the payment provider's.
    ReconcilePayments,
    /// Removes what is of no more use.
    Prune,
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
    /// Payment providers.
    Orders,
    /// Mail servers.
    Mail,
    /// What nobody waits for with the page open: it may take minutes.
    Upkeep,
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
            Self::UploadImage { .. }
            | Self::PurgeImage { .. }
            | Self::StoreSource { .. }
            | Self::PurgeSource { .. } => Lane::Uploads,
            Self::MakeThumbnails { .. } | Self::MakeCard { .. } | Self::MakeMockup { .. } => Lane::Pictures,
            Self::OpenCheckout { .. }
            | Self::ExpireCheckout { .. }
            | Self::ReadPayment { .. }
            | Self::ApplyPaymentEvent { .. } => Lane::Orders,
            Self::SendMail { .. } => Lane::Mail,
            Self::ExportAccount { .. }
            | Self::PurgeExport { .. }
            | Self::EraseAccount { .. }
            | Self::ExpireGenerations
            | Self::CheckModels
            | Self::Reconcile
            | Self::CheckPayments
            | Self::FetchPaymentEvents
            | Self::ReconcilePayments
            | Self::Prune => Lane::Upkeep,
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
            Self::StoreSource { .. } => "store_source",
            Self::PurgeSource { .. } => "purge_source",
            Self::SendMail { .. } => "send_mail",
            Self::ExportAccount { .. } => "export_account",
            Self::PurgeExport { .. } => "purge_export",
            Self::EraseAccount { .. } => "erase_account",
            Self::MakeMockup { .. } => "make_mockup",
            Self::OpenCheckout { .. } => "open_checkout",
            Self::ExpireCheckout { .. } => "expire_checkout",
            Self::ReadPayment { .. } => "read_payment",
            Self::ApplyPaymentEvent { .. } => "apply_payment_event",
            Self::ExpireGenerations => "expire_generations",
            Self::CheckModels => "check_models",
            Self::Reconcile => "reconcile",
            Self::CheckPayments => "check_payments",
            Self::FetchPaymentEvents => "fetch_payment_events",
            Self::ReconcilePayments => "reconcile_payments",
            Self::Prune => "prune",
        }
    }

    /// How often it is tried before it is given up. With the worker's backoff (2 s doubling to 10 min) 16 tries span
    /// more than an hour: an outage of storage is waited out, a provider's is told sooner. 64 tries span nine hours: servers
    /// put off mails from strangers on purpose, and a mail that comes late is better than none.
    pub fn max_attempts(&self) -> i32 {
        match self {
            // Upkeep comes round again by itself.
            Self::GenerateImages { .. }
            | Self::MakeThumbnails { .. }
            | Self::MakeCard { .. }
            | Self::MakeMockup { .. }
            | Self::ExpireGenerations
            | Self::CheckModels
            | Self::Reconcile
            | Self::CheckPayments
            | Self::FetchPaymentEvents
            | Self::ReconcilePayments
            | Self::Prune => 5,
            Self::SendMail { .. } => 64,
            Self::UploadImage { .. }
            | Self::PurgeImage { .. }
            | Self::StoreSource { .. }
            | Self::PurgeSource { .. }
            | Self::ExportAccount { .. }
            | Self::PurgeExport { .. }
            | Self::EraseAccount { .. }
            | Self::OpenCheckout { .. }
            | Self::ExpireCheckout { .. }
            | Self::ReadPayment { .. }
            | Self::ApplyPaymentEvent { .. } => 16,
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

    /// Writes the end of a job that was given up into the model, in words for the customer, so that it is seen. `error` is
    /// what went wrong, for staff: it may hold words of an outside service and reaches no customer.
    pub(crate) async fn give_up(
        &self,
        tx: &mut PgTransaction<'_>,
        cause: &Cause,
        error: &str,
    ) -> sqlx::Result<()> {
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
            Self::PurgeImage { image_id } => {
                let problem =
                    "We could not remove this picture's files for good yet. Nobody else can see them.";
                images::report_problem(tx, image_id, problem).await
            }
            // Nobody misses anything: links show the picture itself instead of its card, and what was brought along can be drawn
            // from where it is. A payment that is open is asked after again and again: see `payments::check`. A dead job is what staff
            // see of it.
            Self::MakeCard { .. }
            | Self::StoreSource { .. }
            | Self::PurgeSource { .. }
            | Self::ExpireCheckout { .. }
            | Self::ReadPayment { .. } => Ok(()),
            Self::MakeMockup { mockup_id } => mockups::give_up(tx, mockup_id).await,
            Self::OpenCheckout { payment_session_id } => {
                payments::could_not_open(tx, cause, payment_session_id).await
            }
            Self::ApplyPaymentEvent { payment_event_id } => {
                payments::give_up_event(tx, payment_event_id, error).await
            }
            Self::SendMail { mail_id } => mails::give_up(tx, mail_id, error).await,
            Self::ExportAccount { export_id } => exports::give_up(tx, cause, export_id).await,
            Self::PurgeExport { export_id } => exports::report_stuck(tx, export_id).await,
            Self::EraseAccount { account_id } => accounts::give_up_erasure(tx, account_id).await,
            Self::ExpireGenerations => schedules::give_up(tx, cause, Upkeep::ExpireGenerations).await,
            Self::CheckModels => schedules::give_up(tx, cause, Upkeep::CheckModels).await,
            Self::Reconcile => schedules::give_up(tx, cause, Upkeep::Reconcile).await,
            Self::CheckPayments => schedules::give_up(tx, cause, Upkeep::CheckPayments).await,
            Self::FetchPaymentEvents => schedules::give_up(tx, cause, Upkeep::FetchPaymentEvents).await,
            Self::ReconcilePayments => schedules::give_up(tx, cause, Upkeep::ReconcilePayments).await,
            Self::Prune => schedules::give_up(tx, cause, Upkeep::Prune).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stored_form_of_a_job_does_not_change_by_accident() {
        const ID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";
        let id = ID.parse().expect("a uuid");
        for (job, name, noun) in [
            (Job::GenerateImages { generation_id: GenerationId(id) }, "generate_images", "generation_id"),
            (Job::UploadImage { image_id: ImageId(id) }, "upload_image", "image_id"),
            (Job::MakeThumbnails { image_id: ImageId(id) }, "make_thumbnails", "image_id"),
            (Job::PurgeImage { image_id: ImageId(id) }, "purge_image", "image_id"),
            (Job::SendMail { mail_id: MailId(id) }, "send_mail", "mail_id"),
            (Job::ExportAccount { export_id: ExportId(id) }, "export_account", "export_id"),
            (Job::PurgeExport { export_id: ExportId(id) }, "purge_export", "export_id"),
            (Job::EraseAccount { account_id: AccountId(id) }, "erase_account", "account_id"),
        ] {
            let stored = format!(r#"{{"job":"{name}","{noun}":"{ID}"}}"#);
            assert_eq!(serde_json::to_string(&job).expect("json"), stored);
            assert_eq!(serde_json::from_str::<Job>(&stored).expect("a job"), job);
            assert_eq!(job.name(), name);
        }
    }
}
