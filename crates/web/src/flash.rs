//! One message for the next page, kept in a cookie as a key. The words are ours: nobody can plant theirs in a cookie.

mod carts;
mod orders;
mod pricing;

use std::{fmt, str::FromStr};

pub use carts::CartFlash;
pub use orders::OrderFlash;
pub use pricing::PricingFlash;
use serde::Serialize;
use shop::ids::ImageId;

use crate::pages::cart::lines::Carried;

/// What happened just before this page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flash {
    /// The visitor signed out.
    SignedOut,
    /// A picture hangs in the gallery.
    Published,
    /// A picture was taken out of the gallery.
    Unpublished,
    /// A picture is gone, and can be had back.
    Deleted(ImageId),
    /// A picture is back.
    Restored,
    /// It was too late to cancel.
    AlreadyBegun,
    /// Staff took this picture out of the gallery, or it is deleted.
    NotForTheGallery,
    /// The address of the account is verified.
    Verified,
    /// The link that verifies the address is on its way again.
    VerificationSent,
    /// A new password was chosen by a link.
    PasswordReset,
    /// A new password was chosen by who knew the old one.
    PasswordChanged,
    /// A link is on its way to a new address.
    EmailChangeAsked,
    /// The account moved to a new address.
    EmailChanged,
    /// The profile is saved.
    ProfileSaved,
    /// An address was added or changed.
    AddressSaved,
    /// An address is gone.
    AddressDeleted,
    /// Another address is the default one.
    AddressIsDefault,
    /// Another session ended.
    SessionEnded,
    /// All other sessions ended.
    OtherSessionsEnded,
    /// A file of everything is being made.
    ExportAsked,
    /// The account stays.
    ErasureCalledOff,
    /// Too many codes were wrong: the visitor is signed out.
    TooManyCodes,
    /// The visitor signed in with a recovery code.
    RecoveryCodeUsed,
    /// One-time codes are off.
    CodesOff,
    /// An account has another role.
    RoleChanged,
    /// An account is shut.
    AccountClosed,
    /// An account is open again.
    AccountReopened,
    /// An erasure that failed is tried again.
    ErasureRetried,
    /// A picture waits for staff to look at it.
    Submitted,
    /// Staff were told of a picture.
    Reported,
    /// This visitor told staff of the picture before.
    ReportedAlready,
    /// The picture is not in the gallery any more.
    NotInTheGallery,
    /// Staff hung a picture in the gallery, or left it there.
    PictureHung,
    /// Staff gave a picture back to its owner.
    PictureSentBack,
    /// Staff took a picture down.
    PictureTakenDown,
    /// The oldest request tries whether a pause is over.
    ProviderTried,
    /// A provider is not tried any more.
    ProviderStays,
    /// A provider was paused.
    ProviderPaused,
    /// A pause by staff is over.
    ProviderResumed,
    /// Staff had the last word on a strike.
    StrikeDecided,
    /// An account is not in review any more.
    ReviewEnded,
    /// Another list of words counts.
    BlocklistChanged,
    /// Staff gave credits, or took some.
    CreditsGiven,
    /// Something about the cart.
    Cart(CartFlash),
    /// Something about an order.
    Order(OrderFlash),
    /// Something about what things cost.
    Pricing(PricingFlash),
    /// So many mock-ups wait that one more is not taken.
    MockupsBusy,
    /// The change had been made before, perhaps in another window.
    NothingToDo,
}

/// What the layout shows.
#[derive(Debug, Clone, Serialize)]
pub struct Message {
    /// `done` or `problem`.
    pub kind: &'static str,
    /// A whole sentence.
    pub text: &'static str,
    /// A way back, if there is one.
    pub undo: Option<Undo>,
}

/// A button that takes the change back.
#[derive(Debug, Clone, Serialize)]
pub struct Undo {
    /// Where it posts to.
    pub action: String,
    /// What it says.
    pub label: &'static str,
    /// What it takes along.
    pub fields: Vec<Carried>,
}

