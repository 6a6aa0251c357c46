//! What was turned down, and the last word on it.

pub mod index;
pub mod source;
pub mod verdict;

use serde::Serialize;
use shop::{
    ids::{AccountId, GenerationId, StrikeId},
    strikes::{Source, Strike, Verdict},
};
use strum::VariantArray;
use uuid::Uuid;

use super::accounts;
use crate::views;

/// Where they are.
pub const PATH: &str = "/admin/strikes";

/// A strike, in the queue and on the page of an account.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    id: StrikeId,
    href: String,
    account_id: AccountId,
    account_href: String,
    email: String,
    in_review: bool,
    prompt: String,
    /// Where the picture is seen that the customer brought along, if one belongs to it.
    picture_href: Option<String>,
    source: &'static str,
    detail: String,
    created_at: String,
    verdict: Option<Verdict>,
    verdict_text: Option<&'static str>,
    counting: i64,
}

impl Row {
    /// As staff read it.
    pub fn new(strike: Strike) -> Self {
        Self {
            id: strike.id,
            href: format!("{PATH}/{}", strike.id),
            account_id: strike.account_id,
            account_href: accounts::show::path(strike.account_id),
            in_review: strike.in_review,
            source: match strike.source {
                Source::Blocklist => "Our list",
                Source::Moderation => "The check",
                Source::Provider => "The provider",
            },
            detail: detail(&strike),
            email: strike.email,
            prompt: strike.prompt,
            created_at: views::moment(strike.created_at),
            verdict: strike.verdict,
            verdict_text: strike.verdict.map(verdict_text),
            picture_href: strike.has_picture.then(|| format!("{PATH}/{}/source", strike.id)),
            counting: strike.counting,
        }
    }

    /// By everybody who turns something down, undecided and decided.
    pub fn samples() -> Vec<Self> {
        let verdicts = std::iter::once(None).chain(Verdict::VARIANTS.iter().copied().map(Some));
        let strike = |(source, verdict): (&Source, Option<Verdict>)| Strike {
            id: StrikeId(Uuid::nil()),
            account_id: AccountId(Uuid::nil()),
            email: "<mira>@example.org".to_owned(),
            in_review: verdict.is_none(),
            generation_id: GenerationId(Uuid::nil()),
            prompt: "A <b>fox & <script>alert(1)</script>".to_owned(),
            has_picture: *source == Source::Moderation,
            source: *source,
            detail: "<asleep>".to_owned(),
            blocklist_version: (*source == Source::Blocklist).then_some(3),
            created_at: "2026-11-24T05:30:12Z".parse().unwrap_or_default(),
            verdict,
            counting: if verdict.is_none() { 6 } else { 1 },
        };
        Source::VARIANTS.iter().zip(verdicts).map(|pair| Self::new(strike(pair))).collect()
    }
}

/// What turned it down, as precisely as it is known.
fn detail(strike: &Strike) -> String {
    match (strike.source, strike.blocklist_version) {
        (Source::Blocklist, Some(version)) => {
            format!("The list has “{}” in its version {version}.", strike.detail)
        }
        (Source::Blocklist, None) => format!("The list has “{}”.", strike.detail),
        (Source::Moderation, _) => format!("It names: {}.", strike.detail),
        (Source::Provider, _) => format!("It said: {}.", strike.detail),
    }
}

fn verdict_text(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Benign => "Harmless",
        Verdict::Upheld => "Rightly turned down",
    }
}
