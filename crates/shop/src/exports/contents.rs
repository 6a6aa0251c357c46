//! What goes into the file: `data.json` as it is written, and the pictures beside it.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::{PgPool, PgTransaction};

use super::{
    ExportState,
    purchases::{self, CartLine, Order},
};
use crate::{
    accounts::Role,
    credits::Reason,
    generations::{GenerationState, Quality, Size, Style},
    ids::{AccountId, AddressId, ExportId, GenerationId, ImageId, SourceId},
    images::{Format, ReportReason, Visibility},
    mails::{MailKind, MailState},
    strikes,
};

/// Everything that is known about an account. The names of the fields are for its owner, and for the programs of theirs that
/// read them.
#[derive(Debug, Serialize)]
pub struct Contents {
    /// The account itself.
    pub profile: Profile,
    /// Where parcels go.
    pub addresses: Vec<Address>,
    /// Browsers that are signed in.
    pub sessions: Vec<Session>,
    /// What was asked for, oldest first.
    pub generations: Vec<Generation>,
    /// What came of it, oldest first. Deleted ones are not among them.
    pub images: Vec<Picture>,
    /// Pictures that were brought along to start from and are still kept, oldest first.
    pub sources: Vec<Source>,
    /// What was ordered, oldest first.
    pub orders: Vec<Order>,
    /// What is in the cart.
    pub cart: Vec<CartLine>,
    /// What was given and used of credits, oldest first.
    pub credits: Vec<Credit>,
    /// Sentences that were turned down.
    pub strikes: Vec<Strike>,
    /// Pictures of others that were given a heart.
    pub loves: Vec<Love>,
    /// What was said against pictures of others.
    pub reports: Vec<Report>,
    /// Which mails were sent.
    pub mails: Vec<Mail>,
    /// Which files like this one were made.
    pub exports: Vec<Export>,
}

/// The account itself.
#[derive(Debug, Serialize)]
pub struct Profile {
    /// Its id.
    pub id: AccountId,
    /// Where mails go.
    pub email: String,
    /// How its owner wants to be called.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// When it was opened.
    pub created_at: DateTime<Utc>,
    /// When the address was proved to be theirs.
    pub email_verified_at: Option<DateTime<Utc>>,
    /// Whether news are sent.
    pub mail_when_ready: bool,
    /// Since when one-time codes are asked for.
    pub second_factor_since: Option<DateTime<Utc>>,
    /// When it will be erased.
    pub erase_at: Option<DateTime<Utc>>,
}

/// Where parcels go.
#[derive(Debug, Serialize)]
pub struct Address {
    pub id: AddressId,
    pub name: String,
    pub company: String,
    pub line1: String,
    pub line2: String,
    pub city: String,
    pub region: String,
    pub postcode: String,
    pub country: String,
    pub phone: String,
    pub is_default: bool,
    pub created_at: DateTime<Utc>,
}

/// A browser that is signed in.
#[derive(Debug, Serialize)]
pub struct Session {
    /// When it signed in.
    pub created_at: DateTime<Utc>,
    /// When it was used last, to the minute.
    pub last_seen_at: DateTime<Utc>,
    /// How it calls itself.
    pub user_agent: String,
    /// The client's address at sign-in.
    pub address: String,
}

/// One request for pictures.
#[derive(Debug, Serialize)]
pub struct Generation {
    /// Its id.
    pub id: GenerationId,
    /// The sentence.
    pub prompt: String,
    /// How it was to look.
    pub style: Style,
    /// Its shape.
    pub size: Size,
    /// How much work was to go into it.
    pub quality: Quality,
    /// How many pictures.
    pub count: i16,
    /// Where it stands.
    pub state: GenerationState,
    /// What its owner was told when no picture came.
    pub problem: Option<String>,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// When it came to its end.
    pub finished_at: Option<DateTime<Utc>>,
}

/// A picture.
#[derive(Debug, Clone, Serialize)]
pub struct Picture {
    /// Its id.
    pub id: ImageId,
    /// The request that it came from.
    pub generation_id: GenerationId,
    /// Its name in the file, once it is in there. None for one that was removed while the file was made.
    pub file: Option<String>,
    /// How it is encoded.
    pub format: Format,
    /// In pixels.
    pub width: i32,
    /// In pixels.
    pub height: i32,
    /// Its title in the gallery.
    pub title: String,
    /// Who can see it.
    pub visibility: Visibility,
    /// When it was put among the favourites.
    pub favourite_at: Option<DateTime<Utc>>,
    /// When it came.
    pub created_at: DateTime<Utc>,
    /// When it was published.
    pub published_at: Option<DateTime<Utc>>,
}

