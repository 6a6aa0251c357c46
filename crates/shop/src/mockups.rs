//! Mock-ups: what a thing will look like with a picture on it. Wanted → made · failed.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::{PgPool, PgTransaction};

use crate::{
    Cause,
    crops::{Area, Crop, Orientation},
    ids::{AccountId, ImageId, MockupId, VariantId},
    images::{Format, ImageState, Original, original_key},
    jobs::Job,
    products::ProductKind,
};

/// So many wait to be drawn at most: a quarter of an hour's work for one worker. Whoever asks beyond that sees the plain picture.
pub const WAITING_MAX: i64 = 500;

/// How far a mock-up is.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Serialize,
    sqlx::Type,
    strum::VariantArray,
    strum::IntoStaticStr,
    strum::EnumString,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum MockupState {
    /// It will be drawn.
    Wanted,
    /// It lies in object storage.
    Made,
    /// It could not be drawn. It is tried again when somebody asks again.
    Failed,
}

/// What is to be seen on what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject {
    /// The picture.
    pub image_id: ImageId,
    /// The thing.
    pub variant_id: VariantId,
    /// Which way it hangs.
    pub orientation: Orientation,
    /// Which part of the picture is on it.
    pub crop: Crop,
}

/// A mock-up, drawn or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mockup {
    /// Which one.
    pub id: MockupId,
    /// How far it is.
    pub state: MockupState,
}

/// A mock-up with what is on it, for those who may see the picture.
#[derive(Debug, Clone)]
pub struct Seen {
    /// It.
    pub mockup: Mockup,
    /// What it shows.
    pub subject: Subject,
    /// What sort of thing.
    pub kind: ProductKind,
    /// What the thing is called.
    pub product_title: String,
    /// The thing's name in URLs.
    pub product_slug: String,
}

/// What it is to be drawn from.
#[derive(Debug)]
pub enum MockupSource {
    /// The original, from object storage, and what is to be drawn.
    Stored(Original, Look),
    /// The original is still on its way there.
    Staged,
    /// It is there already, or nobody may see the picture any more.
    Needless,
}

/// What is to be drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// What sort of thing.
    pub kind: ProductKind,
    /// In which colour.
    pub finish_code: String,
    /// The printed area in millimetres, the way it hangs. A file has none.
    pub area_mm: Option<Area>,
    /// Which part of the picture is on it.
    pub crop: Crop,
}

/// The key of it in object storage.
pub fn mockup_key(id: MockupId, format: Format) -> String {
    format!("mockups/{id}.{}", format.extension())
}

/// The keys of all mock-ups of a picture, also of those that a job may have stored and not yet written down.
pub(crate) async fn keys_of(db: &PgPool, image_id: ImageId) -> sqlx::Result<Vec<String>> {
    let ids = sqlx::query_scalar!(
        r#"select id as "id: MockupId" from mockups where image_id = $1"#,
        image_id as ImageId
    )
    .fetch_all(db)
    .await?;
    Ok(ids
        .into_iter()
        .flat_map(|id| [Format::Webp, Format::Jpeg].map(|format| mockup_key(id, format)))
        .collect())
}

/// The variant whose mock-up this one shares: the first of the product with the same colour and area. Shirts look the same in all
/// sizes.
async fn look_alike(db: &PgPool, id: VariantId) -> sqlx::Result<VariantId> {
    sqlx::query_scalar!(
        r#"select other.id as "id: VariantId" from variants v
           join variants other on other.product_id = v.product_id and other.finish_code = v.finish_code
                and other.width_mm is not distinct from v.width_mm and other.height_mm is not distinct from v.height_mm
           where v.id = $1 order by other.position, other.id limit 1"#,
        id as VariantId,
    )
    .fetch_one(db)
    .await
}

/// The mock-up of a subject, if anybody ever wanted it.
pub async fn find(db: &PgPool, subject: &Subject) -> sqlx::Result<Option<Mockup>> {
    let variant_id = look_alike(db, subject.variant_id).await?;
    let Crop { left, top, width, height } = subject.crop;
    sqlx::query_as!(
        Mockup,
        r#"select id as "id: MockupId", state as "state: MockupState" from mockups
           where image_id = $1 and variant_id = $2 and orientation = $3
                 and crop_left = $4 and crop_top = $5 and crop_width = $6 and crop_height = $7"#,
        subject.image_id as ImageId,
        variant_id as VariantId,
        subject.orientation as Orientation,
        left,
        top,
        width,
        height,
    )
    .fetch_optional(db)
    .await
}

