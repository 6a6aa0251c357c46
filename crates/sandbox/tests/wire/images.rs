//! Pictures: shapes, headers, determinism, formats, edits.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::started::{MODEL, Started, refusal, request, start};

fn picture(body: &Value, index: usize) -> Vec<u8> {
    STANDARD.decode(body["data"][index]["b64_json"].as_str().expect("base64")).expect("base64")
}

#[tokio::test]
async fn an_answer_has_todays_shape() {
    let started = start().await;
    let body =
        json!({ "model": MODEL, "prompt": "a quiet sea at dawn", "size": "1024x1024", "quality": "low" });
    let answer = started.generate(&body).await;
    assert_eq!(answer.status(), 200);
    for header in [
        "x-request-id",
        "openai-processing-ms",
        "x-ratelimit-limit-requests",
        "x-ratelimit-remaining-requests",
        "x-ratelimit-reset-requests",
        "x-ratelimit-limit-images",
        "x-ratelimit-remaining-images",
        "x-ratelimit-reset-images",
    ] {
        assert!(answer.headers().contains_key(header), "{header}");
    }
    let id = answer.headers()["x-request-id"].to_str().expect("text").to_owned();
    let body: Value = answer.json().await.expect("JSON");
    assert_eq!(body["background"], "opaque");
    assert_eq!(body["output_format"], "png");
    assert_eq!(body["quality"], "low");
    assert_eq!(body["size"], "1024x1024");
    assert!(body["created"].as_u64().expect("a time") > 1_700_000_000);
    let usage = &body["usage"];
    assert_eq!(usage["output_tokens"], 272);
    assert_eq!(usage["input_tokens_details"], json!({ "text_tokens": 5, "image_tokens": 0 }));
    assert_eq!(usage["total_tokens"], 277);
    let decoded = image::load_from_memory(&picture(&body, 0)).expect("a PNG");
    assert_eq!((decoded.width(), decoded.height()), (1024, 1024));

    let calls = started.read("openai/calls").await;
    assert_eq!(calls["generations"], 1);
    assert_eq!(calls["in_flight"], 0);
    assert_eq!(calls["calls"][0]["id"], id);
    assert_eq!(calls["calls"][0]["status"], 200);
    assert_eq!(
        calls["calls"][0]["prompt_sha256"],
        // printf 'a quiet sea at dawn' | sha256sum
        "1b3971be1babee4cbbba2581d1471425938f9fea518f614ce75288fecb4330ad"
    );
}

#[tokio::test]
async fn the_same_prompt_gives_the_same_pictures() {
    let started = start().await;
    let mut body = request("two foxes in the snow");
    body["n"] = json!(2);
    let first: Value = started.generate(&body).await.json().await.expect("JSON");
    let second: Value = started.generate(&body).await.json().await.expect("JSON");
    assert_eq!(first["data"], second["data"]);
    assert_ne!(first["data"][0], first["data"][1]);
    let other: Value = started.generate(&request("two foxes in the rain")).await.json().await.expect("JSON");
    assert_ne!(first["data"][0], other["data"][0]);
}

#[tokio::test]
async fn each_format_is_what_it_says() {
    let started = start().await;
    for (format, expected) in [
        ("png", image::ImageFormat::Png),
        ("jpeg", image::ImageFormat::Jpeg),
        ("webp", image::ImageFormat::WebP),
    ] {
        let body = json!({ "model": MODEL, "prompt": "gold", "size": "816x816", "output_format": format });
        let body: Value = started.generate(&body).await.json().await.expect("JSON");
        assert_eq!(body["output_format"], format);
        assert_eq!(image::guess_format(&picture(&body, 0)).expect("a format"), expected);
    }
    let body = json!({ "model": MODEL, "prompt": "gold", "size": "816x816", "background": "transparent" });
    let body: Value = started.generate(&body).await.json().await.expect("JSON");
    assert_eq!(body["background"], "transparent");
    let decoded = image::load_from_memory(&picture(&body, 0)).expect("a PNG").into_rgba8();
    assert_eq!((decoded.get_pixel(0, 0).0[3], decoded.get_pixel(408, 408).0[3]), (0, 255));
}

