//! Forms of pages, read and filled in as a browser without JavaScript does.

use anyhow::{Context, Result, bail};
use scraper::{ElementRef, Html, Selector};

/// A form as it came, with what stands in it.
#[derive(Debug, Clone)]
pub struct Form {
    /// Where it is sent.
    pub action: String,
    /// Whether it is sent by POST.
    pub is_post: bool,
    /// What is sent: names and values, in order.
    pub fields: Vec<(String, String)>,
    /// Names of all its fields, also of those that are not sent as they are.
    names: Vec<String>,
}

impl Form {
    /// The first form of a page that is sent by POST to an address that begins like this.
    ///
    /// # Errors
    /// If there is none.
    pub fn find(html: &str, action: &str) -> Result<Self> {
        let forms = Self::all(html);
        let known: Vec<String> = forms.iter().map(|form| form.action.clone()).collect();
        let found = forms.into_iter().find(|form| form.is_post && form.action.starts_with(action));
        found.with_context(|| format!("no form goes to {action}; there are {known:?}"))
    }

    /// All forms of a page.
    pub fn all(html: &str) -> Vec<Self> {
        let page = Html::parse_document(html);
        let (forms, controls) = (selector("form"), selector("input[name], select[name], textarea[name]"));
        page.select(&forms)
            .map(|form| {
                let id = form.attr("id");
                // A control may belong to a form elsewhere on the page.
                let own = form.select(&controls).filter(|control| control.attr("form").is_none());
                let others =
                    page.select(&controls).filter(|control| id.is_some() && control.attr("form") == id);
                let controls: Vec<ElementRef> = own.chain(others).collect();
                Self {
                    action: form.attr("action").unwrap_or_default().to_owned(),
                    is_post: form.attr("method").is_some_and(|method| method.eq_ignore_ascii_case("post")),
                    names: controls
                        .iter()
                        .filter_map(|control| control.attr("name"))
                        .map(str::to_owned)
                        .collect(),
                    fields: controls.iter().filter_map(sent).collect(),
                }
            })
            .collect()
    }

    /// Fills in a field, or chooses one of its values.
    ///
    /// # Errors
    /// If the form has no such field.
    pub fn with(mut self, name: &str, value: &str) -> Result<Self> {
        if !self.names.iter().any(|known| known == name) {
            bail!("the form to {} has no field {name:?}, but {:?}", self.action, self.names);
        }
        self.fields.retain(|(known, _)| known != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        Ok(self)
    }

    /// What stands in a field.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Whether it has such a field.
    pub fn has(&self, name: &str) -> bool {
        self.names.iter().any(|known| known == name)
    }
}

fn selector(text: &str) -> Selector {
    Selector::parse(text).expect("a selector of ours")
}

/// What a control sends as it stands (HTML, "constructing the entry list").
fn sent(control: &ElementRef) -> Option<(String, String)> {
    let name = control.attr("name")?.to_owned();
    if control.attr("disabled").is_some() {
        return None;
    }
    let value = match control.value().name() {
        "select" => {
            let options = selector("option");
            let all: Vec<ElementRef> = control.select(&options).collect();
            let chosen = all.iter().find(|option| option.attr("selected").is_some()).or(all.first())?;
            chosen.attr("value").map_or_else(|| chosen.text().collect(), str::to_owned)
        }
        "textarea" => control.text().collect(),
        _ => match control.attr("type").unwrap_or("text") {
            "submit" | "button" | "reset" | "file" | "image" => return None,
            "checkbox" | "radio" if control.attr("checked").is_none() => return None,
            "checkbox" | "radio" => control.attr("value").unwrap_or("on").to_owned(),
            _ => control.attr("value").unwrap_or_default().to_owned(),
        },
    };
    Some((name, value))
}
