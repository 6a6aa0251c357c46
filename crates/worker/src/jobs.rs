//! The index of all jobs: a job that is missing here does not compile.

mod generate_images;
mod make_card;
mod make_thumbnails;
mod purge_image;
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
            // Longer than the provider's own limit (providers/openai.rs), so that the call ends by itself.
            Job::GenerateImages { .. } => Policy { deadline: Duration::from_secs(330), paid: true },
            Job::UploadImage { .. } | Job::PurgeImage { .. } => {
                Policy { deadline: Duration::from_mins(1), paid: false }
            }
            Job::SendMail { .. } => Policy { deadline: Duration::from_mins(1), paid: false },
            Job::MakeThumbnails { .. } | Job::MakeCard { .. } => {
                Policy { deadline: Duration::from_mins(2), paid: false }
            }
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
            Job::SendMail { .. } => Err(JobError::GiveUp("mails are not sent yet".to_owned())),
        }
    }
}
