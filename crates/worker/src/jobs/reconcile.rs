//! Compares the books, and pictures with their objects. What differs becomes a finding.

use shop::{
    Cause,
    reconciliation::{self, Books, Folder, Listed},
    schedules::{self, Upkeep},
};
use strum::VariantArray;
use uuid::Uuid;

use crate::{
    runner::{Context, JobError},
    services::Services,
};

/// So many pictures are compared at once.
const STRETCH: usize = 500;

/// Of all objects that were listed, the share that may be removed in one run: when more belong to nobody, the database is more
/// likely to be the wrong one (a fresh one, or another shop's) than the objects.
const REMOVABLE_SHARE: usize = 10;
/// So few are removed whatever their share is.
const REMOVABLE_ALWAYS: usize = 20;

/// What a run came to.
#[derive(Default)]
struct Run {
    findings: usize,
    listed: usize,
    removable: Vec<String>,
}

/// Compares everything.
pub async fn run(at: &Services, context: &Context) -> Result<(), JobError> {
    let cause = context.cause();
    let mut run = Run { findings: reconciliation::compare_books(&at.db, &cause).await?, ..Run::default() };
    run.findings += reconciliation::purge_again(&at.db, &cause).await?;
    compare_objects(at, &cause, &mut run).await?;
    for folder in Folder::VARIANTS {
        compare_folder(at, &cause, &mut run, *folder).await?;
    }
    let removed = remove(at, &run).await?;
    let now = context.cause();
    let open = reconciliation::conclude(&at.db, &now, cause.at, Books::Own).await?;
    let removed = match removed {
        Some(count) => format!("{count} orphans removed"),
        None => format!("{} orphans not removed: too many to be right", run.removable.len()),
    };
    let note = format!("{} differences, {open} still open, {removed}", run.findings);
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
    run.listed += stretch.len();
    run.removable.extend(compared.removable);
    Ok(())
}

async fn compare_folder(at: &Services, cause: &Cause, run: &mut Run, folder: Folder) -> Result<(), JobError> {
    let mut listing = at.storage.list(folder.into());
    while let Some(page) = listing.next_page().await? {
        let compared = reconciliation::compare_folder(&at.db, cause, folder, &page).await?;
        run.listed += page.len();
        run.findings += compared.findings;
        run.removable.extend(compared.removable);
    }
    Ok(())
}

/// Removes what belongs to nobody, unless there is too much of it. Says how much it was.
async fn remove(at: &Services, run: &Run) -> Result<Option<usize>, JobError> {
    if run.removable.len() > REMOVABLE_ALWAYS.max(run.listed / REMOVABLE_SHARE) {
        return Ok(None);
    }
    for key in &run.removable {
        at.storage.delete(key).await?;
    }
    Ok(Some(run.removable.len()))
}

fn picture_of(key: &str) -> Option<Uuid> {
    key.split('/').nth(1)?.parse().ok()
}