#[tokio::test]
async fn wrong_requests_are_refused_as_openai_refuses_them() {
    let started = start().await;
    let cases = [
        (json!({ "model": MODEL }), "missing_required_parameter", "prompt"),
        (json!({ "prompt": "x" }), "missing_required_parameter", "model"),
        (json!({ "model": MODEL, "prompt": "" }), "empty_string", "prompt"),
        (json!({ "model": MODEL, "prompt": "x".repeat(32_001) }), "string_above_max_length", "prompt"),
        (json!({ "model": MODEL, "prompt": 7 }), "invalid_type", "prompt"),
        (json!({ "model": MODEL, "prompt": "x", "n": 0 }), "invalid_value", "n"),
        (json!({ "model": MODEL, "prompt": "x", "n": 11 }), "invalid_value", "n"),
        (json!({ "model": MODEL, "prompt": "x", "quality": "hd" }), "invalid_value", "quality"),
        (json!({ "model": MODEL, "prompt": "x", "output_format": "gif" }), "invalid_value", "output_format"),
        (
            json!({ "model": MODEL, "prompt": "x", "background": "transparent", "output_format": "jpeg" }),
            "invalid_value",
            "background",
        ),
        (
            json!({ "model": MODEL, "prompt": "x", "response_format": "url" }),
            "unknown_parameter",
            "response_format",
        ),
        (json!({ "model": MODEL, "prompt": "x", "style": "vivid" }), "unknown_parameter", "style"),
        (json!({ "model": MODEL, "prompt": "x", "seed": 1 }), "unknown_parameter", "seed"),
        (json!({ "model": "dall-e-3", "prompt": "x" }), "invalid_value", "model"),
        (json!({ "model": "gpt-6-luna", "prompt": "x" }), "invalid_value", "model"),
    ];
    for (body, code, param) in cases {
        let (status, error) = refusal(started.generate(&body).await).await;
        assert_eq!((status, &error["code"], &error["param"]), (400, &json!(code), &json!(param)), "{error}");
    }
    let (_, error) = refusal(started.generate(&json!({ "model": "dall-e-3", "prompt": "x" })).await).await;
    assert_eq!(error["type"], "image_generation_user_error");
    assert_eq!(error["message"], "The model 'dall-e-3' does not exist.");
}

#[tokio::test]
async fn a_key_is_needed() {
    let started = start().await;
    let url = format!("{}/images/generations", started.sandbox.openai_base_url());
    let without = started.client.post(&url).json(&request("x")).send().await.expect("an answer");
    let (status, error) = refusal(without).await;
    assert_eq!((status, &error["code"]), (401, &Value::Null));
    let wrong = started.client.post(&url).bearer_auth("sk-invalid").json(&request("x")).send().await;
    let (status, error) = refusal(wrong.expect("an answer")).await;
    assert_eq!((status, &error["code"]), (401, &json!("invalid_api_key")));
}

#[tokio::test]
async fn bodies_have_limits_and_must_be_json() {
    let started = start().await;
    let url = format!("{}/images/generations", started.sandbox.openai_base_url());
    let post = |body: Vec<u8>| {
        started
            .client
            .post(&url)
            .bearer_auth("sk-test")
            .header("content-type", "application/json")
            .body(body)
            .send()
    };
    let (status, _) = refusal(post(b"{\"prompt\":".to_vec()).await.expect("an answer")).await;
    assert_eq!(status, 400);
    let (status, _) = refusal(post(b"[1]".to_vec()).await.expect("an answer")).await;
    assert_eq!(status, 400);
    // The answer may come before the whole body was taken, and then the connection ends.
    if let Ok(answer) = post(vec![b' '; 2 << 20]).await {
        assert_eq!(answer.status(), 413);
    }
    let (status, error) = refusal(started.get("/chat/nothing").await).await;
    assert_eq!((status, &error["type"]), (404, &json!("invalid_request_error")));
    let (status, _) = refusal(started.get("/images/generations").await).await;
    assert_eq!(status, 405);
}

