//! `POST /v1/moderations`: flags what names violence outright, and whatever `sandbox:flag=CATEGORY` asks for.

use std::sync::Arc;
use std::time::Instant;

use poem::{Request, Response};
use serde_json::{Map, Value, json};

use super::answers::Reply;
use super::refusals::Refusal;
use super::{OpenAi, bodies, fields::Fields, keys, to_the_end};

/// Pictures come inside the JSON, 20 MB each at most.
const LIMIT: usize = 32 << 20;
const MODELS: [&str; 2] = ["omni-moderation-latest", "omni-moderation-2024-09-26"];
const FLAG: &str = "sandbox:flag";

/// Every category, and whether a picture is looked at for it.
const CATEGORIES: [(&str, bool); 13] = [
    ("harassment", false),
    ("harassment/threatening", false),
    ("hate", false),
    ("hate/threatening", false),
    ("illicit", false),
    ("illicit/violent", false),
    ("self-harm", true),
    ("self-harm/instructions", true),
    ("self-harm/intent", true),
    ("sexual", true),
    ("sexual/minors", false),
    ("violence", true),
    ("violence/graphic", true),
];

/// One thing to look at.
struct Input {
    text: String,
    has_text: bool,
    has_image: bool,
}

pub(super) async fn moderations(openai: Arc<OpenAi>, request: Request) -> poem::Result<Response> {
    let since = Instant::now();
    let read = async {
        keys::check(&request)?;
        let mut body = bodies::json(request, LIMIT).await?;
        let input = body.get_mut("input").map(Value::take).unwrap_or_default();
        let fields = Fields::new(body, &["input", "model"])?;
        let model = fields.text("model")?.unwrap_or(MODELS[0]).to_owned();
        if !MODELS.contains(&model.as_str()) {
            return Err(Refusal::model_not_found(&model));
        }
        Ok((model, inputs(input)?))
    };
    let parsed = read.await;
    let seen =
        parsed.as_ref().ok().map(|(_, inputs)| inputs.iter().map(|input| input.text.as_str()).collect());
    let seen: Option<String> = seen.map(|texts: Vec<&str>| texts.join("\n"));
    let id = openai.journal.begin("/v1/moderations", seen.as_deref());
    let forced = openai.forced.take("/v1/moderations");
    let reply = match (forced, parsed) {
        (Some(forced), _) => forced.reply(&id).await,
        (None, Err(refusal)) => refusal.into(),
        (None, Ok((model, inputs))) => {
            let results: Vec<Value> = inputs.iter().map(result).collect();
            Reply::ok(json!({ "id": id.replace("req_", "modr-"), "model": model, "results": results }))
        }
    };
    let reply = reply.stamped(&openai, &id, since);
    to_the_end(&openai, id, async { reply }).await
}

/// A text, a list of texts (a result for each), or a list of text and picture parts (one result for all).
fn inputs(input: Value) -> Result<Vec<Input>, Refusal> {
    let of_text = |text: String| Input { text, has_text: true, has_image: false };
    match input {
        Value::Null => Err(Refusal::missing("input")),
        Value::String(text) => Ok(vec![of_text(text)]),
        Value::Array(list) if list.is_empty() => Err(Refusal::length("input", 0, 0)),
        Value::Array(list) if list.iter().all(Value::is_string) => {
            Ok(list.iter().filter_map(Value::as_str).map(|text| of_text(text.to_owned())).collect())
        }
        Value::Array(list) => {
            let mut whole = Input { text: String::new(), has_text: false, has_image: false };
            for part in &list {
                match (part["type"].as_str(), part["text"].as_str(), part["image_url"]["url"].as_str()) {
                    (Some("text"), Some(text), _) => {
                        whole.has_text = true;
                        whole.text.push_str(text);
                        whole.text.push('\n');
                    }
                    (Some("image_url"), _, Some(_)) => whole.has_image = true,
                    _ => return Err(Refusal::wrong_type("input", "text and image_url parts")),
                }
            }
            Ok(vec![whole])
        }
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => {
            Err(Refusal::wrong_type("input", "a string or an array"))
        }
    }
}

fn result(input: &Input) -> Value {
    let found = found(&input.text);
    let mut categories = Map::new();
    let mut scores = Map::new();
    let mut applied = Map::new();
    for (category, of_images) in CATEGORIES {
        let flagged = found.contains(&category);
        categories.insert(category.to_owned(), json!(flagged));
        scores.insert(category.to_owned(), json!(if flagged { 0.94 } else { 0.000_031 }));
        let mut types = Vec::new();
        if input.has_text {
            types.push("text");
        }
        if input.has_image && of_images {
            types.push("image");
        }
        applied.insert(category.to_owned(), json!(types));
    }
    json!({
        "flagged": !found.is_empty(),
        "categories": categories,
        "category_scores": scores,
        "category_applied_input_types": applied,
    })
}

fn found(text: &str) -> Vec<&'static str> {
    let lower = text.to_lowercase();
    let mut found = Vec::new();
    for word in lower.split_whitespace().filter_map(|word| word.strip_prefix(FLAG)) {
        let wanted = word.strip_prefix('=').unwrap_or("violence");
        found.extend(CATEGORIES.iter().map(|(category, _)| *category).filter(|category| *category == wanted));
    }
    if ["massacre", "beheading", "gore", "torture"]
        .iter()
        .any(|word| lower.split(|c: char| !c.is_alphanumeric()).any(|given| given == *word))
    {
        found.push("violence");
    }
    found
}
