//! A customer: a browser without JavaScript.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use reqwest::{
    Response, StatusCode, header,
    multipart::{Form, Part},
};
use tokio::time::Instant;

use crate::{outside::Outside, shops::client};

/// Everybody's password.
pub const PASSWORD: &str = "correct horse battery staple";

/// Somebody who is signed in.
#[derive(Clone)]
pub struct Customer {
    http: reqwest::Client,
    shop: String,
}

impl Customer {
    /// Somebody whom the shop does not know yet.
    ///
    /// # Errors
    /// If they have no browser.
    pub fn arrive(shop: &str) -> Result<Self> {
        Ok(Self { http: client()?.cookie_store(true).build()?, shop: shop.to_owned() })
    }

    /// Opens an account, waits for the mail, and opens the link in it.
    ///
    /// # Errors
    /// If that did not work.
    pub async fn sign_up(shop: &str, outside: &Outside, email: &str) -> Result<Self> {
        let customer = Self::arrive(shop)?;
        customer.open_account(email).await?;
        customer.open_letter(outside, email, "/verifications/", &[]).await?;
        Ok(customer)
    }

    /// Fills in the form of the sign-up page.
    ///
    /// # Errors
    /// If the shop does not accept it.
    pub async fn open_account(&self, email: &str) -> Result<()> {
        let fields = [("email", email), ("password", PASSWORD), ("next", "/")];
        let answer = self.submit("/sign-up", "/sign-up", &fields).await?;
        ensure!(answer.status() == StatusCode::SEE_OTHER, "signing up answered {}", answer.status());
        Ok(())
    }

    /// Fills in the form of the sign-in page.
    ///
    /// # Errors
    /// If the shop does not accept it.
    pub async fn sign_in(&self, email: &str, password: &str) -> Result<()> {
        let fields = [("email", email), ("password", password), ("next", "/")];
        let answer = self.submit("/sign-in", "/sign-in", &fields).await?;
        ensure!(answer.status() == StatusCode::SEE_OTHER, "signing in answered {}", answer.status());
        Ok(())
    }

    /// Waits for a mail with a link to this place, opens it, and sends the form that is there.
    ///
    /// # Errors
    /// If there is no such mail, or the link is not good.
    pub async fn open_letter(
        &self,
        outside: &Outside,
        email: &str,
        place: &str,
        fields: &[(&str, &str)],
    ) -> Result<()> {
        let link = outside.wait_for_link(email, place).await?;
        let path = link.strip_prefix(&self.shop).with_context(|| format!("{link} leads elsewhere"))?;
        let answer = self.submit(path, path, fields).await?;
        ensure!(answer.status() == StatusCode::SEE_OTHER, "{place} answered {}", answer.status());
        Ok(())
    }

