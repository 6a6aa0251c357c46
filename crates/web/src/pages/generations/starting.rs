//! The picture that a wish starts from: one that comes with the form, one that came with it before, or one of the customer's
//! own pictures.

use std::{fmt, str::FromStr};

use serde::Serialize;
use shop::{
    generations::Size,
    ids::{AccountId, ImageId, SourceId},
    images,
    sources::{self, SourceImage},
};
use uuid::Uuid;

use crate::{
    error::Problem,
    forms::{FieldError, Form},
    pictures::Picture,
    uploads::{FILE_MAX, PIXELS_MAX, SIDE_MAX, SIDE_MIN, Unfit, UploadError},
    visit::Visit,
};

/// What the field is called.
pub const FIELD: &str = "picture";

/// As the form carries it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key(pub SourceImage);

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            SourceImage::Brought(id) => write!(f, "brought:{id}"),
            SourceImage::Drawn(id) => write!(f, "drawn:{id}"),
        }
    }
}

impl FromStr for Key {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (kind, id) = text.split_once(':').ok_or(())?;
        let id: Uuid = id.parse().map_err(|_| ())?;
        match kind {
            "brought" => Ok(Self(SourceImage::Brought(SourceId(id)))),
            "drawn" => Ok(Self(SourceImage::Drawn(ImageId(id)))),
            _ => Err(()),
        }
    }
}

/// The picture as the form shows it.
#[derive(Debug, Clone, Serialize)]
pub struct Start {
    key: String,
    /// Whether the customer brought it along; otherwise it was drawn for them.
    is_brought: bool,
    picture: Option<Picture>,
    src: Option<String>,
    width: i32,
    height: i32,
}

impl Start {
    /// Looks a picture up, if it is this customer's and still there.
    pub async fn find(
        visit: &Visit,
        account_id: AccountId,
        source: SourceImage,
    ) -> Result<Option<Self>, Problem> {
        let db = &visit.site.db;
        let key = Key(source).to_string();
        Ok(match source {
            SourceImage::Brought(id) => sources::find(db, account_id, id).await?.map(|found| Self {
                key,
                is_brought: true,
                picture: None,
                src: Some(format!("/sources/{id}")),
                width: found.width,
                height: found.height,
            }),
            SourceImage::Drawn(id) => {
                let image = images::find(db, Some(account_id), id).await?;
                let own = image.filter(|image| image.account_id == account_id && image.deleted_at.is_none());
                own.map(|image| Self {
                    key,
                    is_brought: false,
                    picture: Some(visit.picture(&image.card)),
                    src: None,
                    width: image.card.width,
                    height: image.card.height,
                })
            }
        })
    }

    /// The shape that is closest to its own.
    pub fn size(&self) -> Size {
        let side = |side: i32| u32::try_from(side).unwrap_or(1);
        Size::like(side(self.width), side(self.height))
    }

    /// One of each kind.
    pub fn samples() -> Vec<Self> {
        let id = Uuid::nil();
        let brought = Self {
            key: Key(SourceImage::Brought(SourceId(id))).to_string(),
            is_brought: true,
            picture: None,
            src: Some(format!("/sources/{id}")),
            width: 1536,
            height: 2048,
        };
        let drawn = Self {
            key: Key(SourceImage::Drawn(ImageId(id))).to_string(),
            is_brought: false,
            picture: Picture::samples().into_iter().next(),
            src: None,
            ..brought.clone()
        };
        vec![brought, drawn]
    }
}

/// What a form says to start from, and what is wrong with the file that came with it. A file that was taken in stays, whatever
/// else is wrong with the form: it need not be sent again.
pub async fn of_form(
    visit: &Visit,
    account_id: AccountId,
    form: &Form,
) -> Result<(Option<SourceImage>, Option<FieldError>), Problem> {
    let before = || {
        let kept = form.text("without_source") != "yes";
        form.text("source").parse().ok().filter(|_| kept).map(|Key(source)| source)
    };
    let Some(upload) = form.take_upload() else { return Ok((before(), None)) };
    let opened = match upload {
        Ok(upload) => visit.site.uploads.open(upload).await?,
        Err(error) => Err(error),
    };
    match opened {
        Ok(brought) => {
            let id = sources::stage(&visit.site.db, &visit.cause, account_id, &brought).await?;
            Ok((Some(SourceImage::Brought(id)), None))
        }
        Err(error) => Ok((before(), Some(FieldError::new(FIELD, words(error))))),
    }
}

fn words(error: UploadError) -> String {
    let advice = "2,000 pixels on the longer side are plenty.";
    match error {
        UploadError::TooLarge => format!(
            "This file is larger than {} MB, which is the most that we take. Please make the picture smaller: {advice}",
            FILE_MAX / (1024 * 1024)
        ),
        UploadError::Several => "Please choose one picture to start from: we can take one at a time.".to_owned(),
        UploadError::SignedOut => "You are not signed in any more, so we did not keep the picture. Please sign in and choose it again.".to_owned(),
        UploadError::Unverified => "We take pictures from people whose e-mail address we know to be theirs. Please open the link in our mail first, and choose the picture again.".to_owned(),
        UploadError::TooOften(_) => "You have brought many pictures along in a short time. Please wait a few minutes, or start from one that you brought before.".to_owned(),
        UploadError::TooSlow => "The picture came too slowly, or not to its end, so we did not keep it. Your words are kept. Please check your connection and choose the picture again, or a smaller one.".to_owned(),
        UploadError::OneAtATime => "Another picture of yours is still on its way to us. Please wait until it is here, and send the form again.".to_owned(),
        UploadError::NoRoom => "Many pictures are arriving just now, and there was no room for yours. Your words are kept. Please choose the picture again in a few seconds.".to_owned(),
        UploadError::Unfit(unfit) => match unfit {
            Unfit::Kind => "We can start from a PNG, a JPEG or a WebP, and this file is none of them. Please save the picture as one of those and choose it again.".to_owned(),
            Unfit::Animated => "This picture moves, and we can only start from one that stands still. Please choose another, or save one moment of it as a PNG or JPEG.".to_owned(),
            Unfit::Large { width, height } => format!(
                "This picture has {width} × {height} pixels. The most that we can open are {SIDE_MAX} on a side and {} million in all. Please make it smaller: {advice}",
                PIXELS_MAX / 1_000_000
            ),
            Unfit::Small { width, height } => format!(
                "This picture has only {width} × {height} pixels, which is too little to draw from. Please choose one with at least {SIDE_MIN} on each side."
            ),
            Unfit::Heavy => format!("This picture is saved in a way that takes a lot of memory to open, more than we can give it. Please make it smaller: {advice}"),
            Unfit::Broken => "We could not read this picture: the file is damaged, or not all of it is there. Please save it anew as a PNG or JPEG and choose it again.".to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_say_what_they_are_of() {
        let id = "0193a5c2-7b54-7cc3-b1c5-6a6f3f0a9d11";
        for text in [format!("brought:{id}"), format!("drawn:{id}")] {
            assert_eq!(text.parse::<Key>().map(|key| key.to_string()), Ok(text));
        }
        for text in ["", "brought:", "drawn", "other:0193a5c2-7b54-7cc3-b1c5-6a6f3f0a9d11", "brought:../1"] {
            assert_eq!(text.parse::<Key>(), Err(()), "{text}");
        }
    }
}
