//! Stripe's way of writing trees in a form: `line_items[0][price_data][unit_amount]=2990`, `expand[]=line_items`.

use std::collections::BTreeMap;

use super::refusals::Refusal;

/// What a form holds under a name.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    Leaf(String),
    Branch(Fields),
}

pub(super) type Fields = BTreeMap<String, Node>;

/// Reads a form or a query.
pub(super) fn parse(bytes: &[u8]) -> Result<Fields, Refusal> {
    let mut fields = Fields::new();
    for (name, value) in form_urlencoded::parse(bytes) {
        let steps =
            steps(&name).ok_or_else(|| Refusal::invalid(format!("Invalid parameter name: {name}")))?;
        place(&mut fields, &steps, value.into_owned())
            .ok_or_else(|| Refusal::invalid(format!("Parameter {name} is given in two ways.")))?;
    }
    Ok(fields)
}

/// `a[b][c]` as `a`, `b`, `c`.
fn steps(name: &str) -> Option<Vec<&str>> {
    let Some((first, rest)) = name.split_once('[') else { return Some(vec![name]) };
    let rest = rest.strip_suffix(']')?;
    let mut steps = vec![first];
    steps.extend(rest.split("]["));
    (!first.is_empty() && !steps.iter().any(|step| step.contains(['[', ']']))).then_some(steps)
}

fn place(fields: &mut Fields, steps: &[&str], value: String) -> Option<()> {
    let (step, rest) = steps.split_first()?;
    // `[]` is the next place of a list.
    let step = if step.is_empty() { fields.len().to_string() } else { (*step).to_owned() };
    if rest.is_empty() {
        return match fields.insert(step, Node::Leaf(value)) {
            None | Some(Node::Leaf(_)) => Some(()),
            Some(Node::Branch(_)) => None,
        };
    }
    match fields.entry(step).or_insert_with(|| Node::Branch(Fields::new())) {
        Node::Branch(inner) => place(inner, rest, value),
        Node::Leaf(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_make_a_tree() {
        let fields = parse(b"a[0][b]=1&a%5B1%5D%5Bb%5D=2&c[]=x&c[]=y&d=%2B+%26").expect("reads");
        let Some(Node::Branch(list)) = fields.get("a") else { panic!("no list") };
        assert_eq!(list.len(), 2);
        let Some(Node::Branch(list)) = fields.get("c") else { panic!("no list") };
        assert_eq!(list.get("1"), Some(&Node::Leaf("y".to_owned())));
        assert_eq!(fields.get("d"), Some(&Node::Leaf("+ &".to_owned())));
        for bad in [&b"a[b=1"[..], b"a=1&a[b]=2", b"[a]=1", b"a[b]c=1"] {
            assert!(parse(bad).is_err(), "{}", String::from_utf8_lossy(bad));
        }
    }
}