impl Flash {
    /// In words.
    pub fn message(self) -> Message {
        let (kind, text) = match self {
            Self::SignedOut => ("done", "You are signed out. See you soon."),
            Self::Published => ("done", "Your picture hangs in the gallery now."),
            Self::Unpublished => ("done", "Your picture is private again."),
            Self::Deleted(_) => ("done", "The picture is deleted."),
            Self::Restored => ("done", "The picture is back. Only you can see it."),
            Self::AlreadyBegun => ("problem", "It was too late to cancel: the drawing had already begun."),
            Self::NotForTheGallery => ("problem", "This picture cannot be shown in the gallery."),
            Self::Verified => {
                ("done", "Your e-mail address is confirmed. Now everything here is open to you.")
            }
            Self::VerificationSent => {
                ("done", "We sent the link once more. Please look into your inbox in a moment.")
            }
            Self::PasswordReset => ("done", "Your new password is in place. Please sign in with it."),
            Self::PasswordChanged => {
                ("done", "Your password is changed, and you are signed out everywhere else.")
            }
            Self::EmailChangeAsked => (
                "done",
                "We sent a link to the new address. Your account moves there as soon as you open it.",
            ),
            Self::EmailChanged => {
                ("done", "Your account has its new e-mail address, and you are signed out everywhere else.")
            }
            Self::ProfileSaved => ("done", "Your profile is saved."),
            Self::AddressSaved => ("done", "The address is saved."),
            Self::AddressDeleted => ("done", "The address is deleted."),
            Self::AddressIsDefault => {
                ("done", "From now on parcels go there, unless you choose another address.")
            }
            Self::SessionEnded => ("done", "That browser is signed out."),
            Self::OtherSessionsEnded => ("done", "You are signed out everywhere but here."),
            Self::ExportAsked => {
                ("done", "We are putting your file together. A mail tells you when it is ready.")
            }
            Self::ErasureCalledOff => ("done", "Your account stays, with everything in it."),
            Self::TooManyCodes => {
                ("problem", "There were too many wrong codes, so we ended the session. Please sign in again.")
            }
            Self::RecoveryCodeUsed => (
                "done",
                "You are signed in, and that recovery code is used up. If your authenticator is gone, move to another one on this page.",
            ),
            Self::CodesOff => {
                ("done", "One-time codes are turned off. From now on your password alone lets you in.")
            }
            Self::RoleChanged => {
                ("done", "The role is changed. They are signed out everywhere, and a mail tells them.")
            }
            Self::AccountClosed => ("done", "The account is closed, and its sessions are ended."),
            Self::AccountReopened => ("done", "The account is open again."),
            Self::ErasureRetried => {
                ("done", "It is being tried again. This page says so if it fails once more.")
            }
            Self::Submitted => (
                "done",
                "Your picture is handed in. Somebody of the shop looks at it, and then it hangs in the gallery.",
            ),
            Self::Reported => ("done", "Thank you. Somebody of the shop will look at the picture."),
            Self::ReportedAlready => {
                ("done", "You told us about this picture before. Somebody of the shop will look at it.")
            }
            Self::NotInTheGallery => ("problem", "The picture does not hang in the gallery any more."),
            Self::PictureHung => ("done", "The picture hangs in the gallery."),
            Self::PictureSentBack => ("done", "The picture is back with its owner, who reads your note."),
            Self::PictureTakenDown => ("done", "The picture is taken down. Its owner reads your note."),
            Self::ProviderTried => ("done", "The oldest request that waits is tried now."),
            Self::ProviderStays => ("done", "It stays paused: nothing is tried until somebody says so here."),
            Self::ProviderPaused => ("done", "It is paused. Requests wait, and nothing of them is lost."),
            Self::ProviderResumed => {
                ("done", "The pause is over. What waited is drawn now, the oldest first.")
            }
            Self::StrikeDecided => ("done", "Your decision is kept."),
            Self::ReviewEnded => ("done", "The review is over. Pictures are drawn for this customer again."),
            Self::BlocklistChanged => ("done", "The list is saved. It counts from now on."),
            Self::CreditsGiven => ("done", "The credits are written down."),
            Self::Cart(flash) => flash.words(),
            Self::Order(flash) => flash.words(),
            Self::Pricing(flash) => flash.words(),
            Self::MockupsBusy => (
                "problem",
                "We cannot draw it for you at this moment. You can order all the same, or ask again in a few minutes.",
            ),
            Self::NothingToDo => {
                ("problem", "There was nothing to change any more. This is how things stand now.")
            }
        };
        Message { kind, text, undo: self.undo() }
    }

