//! What machines read about a product: schema.org's Product with its offers, as JSON-LD.

use serde_json::{Value, json};
use shop::money::{Currency, Money};

use super::choosing::{Choice, Offer};

/// What is known of it before anything is chosen.
pub struct Facts<'a> {
    /// What it is called, with its picture if it has one.
    pub name: &'a str,
    /// What it is.
    pub description: &'a str,
    /// The page's own address.
    pub url: &'a str,
    /// A picture that everybody may see.
    pub image: Option<&'a str>,
    /// In which its prices are.
    pub currency: Currency,
}

impl Facts<'_> {
    /// With the price of what is chosen, or else from the least to the most.
    pub fn json(&self, choice: Option<&Choice>, offers: &[Offer]) -> Value {
        let mut facts = json!({
            "@context": "https://schema.org",
            "@type": "Product",
            "name": self.name,
            "description": self.description,
            "url": self.url,
            "brand": { "@type": "Brand", "name": "AI Gallery" },
        });
        if let Some(choice) = choice {
            facts["sku"] = choice.offer.variant.sku.clone().into();
            facts["size"] = choice.offer.variant.size.clone().into();
        }
        if let Some(offer) = self.offer(choice, offers) {
            facts["offers"] = offer;
        }
        if let Some(image) = self.image {
            facts["image"] = image.into();
        }
        facts
    }

    fn offer(&self, choice: Option<&Choice>, offers: &[Offer]) -> Option<Value> {
        let price = |amount| Money::new(amount, self.currency).plain();
        let amounts = || offers.iter().map(|offer| offer.price.amount);
        if let Some(choice) = choice {
            return Some(json!({
                "@type": "Offer",
                "url": self.url,
                "price": price(choice.offer.price.amount),
                "priceCurrency": self.currency.code(),
                "availability": "https://schema.org/InStock",
                "itemCondition": "https://schema.org/NewCondition",
            }));
        }
        let (least, most) = (amounts().min()?, amounts().max()?);
        Some(json!({
            "@type": "AggregateOffer",
            "url": self.url,
            "lowPrice": price(least),
            "highPrice": price(most),
            "offerCount": offers.len(),
            "priceCurrency": self.currency.code(),
            "availability": "https://schema.org/InStock",
        }))
    }
}