#[tokio::test]
async fn events_end_with_the_whole_picture() {
    let started = start().await;
    let mut body = request("a stream");
    body["stream"] = json!(true);
    body["partial_images"] = json!(2);
    let answer = started.generate(&body).await;
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    let text = answer.text().await.expect("text");
    let kinds: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("event: ")).collect();
    let partial = "image_generation.partial_image";
    assert_eq!(kinds, [partial, partial, "image_generation.completed"]);
}

async fn edit(started: &Started, form: Form) -> reqwest::Response {
    let url = format!("{}/images/edits", started.sandbox.openai_base_url());
    started.client.post(url).bearer_auth("sk-test").multipart(form).send().await.expect("an answer")
}

fn photo(width: u32, height: u32) -> Part {
    let mut png = std::io::Cursor::new(Vec::new());
    let gradient = image::RgbImage::from_fn(width, height, |x, y| {
        image::Rgb([u8::try_from(x % 256).unwrap_or(0), u8::try_from(y % 256).unwrap_or(0), 90])
    });
    gradient.write_to(&mut png, image::ImageFormat::Png).expect("a PNG");
    Part::bytes(png.into_inner()).file_name("photo.png").mime_str("image/png").expect("a type")
}

#[tokio::test]
async fn an_edit_follows_its_picture() {
    let started = start().await;
    let form = || Form::new().text("model", MODEL).text("prompt", "as a painting").text("n", "1");
    let answer = edit(&started, form().part("image[]", photo(600, 300)).part("image[]", photo(50, 50))).await;
    assert_eq!(answer.status(), 200);
    let body: Value = answer.json().await.expect("JSON");
    assert_eq!(body["size"], "1440x720");
    assert_eq!(body["usage"]["input_tokens_details"]["image_tokens"], 646);
    assert_eq!(started.read("openai/calls").await["edits"], 1);

    let (status, error) = refusal(edit(&started, form()).await).await;
    assert_eq!((status, &error["code"]), (400, &json!("missing_required_parameter")));
    let broken = Part::bytes(b"not a picture".to_vec()).file_name("a.png");
    let (status, error) = refusal(edit(&started, form().part("image", broken)).await).await;
    assert_eq!((status, &error["code"]), (400, &json!("invalid_image_file")));
    let masked = form().part("image", photo(64, 64)).part("mask", photo(32, 32));
    let (status, error) = refusal(edit(&started, masked).await).await;
    assert_eq!((status, &error["param"]), (400, &json!("mask")));
    let unknown = form().text("style", "vivid").part("image", photo(64, 64));
    let (status, error) = refusal(edit(&started, unknown).await).await;
    assert_eq!((status, &error["code"]), (400, &json!("unknown_parameter")));
    let (status, error) = refusal(started.post("/images/edits", &request("x")).await).await;
    assert_eq!((status, &error["code"]), (400, &json!("unsupported_content_type")));
}

#[tokio::test]
async fn models_carry_their_end() {
    let started = start().await;
    let list: Value = started.get("/models").await.json().await.expect("JSON");
    let ids: Vec<&str> =
        list["data"].as_array().expect("a list").iter().filter_map(|model| model["id"].as_str()).collect();
    for id in [
        "gpt-image-2.5-flare",
        "gpt-image-2.6-flare",
        "gpt-image-2.6-sunburst",
        "omni-moderation-latest",
        "gpt-6-luna",
    ] {
        assert!(ids.contains(&id), "{id}");
    }
    let model: Value = started.get("/models/gpt-image-2.5-flare").await.json().await.expect("JSON");
    assert_eq!(model["shutdown_date"], Value::Null);
    started
        .poke("openai/models", &json!({ "id": "gpt-image-2.5-flare", "shutdown_date": "2027-03-01" }))
        .await;
    let model: Value = started.get("/models/gpt-image-2.5-flare").await.json().await.expect("JSON");
    assert_eq!(model["shutdown_date"], "2027-03-01");
    let (status, error) = refusal(started.get("/models/gpt-image-1").await).await;
    assert_eq!((status, &error["code"]), (404, &json!("model_not_found")));
}
