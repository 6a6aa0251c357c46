//! Sending parcels: where to, how, for how much, and when they arrive.

use chrono::{Datelike, Days, NaiveDate, Weekday};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;

use crate::money::Currency;

/// How a parcel goes.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    sqlx::Type,
    strum::VariantArray,
    strum::IntoStaticStr,
    strum::EnumString,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum ShippingMethod {
    /// By post.
    Standard,
    /// By courier.
    Express,
}

impl ShippingMethod {
    /// What it is called.
    pub fn title(self) -> &'static str {
        match self {
            Self::Standard => "Standard",
            Self::Express => "Express",
        }
    }
}

/// One way to send a parcel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How it goes.
    pub method: ShippingMethod,
    /// What it costs, in the currency's smallest unit: nothing if the goods are worth enough.
    pub amount: i64,
    /// What it would cost if the goods were worth less.
    pub full_amount: i64,
    /// The sum of goods from which it is free.
    pub free_from: Option<i64>,
    /// Working days on the way: at least, at most.
    pub days: (i16, i16),
}

/// Why a parcel cannot be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CannotSend {
    /// There are rates for lighter ones only.
    #[error("the parcel is too heavy")]
    TooHeavy,
    /// Nothing is sent there in this currency.
    #[error("there is no rate in this currency")]
    NoRate,
}

/// The ways to send a parcel of this weight to a country, the slowest first; `goods` is what is in it, after discounts. Of
/// several rates of a method the one counts with the least weight that holds the parcel.
pub async fn rates(
    db: &mut PgConnection,
    country: &str,
    currency: Currency,
    weight_g: i64,
    goods: i64,
) -> sqlx::Result<Result<Vec<Rate>, CannotSend>> {
    let zone = sqlx::query_scalar!(
        "select z.id from shipping_zones z left join shipping_zone_countries c on c.zone_id = z.id and c.country = $1
         where c.country is not null or z.is_rest order by z.is_rest limit 1",
        country,
    )
    .fetch_optional(&mut *db)
    .await?;
    let Some(zone) = zone else { return Ok(Err(CannotSend::NoRate)) };
    let rows = sqlx::query!(
        r#"select method as "method: ShippingMethod", up_to_g, amount, free_from, days_min, days_max
           from shipping_rates where zone_id = $1 and currency = $2 order by method, up_to_g"#,
        zone,
        currency as Currency,
    )
    .fetch_all(db)
    .await?;
    if rows.is_empty() {
        return Ok(Err(CannotSend::NoRate));
    }
    let mut rates: Vec<Rate> = Vec::new();
    for row in rows {
        let fits = i64::from(row.up_to_g) >= weight_g;
        if fits && rates.iter().all(|rate| rate.method != row.method) {
            let is_free = row.free_from.is_some_and(|from| goods >= from);
            rates.push(Rate {
                method: row.method,
                amount: if is_free { 0 } else { row.amount },
                full_amount: row.amount,
                free_from: row.free_from,
                days: (row.days_min, row.days_max),
            });
        }
    }
    rates.sort_by_key(|rate| std::cmp::Reverse(rate.days.1));
    Ok(if rates.is_empty() { Err(CannotSend::TooHeavy) } else { Ok(rates) })
}

/// The day that is so many working days after another one: Monday to Friday. Holidays differ from place to place and are not
/// known here.
pub fn working_days_after(day: NaiveDate, days: i16) -> NaiveDate {
    let mut day = day;
    for _ in 0..days {
        day = next_day(day);
        while matches!(day.weekday(), Weekday::Sat | Weekday::Sun) {
            day = next_day(day);
        }
    }
    day
}

fn next_day(day: NaiveDate) -> NaiveDate {
    day.checked_add_days(Days::new(1)).unwrap_or(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_arrives_on_a_weekend() {
        let day = |day| NaiveDate::from_ymd_opt(2026, 11, day).expect("a day");
        // The 20th is a Friday.
        for (from, days, to) in [(20, 0, 20), (20, 1, 23), (21, 1, 23), (22, 2, 24), (16, 5, 23), (18, 10, 2)]
        {
            let arrival = working_days_after(day(from), days);
            assert_eq!(arrival.day(), to, "{days} working days after the {from}th");
        }
    }
}