    /// The way back, if there is one.
    fn undo(self) -> Option<Undo> {
        match self {
            Self::Deleted(id) => {
                let action = format!("/images/{id}/restoration");
                Some(Undo { action, label: "Bring it back", fields: vec![] })
            }
            Self::Cart(flash) => flash.undo(),
            Self::SignedOut
            | Self::Published
            | Self::Unpublished
            | Self::Restored
            | Self::AlreadyBegun
            | Self::NotForTheGallery
            | Self::Verified
            | Self::VerificationSent
            | Self::PasswordReset
            | Self::PasswordChanged
            | Self::EmailChangeAsked
            | Self::EmailChanged
            | Self::ProfileSaved
            | Self::AddressSaved
            | Self::AddressDeleted
            | Self::AddressIsDefault
            | Self::SessionEnded
            | Self::OtherSessionsEnded
            | Self::ExportAsked
            | Self::ErasureCalledOff
            | Self::TooManyCodes
            | Self::RecoveryCodeUsed
            | Self::CodesOff
            | Self::RoleChanged
            | Self::AccountClosed
            | Self::AccountReopened
            | Self::ErasureRetried
            | Self::Submitted
            | Self::Reported
            | Self::ReportedAlready
            | Self::NotInTheGallery
            | Self::PictureHung
            | Self::PictureSentBack
            | Self::PictureTakenDown
            | Self::ProviderTried
            | Self::ProviderStays
            | Self::ProviderPaused
            | Self::ProviderResumed
            | Self::StrikeDecided
            | Self::ReviewEnded
            | Self::BlocklistChanged
            | Self::CreditsGiven
            | Self::Order(_)
            | Self::Pricing(_)
            | Self::MockupsBusy
            | Self::NothingToDo => None,
        }
    }
}

impl fmt::Display for Flash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SignedOut => f.write_str("signed-out"),
            Self::Published => f.write_str("published"),
            Self::Unpublished => f.write_str("unpublished"),
            Self::Deleted(id) => write!(f, "deleted.{id}"),
            Self::Restored => f.write_str("restored"),
            Self::AlreadyBegun => f.write_str("already-begun"),
            Self::NotForTheGallery => f.write_str("not-for-the-gallery"),
            Self::Verified => f.write_str("verified"),
            Self::VerificationSent => f.write_str("verification-sent"),
            Self::PasswordReset => f.write_str("password-reset"),
            Self::PasswordChanged => f.write_str("password-changed"),
            Self::EmailChangeAsked => f.write_str("email-change-asked"),
            Self::EmailChanged => f.write_str("email-changed"),
            Self::ProfileSaved => f.write_str("profile-saved"),
            Self::AddressSaved => f.write_str("address-saved"),
            Self::AddressDeleted => f.write_str("address-deleted"),
            Self::AddressIsDefault => f.write_str("address-is-default"),
            Self::SessionEnded => f.write_str("session-ended"),
            Self::OtherSessionsEnded => f.write_str("other-sessions-ended"),
            Self::ExportAsked => f.write_str("export-asked"),
            Self::ErasureCalledOff => f.write_str("erasure-called-off"),
            Self::TooManyCodes => f.write_str("too-many-codes"),
            Self::RecoveryCodeUsed => f.write_str("recovery-code-used"),
            Self::CodesOff => f.write_str("codes-off"),
            Self::RoleChanged => f.write_str("role-changed"),
            Self::AccountClosed => f.write_str("account-closed"),
            Self::AccountReopened => f.write_str("account-reopened"),
            Self::ErasureRetried => f.write_str("erasure-retried"),
            Self::Submitted => f.write_str("submitted"),
            Self::Reported => f.write_str("reported"),
            Self::ReportedAlready => f.write_str("reported-already"),
            Self::NotInTheGallery => f.write_str("not-in-the-gallery"),
            Self::PictureHung => f.write_str("picture-hung"),
            Self::PictureSentBack => f.write_str("picture-sent-back"),
            Self::PictureTakenDown => f.write_str("picture-taken-down"),
            Self::ProviderTried => f.write_str("provider-tried"),
            Self::ProviderStays => f.write_str("provider-stays"),
            Self::ProviderPaused => f.write_str("provider-paused"),
            Self::ProviderResumed => f.write_str("provider-resumed"),
            Self::StrikeDecided => f.write_str("strike-decided"),
            Self::ReviewEnded => f.write_str("review-ended"),
            Self::BlocklistChanged => f.write_str("blocklist-changed"),
            Self::CreditsGiven => f.write_str("credits-given"),
            Self::Cart(flash) => flash.fmt(f),
            Self::Order(flash) => write!(f, "order.{}", <&str>::from(flash)),
            Self::Pricing(flash) => write!(f, "pricing.{}", <&str>::from(flash)),
            Self::MockupsBusy => f.write_str("mockups-busy"),
            Self::NothingToDo => f.write_str("nothing-to-do"),
        }
    }
}

