//! Pictures and their objects, compared side by side: both are listed in the order of ids, a stretch at a time, so that a
//! million of them take no more memory than a thousand.

use std::collections::HashSet;

use chrono::{DateTime, Duration, Utc};
use sqlx::PgPool;
use uuid::Uuid;

use super::{FindingKind, found, mended};
use crate::{
    Cause,
    ids::ImageId,
    images::{self, Format},
    jobs::Job,
};

/// What is younger may be on its way.
const SETTLED: Duration = Duration::days(1);
/// An object that belongs to nobody is kept for so long after it was found: a database that was restored from yesterday's copy
/// does not know yet what it lost.
const ORPHANS_KEPT: Duration = Duration::days(7);

/// An object as a store lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its key.
    pub key: String,
    /// When it was written last.
    pub modified_at: DateTime<Utc>,
}

/// What came of comparing one stretch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Compared {
    /// Differences.
    pub findings: usize,
    /// Keys of objects that belong to nobody and were kept long enough.
    pub removable: Vec<String>,
}

/// Compares pictures with the objects under `images/`. `objects` are all whose id lies after `after`, in the store's order, up
/// to and with those of `through`; without it, to the end.
pub async fn compare(
    db: &PgPool,
    cause: &Cause,
    objects: &[Listed],
    after: Option<Uuid>,
    through: Option<Uuid>,
) -> sqlx::Result<Compared> {
    let settled = cause.at - SETTLED;
    let pictures = sqlx::query!(
        r#"select id as "id: ImageId", format as "format: Format", state = 'stored' as "is_stored!", thumbnail_widths, created_at, deleted_at
           from images where ($1::uuid is null or id > $1) and ($2::uuid is null or id <= $2) order by id"#,
        after,
        through,
    )
    .fetch_all(db)
    .await?;
    let mut orphans: HashSet<&str> = objects.iter().map(|object| object.key.as_str()).collect();
    let mut compared = Compared::default();
    for picture in pictures {
        let has_original = orphans.remove(images::original_key(picture.id, picture.format).as_str());
        let mut has_thumbnails = true;
        for width in &picture.thumbnail_widths {
            for format in [Format::Webp, Format::Jpeg] {
                has_thumbnails &= orphans.remove(images::thumbnail_key(picture.id, *width, format).as_str());
            }
        }
        // Everything else under its id belongs to it too: a job that is under way puts objects before it says so.
        let folder = images::folder(picture.id);
        orphans.retain(|key| !key.starts_with(&folder));
        if !picture.is_stored || picture.created_at > settled || picture.deleted_at.is_some() {
            continue;
        }
        if !has_original {
            compared.findings += 1;
            let detail = "its original is not in object storage";
            let mut connection = db.acquire().await?;
            found(&mut connection, cause, FindingKind::LostObject, &picture.id.to_string(), detail).await?;
        } else if !has_thumbnails {
            compared.findings += 1;
            make_thumbnails_again(db, cause, picture.id).await?;
        }
    }
    let objects = objects.iter().filter(|object| orphans.contains(object.key.as_str()));
    note_orphans(db, cause, objects, &mut compared).await?;
    Ok(compared)
}

async fn note_orphans(
    db: &PgPool,
    cause: &Cause,
    orphans: impl Iterator<Item = &Listed>,
    compared: &mut Compared,
) -> sqlx::Result<()> {
    let mut connection = db.acquire().await?;
    for object in orphans.filter(|object| object.modified_at <= cause.at - SETTLED) {
        compared.findings += 1;
        let detail = "it belongs to nothing that we know";
        let known_since =
            found(&mut connection, cause, FindingKind::OrphanObject, &object.key, detail).await?;
        if known_since < cause.at - ORPHANS_KEPT {
            compared.removable.push(object.key.clone());
        }
    }
    Ok(())
}

/// Where objects lie that are named by one row each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::VariantArray, strum::IntoStaticStr)]
pub enum Folder {
    /// Pictures that customers brought along.
    #[strum(serialize = "sources/")]
    Sources,
    /// Files of everything that is known about an account.
    #[strum(serialize = "exports/")]
    Exports,
    /// What things will look like; two objects of one row.
    #[strum(serialize = "mockups/")]
    Mockups,
}

/// Finds objects of a folder whose row is gone or says that they should be, as after a removal that was given up.
pub async fn compare_folder(
    db: &PgPool,
    cause: &Cause,
    folder: Folder,
    objects: &[Listed],
) -> sqlx::Result<Compared> {
    let ids: Vec<Uuid> = objects.iter().filter_map(|object| id_of(&object.key)).collect();
    let wanted: Vec<Uuid> = match folder {
        Folder::Sources => {
            sqlx::query_scalar!(
                "select id from source_images where id = any($1) and state <> 'removed'",
                &ids
            )
            .fetch_all(db)
            .await?
        }
        Folder::Exports => {
            sqlx::query_scalar!(
                "select id from exports where id = any($1) and state in ('queued', 'ready')",
                &ids
            )
            .fetch_all(db)
            .await?
        }
        // Also of those that are not drawn yet: a job that is under way puts objects before it says so.
        Folder::Mockups => {
            sqlx::query_scalar!("select id from mockups where id = any($1)", &ids).fetch_all(db).await?
        }
    };
    let wanted: HashSet<Uuid> = wanted.into_iter().collect();
    let orphans = objects.iter().filter(|object| id_of(&object.key).is_none_or(|id| !wanted.contains(&id)));
    let mut compared = Compared::default();
    note_orphans(db, cause, orphans, &mut compared).await?;
    Ok(compared)
}

/// The id in `sources/{id}.jpg`.
fn id_of(key: &str) -> Option<Uuid> {
    key.split('/').nth(1)?.split('.').next()?.parse().ok()
}

/// Has the files of pictures removed that were deleted days ago and are still there: their job was given up. Says how many.
pub async fn purge_again(db: &PgPool, cause: &Cause) -> sqlx::Result<usize> {
    let stuck = sqlx::query_scalar!(
        r#"select id as "id: ImageId" from images where deleted_at < $1 order by deleted_at limit 500"#,
        cause.at - SETTLED * 2,
    )
    .fetch_all(db)
    .await?;
    for id in &stuck {
        let mut tx = db.begin().await?;
        found(&mut tx, cause, FindingKind::StuckPurge, &id.to_string(), "its files are removed again")
            .await?;
        Job::PurgeImage { image_id: *id }.enqueue(&mut tx, cause).await?;
        tx.commit().await?;
    }
    Ok(stuck.len())
}

async fn make_thumbnails_again(db: &PgPool, cause: &Cause, id: ImageId) -> sqlx::Result<()> {
    let mut tx = db.begin().await?;
    let subject = id.to_string();
    found(&mut tx, cause, FindingKind::LostThumbnails, &subject, "they are made again").await?;
    sqlx::query!(
        "update images set thumbnail_widths = '{}' where id = $1 and state = 'stored'",
        id as ImageId
    )
    .execute(&mut *tx)
    .await?;
    Job::MakeThumbnails { image_id: id }.enqueue(&mut tx, cause).await?;
    mended(&mut tx, cause, FindingKind::LostThumbnails, &subject).await?;
    tx.commit().await
}