/// Has a mock-up drawn, once: whoever asks again gets the same one. Nothing if too many wait at the moment, or if the picture is
/// gone.
pub async fn want(db: &PgPool, cause: &Cause, subject: &Subject) -> sqlx::Result<Option<Mockup>> {
    let variant_id = look_alike(db, subject.variant_id).await?;
    let Crop { left, top, width, height } = subject.crop;
    let mut tx = db.begin().await?;
    let wanted = sqlx::query_scalar!(
        r#"insert into mockups (id, image_id, variant_id, orientation, crop_left, crop_top, crop_width, crop_height, created_at)
           select $1, i.id, $3, $4, $5, $6, $7, $8, $9 from images i
           where i.id = $2 and i.deleted_at is null and (select count(*) from mockups where state = 'wanted') < $10
           on conflict on constraint mockups_once do update set state = 'wanted', created_at = excluded.created_at
           where mockups.state = 'failed'
           returning id as "id: MockupId""#,
        MockupId::new(cause.at) as MockupId,
        subject.image_id as ImageId,
        variant_id as VariantId,
        subject.orientation as Orientation,
        left,
        top,
        width,
        height,
        cause.at,
        WAITING_MAX,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(id) = wanted else {
        tx.commit().await?;
        return find(db, subject).await;
    };
    Job::MakeMockup { mockup_id: id }.enqueue(&mut tx, cause).await?;
    tx.commit().await?;
    Ok(Some(Mockup { id, state: MockupState::Wanted }))
}

struct SeenRow {
    id: MockupId,
    state: MockupState,
    image_id: ImageId,
    variant_id: VariantId,
    orientation: Orientation,
    crop_left: i32,
    crop_top: i32,
    crop_width: i32,
    crop_height: i32,
    kind: ProductKind,
    product_title: String,
    product_slug: String,
}

/// A mock-up of a picture that this viewer may see: their own, or a published one. Any other does not exist.
pub async fn seen(db: &PgPool, viewer: Option<AccountId>, id: MockupId) -> sqlx::Result<Option<Seen>> {
    let row = sqlx::query_as!(
        SeenRow,
        r#"select m.id as "id: MockupId", m.state as "state: MockupState", m.image_id as "image_id: ImageId",
                  m.variant_id as "variant_id: VariantId", m.orientation as "orientation: Orientation",
                  m.crop_left, m.crop_top, m.crop_width, m.crop_height, p.kind as "kind: ProductKind",
                  p.title as product_title, p.slug as product_slug
           from mockups m join images i on i.id = m.image_id
                join variants v on v.id = m.variant_id join products p on p.id = v.product_id
           where m.id = $1 and i.deleted_at is null and (i.account_id = $2 or i.visibility = 'published')"#,
        id as MockupId,
        viewer as Option<AccountId>,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| Seen {
        mockup: Mockup { id: row.id, state: row.state },
        subject: Subject {
            image_id: row.image_id,
            variant_id: row.variant_id,
            orientation: row.orientation,
            crop: Crop {
                left: row.crop_left,
                top: row.crop_top,
                width: row.crop_width,
                height: row.crop_height,
            },
        },
        kind: row.kind,
        product_title: row.product_title,
        product_slug: row.product_slug,
    }))
}

struct SourceRow {
    format: Format,
    image_state: ImageState,
    deleted_at: Option<DateTime<Utc>>,
    from_photograph: bool,
    kind: ProductKind,
    finish_code: String,
    width_mm: Option<i32>,
    height_mm: Option<i32>,
    image_id: ImageId,
    orientation: Orientation,
    crop_left: i32,
    crop_top: i32,
    crop_width: i32,
    crop_height: i32,
}

/// What it is to be drawn from.
pub async fn source(db: &PgPool, id: MockupId) -> sqlx::Result<MockupSource> {
    let row = sqlx::query_as!(
        SourceRow,
        r#"select i.format as "format: Format", i.state as "image_state: ImageState", i.deleted_at,
                  starts_from_photograph(i.generation_id) as "from_photograph!", p.kind as "kind: ProductKind",
                  v.finish_code, v.width_mm, v.height_mm, m.image_id as "image_id: ImageId",
                  m.orientation as "orientation: Orientation", m.crop_left, m.crop_top, m.crop_width, m.crop_height
           from mockups m join images i on i.id = m.image_id
                join variants v on v.id = m.variant_id join products p on p.id = v.product_id
           where m.id = $1 and m.state = 'wanted'"#,
        id as MockupId,
    )
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(MockupSource::Needless) };
    if row.deleted_at.is_some() {
        // It is wanted anew if the picture is restored.
        sqlx::query!("delete from mockups where id = $1 and state = 'wanted'", id as MockupId)
            .execute(db)
            .await?;
        return Ok(MockupSource::Needless);
    }
    match row.image_state {
        ImageState::Staged => return Ok(MockupSource::Staged),
        ImageState::Stored => {}
    }
    let upright = row.width_mm.zip(row.height_mm).map(|(width, height)| Area { width, height });
    let original = Original {
        format: row.format,
        key: original_key(row.image_id, row.format),
        from_photograph: row.from_photograph,
    };
    let look = Look {
        kind: row.kind,
        finish_code: row.finish_code,
        area_mm: upright.map(|area| area.turned(row.orientation)),
        crop: Crop { left: row.crop_left, top: row.crop_top, width: row.crop_width, height: row.crop_height },
    };
    Ok(MockupSource::Stored(original, look))
}

/// It lies in object storage. False if the picture was deleted meanwhile, so that it must go too: nothing that was made is kept
/// longer than what it was made of.
pub async fn made(db: &PgPool, cause: &Cause, id: MockupId) -> sqlx::Result<bool> {
    let made = sqlx::query!(
        "update mockups m set state = 'made', made_at = coalesce(made_at, $2)
         from images i where m.id = $1 and i.id = m.image_id and i.deleted_at is null",
        id as MockupId,
        cause.at,
    )
    .execute(db)
    .await?;
    if made.rows_affected() == 0 {
        sqlx::query!("delete from mockups where id = $1", id as MockupId).execute(db).await?;
    }
    Ok(made.rows_affected() == 1)
}

/// It cannot be drawn.
pub(crate) async fn give_up(tx: &mut PgTransaction<'_>, id: MockupId) -> sqlx::Result<()> {
    sqlx::query!("update mockups set state = 'failed' where id = $1 and state = 'wanted'", id as MockupId)
        .execute(&mut **tx)
        .await?;
    Ok(())
}
