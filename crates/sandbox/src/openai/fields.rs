//! Checks the fields of a request one by one, with OpenAI's own words when one is wrong.

use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use super::refusals::Refusal;

/// A request's fields, from JSON or from a form, where every value is text.
pub(super) struct Fields(Map<String, Value>);

impl Fields {
    /// Takes the fields, of which all must be known. A field that is null counts as absent.
    pub fn new(mut fields: Map<String, Value>, known: &[&str]) -> Result<Fields, Refusal> {
        if let Some(unknown) = fields.keys().find(|name| !known.contains(&name.as_str())) {
            return Err(Refusal::unknown_parameter(unknown));
        }
        fields.retain(|_, value| !value.is_null());
        Ok(Fields(fields))
    }

    pub fn text(&self, name: &str) -> Result<Option<&str>, Refusal> {
        match self.0.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Refusal::wrong_type(name, "a string")),
        }
    }

    pub fn required(&self, name: &str) -> Result<&str, Refusal> {
        self.text(name)?.ok_or_else(|| Refusal::missing(name))
    }

    pub fn integer(&self, name: &str, allowed: RangeInclusive<u64>, default: u64) -> Result<u64, Refusal> {
        let number = match self.0.get(name) {
            None => return Ok(default),
            Some(Value::Number(number)) => number.as_i64(),
            Some(Value::String(text)) => text.parse().ok(),
            Some(_) => None,
        };
        let number = number.ok_or_else(|| Refusal::wrong_type(name, "an integer"))?;
        u64::try_from(number).ok().filter(|number| allowed.contains(number)).ok_or_else(|| {
            let (least, most) = (allowed.start(), allowed.end());
            let message =
                format!("Invalid '{name}': expected an integer from {least} to {most}, but got {number}.");
            Refusal::invalid_value(name, message)
        })
    }

    pub fn boolean(&self, name: &str) -> Result<bool, Refusal> {
        match self.0.get(name) {
            None => Ok(false),
            Some(Value::Bool(value)) => Ok(*value),
            Some(Value::String(text)) if text == "true" || text == "false" => Ok(text == "true"),
            Some(_) => Err(Refusal::wrong_type(name, "a boolean")),
        }
    }

    /// One of the values that are allowed, the first when none is given.
    pub fn choice<'a>(&self, name: &str, allowed: &[&'a str]) -> Result<&'a str, Refusal> {
        let Some(given) = self.text(name)? else { return Ok(allowed[0]) };
        allowed.iter().find(|allowed| **allowed == given).copied().ok_or_else(|| {
            let list: Vec<String> = allowed.iter().map(|allowed| format!("'{allowed}'")).collect();
            let message = format!("Invalid value: '{given}'. Supported values are: {}.", list.join(", "));
            Refusal::invalid_value(name, message)
        })
    }
}
