//! Compares the books, and pictures with their objects. What differs becomes a finding.

use shop::{
    Cause,
    reconciliation::{self, Listed},
    schedules::{self, Upkeep},
};
use uuid::Uuid;

use crate::{
    runner::{Context, JobError},
    services::Services,
};

/// So many pictures are compared at once.
const STRETCH: usize = 500;

/// What a run came to.
#[derive(Default)]
struct Run {
    findings: usize,
    removed: usize,
}

/// Compares everything.
pub async fn run(at: &Services, context: &Context) -> Result<(), JobError> {
    let cause = context.cause();
    let mut run = Run { findings: reconciliation::compare_books(&at.db, &cause).await?, removed: 0 };
    compare_objects(at, &cause, &mut run).await?;
    let now = context.cause();
    let open = reconciliation::conclude(&at.db, &now, cause.at).await?;
    let note = format!("{} differences, {open} still open, {} orphans removed", run.findings, run.removed);
    Ok(schedules::ran(&at.db, &now, Upkeep::Reconcile, &note).await?)
}

async fn compare_objects(at: &Services, cause: &Cause, run: &mut Run) -> Result<(), JobError> {
    let mut listing = at.storage.list("images/");
    let mut stretch: Vec<Listed> = Vec::new();
    let (mut after, mut last, mut pictures) = (None, None, 0);
    while let Some(page) = listing.next_page().await? {
        for object in page {
            if stretch.last().is_some_and(|before| before.key > object.key) {
                // Side by side only works in order; without it everything would seem lost.
                return Err(JobError::GiveUp("object storage lists its keys in no order".to_owned()));
            }
            let id = picture_of(&object.key);
            // Cut between two pictures, never within one.
            if id.is_some() && id != last {
                if pictures == STRETCH {
                    compare(at, cause, run, &stretch, after, last).await?;
                    stretch.clear();
                    (after, pictures) = (last, 0);
                }
                (last, pictures) = (id, pictures + 1);
            }
            stretch.push(object);
        }
    }
    compare(at, cause, run, &stretch, after, None).await
}

async fn compare(
    at: &Services,
    cause: &Cause,
    run: &mut Run,
    stretch: &[Listed],
    after: Option<Uuid>,
    through: Option<Uuid>,
) -> Result<(), JobError> {
    let compared = reconciliation::compare_objects(&at.db, cause, stretch, after, through).await?;
    run.findings += compared.findings;
    for key in compared.removable {
        at.storage.delete(&key).await?;
        run.removed += 1;
    }
    Ok(())
}

fn picture_of(key: &str) -> Option<Uuid> {
    key.split('/').nth(1)?.parse().ok()
}
