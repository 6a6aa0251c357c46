//! GET /admin

use std::borrow::Cow;

use poem::{Response, handler};
use serde::Serialize;
use shop::{
    accounts::{Duty, Role},
    images::{self, ReviewCounts},
    office::{self, Counts},
};
use strum::VariantArray;

use super::{Office, accounts, mails, orders, providers, reviews, strikes, upkeep};
use crate::{admission::Staff, error::Problem, views::Page};

/// Where it is.
pub const PATH: &str = "/admin";

/// templates/admin/index.html
#[derive(Debug, Clone, Serialize)]
pub struct Index {
    office: Office,
    matters: Vec<Matter>,
}

/// Something that may need somebody.
#[derive(Debug, Clone, Serialize)]
struct Matter {
    count: i64,
    label: &'static str,
    /// What it means, and what to do.
    hint: &'static str,
    href: Option<&'static str>,
    is_problem: bool,
}

impl Index {
    fn new(role: Role, counts: Counts, pictures: ReviewCounts) -> Self {
        let reviews = |href| Some(href).filter(|_| role.may(Duty::ReviewPictures));
        let submitted = Matter {
            count: pictures.submitted,
            label: "pictures handed in for the gallery",
            hint: "They hang there as soon as somebody has looked at them.",
            href: reviews(reviews::index::PATH),
            is_problem: false,
        };
        let reported = Matter {
            count: pictures.reported,
            label: "pictures reported",
            hint: "They hang in the gallery, and somebody thinks that they should not.",
            href: reviews(reviews::index::REPORTED),
            is_problem: pictures.reported > 0,
        };
        let mails = Matter {
            count: counts.failed_mails,
            label: "mails that no server took",
            hint: "They will not be tried again. Whoever waits for one can ask for another.",
            href: Some(mails::FAILED).filter(|_| role.may(Duty::SeeMails)),
            is_problem: counts.failed_mails > 0,
        };
        let jobs = Matter {
            count: counts.dead_jobs,
            label: "jobs that were given up",
            hint: "What they were for says so: a picture, a mail, a file or an account.",
            href: None,
            is_problem: counts.dead_jobs > 0,
        };
        let leaving = Matter {
            count: counts.accounts_to_be_erased,
            label: "accounts to be erased",
            hint: "Their owners asked for it, and can call it off until the day.",
            href: None,
            is_problem: false,
        };
        let erasures = Matter {
            count: counts.failed_erasures,
            label: "accounts that could not be erased",
            hint: "Their page says so, and has a button to try it again.",
            href: Some(accounts::PATH).filter(|_| role.may(Duty::SeeAccounts)),
            is_problem: counts.failed_erasures > 0,
        };
        let paused = Matter {
            count: counts.paused_providers,
            label: "providers paused",
            hint: "Customers wait. Nothing of theirs is lost, and nothing was charged.",
            href: Some(providers::PATH).filter(|_| role.may(Duty::SeeProviders)),
            is_problem: counts.paused_providers > 0,
        };
        let strikes = Some(strikes::PATH).filter(|_| role.may(Duty::JudgeStrikes));
        let reviewed = Matter {
            count: counts.accounts_in_review,
            label: "accounts in review",
            hint: "So much of theirs was turned down that nothing is drawn until somebody has looked.",
            href: strikes,
            is_problem: counts.accounts_in_review > 0,
        };
        let undecided = Matter {
            count: counts.undecided_strikes,
            label: "sentences that were turned down",
            hint: "Machines are wrong often: what was harmless does not count.",
            href: strikes,
            is_problem: false,
        };
        let differences = Matter {
            count: counts.differences,
            label: "books that differ",
            hint: "Credits, calls or files do not say the same, or a round of upkeep failed.",
            href: Some(upkeep::PATH).filter(|_| role.may(Duty::SeeProviders)),
            is_problem: counts.differences > 0,
        };
        let held = Matter {
            count: counts.held_orders,
            label: "orders held",
            hint: "Their payment is not what it should be. Nothing is made until somebody has looked.",
            href: Some(orders::HELD).filter(|_| role.may(Duty::SeeOrders)),
            is_problem: counts.held_orders > 0,
        };
        let matters = vec![
            held,
            paused,
            differences,
            reviewed,
            submitted,
            reported,
            mails,
            jobs,
            erasures,
            undecided,
            leaving,
        ];
        Self { office: Office::new(role), matters }
    }
}

impl Page for Index {
    const TEMPLATE: &'static str = "admin/index.html";

    fn title(&self) -> Cow<'_, str> {
        "Office".into()
    }

    fn samples() -> Vec<Self> {
        let pictures = |count| ReviewCounts { submitted: count, reported: count };
        let counts = |count| Counts {
            failed_mails: count,
            dead_jobs: count,
            accounts_to_be_erased: count,
            failed_erasures: count,
            paused_providers: count,
            undecided_strikes: count,
            accounts_in_review: count,
            held_orders: count,
            differences: count,
        };
        Role::VARIANTS
            .iter()
            .zip(0..)
            .map(|(role, count)| Self::new(*role, counts(count), pictures(count)))
            .collect()
    }
}

/// What there is, and what matters now.
#[handler]
pub async fn show(visit: Staff) -> Result<Response, Problem> {
    let counts = office::counts(&visit.site.db).await?;
    let pictures = images::review_counts(&visit.site.db).await?;
    visit.page(&Index::new(visit.role, counts, pictures))
}
