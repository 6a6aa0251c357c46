//! The parameters of a call. Each is taken once; what is left over at the end was unknown, and is refused as Stripe does.

use std::collections::BTreeMap;

use super::forms::{Fields, Node};
use super::refusals::Refusal;

/// Names and values to which Stripe attaches no meaning.
pub(super) type Metadata = BTreeMap<String, String>;

/// A table of parameters, at the top or under a name.
#[derive(Debug, Default)]
pub(super) struct Params {
    path: String,
    fields: Fields,
}

impl Params {
    pub fn new(fields: Fields) -> Params {
        Params { path: String::new(), fields }
    }

    /// The name as it stands in the form.
    pub fn name(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}[{name}]", self.path) }
    }

    /// A text; an empty one counts as absent, as it is how Stripe's clients unset something.
    pub fn text(&mut self, name: &str) -> Result<Option<String>, Refusal> {
        match self.fields.remove(name) {
            None => Ok(None),
            Some(Node::Leaf(text)) => Ok((!text.is_empty()).then_some(text)),
            Some(Node::Branch(_)) => {
                let name = self.name(name);
                Err(Refusal::invalid(format!("Invalid string: {name} is a table.")).param(name))
            }
        }
    }

    pub fn needed_text(&mut self, name: &str) -> Result<String, Refusal> {
        let was_given = self.fields.contains_key(name);
        let full = self.name(name);
        self.text(name)?
            .ok_or_else(|| if was_given { Refusal::empty(&full) } else { Refusal::missing(&full) })
    }

    pub fn integer(&mut self, name: &str) -> Result<Option<i64>, Refusal> {
        let full = self.name(name);
        let Some(text) = self.text(name)? else { return Ok(None) };
        let number = text.parse().map_err(|_| {
            Refusal::invalid(format!("Invalid integer: {text}")).code("parameter_invalid_integer").param(full)
        })?;
        Ok(Some(number))
    }

    pub fn needed_integer(&mut self, name: &str) -> Result<i64, Refusal> {
        let full = self.name(name);
        self.integer(name)?.ok_or_else(|| Refusal::missing(&full))
    }

    pub fn boolean(&mut self, name: &str) -> Result<Option<bool>, Refusal> {
        let full = self.name(name);
        match self.text(name)?.as_deref() {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(other) => Err(Refusal::invalid(format!("Invalid boolean: {other}")).param(full)),
        }
    }

    pub fn choice(&mut self, name: &str, allowed: &[&str]) -> Result<Option<String>, Refusal> {
        let full = self.name(name);
        let Some(text) = self.text(name)? else { return Ok(None) };
        if allowed.contains(&text.as_str()) {
            return Ok(Some(text));
        }
        let message = format!("Invalid {full}: must be one of {}", allowed.join(", "));
        Err(Refusal::invalid(message).param(full))
    }

    pub fn is_table(&self, name: &str) -> bool {
        matches!(self.fields.get(name), Some(Node::Branch(_)))
    }

    pub fn table(&mut self, name: &str) -> Result<Option<Params>, Refusal> {
        let path = self.name(name);
        match self.fields.remove(name) {
            None => Ok(None),
            Some(Node::Branch(fields)) => Ok(Some(Params { path, fields })),
            Some(Node::Leaf(text)) if text.is_empty() => Ok(None),
            Some(Node::Leaf(_)) => Err(Refusal::invalid("Invalid object").param(path)),
        }
    }

    /// A list of tables, in the order of its numbers.
    pub fn tables(&mut self, name: &str) -> Result<Vec<Params>, Refusal> {
        let Some(table) = self.table(name)? else { return Ok(Vec::new()) };
        let path = table.path.clone();
        let mut tables = Vec::new();
        for (index, node) in in_order(table)? {
            let path = format!("{path}[{index}]");
            match node {
                Node::Branch(fields) => tables.push(Params { path, fields }),
                Node::Leaf(_) => return Err(Refusal::invalid("Invalid object").param(path)),
            }
        }
        Ok(tables)
    }

    /// A list of texts, in the order of its numbers.
    pub fn texts(&mut self, name: &str) -> Result<Vec<String>, Refusal> {
        let Some(table) = self.table(name)? else { return Ok(Vec::new()) };
        let path = table.path.clone();
        let mut texts = Vec::new();
        for (index, node) in in_order(table)? {
            match node {
                Node::Leaf(text) => texts.push(text),
                Node::Branch(_) => {
                    let path = format!("{path}[{index}]");
                    return Err(Refusal::invalid("Invalid string").param(path));
                }
            }
        }
        Ok(texts)
    }

    /// Up to 50 keys of up to 40 characters, with values of up to 500.
    pub fn metadata(&mut self, name: &str) -> Result<Metadata, Refusal> {
        let Some(table) = self.table(name)? else { return Ok(Metadata::new()) };
        let mut metadata = Metadata::new();
        for (key, node) in table.fields {
            let path = format!("{}[{key}]", table.path);
            match node {
                Node::Leaf(value) if key.chars().count() <= 40 && value.chars().count() <= 500 => {
                    if !value.is_empty() {
                        metadata.insert(key, value);
                    }
                }
                Node::Leaf(_) => {
                    let message = "Metadata keys have up to 40 characters, and values up to 500.";
                    return Err(Refusal::invalid(message).code("parameter_invalid_string").param(path));
                }
                Node::Branch(_) => return Err(Refusal::invalid("Metadata values are strings.").param(path)),
            }
        }
        if metadata.len() > 50 {
            return Err(Refusal::invalid("Metadata has up to 50 keys.").param(table.path));
        }
        Ok(metadata)
    }

    /// Refuses what nobody took.
    pub fn end(self) -> Result<(), Refusal> {
        match self.fields.keys().next() {
            None => Ok(()),
            Some(name) => Err(Refusal::unknown_parameter(&self.name(name))),
        }
    }
}

fn in_order(table: Params) -> Result<Vec<(u32, Node)>, Refusal> {
    let mut list = Vec::new();
    for (index, node) in table.fields {
        let index = index.parse().map_err(|_| Refusal::invalid("Invalid array").param(&table.path))?;
        list.push((index, node));
    }
    list.sort_by_key(|(index, _)| *index);
    Ok(list)
}

impl Params {
    /// Everything that is left, as JSON: for tables that are only handed back.
    pub fn into_value(self) -> serde_json::Value {
        fields_value(self.fields)
    }
}

fn fields_value(fields: Fields) -> serde_json::Value {
    let value = |node| match node {
        Node::Leaf(text) => serde_json::Value::String(text),
        Node::Branch(fields) => fields_value(fields),
    };
    serde_json::Value::Object(fields.into_iter().map(|(name, node)| (name, value(node))).collect())
}
