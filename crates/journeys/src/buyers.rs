//! Somebody who buys: from a picture to the payment provider's page and back, by forms alone.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use reqwest::{Response, StatusCode, header};
use tokio::time::Instant;

use crate::{Customer, forms::Form};

/// The card that always pays (docs.stripe.com/testing).
pub const GOOD_CARD: &str = "4242424242424242";
/// The card that is always declined.
pub const DECLINED_CARD: &str = "4000000000000002";
/// An account whose direct debit succeeds some days later.
pub const GOOD_IBAN: &str = "AT611904300234573201";
/// An account whose direct debit fails some days later.
pub const BAD_IBAN: &str = "AT861904300235473202";

/// Where somebody lives: a name, a street, a town, a postcode, a country, a region.
#[derive(Debug, Clone, Copy)]
#[expect(missing_docs, reason = "as the form calls them")]
pub struct Home {
    pub country: &'static str,
    pub region: &'static str,
    pub postcode: &'static str,
    pub city: &'static str,
}

/// Where prices have the tax in them.
pub const BERLIN: Home = Home { country: "DE", region: "", postcode: "10115", city: "Berlin" };
/// Where the tax is added to prices.
pub const TORONTO: Home = Home { country: "CA", region: "ON", postcode: "M5H 2N2", city: "Toronto" };

impl Customer {
    /// Sends a form of a page.
    ///
    /// # Errors
    /// If the shop does not answer.
    pub async fn send_form(&self, page: &str, form: &Form) -> Result<Response> {
        let action = if form.action.is_empty() { page } else { &form.action };
        ensure!(form.is_post, "the form to {action} is not sent by POST");
        self.post(&self.absolute(page, action)?, &form.fields).await
    }

    /// Fills in the form of a page that goes to `action`, and goes where that leads.
    ///
    /// # Errors
    /// If there is no such form, or it is not accepted.
    pub async fn fill_in(&self, page: &str, action: &str, fields: &[(&str, &str)]) -> Result<String> {
        let mut form = Form::find(&self.read(page).await?, action)?;
        for (name, value) in fields {
            form = form.with(name, value)?;
        }
        let answer = self.send_form(page, &form).await?;
        let status = answer.status();
        ensure!(status == StatusCode::SEE_OTHER, "{action} answered {status}: {}", answer.text().await?);
        location(&answer)
    }

    /// Puts a picture on the smallest poster into the cart, once.
    ///
    /// # Errors
    /// If the shop does not offer that.
    pub async fn put_in_cart(&self, image: &str, product: &str) -> Result<()> {
        let page = format!("/products/{product}?image={image}");
        let mut form = Form::find(&self.read(&page).await?, "/cart/lines")?;
        if form.has("accept") {
            form = form.with("accept", "yes")?;
        }
        let answer = self.send_form(&page, &form).await?;
        let status = answer.status();
        ensure!(status == StatusCode::SEE_OTHER, "adding answered {status}: {}", answer.text().await?);
        Ok(())
    }

    /// Goes through the checkout as far as the review.
    ///
    /// # Errors
    /// If a step does not accept what is typed.
    pub async fn go_to_review(&self, email: Option<&str>, home: Home) -> Result<()> {
        let mut fields = vec![
            ("country", home.country),
            ("name", "Mira Okafor"),
            ("line1", "Gartenstraße 3"),
            ("city", home.city),
            ("postcode", home.postcode),
        ];
        if !home.region.is_empty() {
            fields.push(("region", home.region));
        }
        if let Some(email) = email {
            fields.push(("email", email));
        }
        let page = format!("/checkout/address?country={}", home.country);
        let next = self.fill_in(&page, "/checkout/address", &fields).await?;
        ensure!(next.ends_with("/checkout/shipping"), "the address leads to {next}");
        let next =
            self.fill_in("/checkout/shipping", "/checkout/shipping", &[("method", "standard")]).await?;
        ensure!(next.ends_with("/checkout/review"), "shipping leads to {next}");
        Ok(())
    }

    /// Orders what is in the cart; the path of the order's page.
    ///
    /// # Errors
    /// If the order is not placed.
    pub async fn place_order(&self) -> Result<String> {
        let order = self.fill_in("/checkout/review", "/checkout/review", &[]).await?;
        ensure!(order.starts_with("/orders/"), "ordering leads to {order}");
        Ok(order)
    }

    /// Waits until an order can be paid; the address of the payment provider's page.
    ///
    /// # Errors
    /// If that takes too long.
    pub async fn payment_page(&self, order: &str, patience: Duration) -> Result<String> {
        let deadline = Instant::now() + patience;
        loop {
            let answer = self.open(&format!("{order}/payment")).await?;
            if answer.status() == StatusCode::SEE_OTHER {
                let leads = location(&answer)?;
                if leads.starts_with("http") && leads.contains("/pay/") {
                    return Ok(leads);
                }
            }
            if Instant::now() > deadline {
                bail!("{order} cannot be paid after {patience:?}: {}", self.read(order).await?);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Pays by card on the provider's page. Where that leads, or the provider's page again if the card was declined.
    ///
    /// # Errors
    /// If the page is not as it should be.
    pub async fn pay_by_card(&self, page: &str, card: &str) -> Result<Result<String, String>> {
        let fields = [
            ("method", "card"),
            ("card_number", card),
            ("expiry", "12/40"),
            ("cvc", "123"),
            ("name", "Mira Okafor"),
        ];
        self.pay(page, &fields).await
    }

    /// Pays by direct debit on the provider's page.
    ///
    /// # Errors
    /// If the page is not as it should be.
    pub async fn pay_by_debit(&self, page: &str, iban: &str) -> Result<Result<String, String>> {
        self.pay(page, &[("method", "sepa_debit"), ("iban", iban), ("iban_name", "Mira Okafor")]).await
    }

    async fn pay(&self, page: &str, fields: &[(&str, &str)]) -> Result<Result<String, String>> {
        let html = self.read(page).await?;
        let mut form =
            Form::all(&html).into_iter().find(|form| form.is_post).context("nothing to fill in")?;
        for (name, value) in fields {
            // A page that offers one way of paying does not ask which.
            if *name != "method" || form.has(name) {
                form = form.with(name, value)?;
            }
        }
        let answer = self.send_form(page, &form).await?;
        if answer.status() == StatusCode::SEE_OTHER {
            return location(&answer).map(Ok);
        }
        Ok(Err(answer.text().await?))
    }

    /// Reads an order's page until it says this.
    ///
    /// # Errors
    /// If that takes too long.
    pub async fn wait_for_words(&self, order: &str, words: &str, patience: Duration) -> Result<String> {
        let deadline = Instant::now() + patience;
        loop {
            let html = self.read(order).await?;
            if html.contains(words) {
                return Ok(html);
            }
            if Instant::now() > deadline {
                bail!("{order} does not say {words:?} after {patience:?}:\n{html}");
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

fn location(answer: &Response) -> Result<String> {
    Ok(answer.headers().get(header::LOCATION).context("no Location")?.to_str()?.to_owned())
}
