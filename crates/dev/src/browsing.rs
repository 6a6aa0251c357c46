//! A browser's plain ways, as far as the journey needs them: cookies, forms, pictures.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, ensure};
use reqwest::{
    Client, Response, StatusCode,
    header::{CONTENT_TYPE, LOCATION, ORIGIN},
    redirect::Policy,
};
use serde::Deserialize;
use url::Url;

/// One visitor of one shop.
pub struct Visitor {
    client: Client,
    shop: Url,
}

/// A mail in the sandbox's inbox, as far as the journey reads it.
#[derive(Deserialize)]
struct Letter {
    to: Vec<String>,
    text: Option<String>,
}

/// The link to this place in a mail to an address, if one arrived.
pub async fn link(dashboard: &str, to: &str, place: &str) -> anyhow::Result<Option<String>> {
    let client = Client::builder().timeout(Duration::from_secs(20)).build()?;
    let inbox = client.get(format!("{dashboard}/_sandbox/mail")).send().await?.error_for_status()?;
    let letters: Vec<Letter> = inbox.json().await?;
    let texts = letters.into_iter().filter(|letter| letter.to.iter().any(|each| each == to));
    let mut texts = texts.filter_map(|letter| letter.text);
    Ok(texts
        .find_map(|text| text.lines().map(str::trim).find(|line| line.contains(place)).map(str::to_owned)))
}

/// A page that was read.
pub struct Page {
    /// Its text.
    pub html: String,
}

impl Visitor {
    /// Somebody whom the shop does not know yet.
    pub fn of(shop: &str) -> anyhow::Result<Self> {
        // The client wants a TLS library even where no TLS is spoken. A second call finds it in place.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .cookie_provider(Arc::new(reqwest::cookie::Jar::default()))
            .redirect(Policy::none())
            .timeout(Duration::from_secs(20))
            .build()?;
        Ok(Self { client, shop: shop.parse().context("the shop's address is none")? })
    }

    /// Reads a page that must be there.
    pub async fn page(&self, path: &str) -> anyhow::Result<Page> {
        let answer = self.client.get(self.shop.join(path)?).send().await?;
        expect(&answer, StatusCode::OK, path)?;
        Ok(Page { html: answer.text().await? })
    }

    /// Sends a form as a browser does, and returns where it leads.
    pub async fn submit(&self, path: &str, fields: &[(String, String)]) -> anyhow::Result<String> {
        let origin = self.shop.origin().ascii_serialization();
        let send = self
            .client
            .post(self.shop.join(path)?)
            .header(ORIGIN, origin)
            .header("sec-fetch-site", "same-origin");
        let answer = send.form(fields).send().await?;
        expect(&answer, StatusCode::SEE_OTHER, path)?;
        let place = answer.headers().get(LOCATION).context("a redirect without a place")?;
        Ok(place.to_str()?.to_owned())
    }

    /// Loads a picture and returns its type and size; none when there is no picture to be had there.
    pub async fn picture(&self, address: &str) -> anyhow::Result<Option<(String, usize)>> {
        let answer = self.client.get(self.shop.join(address)?).send().await?;
        let kind =
            answer.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or("").to_owned();
        if answer.status() != StatusCode::OK || !kind.starts_with("image/") {
            return Ok(None);
        }
        Ok(Some((kind, answer.bytes().await?.len())))
    }
}

fn expect(answer: &Response, wanted: StatusCode, path: &str) -> anyhow::Result<()> {
    ensure!(answer.status() == wanted, "{path} answered {}, not {}", answer.status(), wanted.as_u16());
    Ok(())
}

impl Page {
    /// What its form for this address sends, with the first choice wherever there is one to make.
    pub fn form(&self, action: &str) -> anyhow::Result<Vec<(String, String)>> {
        let mut forms = self.html.split("<form").skip(1);
        let form = forms
            .find(|form| {
                tags(&format!("<form{form}")).next().and_then(|tag| attribute(tag, "action")).as_deref()
                    == Some(action)
            })
            .with_context(|| format!("the page has no form for {action}"))?;
        let form = form.split("</form>").next().unwrap_or_default();
        let mut fields: Vec<(String, String)> = Vec::new();
        let mut select = None;
        for tag in tags(form) {
            let named = attribute(tag, "name");
            let field = match tag.split_whitespace().next() {
                Some("select") => {
                    select = named;
                    continue;
                }
                Some("option") => select.take(),
                Some("input") if matches!(attribute(tag, "type").as_deref(), Some("hidden" | "radio")) => {
                    named
                }
                Some(_) | None => None,
            };
            let first = field.filter(|name| fields.iter().all(|(known, _)| known != name));
            if let (Some(name), Some(value)) = (first, attribute(tag, "value")) {
                fields.push((name, value));
            }
        }
        Ok(fields)
    }

    /// The addresses of its pictures, without what belongs to the shop's own look.
    pub fn pictures(&self) -> Vec<String> {
        tags(&self.html)
            .filter(|tag| tag.starts_with("img"))
            .filter_map(|tag| attribute(tag, "src"))
            .filter(|address| !address.starts_with("/assets/"))
            .collect()
    }
}

/// What stands between `<` and `>`. Our templates write no `>` within an attribute.
fn tags(html: &str) -> impl Iterator<Item = &str> {
    html.split('<').skip(1).filter_map(|rest| rest.split_once('>').map(|(tag, _)| tag))
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let start = tag.split_once(&format!(" {name}=\"")).or_else(|| tag.split_once(&format!("\n{name}=\"")))?.1;
    let value = start.split_once('"')?.0;
    Some(
        value
            .replace("&quot;", "\"")
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&#x2F;", "/")
            .replace("&amp;", "&"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_and_pictures_are_read() {
        let page = Page {
            html: r#"<img src="/assets/logo.svg" alt=""><form action="/"><input type="hidden" name="csrf" value="a&amp;b">
                <select id="s" name="style"><option value="ink" selected>Ink</option><option value="oil"></select>
                <input type="radio" name="size" value="square"><input type="radio" name="size" value="wide">
                <textarea name="prompt"></textarea></form>
                <form method="post" action="/generations"><input type="hidden" name="csrf" value="c"></form>
                <img alt="a fox" class="x" src="http://there/p?X-Amz-Date=1&amp;X-Amz-Signature=2" width="1">"#
                .into(),
        };
        let form = page.form("/").expect("there");
        let form: Vec<_> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(form, [("csrf", "a&b"), ("style", "ink"), ("size", "square")]);
        assert_eq!(page.form("/generations").expect("there").len(), 1);
        assert!(page.form("/elsewhere").is_err());
        assert_eq!(page.pictures(), ["http://there/p?X-Amz-Date=1&X-Amz-Signature=2"]);
    }
}
