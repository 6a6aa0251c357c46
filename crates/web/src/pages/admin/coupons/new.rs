//! GET /admin/coupons/new and POST /admin/coupons

use std::borrow::Cow;

use poem::{Response, handler, http::StatusCode};
use serde::Serialize;
use shop::{
    accounts::Role,
    coupons::{self, CouponKind, CreateError, NewCoupon, WHOLE_BP},
    money::{Currency, Money},
    price_lists::AMOUNT_MAX,
};

use super::path;
use crate::{
    admission::Staff,
    error::Problem,
    flash::{Flash, PricingFlash},
    forms::{CheckedForm, FieldError, Form, moments, percents},
    pages::admin::{Choice, Office, currency_choices},
    views::Page,
};

/// The most uses that a limit can say.
const USES_MAX: i32 = 1_000_000;

/// templates/admin/coupons/new.html
#[derive(Debug, Clone, Serialize)]
pub struct New {
    office: Office,
    typed: Typed,
    currencies: Vec<Choice>,
    errors: Vec<FieldError>,
}

/// As it was typed.
#[derive(Debug, Clone, Default, Serialize)]
struct Typed {
    code: String,
    kind: String,
    value: String,
    currency: String,
    min_subtotal: String,
    max_uses: String,
    max_uses_each: String,
    starts_at: String,
    ends_at: String,
}

impl Page for New {
    const TEMPLATE: &'static str = "admin/coupons/new.html";

    fn title(&self) -> Cow<'_, str> {
        "New coupon".into()
    }

    fn samples() -> Vec<Self> {
        let fields = [
            "code",
            "kind",
            "value",
            "currency",
            "min_subtotal",
            "max_uses",
            "max_uses_each",
            "starts_at",
            "ends_at",
            "",
        ];
        let errors = fields.map(|field| FieldError::new(field, "Look <again>.")).to_vec();
        let typed = |kind: &str| Typed {
            code: "\"<b>fox".to_owned(),
            kind: kind.to_owned(),
            value: "<b>fox".to_owned(),
            ..Typed::default()
        };
        vec![
            Self::filled(Role::Manager, Typed::default(), vec![]),
            Self::filled(Role::Owner, typed("fixed"), errors),
            Self::filled(Role::Owner, typed("free_shipping"), vec![]),
        ]
    }
}

impl New {
    fn filled(role: Role, typed: Typed, errors: Vec<FieldError>) -> Self {
        let currencies = currency_choices(&typed.currency);
        Self { office: Office::new(role), typed, currencies, errors }
    }
}

/// An empty form.
#[handler]
#[expect(clippy::needless_pass_by_value, reason = "a handler owns what it asked for")]
pub fn show(visit: Staff) -> Result<Response, Problem> {
    let typed = Typed {
        kind: <&str>::from(CouponKind::Percent).to_owned(),
        starts_at: moments::typed(visit.at()),
        ..Typed::default()
    };
    visit.page(&New::filled(visit.role, typed, vec![]))
}

/// Makes a coupon.
#[handler]
pub async fn create(visit: Staff, form: CheckedForm) -> Result<Response, Problem> {
    let typed = Typed::sent(&form);
    let errors = match typed.read(&visit) {
        Ok(new) => match coupons::create(&visit.site.db, &visit.cause, &visit.actor, &new).await? {
            Ok(id) => return Ok(visit.see_other_with(&path(id), Flash::Pricing(PricingFlash::CouponMade))),
            Err(CreateError::CodeTaken) => {
                vec![FieldError::new(
                    "code",
                    "There is a coupon with this code already. Please choose another code.",
                )]
            }
        },
        Err(errors) => errors,
    };
    visit.page_with(StatusCode::UNPROCESSABLE_ENTITY, &New::filled(visit.role, typed, errors))
}

impl Typed {
    fn sent(form: &Form) -> Self {
        let text = |field| form.text(field).to_owned();
        Self {
            code: text("code"),
            kind: text("kind"),
            value: text("value"),
            currency: text("currency"),
            min_subtotal: text("min_subtotal"),
            max_uses: text("max_uses"),
            max_uses_each: text("max_uses_each"),
            starts_at: text("starts_at"),
            ends_at: text("ends_at"),
        }
    }