/// A picture that was brought along.
#[derive(Debug, Clone, Serialize)]
pub struct Source {
    /// Its id.
    pub id: SourceId,
    /// Its name in the file, once it is in there.
    pub file: Option<String>,
    /// In pixels.
    pub width: i32,
    /// In pixels.
    pub height: i32,
    /// When it came.
    pub created_at: DateTime<Utc>,
}

/// Credits that came or went.
#[derive(Debug, Serialize)]
pub struct Credit {
    /// How many; below zero they were used.
    pub amount: i32,
    /// Why.
    pub reason: Reason,
    /// For which request.
    pub generation_id: Option<GenerationId>,
    /// When.
    pub created_at: DateTime<Utc>,
}

/// A sentence that was turned down.
#[derive(Debug, Serialize)]
pub struct Strike {
    /// Of which request.
    pub generation_id: GenerationId,
    /// By whom.
    pub source: strikes::Source,
    /// What staff made of it.
    pub verdict: Option<strikes::Verdict>,
    /// When.
    pub created_at: DateTime<Utc>,
}

/// A heart.
#[derive(Debug, Serialize)]
pub struct Love {
    /// For which picture.
    pub image_id: ImageId,
    /// When.
    pub created_at: DateTime<Utc>,
}

/// Something that was said against a picture.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Against which one.
    pub image_id: ImageId,
    /// What was wrong with it.
    pub reason: ReportReason,
    /// In their own words.
    pub words: String,
    /// When.
    pub created_at: DateTime<Utc>,
}

/// A mail.
#[derive(Debug, Serialize)]
pub struct Mail {
    /// What it was about.
    pub kind: MailKind,
    /// Where it went.
    pub recipient: String,
    /// Where it stands.
    pub state: MailState,
    /// When it was written.
    pub created_at: DateTime<Utc>,
    /// When a mail server took it.
    pub sent_at: Option<DateTime<Utc>>,
}

/// A file like this one.
#[derive(Debug, Serialize)]
pub struct Export {
    /// Its id.
    pub id: ExportId,
    /// Where it stands.
    pub state: ExportState,
    /// In bytes.
    pub byte_count: Option<i64>,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// When it was made.
    pub finished_at: Option<DateTime<Utc>>,
    /// When it goes.
    pub expires_at: Option<DateTime<Utc>>,
}

/// What is to be put into an export, as it is at this moment; nothing if it was made already, or is not wanted any more.
pub async fn contents(db: &PgPool, id: ExportId) -> sqlx::Result<Option<Contents>> {
    // One moment for all of it, so that a picture is never there without the request that it came from.
    let mut tx = db.begin_with("begin isolation level repeatable read read only").await?;
    let account = sqlx::query_scalar!(
        r#"select account_id as "id: AccountId" from exports where id = $1 and state = 'queued'"#,
        id as ExportId
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(account_id) = account else { return Ok(None) };
    let tx = &mut tx;
    Ok(Some(Contents {
        profile: profile(tx, account_id).await?,
        addresses: addresses(tx, account_id).await?,
        sessions: sessions(tx, account_id).await?,
        generations: generations(tx, account_id).await?,
        images: images(tx, account_id).await?,
        sources: sources(tx, account_id).await?,
        orders: purchases::orders(tx, account_id).await?,
        cart: purchases::cart(tx, account_id).await?,
        credits: credits(tx, account_id).await?,
        strikes: strikes(tx, account_id).await?,
        loves: loves(tx, account_id).await?,
        reports: reports(tx, account_id).await?,
        mails: mails(tx, account_id).await?,
        exports: exports(tx, account_id).await?,
    }))
}

async fn profile(tx: &mut PgTransaction<'_>, account_id: AccountId) -> sqlx::Result<Profile> {
    sqlx::query_as!(
        Profile,
        r#"select a.id as "id: AccountId", a.email, a.name, a.role as "role: Role", a.created_at, a.email_verified_at,
                  a.mail_when_ready, f.confirmed_at as "second_factor_since?", a.erase_at
           from accounts a left join second_factors f on f.account_id = a.id where a.id = $1"#,
        account_id as AccountId,
    )
    .fetch_one(&mut **tx)
    .await
}

async fn addresses(tx: &mut PgTransaction<'_>, account_id: AccountId) -> sqlx::Result<Vec<Address>> {
    sqlx::query_as!(
        Address,
        r#"select id as "id: AddressId", name, company, line1, line2, city, region, postcode, country, phone, is_default, created_at
           from addresses where account_id = $1 order by id"#,
        account_id as AccountId,
    )
    .fetch_all(&mut **tx)
    .await
}

async fn sessions(tx: &mut PgTransaction<'_>, account_id: AccountId) -> sqlx::Result<Vec<Session>> {
    sqlx::query_as!(
        Session,
        "select created_at, last_seen_at, user_agent, address from sessions where account_id = $1 order by created_at",
        account_id as AccountId,
    )
    .fetch_all(&mut **tx)
    .await
}

async fn generations(tx: &mut PgTransaction<'_>, account_id: AccountId) -> sqlx::Result<Vec<Generation>> {
    sqlx::query_as!(
        Generation,
        r#"select id as "id: GenerationId", prompt, style as "style: Style", size as "size: Size", quality as "quality: Quality", count,
                  state as "state: GenerationState", problem, created_at, finished_at
           from generations where account_id = $1 order by id"#,
        account_id as AccountId,
    )
    .fetch_all(&mut **tx)
    .await
}

async fn images(tx: &mut PgTransaction<'_>, account_id: AccountId) -> sqlx::Result<Vec<Picture>> {
    let rows = sqlx::query!(
        r#"select id as "id: ImageId", generation_id as "generation_id: GenerationId", format as "format: Format", width, height,
                  title, visibility as "visibility: Visibility", favourite_at, created_at, published_at
           from images where account_id = $1 and deleted_at is null order by id"#,
        account_id as AccountId,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Picture {
            id: row.id,
            generation_id: row.generation_id,
            file: None,
            format: row.format,
            width: row.width,
            height: row.height,
            title: row.title,
            visibility: row.visibility,
            favourite_at: row.favourite_at,
            created_at: row.created_at,
            published_at: row.published_at,
        })
        .collect())
}

