//! What all lists have in common: `limit`, `starting_after`, `ending_before`, `created`, newest first.

use serde_json::{Value, json};

use super::params::Params;
use super::refusals::Refusal;
use super::shelf::Paging;

pub(super) fn paging(params: &mut Params) -> Result<Paging, Refusal> {
    let limit = params.integer("limit")?.unwrap_or(10);
    let limit = usize::try_from(limit).ok().filter(|limit| (1..=100).contains(limit)).ok_or_else(|| {
        Refusal::invalid("This value must be between 1 and 100 (inclusive).")
            .code("parameter_invalid_integer")
            .param("limit")
    })?;
    let (starting_after, ending_before) = (params.text("starting_after")?, params.text("ending_before")?);
    if starting_after.is_some() && ending_before.is_some() {
        return Err(Refusal::invalid("You cannot parameterize both starting_after and ending_before."));
    }
    Ok(Paging { limit, starting_after, ending_before })
}

/// A filter on the time, in seconds since 1970.
#[derive(Default)]
pub(super) struct Created {
    gte: Option<i64>,
    gt: Option<i64>,
    lte: Option<i64>,
    lt: Option<i64>,
}

impl Created {
    pub fn holds(&self, at: u64) -> bool {
        let at = i64::try_from(at).unwrap_or(i64::MAX);
        self.gte.is_none_or(|bound| at >= bound)
            && self.gt.is_none_or(|bound| at > bound)
            && self.lte.is_none_or(|bound| at <= bound)
            && self.lt.is_none_or(|bound| at < bound)
    }
}

/// `created[gte]=…` and its kin, or `created=…` for that second.
pub(super) fn created(params: &mut Params) -> Result<Created, Refusal> {
    if !params.is_table("created") {
        let exactly = params.integer("created")?;
        return Ok(Created { gte: exactly, lte: exactly, ..Created::default() });
    }
    let Some(mut table) = params.table("created")? else { return Ok(Created::default()) };
    let created = Created {
        gte: table.integer("gte")?,
        gt: table.integer("gt")?,
        lte: table.integer("lte")?,
        lt: table.integer("lt")?,
    };
    table.end()?;
    Ok(created)
}

/// A page as Stripe answers it. `what` is for the words when the cursor names nothing.
pub(super) fn list<T>(
    url: &str,
    page: Result<(Vec<&T>, bool), String>,
    what: &str,
    render: impl Fn(&T) -> Value,
) -> Result<Value, Refusal> {
    let (found, has_more) = page.map_err(|id| {
        let refusal = Refusal::no_such(what, &id, "starting_after");
        Refusal { status: 400, ..refusal }
    })?;
    let data: Vec<_> = found.into_iter().map(render).collect();
    Ok(json!({ "object": "list", "url": url, "has_more": has_more, "data": data }))
}
