//! The checkout: where it goes, how it is sent, and all of it once more before the button. Each step has an address of its own; one
//! for which something is missing leads to where that is asked for.

pub mod address;
pub mod review;
pub mod shipping;

use chrono::NaiveDate;
use poem::Response;
use serde::Serialize;
use shop::{
    carts::Owner,
    checkouts::{self, Plan, Step},
    money::Money,
    shipping::working_days_after,
};

use crate::{
    error::Problem,
    visit::{Visit, see_other},
};

/// Where a step is.
fn path(step: Step) -> &'static str {
    match step {
        Step::Cart => "/cart",
        Step::Address => "/checkout/address",
        Step::Shipping => "/checkout/shipping",
        Step::Review => "/checkout/review",
    }
}

/// Whose cart it is and what would be ordered, or the way to the first step that is still to be done before this one.
async fn begun(visit: &Visit, step: Step) -> Result<Result<(Owner, Plan), Response>, Problem> {
    let to = |step| Ok(Err(see_other(path(step))));
    let Some(owner) = visit.cart_owner().await? else { return to(Step::Cart) };
    let plan = checkouts::of_owner(&visit.site.db, &visit.cause, &owner).await?;
    let Some(plan) = plan else { return to(Step::Cart) };
    let first = plan.step();
    if first < step { to(first) } else { Ok(Ok((owner, plan))) }
}

/// `progress` in templates/checkout/_progress.html
#[derive(Debug, Clone, Serialize)]
struct Stage {
    title: &'static str,
    /// Where it is, if one can go there.
    href: Option<&'static str>,
    is_now: bool,
    is_done: bool,
}

/// The steps, as they stand on one of them. What is not sent needs no shipping.
fn progress(now: Step, is_sent: bool) -> Vec<Stage> {
    let steps = [
        (Some(Step::Cart), "Cart"),
        (Some(Step::Address), if is_sent { "Address" } else { "Your details" }),
        (Some(Step::Shipping), "Shipping"),
        (Some(Step::Review), "Review"),
        (None, "Payment"),
    ];
    let shown = steps.into_iter().filter(|(step, _)| is_sent || *step != Some(Step::Shipping));
    shown
        .map(|(step, title)| {
            let is_done = step.is_some_and(|step| step < now);
            Stage { title, href: step.filter(|_| is_done).map(path), is_now: step == Some(now), is_done }
        })
        .collect()
}

/// An amount in the cart's currency, as people read it.
fn money(plan: &Plan, amount: i64) -> String {
    Money::new(amount, plan.snapshot.cart.currency).to_string()
}

/// When something arrives that is ordered on this day: `Monday 30 November to Friday 4 December`.
fn arrival(today: NaiveDate, days: (i16, i16)) -> String {
    let day = |days| working_days_after(today, days).format("%A %-d %B").to_string();
    let (first, last) = (day(days.0), day(days.1));
    if first == last { first } else { format!("{first} to {last}") }
}

/// `19%`, `8.1%`, `25.5%`.
fn percent(rate_bp: i32) -> String {
    let (whole, rest) = (rate_bp / 100, rate_bp % 100);
    match (rest, rest % 10) {
        (0, _) => format!("{whole}%"),
        (_, 0) => format!("{whole}.{}%", rest / 10),
        _ => format!("{whole}.{rest:02}%"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_written_without_needless_digits() {
        for (bp, text) in
            [(1_900, "19%"), (810, "8.1%"), (2_550, "25.5%"), (825, "8.25%"), (5, "0.05%"), (0, "0%")]
        {
            assert_eq!(percent(bp), text);
        }
    }

    #[test]
    fn arrivals_are_told_by_the_day() {
        let friday = NaiveDate::from_ymd_opt(2026, 11, 20).expect("a day");
        assert_eq!(arrival(friday, (1, 6)), "Monday 23 November to Monday 30 November");
        assert_eq!(arrival(friday, (1, 1)), "Monday 23 November");
    }
}
