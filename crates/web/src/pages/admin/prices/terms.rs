//! A list's name, rank and times, as a form has them.

use chrono::{DateTime, Utc};
use serde::Serialize;
use shop::price_lists::{NAME_MAX, PRIORITY_MAX, Terms};

use crate::forms::{FieldError, Form, moments};

/// `terms` in templates/admin/prices/_terms.html, as they were typed.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Typed {
    pub name: String,
    pub priority: String,
    pub starts_at: String,
    pub ends_at: String,
    /// The fingerprint of the terms that whoever changes them saw.
    pub seen: String,
}

impl Typed {
    /// As they stand.
    pub fn of(terms: &Terms) -> Self {
        Self {
            name: terms.name.clone(),
            priority: terms.priority.to_string(),
            starts_at: moments::typed(terms.starts_at),
            ends_at: terms.ends_at.map(moments::typed).unwrap_or_default(),
            seen: terms.fingerprint(),
        }
    }

    /// As they were sent.
    pub fn sent(form: &Form) -> Self {
        let text = |field| form.text(field).to_owned();
        Self {
            name: text("name"),
            priority: text("priority"),
            starts_at: text("starts_at"),
            ends_at: text("ends_at"),
            seen: text("seen"),
        }
    }

    /// What they say, or what is wrong with them. A beginning that is left out is this moment; one that was left as it stood
    /// is the one `before`.
    pub fn read(&self, at: DateTime<Utc>, before: Option<&Terms>) -> Result<Terms, Vec<FieldError>> {
        let name = self.name.split_whitespace().collect::<Vec<_>>().join(" ");
        let name = if name.is_empty() {
            Err(FieldError::new("name", "Please give the list a name. Only the office reads it."))
        } else if name.chars().count() > NAME_MAX || name.contains(char::is_control) {
            Err(FieldError::new("name", format!("Please use at most {NAME_MAX} letters, digits and signs.")))
        } else {
            Ok(name)
        };
        let priority = match self.priority.trim() {
            "" => Ok(0),
            typed => {
                typed.parse::<i16>().ok().filter(|rank| (0..=PRIORITY_MAX).contains(rank)).ok_or_else(|| {
                    FieldError::new(
                        "priority",
                        format!("Please write a whole number, from 0 to {PRIORITY_MAX}."),
                    )
                })
            }
        };
        let moment = |field: &'static str, typed: &str, before: Option<DateTime<Utc>>| {
            if typed.trim().is_empty() {
                return Ok(None);
            }
            let read = moments::read(typed).ok_or_else(|| {
                FieldError::new(field, "Please write a day and a time, such as 2026-12-24 18:00.")
            })?;
            Ok(Some(before.map_or(read, |before| moments::unless_same(read, before))))
        };
        let starts_at = moment("starts_at", &self.starts_at, before.map(|terms| terms.starts_at));
        let starts_at = starts_at.map(|start| start.unwrap_or(at));
        let ends_at = moment("ends_at", &self.ends_at, before.and_then(|terms| terms.ends_at));
        let ends_at = match (&starts_at, ends_at) {
            (Ok(start), Ok(Some(end))) if end <= *start => {
                Err(FieldError::new("ends_at", "The end must be later than the beginning."))
            }
            (_, ends_at) => ends_at,
        };
        match (name, priority, starts_at, ends_at) {
            (Ok(name), Ok(priority), Ok(starts_at), Ok(ends_at)) => {
                Ok(Terms { name, priority, starts_at, ends_at })
            }
            (name, priority, starts_at, ends_at) => {
                let errors = [name.err(), priority.err(), starts_at.err(), ends_at.err()];
                Err(errors.into_iter().flatten().collect())
            }
        }
    }
}
