//! The rows of the table.

use std::io::Cursor;

use base64::{Engine, engine::general_purpose::STANDARD};
use image::{ImageFormat, RgbImage};
use serde_json::{Value, json};
use shop::providers::Pause;

/// How it ends for the customer.
pub enum Seen {
    /// With pictures.
    Ready,
    /// With this in a sentence: it will not be drawn.
    Refused(&'static str),
    /// With this in a sentence: it could not be drawn.
    Failed(&'static str),
    /// Not yet: nothing is drawn for anybody, and staff read this.
    Paused(Pause, &'static str),
}

/// One way to fail, and what must come of it.
pub struct Row {
    pub name: &'static str,
    /// Arguments of the worker.
    pub arguments: Vec<&'static str>,
    /// What the provider answers, one after the other; after them it draws.
    pub answers: Vec<Value>,
    /// How many pictures are asked for.
    pub count: i16,
    pub seen: Seen,
    /// Milliseconds that it waits between the answers and what comes after them: at least, at most.
    pub waits: Option<(i64, i64)>,
    pub attempts_before_the_wait: i32,
    /// How often the provider is asked for pictures.
    pub calls: u64,
    /// Tries of the job that are used up.
    pub attempts: i32,
    /// Credits taken.
    pub charged: i64,
    /// Answers that count as spent although nobody saw them, and answers that do not say what they cost.
    pub counted_as_lost: i64,
    /// What answers cost that were ordered, in millionths of a dollar: the sandbox's invoice does not know it.
    pub ordered_cost: i64,
    pub strike: bool,
    /// Whether staff are told of a mistake of ours.
    pub rejection: bool,
    /// What staff read of the call.
    pub staff_read: Vec<&'static str>,
}

/// The first answer decides, without another call.
fn row(name: &'static str, answer: Value, seen: Seen) -> Row {
    Row {
        name,
        arguments: vec![],
        answers: vec![answer],
        count: 1,
        charged: 0,
        attempts: i32::from(!matches!(seen, Seen::Paused(..))),
        seen,
        waits: None,
        attempts_before_the_wait: 0,
        calls: 1,
        counted_as_lost: 0,
        ordered_cost: 0,
        strike: false,
        rejection: false,
        staff_read: vec![],
    }
}

fn billing(name: &'static str, answer: Value, detail: &'static str) -> Row {
    Row { staff_read: vec!["billing: "], ..row(name, answer, Seen::Paused(Pause::Billing, detail)) }
}

fn configuration(name: &'static str, answer: Value, detail: &'static str) -> Row {
    Row {
        staff_read: vec!["configuration: "],
        ..row(name, answer, Seen::Paused(Pause::Configuration, detail))
    }
}

/// The provider asks for time: the same try comes again later, and uses up none.
fn limited(name: &'static str, answer: Value, seconds: i64) -> Row {
    Row {
        waits: Some(((seconds * 1000 - 5_000).max(600), seconds * 1000 + 500)),
        attempts: 1,
        calls: 2,
        charged: 1,
        staff_read: vec!["rate limited"],
        ..row(name, answer, Seen::Ready)
    }
}

/// It failed and cost nothing: the next try draws.
fn again(name: &'static str, answer: Value) -> Row {
    Row { attempts: 2, calls: 2, charged: 1, staff_read: vec!["failed: "], ..row(name, answer, Seen::Ready) }
}

/// It may have cost: counted as spent, and one more try, which draws.
fn lost(name: &'static str, answer: Value) -> Row {
    Row { counted_as_lost: 1, staff_read: vec!["ambiguous: "], ..again(name, answer) }
}

fn refused(name: &'static str, answer: Value, strike: bool) -> Row {
    Row { strike, staff_read: vec!["refused: "], ..row(name, answer, Seen::Refused("safety rules")) }
}

fn rejected(name: &'static str, answer: Value) -> Row {
    Row {
        rejection: true,
        staff_read: vec!["bad request: "],
        ..row(name, answer, Seen::Refused("could not ask for this picture"))
    }
}

/// A paid answer of the test's own. Its pictures are there, whatever else is odd.
#[expect(clippy::needless_pass_by_value, reason = "rows are easier to read so")]
fn paid(name: &'static str, body: Value) -> Row {
    Row { charged: 1, ..row(name, json!({"status": 200, "body": body}), Seen::Ready) }
}

#[expect(clippy::needless_pass_by_value, reason = "rows are easier to read so")]
fn error(status: u16, kind: &str, code: Value, message: &str) -> Value {
    json!({"status": status, "body": {"error": {"type": kind, "code": code, "param": null, "message": message}}})
}

fn with(mut answer: Value, more: Value) -> Value {
    if let (Some(answer), Value::Object(more)) = (answer.as_object_mut(), more) {
        answer.extend(more);
    }
    answer
}

fn error_with(mut answer: Value, more: Value) -> Value {
    let error = answer["body"]["error"].take();
    answer["body"]["error"] = with(error, more);
    answer
}

fn picture() -> String {
    let mut encoded = Cursor::new(Vec::new());
    RgbImage::new(16, 16).write_to(&mut encoded, ImageFormat::Png).expect("png");
    STANDARD.encode(encoded.into_inner())
}

/// 100 tokens drawn and 10 of text cost 3,050 millionths of a dollar.
fn usage() -> Value {
    json!({"input_tokens": 10, "output_tokens": 100, "total_tokens": 110,
           "input_tokens_details": {"text_tokens": 10, "image_tokens": 0}})
}
const USAGE_COST: i64 = 3_050;

fn moderated(stage: &str) -> Value {
    error_with(
        error(
            400,
            "image_generation_user_error",
            json!("moderation_blocked"),
            "Your request was rejected by the safety system.",
        ),
        json!({"moderation_details": {"moderation_stage": stage, "categories": ["violence", "self-harm"]}}),
    )
}

/// All of them.
pub fn rows() -> Vec<Row> {
    [
        money(),
        limits(),
        failures(),
        policy(),
        mistakes(),
        settings(),
        lost_answers(),
        odd_answers(),
        checks(),
        streams(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn money() -> Vec<Row> {
    let quota = |code: &str| error(429, "insufficient_quota", json!(code), "Retrying won't restore access.");
    vec![
        billing(
            "billing hard limit",
            error(
                400,
                "billing_limit_user_error",
                json!("billing_hard_limit_reached"),
                "Billing hard limit has been reached.",
            ),
            "billing_hard_limit_reached",
        ),
        billing(
            "billing hard limit, as in 2023",
            error(
                400,
                "invalid_request_error",
                json!("billing_hard_limit_reached"),
                "Billing hard limit has been reached",
            ),
            "billing_hard_limit_reached",
        ),
        billing(
            "billing hard limit, in words alone",
            json!({"status": 400, "body": {"message": "Billing hard limit has been reached."}}),
            "400",
        ),
        billing("quota used up", quota("insufficient_quota"), "insufficient_quota"),
        billing("no credits remaining", quota("credit_balance_exhausted"), "credit_balance_exhausted"),
        billing(
            "spend limit of the organisation",
            quota("organization_spend_limit_exceeded"),
            "organization_spend_limit_exceeded",
        ),
        billing(
            "spend limit of the project",
            quota("project_spend_limit_exceeded"),
            "project_spend_limit_exceeded",
        ),
        billing(
            "usage limit of the organisation",
            quota("organization_usage_limit_exceeded"),
            "organization_usage_limit_exceeded",
        ),
        billing(
            "quota told by its code alone",
            error(429, "requests", json!("insufficient_quota"), "You exceeded your current quota."),
            "insufficient_quota",
        ),
        billing(
            "quota told in words alone",
            json!({"status": 429, "body": {"error": {"message": "You exceeded your current quota, please check your plan."}}}),
            "429",
        ),
        billing(
            "budget of LiteLLM",
            error(
                429,
                "budget_exceeded",
                json!("429"),
                "Budget has been exceeded! Current cost: 1.0, Max budget: 0.9",
            ),
            "429 budget_exceeded",
        ),
        billing(
            "402 of OpenRouter",
            json!({"status": 402, "body": {"error": {"code": 402, "message": "Insufficient credits"}}}),
            "402",
        ),
        billing(
            "402 in the body of a 200",
            json!({"status": 200, "body": {"error": {"code": 402, "message": "Insufficient credits"}}}),
            "402",
        ),
        billing(
            "429 that no waiting lifts",
            with(
                error(429, "requests", json!("a_new_limit"), "x"),
                json!({"headers": {"x-should-retry": "false"}}),
            ),
            "a_new_limit",
        ),
        Row {
            answers: vec![
                error(400, "billing_limit_user_error", json!("billing_hard_limit_reached"), "x"),
                json!({"status": 500}),
            ],
            ..billing("nothing is asked during a pause", json!({}), "billing_hard_limit_reached")
        },
    ]
}

fn limits() -> Vec<Row> {
    let limit = || error(429, "requests", json!("rate_limit_exceeded"), "Rate limit reached.");
    let told = |headers: Value| with(limit(), json!({"headers": headers}));
    vec![
        limited("rate limit with Retry-After", with(limit(), json!({"retry_after": 9})), 9),
        limited("rate limit with retry-after-ms", told(json!({"retry-after-ms": "8500"})), 9),
        limited(
            "rate limit with Retry-After as a date",
            told(
                json!({"date": "Mon, 23 Nov 2026 07:28:00 GMT", "retry-after": "Mon, 23 Nov 2026 07:28:30 GMT"}),
            ),
            30,
        ),
        limited(
            "rate limit with x-ratelimit-reset",
            told(json!({"x-ratelimit-remaining-images": "0", "x-ratelimit-reset-images": "1m30s"})),
            90,
        ),
        limited(
            "rate limit with the wait in words",
            with(
                error(
                    429,
                    "requests",
                    json!("rate_limit_exceeded"),
                    "Rate limit reached. Please try again in 17.188s.",
                ),
                json!({"headers": {"x-ratelimit-remaining-requests": "3", "x-ratelimit-remaining-images": "3"}}),
            ),
            17,
        ),
        limited("rate limit that asks for an hour", told(json!({"retry-after": "3600"})), 120),
        limited(
            "slow down",
            with(
                error(429, "rate_limit_error", json!("slow_down"), "Please slow down."),
                json!({"headers": {"x-ratelimit-remaining-requests": "3", "x-ratelimit-remaining-images": "3"}}),
            ),
            20,
        ),
        limited(
            "429 of a proxy, in HTML",
            json!({"status": 429, "text": "<html><h1>429 Too Many Requests</h1></html>", "headers": {"retry-after": "11"}}),
            11,
        ),
        limited("429 that breaks off", with(limit(), json!({"retry_after": 12, "cut": true})), 12),
        Row {
            answers: vec![with(limit(), json!({"retry_after": 1, "times": 6}))],
            waits: None,
            calls: 7,
            ..limited("rate limits beyond the number of tries", json!({}), 1)
        },
    ]
}

fn failures() -> Vec<Row> {
    let server = || error(500, "server_error", Value::Null, "The server had an error.");
    vec![
        again("500", server()),
        again("500 in HTML", json!({"status": 500, "text": "<html>Internal Server Error</html>"})),
        again(
            "500 with an integer code, as of LocalAI",
            json!({"status": 500, "body": {"error": {"code": 500, "message": "x", "type": ""}}}),
        ),
        again("502 of the API itself", error(502, "server_error", Value::Null, "x")),
        again("503 overloaded", error(503, "service_unavailable_error", json!("server_is_overloaded"), "x")),
        Row {
            waits: Some((4_000, 7_500)),
            attempts_before_the_wait: 1,
            ..again(
                "503 with Retry-After",
                with(
                    error(503, "service_unavailable_error", json!("server_is_overloaded"), "x"),
                    json!({"retry_after": 7}),
                ),
            )
        },
        again("529", error(529, "overloaded_error", Value::Null, "x")),
        again("408", json!({"status": 408, "text": "timeout"})),
        again("409", error(409, "", Value::Null, "lock timeout")),
        again(
            "400 that says that it should be tried again",
            json!({"status": 400, "text": "x", "headers": {"x-should-retry": "true"}}),
        ),
        Row {
            calls: 1,
            attempts: 1,
            charged: 0,
            staff_read: vec!["failed for good: "],
            seen: Seen::Failed("did not come out"),
            ..again(
                "500 that should not be tried again",
                with(server(), json!({"headers": {"x-should-retry": "false"}})),
            )
        },
        Row {
            answers: vec![with(server(), json!({"times": 9}))],
            calls: 5,
            attempts: 5,
            charged: 0,
            seen: Seen::Failed("did not come out"),
            ..again("500 to the last try", json!({}))
        },
        Row {
            arguments: vec!["--openai-base-url=http://127.0.0.1:9/v1"],
            answers: vec![],
            calls: 0,
            attempts: 5,
            charged: 0,
            seen: Seen::Failed("did not come out"),
            ..again("connection refused", json!({}))
        },
        Row {
            arguments: vec!["--openai-base-url=http://nowhere.invalid/v1"],
            answers: vec![],
            calls: 0,
            attempts: 5,
            charged: 0,
            seen: Seen::Failed("did not come out"),
            ..again("no such host", json!({}))
        },
    ]
}

fn policy() -> Vec<Row> {
    let azure = json!({"status": 400, "body": {"error": {
        "code": "contentFilter", "message": "Your task failed as a result of our safety system.",
        "innererror": {"content_filter_result": {"violence": {"filtered": true, "severity": "high"}, "hate": {"filtered": false}}}}}});
    vec![
        Row {
            staff_read: vec!["moderation_blocked (input: violence, self-harm)"],
            ..refused("moderation of the words", moderated("input"), true)
        },
        Row {
            seen: Seen::Refused("held it back"),
            staff_read: vec!["moderation_blocked (output: violence, self-harm)"],
            ..refused("moderation of what was drawn", moderated("output"), false)
        },
        Row {
            staff_read: vec!["(unknown: violence, self-harm)"],
            ..refused("moderation at a stage unknown", moderated("unknown"), false)
        },
        refused(
            "content policy, as of DALL-E",
            error(
                400,
                "invalid_request_error",
                json!("content_policy_violation"),
                "Your request was rejected as a result of our safety system.",
            ),
            false,
        ),
        Row {
            staff_read: vec!["contentFilter (input: violence)"],
            ..refused("content filter of Azure", azure, true)
        },
        Row {
            staff_read: vec!["403 (input: violence/graphic)"],
            ..refused(
                "moderation of OpenRouter",
                json!({"status": 403, "body": {"error": {"code": 403, "message": "Input was flagged",
                       "metadata": {"reasons": ["violence/graphic"], "flagged_input": "x", "provider_name": "OpenAI"}}}}),
                true,
            )
        },
        refused(
            "moderation in the words of LiteLLM",
            error(
                400,
                "None",
                json!("400"),
                "litellm.BadRequestError: OpenAIException - Error code: 400 - {'error': {'code': 'moderation_blocked'}}",
            ),
            false,
        ),
        refused(
            "moderation in the body of a 200",
            json!({"status": 200, "body": {"error": {"code": "moderation_blocked", "message": "x"}}}),
            false,
        ),
    ]
}

fn mistakes() -> Vec<Row> {
    let invalid = |param: &str| {
        error_with(
            error(400, "image_generation_user_error", json!("invalid_value"), "Invalid value."),
            json!({"param": param}),
        )
    };
    vec![
        rejected("a size that is not drawn", invalid("size")),
        rejected("a quality that is not known", invalid("quality")),
        rejected("too many pictures at once", invalid("n")),
        rejected("a string for an error", json!({"status": 400, "body": {"error": "size"}})),
        rejected("413", json!({"status": 413, "text": "<html>Request Entity Too Large</html>"})),
        rejected("403 in HTML", json!({"status": 403, "text": "<html>Forbidden</html>"})),
    ]
}

fn settings() -> Vec<Row> {
    let gone = error_with(
        error(
            400,
            "image_generation_user_error",
            json!("invalid_value"),
            "The model 'gpt-image-1' does not exist.",
        ),
        json!({"param": "model"}),
    );
    vec![
        configuration("model gone", gone, "OPENAI_IMAGE_MODEL: invalid_value"),
        configuration(
            "model not found",
            error(
                404,
                "invalid_request_error",
                json!("model_not_found"),
                "The model does not exist or you do not have access to it.",
            ),
            "OPENAI_IMAGE_MODEL: model_not_found",
        ),
        configuration(
            "model not found, as of vLLM",
            json!({"status": 404, "body": {"object": "error", "message": "The model `x` does not exist.", "type": "NotFoundError", "param": null, "code": 404}}),
            "OPENAI_IMAGE_MODEL: 404 NotFoundError",
        ),
        configuration(
            "wrong key",
            error(401, "invalid_request_error", json!("invalid_api_key"), "Incorrect API key provided."),
            "OPENAI_API_KEY: invalid_api_key",
        ),
        configuration(
            "401 in HTML",
            json!({"status": 401, "text": "<html>Unauthorized</html>"}),
            "OPENAI_API_KEY: 401",
        ),
        configuration(
            "organisation not verified",
            error(
                403,
                "invalid_request_error",
                Value::Null,
                "Your organization must be verified to use this model.",
            ),
            "OPENAI_API_KEY: 403 invalid_request_error",
        ),
        configuration(
            "country not supported",
            error(
                403,
                "request_forbidden",
                json!("unsupported_country_region_territory"),
                "Country, region, or territory not supported",
            ),
            "OPENAI_API_KEY: unsupported_country_region_territory",
        ),
        configuration(
            "no such address",
            json!({"status": 404, "text": "<html>Not Found</html>"}),
            "OPENAI_BASE_URL: 404",
        ),
        configuration(
            "a redirect",
            json!({"status": 307, "text": "", "headers": {"location": "https://example.org/"}}),
            "OPENAI_BASE_URL: 307",
        ),
    ]
}

fn lost_answers() -> Vec<Row> {
    let ok = |body: Value| json!({"status": 200, "body": body});
    let nothing = || ok(json!({"created": 1, "data": [], "usage": usage()}));
    let cut =
        || json!({"status": 200, "body": {"data": [{"b64_json": picture()}], "usage": usage()}, "cut": true});
    vec![
        lost("an answer that breaks off", cut()),
        Row {
            arguments: vec!["--openai-timeout-seconds=1"],
            ..lost("no answer in time", json!({"status": 200, "delay_ms": 2_500}))
        },
        lost("502 of a gateway", json!({"status": 502, "text": "<html>Bad Gateway</html>"})),
        lost("504 of a gateway", json!({"status": 504, "text": "<html>Gateway Time-out</html>"})),
        lost("524 of a gateway", json!({"status": 524, "text": "error code: 524"})),
        lost("200 without pictures", nothing()),
        lost("200 that is no JSON", json!({"status": 200, "text": "<html>Welcome</html>"})),
        lost(
            "200 with a link for a picture",
            ok(json!({"data": [{"url": "https://example.org/a.png", "b64_json": ""}]})),
        ),
        lost(
            "200 with something else for a picture",
            ok(json!({"data": [{"b64_json": STANDARD.encode("not a picture")}]})),
        ),
        lost("502 in the body of a 200", ok(json!({"error": {"code": 502, "message": "provider error"}}))),
        lost("a string for an error in a 200", ok(json!({"error": "out of memory"}))),
        Row {
            answers: vec![nothing(), cut()],
            counted_as_lost: 2,
            // The third one finds that two were lost.
            attempts: 3,
            charged: 0,
            seen: Seen::Failed("got lost on its way to us, twice"),
            ..lost("two answers lost", json!({}))
        },
    ]
}

fn odd_answers() -> Vec<Row> {
    let one = || json!([{"b64_json": picture()}]);
    let known = |name, body: Value| Row {
        ordered_cost: USAGE_COST,
        ..paid(name, with(json!({"data": one(), "usage": usage()}), body))
    };
    // What an answer cost that does not say so is taken to be what was thought.
    let unknown =
        |name, usage: Value| Row { counted_as_lost: 1, ..paid(name, json!({"data": one(), "usage": usage})) };
    vec![
        known(
            "fields that nobody knows",
            json!({"output_format": "svg", "quality": "ultra", "size": 7, "news": {"a": [1]}}),
        ),
        known(
            "a picture with an empty link beside it",
            json!({"data": [{"url": "", "b64_json": picture()}]}),
        ),
        known(
            "a picture as a data URL",
            json!({"data": [{"b64_json": format!("data:image/png;base64,{}", picture())}]}),
        ),
        known(
            "more pictures than were asked for",
            json!({"data": [{"b64_json": picture()}, {"b64_json": picture()}]}),
        ),
        Row {
            count: 2,
            ..known(
                "one broken picture of two",
                json!({"data": [{"b64_json": "!"}, {"b64_json": picture()}]}),
            )
        },
        Row {
            ordered_cost: 3_000,
            ..paid("usage without details", json!({"data": one(), "usage": {"output_tokens": 100}}))
        },
        unknown("no usage", Value::Null),
        unknown("negative usage", json!({"input_tokens": -5, "output_tokens": -100})),
        unknown("usage beyond belief", json!({"input_tokens": 5, "output_tokens": 1e300})),
        Row {
            ordered_cost: 3_000,
            ..paid(
                "usage that Postgres cannot hold",
                json!({"data": one(), "usage": {"output_tokens": 100, "note": "\u{0}"}}),
            )
        },
    ]
}

/// Of the sentence, before anything is drawn.
fn checks() -> Vec<Row> {
    let check = |name, answer: Value, seen| Row {
        arguments: vec!["--openai-moderation=on"],
        calls: 0,
        ..row(name, with(answer, json!({"path": "moderations"})), seen)
    };
    let flagged = json!({"status": 200, "body": {"results": [{"flagged": true, "categories": {"violence": true, "hate": false}}]}});
    let key = error(401, "invalid_request_error", json!("invalid_api_key"), "Incorrect API key provided.");
    vec![
        Row {
            strike: true,
            ..check(
                "a sentence that the check finds fault with",
                flagged,
                Seen::Refused("before anything was drawn"),
            )
        },
        Row {
            calls: 1,
            attempts: 2,
            charged: 1,
            ..check("no check, for a newcomer", json!({"status": 500}), Seen::Ready)
        },
        check(
            "a wrong key at the check",
            key,
            Seen::Paused(Pause::Configuration, "OPENAI_API_KEY: invalid_api_key"),
        ),
    ]
}

/// Of a picture with previews.
fn streams() -> Vec<Row> {
    let stream = |events: &[Value]| {
        let lines = events.iter().map(|event| format!("event: {}\ndata: {event}\n\n", event["type"]));
        let text = lines.collect::<Vec<_>>().concat();
        json!({"status": 200, "text": text, "headers": {"content-type": "text/event-stream"}})
    };
    let preview =
        || json!({"type": "image_generation.partial_image", "b64_json": picture(), "partial_image_index": 0});
    let failed = |code: &str, kind: &str| json!({"type": "error", "error": {"type": kind, "code": code, "message": "x"}});
    let with_previews = |row: Row| Row { arguments: vec!["--openai-partial-images=2"], ..row };
    vec![
        with_previews(Row { answers: vec![], ..paid("previews, and the picture", Value::Null) }),
        with_previews(
            Row { ordered_cost: USAGE_COST, ..paid("events that nobody knows", Value::Null) }.answered(
                stream(&[
                    json!({"type": "image_generation.news"}),
                    preview(),
                    json!({"type": "image_generation.completed", "b64_json": picture(), "usage": usage()}),
                ]),
            ),
        ),
        with_previews(lost("a stream that breaks off", stream(&[preview()]))),
        with_previews(again(
            "an error in the middle of a stream",
            stream(&[preview(), failed("image_generation_failed", "image_generation_server_error")]),
        )),
        with_previews(lost(
            "an unknown error in the middle of a stream",
            stream(&[preview(), failed("oops", "")]),
        )),
        with_previews(refused(
            "moderation in the middle of a stream",
            stream(&[preview(), failed("moderation_blocked", "image_generation_user_error")]),
            false,
        )),
        with_previews(billing(
            "quota used up, asked for a stream",
            error(429, "insufficient_quota", json!("insufficient_quota"), "x"),
            "insufficient_quota",
        )),
    ]
}

impl Row {
    fn answered(self, answer: Value) -> Self {
        Self { answers: vec![answer], ..self }
    }
}