    /// Opens a page.
    ///
    /// # Errors
    /// If the shop does not answer.
    pub async fn open(&self, path: &str) -> Result<Response> {
        let url = if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.shop) };
        Ok(self.http.get(url).send().await?)
    }

    /// Asks for a page again, unless it is still the one with this tag.
    ///
    /// # Errors
    /// If the shop does not answer.
    pub async fn look_again(&self, path: &str, tag: Option<&str>) -> Result<Response> {
        let request = self.http.get(format!("{}{path}", self.shop));
        let request = match tag {
            Some(tag) => request.header(header::IF_NONE_MATCH, tag),
            None => request,
        };
        Ok(request.send().await?)
    }

    /// The text of a page that is there.
    ///
    /// # Errors
    /// If it is not.
    pub async fn read(&self, path: &str) -> Result<String> {
        let answer = self.open(path).await?;
        ensure!(answer.status() == StatusCode::OK, "{path} answered {}", answer.status());
        Ok(answer.text().await?)
    }

    /// Fills in the form of a page and sends it to `action`.
    ///
    /// # Errors
    /// If the page or its form is not there.
    pub async fn submit(&self, page: &str, action: &str, fields: &[(&str, &str)]) -> Result<Response> {
        self.send(&self.read(page).await?, action, fields).await
    }

    /// Sends the form of a page that was read before.
    ///
    /// # Errors
    /// If the page has no form.
    pub async fn send(&self, html: &str, action: &str, fields: &[(&str, &str)]) -> Result<Response> {
        let csrf = value_of(html, "csrf").context("the page has no form")?;
        let client_key = value_of(html, "client_key");
        let mut form: Vec<(&str, &str)> = fields.to_vec();
        form.push(("csrf", &csrf));
        if let Some(key) = &client_key {
            form.push(("client_key", key));
        }
        Ok(self.http.post(format!("{}{action}", self.shop)).form(&form).send().await?)
    }

    /// Sends fields to an address as they are.
    ///
    /// # Errors
    /// If it does not answer.
    pub async fn post(&self, url: &str, fields: &[(String, String)]) -> Result<Response> {
        Ok(self.http.post(url).form(fields).send().await?)
    }

    /// Where a link on a page leads.
    ///
    /// # Errors
    /// If either is no address.
    pub fn absolute(&self, page: &str, link: &str) -> Result<String> {
        Ok(url::Url::parse(&self.shop)?.join(page)?.join(link)?.to_string())
    }

    /// [`Customer::send`], as a browser sends a form that a file may come with.
    ///
    /// # Errors
    /// If the page has no form.
    pub async fn send_with_file(
        &self,
        html: &str,
        action: &str,
        fields: &[(&str, &str)],
        field: &'static str,
        file: Part,
    ) -> Result<Response> {
        let own = ["csrf", "client_key"].map(|name| value_of(html, name).map(|value| (name, value)));
        let form = own.into_iter().flatten().fold(Form::new(), |form, (name, value)| form.text(name, value));
        let text =
            |form: Form, (name, value): &(&str, &str)| form.text((*name).to_owned(), (*value).to_owned());
        let form = fields.iter().fold(form, text).part(field, file);
        Ok(self.http.post(format!("{}{action}", self.shop)).multipart(form).send().await?)
    }

    /// Asks for a picture; the path of its page.
    ///
    /// # Errors
    /// If the shop does not accept the sentence.
    pub async fn ask_for(&self, prompt: &str) -> Result<String> {
        self.ask_on(&self.read("/generations/new").await?, prompt).await
    }

    /// [`Customer::ask_for`], on the Create page that was read before.
    ///
    /// # Errors
    /// If the shop does not accept the sentence.
    pub async fn ask_on(&self, html: &str, prompt: &str) -> Result<String> {
        self.ask_starting_from(html, prompt, "").await
    }

    /// [`Customer::ask_on`], starting from a picture that the page names.
    ///
    /// # Errors
    /// If the shop does not accept the sentence.
    pub async fn ask_starting_from(&self, html: &str, prompt: &str, source: &str) -> Result<String> {
        let fields = [
            ("prompt", prompt),
            ("style", "as_written"),
            ("size", "square"),
            ("quality", "draft"),
            ("count", "1"),
            ("again", "yes"),
            ("source", source),
        ];
        let answer = self.send(html, "/generations", &fields).await?;
        ensure!(
            answer.status() == StatusCode::SEE_OTHER,
            "asking answered {}: {}",
            answer.status(),
            answer.text().await?
        );
        let location = answer.headers().get(header::LOCATION).context("no Location")?;
        Ok(location.to_str()?.to_owned())
    }

    /// Watches the page of a generation until it says how it ended, and loads the picture if there is one.
    ///
    /// # Errors
    /// If it did not end in time, or the picture is none.
    pub async fn watch(&self, page: &str, patience: Duration) -> Result<Ended> {
        let deadline = Instant::now() + patience;
        loop {
            let html = self.read(&format!("{page}/progress")).await?;
            if html.contains("is-ready") {
                let src = first_picture(&html).context("ready, but no picture")?;
                let mut picture = self.open(&src).await?;
                // It may have moved to object storage since the page was rendered.
                if picture.status() == StatusCode::SEE_OTHER {
                    let moved =
                        picture.headers().get(header::LOCATION).context("no Location")?.to_str()?.to_owned();
                    picture = self.open(&moved).await?;
                }
                ensure!(picture.status() == StatusCode::OK, "the picture answered {}", picture.status());
                let kind =
                    picture.headers().get(header::CONTENT_TYPE).context("no type")?.to_str()?.to_owned();
                ensure!(kind.starts_with("image/"), "the picture is {kind}");
                return Ok(Ended::Ready { bytes: picture.bytes().await?.len() });
            }
            if html.contains("is-failed") || html.contains("is-refused") {
                return Ok(Ended::Problem { html });
            }
            if Instant::now() > deadline {
                bail!("{page} did not end in {patience:?}:\n{html}");
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// [`Customer::watch`], for a picture that must come.
    ///
    /// # Errors
    /// If it did not.
    pub async fn receive(&self, page: &str, patience: Duration) -> Result<()> {
        match self.watch(page, patience).await? {
            Ended::Ready { .. } => Ok(()),
            Ended::Problem { html } => bail!("no picture, but:\n{html}"),
        }
    }
}

/// How a generation ended, as its page says.
#[derive(Debug)]
pub enum Ended {
    /// With a picture of so many bytes.
    Ready {
        /// Its size.
        bytes: usize,
    },
    /// Without one; the page says why.
    Problem {
        /// The page.
        html: String,
    },
}

/// The value of the first hidden field of this name.
pub fn value_of(html: &str, name: &str) -> Option<String> {
    let (_, rest) = html.split_once(&format!("name=\"{name}\" value=\""))?;
    rest.split_once('"').map(|(value, _)| unescape(value))
}

fn first_picture(html: &str) -> Option<String> {
    let (_, rest) = html.split_once("<img src=\"")?;
    rest.split_once('"').map(|(src, _)| unescape(src))
}

fn unescape(text: &str) -> String {
    text.replace("&quot;", "\"")
        .replace("&#x27;", "'")
        .replace("&#x2F;", "/")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}
