//! The index of all jobs: a job that is missing here does not compile.

mod apply_payment_event;
mod check_models;
mod check_payments;
mod erase_account;
mod expire_checkout;
mod expire_generations;
mod export_account;
mod fetch_payment_events;
mod generate_images;
mod make_card;
mod make_mockup;
mod make_thumbnails;
mod open_checkout;
mod prune;
mod purge_export;
mod purge_image;
mod purge_source;
mod read_payment;
mod reconcile;
mod reconcile_payments;
mod send_mail;
mod store_source;
mod upload_image;

use std::time::Duration;

use shop::jobs::Job;

use crate::{
    runner::{Context, Handler, JobError, Policy},
    services::Services,
};

/// Runs the shop's jobs.
pub struct Jobs {
    services: Services,
}

impl Jobs {
    /// With these clients.
    pub fn new(services: Services) -> Self {
        Self { services }
    }
}

impl Handler for Jobs {
    fn policy(&self, job: &Job) -> Policy {
        match job {
            // A call ends by its own timeout (OPENAI_TIMEOUT_SECONDS, five minutes at most). What came of it is paid for, and is kept
            // for as long as a database needs to come back.
            Job::GenerateImages { .. } => Policy { deadline: Duration::from_mins(15), paid: true },
            Job::UploadImage { .. }
            | Job::PurgeImage { .. }
            | Job::SendMail { .. }
            | Job::StoreSource { .. }
            | Job::PurgeSource { .. }
            | Job::PurgeExport { .. }
            | Job::ExpireGenerations
            | Job::CheckModels => Policy { deadline: Duration::from_mins(1), paid: false },
            Job::MakeThumbnails { .. }
            | Job::MakeCard { .. }
            | Job::MakeMockup { .. }
            | Job::EraseAccount { .. } => Policy { deadline: Duration::from_mins(2), paid: false },
            Job::Prune => Policy { deadline: Duration::from_mins(10), paid: false },
            // A session is read with up to five calls of 15 seconds each, and opening one may close others.
            Job::ExpireCheckout { .. } | Job::ReadPayment { .. } | Job::ApplyPaymentEvent { .. } => {
                Policy { deadline: Duration::from_mins(2), paid: false }
            }
            Job::OpenCheckout { .. } => Policy { deadline: Duration::from_mins(5), paid: false },
            Job::CheckPayments | Job::FetchPaymentEvents | Job::ReconcilePayments => {
                Policy { deadline: Duration::from_mins(10), paid: false }
            }
            // Thousands of pictures, one after the other.
            Job::ExportAccount { .. } => Policy { deadline: Duration::from_mins(30), paid: false },
            // A million pictures are a few thousand pages of a listing.
            Job::Reconcile => Policy { deadline: Duration::from_hours(1), paid: false },
        }
    }

    async fn handle(&self, job: Job, context: Context) -> Result<(), JobError> {
        let services = &self.services;
        match job {
            Job::GenerateImages { generation_id } => {
                generate_images::run(generation_id, services, &context).await
            }
            Job::UploadImage { image_id } => upload_image::run(image_id, services, &context).await,
            Job::MakeThumbnails { image_id } => make_thumbnails::run(image_id, services).await,
            Job::MakeCard { image_id } => make_card::run(image_id, services).await,
            Job::PurgeImage { image_id } => purge_image::run(image_id, services, &context).await,
            Job::SendMail { mail_id } => send_mail::run(mail_id, services, &context).await,
            Job::ExportAccount { export_id } => export_account::run(export_id, services, &context).await,
            Job::PurgeExport { export_id } => purge_export::run(export_id, services, &context).await,
            Job::EraseAccount { account_id } => erase_account::run(account_id, services, &context).await,
            Job::MakeMockup { mockup_id } => make_mockup::run(mockup_id, services, &context).await,
            Job::OpenCheckout { payment_session_id } => {
                open_checkout::run(payment_session_id, services, &context).await
            }
            Job::ExpireCheckout { payment_session_id } => {
                expire_checkout::run(payment_session_id, services, &context).await
            }
            Job::ReadPayment { payment_session_id } => {
                read_payment::run(payment_session_id, services, &context).await
            }
            Job::ApplyPaymentEvent { payment_event_id } => {
                apply_payment_event::run(payment_event_id, services, &context).await
            }
            Job::ExpireGenerations => expire_generations::run(services, &context).await,
            Job::CheckModels => check_models::run(services, &context).await,
            Job::Reconcile => reconcile::run(services, &context).await,
            Job::CheckPayments => check_payments::run(services, &context).await,
            Job::FetchPaymentEvents => fetch_payment_events::run(services, &context).await,
            Job::ReconcilePayments => reconcile_payments::run(services, &context).await,
            Job::Prune => prune::run(services, &context).await,
            Job::StoreSource { source_id } => store_source::run(source_id, services).await,
            Job::PurgeSource { source_id } => purge_source::run(source_id, services, &context).await,
        }
    }
}
