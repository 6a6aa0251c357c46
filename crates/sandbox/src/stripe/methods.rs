//! What a customer pays with, as far as Stripe shows it: never the whole number.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::cards::{self, Fate};
use super::ids;

/// A payment method that was used once.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Method {
    pub id: String,
    pub kind: Kind,
    pub brand: String,
    pub last4: String,
    pub country: String,
    pub fate: Fate,
    /// Whether a challenge by the bank was passed.
    #[serde(default)]
    pub authenticated: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    Card,
    SepaDebit,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Kind::Card => "card",
            Kind::SepaDebit => "sepa_debit",
        }
    }
}

impl Method {
    pub fn new(kind: Kind, number: &str, fate: Fate) -> Method {
        let last4 = number.get(number.len().saturating_sub(4)..).unwrap_or_default().to_owned();
        let (brand, country) = match kind {
            Kind::Card => (cards::brand(number), "US"),
            Kind::SepaDebit => ("", number.get(..2).unwrap_or_default()),
        };
        Method {
            id: ids::new("pm_1", 23),
            kind,
            brand: brand.to_owned(),
            last4,
            country: country.to_owned(),
            fate,
            authenticated: false,
        }
    }

    /// `payment_method_details` of a charge.
    pub fn details(&self) -> Value {
        match self.kind {
            Kind::Card => {
                let three_d_secure = self.authenticated.then(|| {
                    json!({
                        "authentication_flow": "challenge", "electronic_commerce_indicator": "05",
                        "exemption_indicator": null, "result": "authenticated", "result_reason": null,
                        "transaction_id": null, "version": "2.2.0",
                    })
                });
                json!({
                    "type": "card",
                    "card": {
                        "amount_authorized": null,
                        "authorization_code": null,
                        "brand": self.brand,
                        "checks": {
                            "address_line1_check": null, "address_postal_code_check": null, "cvc_check": "pass",
                        },
                        "country": self.country,
                        "exp_month": 12,
                        "exp_year": 2030,
                        "extended_authorization": { "status": "disabled" },
                        "fingerprint": format!("sandbox{}", self.last4),
                        "funding": "credit",
                        "incremental_authorization": { "status": "unavailable" },
                        "installments": null,
                        "last4": self.last4,
                        "mandate": null,
                        "multicapture": { "status": "unavailable" },
                        "network": self.brand,
                        "network_token": { "used": false },
                        "network_transaction_id": null,
                        "overcapture": { "maximum_amount_capturable": 0, "status": "unavailable" },
                        "regulated_status": "unregulated",
                        "three_d_secure": three_d_secure,
                        "transaction_link_id": null,
                        "wallet": null,
                    },
                })
            }
            Kind::SepaDebit => json!({
                "type": "sepa_debit",
                "sepa_debit": {
                    "bank_code": null, "branch_code": "", "country": self.country, "expected_debit_date": null,
                    "fingerprint": format!("sandbox{}", self.last4), "last4": self.last4, "mandate": null,
                },
            }),
        }
    }
}
