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
    let mut connection = db.acquire().await?;
    for object in objects.iter().filter(|object| orphans.contains(object.key.as_str())) {
        if object.modified_at > settled {
            continue;
        }
        compared.findings += 1;
        let detail = "it belongs to no picture";
        let known_since =
            found(&mut connection, cause, FindingKind::OrphanObject, &object.key, detail).await?;
        if known_since < cause.at - ORPHANS_KEPT {
            compared.removable.push(object.key.clone());
        }
    }
    Ok(compared)
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
