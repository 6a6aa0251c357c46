//! The fields of Stripe's objects, most of them null: those of its `fixtures3.json` (stripe/openapi, MIT) and those that
//! the API version of September 2026 added. What the sandbox knows is laid over them.

use std::sync::LazyLock;

use serde_json::{Map, Value};

/// An object's fields before anything is known.
pub(super) struct Shape(LazyLock<Map<String, Value>>);

pub(super) static SESSION: Shape = Shape(LazyLock::new(|| read(include_str!("shapes/session.json"))));
pub(super) static INTENT: Shape = Shape(LazyLock::new(|| read(include_str!("shapes/intent.json"))));
pub(super) static CHARGE: Shape = Shape(LazyLock::new(|| read(include_str!("shapes/charge.json"))));
pub(super) static REFUND: Shape = Shape(LazyLock::new(|| read(include_str!("shapes/refund.json"))));
pub(super) static DISPUTE: Shape = Shape(LazyLock::new(|| read(include_str!("shapes/dispute.json"))));
pub(super) static ENDPOINT: Shape = Shape(LazyLock::new(|| read(include_str!("shapes/endpoint.json"))));

/// A file of ours that does not read leaves no fields; the test below sees it first.
fn read(text: &str) -> Map<String, Value> {
    serde_json::from_str(text).unwrap_or_default()
}

impl Shape {
    /// The whole object: what is known over what is not.
    pub fn filled(&self, known: Value) -> Value {
        let mut object = self.0.clone();
        if let Value::Object(known) = known {
            object.extend(known);
        }
        Value::Object(object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_names_its_kind() {
        for (shape, kind) in [
            (&SESSION, "checkout.session"),
            (&INTENT, "payment_intent"),
            (&CHARGE, "charge"),
            (&REFUND, "refund"),
            (&DISPUTE, "dispute"),
            (&ENDPOINT, "webhook_endpoint"),
        ] {
            assert_eq!(shape.filled(Value::Null)["object"], kind);
        }
    }
}
