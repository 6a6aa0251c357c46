//! GET /products

use std::{borrow::Cow, collections::HashMap};

use poem::{Response, handler};
use serde::Serialize;
use shop::{
    ids::{ImageId, VariantId},
    images,
    money::{Currency, Money},
    prices::{self, Price},
    products::{self, Product, ProductKind},
};
use url::form_urlencoded;

use crate::{admission::Guest, error::Problem, pictures::Picture, views::Page};

/// Where it is.
pub const PATH: &str = "/products";

/// templates/products/index.html
#[derive(Debug, Clone, Serialize)]
pub struct Index {
    things: Vec<Thing>,
    /// The picture that is to go on something.
    picture: Option<Picture>,
    currency: &'static str,
    currency_name: &'static str,
    currencies: Vec<Choice>,
    /// This page, with the picture: where one comes back to from choosing a currency.
    here: String,
}

/// A product in the window.
#[derive(Debug, Clone, Serialize)]
struct Thing {
    href: String,
    kind: ProductKind,
    title: String,
    summary: String,
    /// What the cheapest of it costs, if it is sold in the currency.
    from: Option<String>,
    /// What that cost before.
    before: Option<String>,
    /// Whether some of it cost more.
    has_more: bool,
    /// When it leaves the house.
    leaves: String,
}

#[derive(Debug, Clone, Serialize)]
struct Choice {
    value: &'static str,
    text: &'static str,
    chosen: bool,
}

impl Page for Index {
    const TEMPLATE: &'static str = "products/index.html";
    // The currency is chosen by a form, by strangers too.
    const HAS_FORM: bool = true;

    fn title(&self) -> Cow<'_, str> {
        "Put your picture on something".into()
    }

    fn description(&self) -> Cow<'_, str> {
        "Posters, framed prints, canvases, mugs and T-shirts with a picture that was drawn from your sentence.".into()
    }

    fn canonical(&self) -> Option<String> {
        self.picture.is_none().then(|| PATH.to_owned())
    }

    fn samples() -> Vec<Self> {
        let thing = |kind, from: Option<&str>, before: Option<&str>| Thing {
            href: "/products/poster".to_owned(),
            kind,
            title: "<b>fox poster".to_owned(),
            summary: "Giclée print on <b>fox paper.".to_owned(),
            from: from.map(str::to_owned),
            before: before.map(str::to_owned),
            has_more: before.is_none(),
            leaves: leaves((2, 4)),
        };
        let kinds = [
            ProductKind::Poster,
            ProductKind::Framed,
            ProductKind::Canvas,
            ProductKind::Mug,
            ProductKind::Tee,
            ProductKind::Download,
        ];
        let mut things: Vec<Thing> = kinds.map(|kind| thing(kind, Some("€9.90"), None)).into();
        things.push(thing(ProductKind::Mug, Some("€9.90"), Some("€14.90")));
        things.push(thing(ProductKind::Tee, None, None));
        let picture = Picture::samples().into_iter().next();
        let page = |things, picture| Self::new(things, picture, None, Currency::Jpy, &[Currency::Eur]);
        vec![page(vec![], None), page(things.clone(), None), page(things, picture)]
    }
}

impl Index {
    fn new(
        things: Vec<Thing>,
        picture: Option<Picture>,
        image: Option<ImageId>,
        currency: Currency,
        sold_in: &[Currency],
    ) -> Self {
        let mut currencies = sold_in.to_vec();
        // What somebody chose stays to be seen, also when nothing is sold in it any more.
        if !currencies.contains(&currency) {
            currencies.push(currency);
        }
        let choice = |choice: Currency| Choice {
            value: choice.code(),
            text: choice.name(),
            chosen: choice == currency,
        };
        Self {
            things,
            picture,
            currency: currency.code(),
            currency_name: currency.name(),
            currencies: currencies.into_iter().map(choice).collect(),
            here: address(PATH, image),
        }
    }
}

impl Thing {
    fn new(
        product: Product,
        image: Option<ImageId>,
        currency: Currency,
        prices: &HashMap<VariantId, Price>,
    ) -> Self {
        let costs = product.variants.iter().filter_map(|variant| prices.get(&variant.id));
        let least = costs.clone().min_by_key(|price| price.amount).copied();
        let most = costs.map(|price| price.amount).max();
        let text = |amount| Money::new(amount, currency).to_string();
        Self {
            href: address(&format!("{PATH}/{}", product.slug), image),
            kind: product.kind,
            title: product.title,
            summary: product.summary,
            from: least.map(|price| text(price.amount)),
            before: least.and_then(|price| price.compare_at).map(text),
            has_more: most > least.map(|price| price.amount),
            leaves: leaves(product.days),
        }
    }
}

/// Everything that is sold.
#[handler]
pub async fn show(visit: Guest) -> Result<Response, Problem> {
    let db = &visit.site.db;
    let (currency, viewer) = (visit.currency().await?, visit.account_id());
    let chosen = match visit.query("image").and_then(|id| id.parse::<ImageId>().ok()) {
        Some(id) => images::find(db, viewer, id).await?,
        None => None,
    };
    // A picture that is gone, or was never theirs to see, is not taken along.
    let image = chosen.as_ref().map(|image| image.card.id);
    let picture = chosen.map(|image| {
        if viewer == Some(image.account_id) { visit.picture(&image.card) } else { visit.hung(&image.card) }
    });
    let products = products::list(db).await?;
    let variants: Vec<VariantId> =
        products.iter().flat_map(|product| &product.variants).map(|variant| variant.id).collect();
    let costs = prices::current(db, &visit.cause, currency, &variants).await?;
    let sold_in = prices::currencies(db, &visit.cause).await?;
    let things = products.into_iter().map(|product| Thing::new(product, image, currency, &costs)).collect();
    visit.page(&Index::new(things, picture, image, currency, &sold_in))
}

/// A path, with the picture that is taken along.
fn address(path: &str, image: Option<ImageId>) -> String {
    let Some(image) = image else { return path.to_owned() };
    let query =
        form_urlencoded::Serializer::new(String::new()).append_pair("image", &image.to_string()).finish();
    format!("{path}?{query}")
}

/// After how many working days something leaves the house, in words.
fn leaves((least, most): (i16, i16)) -> String {
    match (least, most) {
        (0, 0) => "Yours at once".to_owned(),
        (_, 1) => "Leaves us within a working day".to_owned(),
        (least, most) if least == most => format!("Leaves us after {most} working days"),
        (least, most) => format!("Leaves us after {least} to {most} working days"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_said_in_words() {
        for (days, words) in [
            ((0, 0), "Yours at once"),
            ((0, 1), "Leaves us within a working day"),
            ((3, 3), "Leaves us after 3 working days"),
            ((2, 4), "Leaves us after 2 to 4 working days"),
        ] {
            assert_eq!(leaves(days), words);
        }
    }
}
