//! The templates, and what every page hands to them.

mod shell;

use std::{
    borrow::Cow,
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use tera::{Context, Tera, Value};

pub use shell::{Account, Shell};

use crate::{
    error::Problem,
    reloading::{self, Reloading},
};

/// A page: what its template is given, beside the shell that all pages share.
pub trait Page: Serialize {
    /// The template, by its path in the folder of templates.
    const TEMPLATE: &'static str;
    /// Whether a visitor who is not signed in sends a form from here, and needs a session to tie it to.
    const HAS_FORM: bool = false;

    /// The page of the header under which this one is found, if that is not its own address.
    const PLACE: Option<&'static str> = None;

    /// What the browser's tab says.
    fn title(&self) -> Cow<'_, str>;

    /// What search engines and previews say.
    fn description(&self) -> Cow<'_, str> {
        "Write a sentence and watch it become a picture.".into()
    }

    /// The address under which the page is to be known, if everybody may see it.
    fn canonical(&self) -> Option<String> {
        None
    }

    /// One of every kind, for the test that renders every template.
    fn samples() -> Vec<Self>
    where
        Self: Sized;
}

/// All templates, parsed.
pub struct Views(Reloading<Tera>);

impl Views {
    /// Parses a folder of templates. One that is broken is an error here, not on the page.
    pub fn open(folder: PathBuf, watched: bool) -> anyhow::Result<Self> {
        Reloading::open(folder, watched, parse).map(Self)
    }

    /// Renders a page.
    pub fn render<P: Page>(&self, shell: &Shell<'_>, page: &P) -> Result<String, Problem> {
        let mut context = Context::from_serialize(page)?;
        context.insert("shell", shell);
        Ok(self.0.get().map_err(Problem::Broken)?.render(P::TEMPLATE, &context)?)
    }

    /// The names of all templates.
    pub fn names(&self) -> anyhow::Result<Vec<String>> {
        Ok(self.0.get()?.get_template_names().map(str::to_owned).collect())
    }
}

/// A moment as `<time datetime>` wants it.
pub fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// JSON as it may stand between `<script>` and `</script>`, where nothing is unescaped: no text in it can end the script or
/// begin another one.
pub fn in_script(facts: &serde_json::Value) -> Value {
    let safe = facts.to_string().replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026");
    Value::safe_string(&safe)
}

fn parse(folder: &Path) -> anyhow::Result<Tera> {
    let mut sources = Vec::new();
    for path in reloading::files(folder)? {
        // What mails say is the worker's.
        let is_page = !path.starts_with(folder.join("mails"));
        if is_page && path.extension().is_some_and(|extension| extension == "html") {
            let name = path.strip_prefix(folder)?.to_string_lossy().replace('\\', "/");
            sources.push((name, fs::read_to_string(&path).with_context(|| path.display().to_string())?));
        }
    }
    // Tera escapes what stands in templates whose names end in `.html`, and all of ours do.
    let mut engine = Tera::new();
    engine.add_raw_templates(sources)?;
    Ok(engine)
}
