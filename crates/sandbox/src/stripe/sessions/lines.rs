//! What a session sells, and how it may be shipped.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Session;
use crate::stripe::params::Metadata;

/// A line item with its inline price.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Line {
    pub id: String,
    pub price: String,
    pub product: String,
    pub name: String,
    pub description: Option<String>,
    pub images: Vec<String>,
    /// For one, in the currency's smallest unit.
    pub unit_amount: i64,
    pub quantity: i64,
    pub tax_behavior: String,
}

/// A shipping option with its inline rate.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Shipping {
    pub rate: String,
    pub name: String,
    /// In the session's currency's smallest unit.
    pub amount: i64,
    pub currency: String,
    pub tax_behavior: String,
    pub delivery_estimate: Value,
    pub metadata: Metadata,
    pub created: u64,
}

impl Line {
    pub fn total(&self) -> i64 {
        self.unit_amount.saturating_mul(self.quantity)
    }

    pub fn render(&self, session: &Session) -> Value {
        json!({
            "id": self.id,
            "object": "item",
            "adjustable_quantity": null,
            "amount_discount": 0,
            "amount_subtotal": self.total(),
            "amount_tax": 0,
            "amount_total": self.total(),
            "currency": session.currency,
            "description": self.name,
            "metadata": {},
            "quantity": self.quantity,
            "price": {
                "id": self.price,
                "object": "price",
                "active": false,
                "billing_scheme": "per_unit",
                "created": session.created,
                "currency": session.currency,
                "custom_unit_amount": null,
                "livemode": false,
                "lookup_key": null,
                "metadata": {},
                "nickname": null,
                "product": self.product,
                "recurring": null,
                "tax_behavior": self.tax_behavior,
                "tiers_mode": null,
                "transform_quantity": null,
                "type": "one_time",
                "unit_amount": self.unit_amount,
                "unit_amount_decimal": self.unit_amount.to_string(),
            },
        })
    }
}

impl Shipping {
    pub fn option(&self) -> Value {
        json!({ "shipping_amount": self.amount, "shipping_rate": self.rate })
    }

    pub fn cost(&self) -> Value {
        json!({
            "amount_subtotal": self.amount, "amount_tax": 0, "amount_total": self.amount, "shipping_rate": self.rate,
        })
    }

    pub fn render(&self) -> Value {
        json!({
            "id": self.rate,
            "object": "shipping_rate",
            "active": true,
            "created": self.created,
            "delivery_estimate": self.delivery_estimate,
            "display_name": self.name,
            "fixed_amount": { "amount": self.amount, "currency": self.currency },
            "livemode": false,
            "metadata": self.metadata,
            "tax_behavior": self.tax_behavior,
            "tax_code": null,
            "type": "fixed_amount",
        })
    }
}
