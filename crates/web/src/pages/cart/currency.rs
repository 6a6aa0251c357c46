//! POST /cart/currency

use std::str::FromStr;

use poem::{Response, handler};
use shop::{carts, money::Currency, prices};

use super::{PATH, kept, opened};
use crate::{
    admission::Guest,
    error::Problem,
    flash::{CartFlash, Flash},
    forms::CheckedForm,
    limits,
    pages::doors,
    visit::see_other,
};

/// Shows all prices in a currency from now on, and takes payment in it.
#[handler]
pub async fn create(visit: Guest, form: CheckedForm) -> Result<Response, Problem> {
    let next = doors::local_path(form.text("next")).unwrap_or_else(|| PATH.to_owned());
    let offered = prices::currencies(&visit.site.db, &visit.cause).await?;
    let chosen = Currency::from_str(form.text("currency")).ok().filter(|chosen| offered.contains(chosen));
    let Some(currency) = chosen else {
        return Ok(visit.see_other_with(&next, Flash::Cart(CartFlash::CurrencyNotOffered)));
    };
    limits::take(&visit, &limits::CART, "").await??;
    let (owner, value) = opened(&visit).await?;
    carts::set_currency(&visit.site.db, &visit.cause, &owner, currency).await?;
    Ok(kept(&visit, see_other(&next), value))
}
