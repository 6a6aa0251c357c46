//! What amounts and currencies a new session may have.

use super::Session;
use crate::stripe::money;
use crate::stripe::params::Params;
use crate::stripe::refusals::Refusal;

pub(super) fn known_currency(given: &str, param: &str) -> Result<&'static str, Refusal> {
    money::known(given).ok_or_else(|| {
        let message =
            format!("Invalid currency: {given}. The sandbox knows the currencies of its own table only.");
        Refusal::invalid(message).param(param)
    })
}

pub(super) fn amount(table: &mut Params, name: &str) -> Result<i64, Refusal> {
    let full = table.name(name);
    let amount = table.needed_integer(name)?;
    if amount < 0 {
        return Err(Refusal::invalid("Invalid non-negative integer")
            .code("parameter_invalid_integer")
            .param(full));
    }
    if amount > money::MOST {
        return Err(Refusal::invalid("Amount must be no more than 99999999")
            .code("amount_too_large")
            .param(full));
    }
    Ok(amount)
}

pub(super) fn check_total(session: &Session) -> Result<(), Refusal> {
    let (total, least) = (session.total(), money::least(&session.currency));
    if total > money::MOST {
        let most = money::written(money::MOST, &session.currency);
        let message = format!("The Checkout Session's total amount due must add up to no more than {most}");
        return Err(Refusal::invalid(message).code("amount_too_large"));
    }
    if total > 0 && total < least {
        let least = money::written(least, &session.currency);
        let message = format!(
            "The Checkout Session's total amount due must add up to at least {least} {}",
            session.currency
        );
        return Err(Refusal::invalid(message).code("amount_too_small"));
    }
    Ok(())
}