    fn read(&self, visit: &Staff) -> Result<NewCoupon, Vec<FieldError>> {
        let mut errors = Vec::new();
        let code = coupons::tidy(&self.code);
        if !coupons::is_code(&code) {
            errors.push(FieldError::new("code", "Please use 3 to 30 letters from A to Z and digits."));
        }
        let kind = self.kind.parse::<CouponKind>().ok();
        if kind.is_none() {
            errors.push(FieldError::new("kind", "Please choose what it takes off."));
        }
        let currency = match self.currency.as_str() {
            "" => None,
            code => {
                let currency = code.parse::<Currency>().ok();
                if currency.is_none() {
                    errors.push(FieldError::new("currency", "Please choose one of the currencies."));
                }
                currency
            }
        };
        let mut keep = |read: Result<i64, FieldError>| {
            read.unwrap_or_else(|error| {
                errors.push(error);
                0
            })
        };
        let value = kind.map_or(0, |kind| keep(self.value(kind, currency)));
        let min_subtotal = keep(self.min_subtotal(currency));
        let mut limit = |field, typed: &str| {
            uses(field, typed).unwrap_or_else(|error| {
                errors.push(error);
                None
            })
        };
        let max_uses = limit("max_uses", &self.max_uses);
        let max_uses_each = limit("max_uses_each", &self.max_uses_each);
        let mut moment = |field: &'static str, typed: &str| {
            let at = moments::read(typed);
            if at.is_none() && !typed.trim().is_empty() {
                let text = "Please write a day and a time, such as 2026-12-24 18:00.";
                errors.push(FieldError::new(field, text));
            }
            at
        };
        let starts_at = moment("starts_at", &self.starts_at).unwrap_or(visit.at());
        let ends_at = moment("ends_at", &self.ends_at);
        if ends_at.is_some_and(|end| end <= starts_at.max(visit.at())) {
            errors.push(FieldError::new(
                "ends_at",
                "The end must be later than the beginning, and later than now.",
            ));
        }
        match kind {
            Some(kind) if errors.is_empty() => Ok(NewCoupon {
                code,
                kind,
                value,
                currency,
                min_subtotal,
                max_uses,
                max_uses_each,
                starts_at,
                ends_at,
            }),
            _ => Err(errors),
        }
    }

    /// How much it takes off: hundredths of a per cent, or the smallest unit of the currency.
    fn value(&self, kind: CouponKind, currency: Option<Currency>) -> Result<i64, FieldError> {
        let wrong = |text| Err(FieldError::new("value", text));
        match (kind, currency) {
            (CouponKind::Percent, _) => match percents::read(&self.value) {
                Some(value) if (1..=WHOLE_BP).contains(&value) => Ok(value),
                Some(_) | None => {
                    wrong("Please write how many per cent, such as 10 or 12.5, and at most 100.")
                }
            },
            (CouponKind::Fixed, Some(currency)) => match amount(&self.value, currency) {
                Some(value) if value > 0 => Ok(value),
                Some(_) | None => wrong("Please write an amount in the currency that you chose."),
            },
            (CouponKind::Fixed, None) => {
                Err(FieldError::new("currency", "An amount is in one currency. Please choose it."))
            }
            (CouponKind::FreeShipping, _) if self.value.trim().is_empty() => Ok(0),
            (CouponKind::FreeShipping, _) => {
                wrong("What is sent for nothing takes nothing else off. Please leave this empty.")
            }
        }
    }

    fn min_subtotal(&self, currency: Option<Currency>) -> Result<i64, FieldError> {
        if self.min_subtotal.trim().is_empty() {
            return Ok(0);
        }
        let Some(currency) = currency else {
            let text = "A least sum is in one currency. Please choose it.";
            return Err(FieldError::new("currency", text));
        };
        amount(&self.min_subtotal, currency).ok_or_else(|| {
            FieldError::new("min_subtotal", "Please write an amount in the currency that you chose.")
        })
    }
}

fn amount(typed: &str, currency: Currency) -> Option<i64> {
    Money::parse(typed, currency).map(|money| money.amount).filter(|amount| *amount <= AMOUNT_MAX)
}

fn uses(field: &'static str, typed: &str) -> Result<Option<i32>, FieldError> {
    if typed.trim().is_empty() {
        return Ok(None);
    }
    let uses = typed.trim().parse::<i32>().ok().filter(|uses| (1..=USES_MAX).contains(uses));
    uses.map(Some).ok_or_else(|| {
        let text = format!("Please write a whole number, from 1 to {USES_MAX}, or leave it empty.");
        FieldError::new(field, text)
    })
}
