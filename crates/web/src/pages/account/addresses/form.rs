//! The form of an address: first the country, then what its post asks for.

use std::borrow::Cow;

use serde::Serialize;
use shop::addresses::{Country, Field, Place, Reason, Texts, Wrong, check};

use crate::forms::{FieldError, Form};

/// What a form asks for, in this order, as far as the country uses it.
const ASKED: [Field; 8] = [
    Field::Name,
    Field::Company,
    Field::Line1,
    Field::Line2,
    Field::City,
    Field::Region,
    Field::Postcode,
    Field::Phone,
];

/// `form` in templates/account/addresses/_form.html
#[derive(Debug, Clone, Serialize)]
pub struct AddressForm {
    countries: Vec<Choice>,
    country: Option<Choice>,
    fields: Vec<Asked>,
    errors: Vec<FieldError>,
}

#[derive(Debug, Clone, Serialize)]
struct Choice {
    code: &'static str,
    name: &'static str,
}

#[derive(Debug, Clone, Serialize)]
struct Asked {
    name: &'static str,
    label: &'static str,
    value: String,
    required: bool,
    autocomplete: &'static str,
    longest: usize,
    choices: Vec<Choice>,
}

impl AddressForm {
    /// For the country in the texts; without one, it is asked for first.
    pub fn new(texts: &Texts, errors: Vec<FieldError>) -> Self {
        let choice = |country: &'static Country| Choice { code: &country.code, name: &country.name };
        let country = Country::find(&texts.country);
        Self {
            countries: Country::all().iter().map(choice).collect(),
            country: country.map(choice),
            fields: country.map(|country| asked(country, texts)).unwrap_or_default(),
            errors,
        }
    }

    /// One without a country, one with everything wrong, and one with a list of regions.
    pub fn samples() -> Vec<Self> {
        let texts = |country: &str| {
            let text = |field| if field == Field::Country { country } else { "A \"<b>fox" };
            Texts::from_fields(|field| text(field).to_owned())
        };
        let errors = ASKED.map(|field| FieldError::new(field.name(), "Please look at this <again>."));
        vec![
            Self::new(&Texts::default(), vec![FieldError::new("country", "Please look at this <again>.")]),
            Self::new(&texts("DE"), errors.to_vec()),
            Self::new(&texts("US"), errors.to_vec()),
        ]
    }
}

/// What was typed.
pub fn typed(form: &Form) -> Texts {
    Texts::from_fields(|field| form.text(field.name()).to_owned())
}

/// An address, or what is wrong with it in words.
pub fn checked(texts: &Texts) -> Result<Place, Vec<FieldError>> {
    check(texts).map_err(|wrong| {
        let country = Country::find(&texts.country);
        wrong.into_iter().map(|wrong| FieldError::new(wrong.field.name(), words(country, &wrong))).collect()
    })
}

fn asked(country: &'static Country, texts: &Texts) -> Vec<Asked> {
    let used = ASKED.into_iter().filter(|field| country.uses(*field));
    used.map(|field| Asked {
        name: field.name(),
        label: country.label(field),
        value: texts.of(field).to_owned(),
        required: country.requires(field),
        autocomplete: autocomplete(field),
        longest: field.longest(),
        choices: if field == Field::Region { regions(country) } else { vec![] },
    })
    .collect()
}

fn regions(country: &'static Country) -> Vec<Choice> {
    country.regions.iter().map(|region| Choice { code: &region.code, name: &region.name }).collect()
}

/// What a browser may fill in (HTML, "Autofill field names").
fn autocomplete(field: Field) -> &'static str {
    match field {
        Field::Country => "country",
        Field::Name => "name",
        Field::Company => "organization",
        Field::Line1 => "address-line1",
        Field::Line2 => "address-line2",
        Field::City => "address-level2",
        Field::Region => "address-level1",
        Field::Postcode => "postal-code",
        Field::Phone => "tel",
    }
}

fn words(country: Option<&Country>, wrong: &Wrong) -> Cow<'static, str> {
    let Some(country) = country else { return "Please choose a country from the list.".into() };
    let (label, country) = (country.label(wrong.field), &country.name);
    match &wrong.reason {
        Reason::Missing => format!("“{label}” is empty. A parcel to {country} needs it.").into(),
        Reason::TooLong(longest) => {
            format!("“{label}” has more than {longest} characters. Please shorten it.").into()
        }
        Reason::Unknown => format!("Please choose one from the list under “{label}”.").into(),
        Reason::Malformed(example) => {
            format!("“{label}” does not look right for {country}. It looks like this: {example}").into()
        }
        Reason::Control => {
            format!("“{label}” has an invisible control character in it. Please type it anew.").into()
        }
    }
}
