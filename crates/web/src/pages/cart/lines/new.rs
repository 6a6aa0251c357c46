//! POST /cart/lines

use std::borrow::Cow;

use poem::{Response, handler, http::StatusCode};
use serde::Serialize;
use shop::{
    carts::{self, LineError, NewLine},
    products,
};

use super::{
    super::{PATH, kept, opened},
    Carried, carried, chosen, product_path, words,
};
use crate::{
    admission::Guest,
    error::Problem,
    flash::{CartFlash, Flash},
    forms::CheckedForm,
    limits,
    views::Page,
    visit::Visit,
};

/// templates/cart/lines/new.html
#[derive(Debug, Clone, Serialize)]
pub struct New {
    text: String,
    /// Where it was chosen.
    back: String,
    /// The choice once more, with the buyer's consent, if that is all that is missing.
    consent: Vec<Carried>,
}

impl New {
    pub(super) fn of(error: LineError, choice: &NewLine, back: String) -> Self {
        let consent = match error {
            LineError::FewPixels(_) => carried(&NewLine { accepts_low_dpi: true, ..*choice }),
            LineError::NotSold
            | LineError::NoPrice(_)
            | LineError::NoPicture
            | LineError::BadCrop
            | LineError::TooFewPixels(_)
            | LineError::BadQuantity(_)
            | LineError::Full => vec![],
        };
        Self { text: words(error), back, consent }
    }
}

impl Page for New {
    const TEMPLATE: &'static str = "cart/lines/new.html";
    const HAS_FORM: bool = true;

    fn title(&self) -> Cow<'_, str> {
        "Not in your cart yet".into()
    }

    fn samples() -> Vec<Self> {
        let back = "/products/poster?image=\"<again>".to_owned();
        let consent = vec![Carried { name: "quantity", value: "<again>".to_owned() }];
        vec![
            Self { text: words(LineError::Full), back: back.clone(), consent: vec![] },
            Self { text: words(LineError::FewPixels(70)), back, consent },
        ]
    }
}

/// Puts something into the cart.
#[handler]
pub async fn create(visit: Guest, form: CheckedForm) -> Result<Response, Problem> {
    let choice = chosen(&form)?;
    limits::take(&visit, &limits::CART, "").await??;
    let (owner, value) = opened(&visit).await?;
    let currency = visit.currency().await?;
    match carts::add(&visit.site.db, &visit.cause, &owner, currency, &choice).await? {
        Ok(added) => {
            let flash =
                if added.is_capped { Flash::Cart(CartFlash::HasMost) } else { Flash::Cart(CartFlash::Added) };
            Ok(kept(&visit, visit.see_other_with(PATH, flash), value))
        }
        Err(error) => {
            let page = New::of(error, &choice, chosen_at(&visit, error, &choice).await?);
            visit.page_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}

/// Where it was chosen: the page of the product as it was left, or the one from which the form came, if there is none any more.
async fn chosen_at(visit: &Visit, error: LineError, choice: &NewLine) -> Result<String, Problem> {
    let (variant, from) = (choice.variant_id, visit.came_from());
    let known = match error {
        LineError::NotSold | LineError::NoPicture => None,
        LineError::NoPrice(_)
        | LineError::BadCrop
        | LineError::TooFewPixels(_)
        | LineError::FewPixels(_)
        | LineError::BadQuantity(_)
        | LineError::Full => products::choices(&visit.site.db, &[variant]).await?.remove(&variant),
    };
    Ok(known.map_or(from, |known| product_path(&known.slug, choice)))
}
