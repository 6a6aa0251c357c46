"""Drives the sandbox with OpenAI's own SDK: what it parses and raises is what a real client would see.

Called by tests/peers.rs with SANDBOX_OPENAI_URL set; fails by an assertion or an exception.
"""

import base64
import os
import time

import openai

URL = os.environ["SANDBOX_OPENAI_URL"]
MODEL = "gpt-image-2.6-flare"
PNG = b"\x89PNG\r\n\x1a\n"

# The SDK's own retries are off, so that every error class shows itself.
client = openai.OpenAI(base_url=URL, api_key="sk-test", max_retries=0, timeout=60)


def generate(prompt, **more):
    more.setdefault("model", MODEL)
    more.setdefault("size", "816x816")
    return client.images.generate(prompt=prompt, **more)


def raises(kind, call, **expected):
    try:
        call()
    except openai.APIError as error:
        assert type(error) is kind, f"expected {kind.__name__}, got {type(error).__name__}: {error}"
        for name, value in expected.items():
            assert getattr(error, name) == value, f"{name} is {getattr(error, name)!r}, not {value!r}: {error}"
        return error
    raise AssertionError(f"expected {kind.__name__}, and nothing was raised")


def pictures():
    answer = generate("a lighthouse at dusk", n=2, quality="low")
    assert answer.quality == "low" and answer.size == "816x816" and answer.output_format == "png", answer.model_fields_set
    assert answer.background == "opaque"
    assert len(answer.data) == 2
    first, second = (base64.b64decode(picture.b64_json) for picture in answer.data)
    assert first.startswith(PNG) and second.startswith(PNG) and first != second
    usage = answer.usage
    assert usage.total_tokens == usage.input_tokens + usage.output_tokens
    assert usage.input_tokens_details.text_tokens == usage.input_tokens
    assert usage.output_tokens_details.image_tokens == usage.output_tokens
    assert answer._request_id.startswith("req_")
    again = generate("a lighthouse at dusk", n=2, quality="low")
    assert [picture.b64_json for picture in again.data] == [picture.b64_json for picture in answer.data]

    raw = client.images.with_raw_response.generate(model=MODEL, prompt="x", size="816x816")
    assert int(raw.headers["x-ratelimit-remaining-images"]) < int(raw.headers["x-ratelimit-limit-images"])

    kinds = [event.type for event in generate("a stream", stream=True, partial_images=1)]
    assert kinds == ["image_generation.partial_image", "image_generation.completed"], kinds


def edits():
    source = base64.b64decode(generate("a stone bridge").data[0].b64_json)
    answer = client.images.edit(
        model=MODEL, image=[("a.png", source, "image/png")], prompt="in snow", size="auto", output_format="jpeg"
    )
    assert answer.size == "1024x1024" and answer.output_format == "jpeg"
    assert base64.b64decode(answer.data[0].b64_json).startswith(b"\xff\xd8")
    assert answer.usage.input_tokens_details.image_tokens > 0
    masked = client.images.edit(
        model=MODEL, image=("a.png", source, "image/png"), mask=("m.png", source, "image/png"), prompt="x", n=1
    )
    assert len(masked.data) == 1
    raises(
        openai.BadRequestError,
        lambda: client.images.edit(model=MODEL, image=("a.png", b"nothing", "image/png"), prompt="x"),
        code="invalid_image_file",
    )


def moderation():
    harmless = client.moderations.create(input="a cat", model="omni-moderation-latest")
    assert not harmless.results[0].flagged and harmless.id.startswith("modr-")
    flagged = client.moderations.create(input=[{"type": "text", "text": "sandbox:flag=violence"}])
    assert flagged.results[0].flagged and flagged.results[0].categories.violence
    assert flagged.results[0].category_applied_input_types.violence == ["text"]


def models():
    listed = {model.id: model for model in client.models.list()}
    assert {"gpt-image-2.5-flare", "gpt-image-2.6-flare", "gpt-image-2.6-sunburst", "gpt-6-luna"} <= listed.keys()
    assert client.models.retrieve(MODEL).shutdown_date is None
    raises(openai.NotFoundError, lambda: client.models.retrieve("dall-e-2"), code="model_not_found")


def errors():
    bad, limited = openai.BadRequestError, openai.RateLimitError
    table = [
        ("billing_hard_limit", bad, "billing_hard_limit_reached", "billing_limit_user_error"),
        ("insufficient_quota", limited, "insufficient_quota", "insufficient_quota"),
        ("credit_balance_exhausted", limited, "credit_balance_exhausted", "insufficient_quota"),
        ("project_spend_limit_exceeded", limited, "project_spend_limit_exceeded", "insufficient_quota"),
        ("rate_limit=7", limited, "rate_limit_exceeded", "requests"),
        ("slow_down", limited, "slow_down", "rate_limit_error"),
        ("moderation", bad, "moderation_blocked", "image_generation_user_error"),
        ("unverified", openai.PermissionDeniedError, None, "invalid_request_error"),
        ("model_gone", bad, "invalid_value", "image_generation_user_error"),
        ("model_not_found", openai.NotFoundError, "model_not_found", "invalid_request_error"),
        ("500", openai.InternalServerError, None, "server_error"),
        ("503", openai.InternalServerError, "server_is_overloaded", "service_unavailable_error"),
        ("html429", limited, None, None),
    ]
    for word, kind, code, error_type in table:
        error = raises(kind, lambda word=word: generate(f"a cat sandbox:{word}"), code=code, type=error_type)
        assert error.request_id.startswith("req_"), word
    error = raises(limited, lambda: generate("sandbox:rate_limit=9"))
    assert error.response.headers["retry-after"] == "9"
    raises(openai.APIConnectionError, lambda: generate("sandbox:cut"))
    assert generate("sandbox:no_usage").data[0].b64_json

    for more, param in [({"size": "512x512"}, "size"), ({"n": 11}, "n"), ({"quality": "hd"}, "quality")]:
        raises(bad, lambda more=more: generate("x", **more), code="invalid_value", param=param)
    raises(bad, lambda: generate("x", response_format="url"), code="unknown_parameter", param="response_format")
    raises(bad, lambda: generate("x", style="vivid"), code="unknown_parameter", param="style")
    raises(bad, lambda: generate("x", model="dall-e-3"), code="invalid_value", param="model")
    raises(bad, lambda: generate("x" * 32_001), param="prompt")

    stranger = openai.OpenAI(base_url=URL, api_key="sk-invalid", max_retries=0)
    raises(
        openai.AuthenticationError,
        lambda: stranger.images.generate(model=MODEL, prompt="x"),
        code="invalid_api_key",
    )


def retries():
    """The SDK's own retries get through two failures, and come back when a limit says so."""
    patient = client.with_options(max_retries=2)
    answer = patient.images.generate(model=MODEL, prompt="patience sandbox:500x2", size="816x816")
    assert answer.data[0].b64_json
    since = time.monotonic()
    patient.images.generate(model=MODEL, prompt="patience sandbox:rate_limit=1x1", size="816x816")
    assert time.monotonic() - since >= 1


for check in (pictures, edits, moderation, models, errors, retries):
    check()
    print(f"openai {openai.__version__}: {check.__name__} ok")
