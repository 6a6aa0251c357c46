//! `expand[]`: the object itself in the place of its id.

use serde_json::{Value, json};

use super::books::Books;
use super::refusals::Refusal;
use super::sessions;

/// Follows a path like `payment_intent.latest_charge` or `data.charge`, and puts the objects in.
pub(super) fn expand(books: &Books, value: &mut Value, path: &str) -> Result<(), Refusal> {
    let unknown = || Refusal::invalid(format!("This property cannot be expanded ({path})."));
    if path.split('.').count() > 4 {
        return Err(Refusal::invalid("You may only expand up to 4 levels deep."));
    }
    put(books, value, path).ok_or_else(|| unknown().code("property_not_expandable").param("expand"))
}

fn put(books: &Books, value: &mut Value, path: &str) -> Option<()> {
    if path.is_empty() {
        return Some(());
    }
    if let Value::Array(list) = value {
        return list.iter_mut().try_for_each(|item| put(books, item, path));
    }
    let (step, rest) = path.split_once('.').unwrap_or((path, ""));
    let object = value.as_object_mut()?;
    if let Some(made) = made(books, object, step) {
        object.insert(step.to_owned(), made);
    }
    let inner = object.get_mut(step)?;
    if let Some(found) = inner.as_str().and_then(|id| find(books, id)) {
        *inner = found;
    }
    match inner {
        // There is nothing to expand yet, and that is no mistake.
        Value::Null => Some(()),
        Value::Object(_) | Value::Array(_) => put(books, inner, rest),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

/// Lists that are there only when they are asked for.
fn made(books: &Books, object: &serde_json::Map<String, Value>, step: &str) -> Option<Value> {
    let id = object.get("id")?.as_str()?;
    match (object.get("object")?.as_str()?, step) {
        ("checkout.session", "line_items") => books.sessions.get(id).map(sessions::expanded_lines),
        ("charge", "refunds") => {
            let refunds = books.refunds.all().rev().filter(|refund| refund.charge == id);
            let data: Vec<_> = refunds.map(super::refunds::Refund::render).collect();
            let url = format!("/v1/charges/{id}/refunds");
            Some(json!({ "object": "list", "data": data, "has_more": false, "url": url }))
        }
        _ => None,
    }
}

fn find(books: &Books, id: &str) -> Option<Value> {
    let base = &books.base;
    match id.split('_').next()? {
        "cs" => books.sessions.get(id).map(|session| session.render(base)),
        "pi" => books.intents.get(id).map(|intent| intent.render(base)),
        "ch" | "py" => books.charges.get(id).map(|charge| charge.render(base)),
        "re" => books.refunds.get(id).map(super::refunds::Refund::render),
        "shr" => books
            .sessions
            .all()
            .flat_map(|session| &session.shipping)
            .find(|option| option.rate == id)
            .map(sessions::Shipping::render),
        _ => None,
    }
}