/// A cookie that is none of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownFlash;

impl FromStr for Flash {
    type Err = UnknownFlash;

    fn from_str(text: &str) -> Result<Self, UnknownFlash> {
        Ok(match text {
            "signed-out" => Self::SignedOut,
            "published" => Self::Published,
            "unpublished" => Self::Unpublished,
            "restored" => Self::Restored,
            "already-begun" => Self::AlreadyBegun,
            "not-for-the-gallery" => Self::NotForTheGallery,
            "verified" => Self::Verified,
            "verification-sent" => Self::VerificationSent,
            "password-reset" => Self::PasswordReset,
            "password-changed" => Self::PasswordChanged,
            "email-change-asked" => Self::EmailChangeAsked,
            "email-changed" => Self::EmailChanged,
            "profile-saved" => Self::ProfileSaved,
            "address-saved" => Self::AddressSaved,
            "address-deleted" => Self::AddressDeleted,
            "address-is-default" => Self::AddressIsDefault,
            "session-ended" => Self::SessionEnded,
            "other-sessions-ended" => Self::OtherSessionsEnded,
            "export-asked" => Self::ExportAsked,
            "erasure-called-off" => Self::ErasureCalledOff,
            "too-many-codes" => Self::TooManyCodes,
            "recovery-code-used" => Self::RecoveryCodeUsed,
            "codes-off" => Self::CodesOff,
            "role-changed" => Self::RoleChanged,
            "account-closed" => Self::AccountClosed,
            "account-reopened" => Self::AccountReopened,
            "erasure-retried" => Self::ErasureRetried,
            "submitted" => Self::Submitted,
            "reported" => Self::Reported,
            "reported-already" => Self::ReportedAlready,
            "not-in-the-gallery" => Self::NotInTheGallery,
            "picture-hung" => Self::PictureHung,
            "picture-sent-back" => Self::PictureSentBack,
            "picture-taken-down" => Self::PictureTakenDown,
            "provider-tried" => Self::ProviderTried,
            "provider-stays" => Self::ProviderStays,
            "provider-paused" => Self::ProviderPaused,
            "provider-resumed" => Self::ProviderResumed,
            "strike-decided" => Self::StrikeDecided,
            "review-ended" => Self::ReviewEnded,
            "blocklist-changed" => Self::BlocklistChanged,
            "credits-given" => Self::CreditsGiven,
            "mockups-busy" => Self::MockupsBusy,
            "nothing-to-do" => Self::NothingToDo,
            other => {
                if let Some(flash) = other.strip_prefix("cart.") {
                    return flash.parse().map(Self::Cart);
                }
                if let Some(flash) = other.strip_prefix("order.") {
                    return flash.parse().map(Self::Order).map_err(|_| UnknownFlash);
                }
                if let Some(flash) = other.strip_prefix("pricing.") {
                    return flash.parse().map(Self::Pricing).map_err(|_| UnknownFlash);
                }
                let id = other.strip_prefix("deleted.").and_then(|id| id.parse().ok()).ok_or(UnknownFlash)?;
                Self::Deleted(id)
            }
        })
    }
}