async fn sources(tx: &mut PgTransaction<'_>, account_id: AccountId) -> sqlx::Result<Vec<Source>> {
    let rows = sqlx::query!(
        r#"select id as "id: SourceId", width, height, created_at from source_images
           where account_id = $1 and state <> 'removed' order by id"#,
        account_id as AccountId,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Source {
            id: row.id,
            file: None,
            width: row.width,
            height: row.height,
            created_at: row.created_at,
        })
        .collect())
}

async fn credits(tx: &mut PgTransaction<'_>, account_id: AccountId) -> sqlx::Result<Vec<Credit>> {
    sqlx::query_as!(
        Credit,
        r#"select amount, reason as "reason: Reason", generation_id as "generation_id: GenerationId", created_at
           from credit_entries where account_id = $1 order by id"#,
        account_id as AccountId,
    )
    .fetch_all(&mut **tx)
    .await
}

async fn strikes(tx: &mut PgTransaction<'_>, account_id: AccountId) -> sqlx::Result<Vec<Strike>> {
    sqlx::query_as!(
        Strike,
        r#"select generation_id as "generation_id: GenerationId", source as "source: strikes::Source",
                  verdict as "verdict: strikes::Verdict", created_at
           from strikes where account_id = $1 order by id"#,
        account_id as AccountId,
    )
    .fetch_all(&mut **tx)
    .await
}

async fn loves(tx: &mut PgTransaction<'_>, account_id: AccountId) -> sqlx::Result<Vec<Love>> {
    sqlx::query_as!(
        Love,
        r#"select image_id as "image_id: ImageId", created_at from loves where account_id = $1 order by created_at"#,
        account_id as AccountId,
    )
    .fetch_all(&mut **tx)
    .await
}

async fn reports(tx: &mut PgTransaction<'_>, account_id: AccountId) -> sqlx::Result<Vec<Report>> {
    sqlx::query_as!(
        Report,
        r#"select image_id as "image_id: ImageId", reason as "reason: ReportReason", words, created_at
           from reports where account_id = $1 order by id"#,
        account_id as AccountId,
    )
    .fetch_all(&mut **tx)
    .await
}

async fn mails(tx: &mut PgTransaction<'_>, account_id: AccountId) -> sqlx::Result<Vec<Mail>> {
    sqlx::query_as!(
        Mail,
        r#"select kind as "kind: MailKind", recipient, state as "state: MailState", created_at, sent_at
           from mails where account_id = $1 order by id"#,
        account_id as AccountId,
    )
    .fetch_all(&mut **tx)
    .await
}

async fn exports(tx: &mut PgTransaction<'_>, account_id: AccountId) -> sqlx::Result<Vec<Export>> {
    sqlx::query_as!(
        Export,
        r#"select id as "id: ExportId", state as "state: ExportState", byte_count, created_at, finished_at, expires_at
           from exports where account_id = $1 order by id"#,
        account_id as AccountId,
    )
    .fetch_all(&mut **tx)
    .await
}
