"""How providers refuse, one shape each, and what the gateway must make of it. The words behind the first are ours."""

import json
from dataclasses import dataclass, field
from typing import Any

TAIL = " See https://help.vendor.example/limits or ask org-Abc123 with key sk-live-abcdef1234567890."
PRIVATE = ("vendor.example", "Abc123", "sk-live", "abcdef", "<html", "://")
KEPT = "is what the caller can act on"


@dataclass(frozen=True)
class Shape:
    """An answer with `status`, and the error that it must become. `kept`: callers read the provider's words."""

    name: str
    status: int
    body: bytes
    becomes: tuple[int, str, str]  # status, code, replay
    kept: bool = False
    fields: dict[bytes, bytes] = field(default_factory=dict)
    wait: float | None = None
    reason: str | None = None

    def __str__(self) -> str:
        return self.name


OVERLONG = (400, "context_length_exceeded", "next")
POLICY = (400, "content_policy", "never")
REFUSED = (400, "upstream_refused", "never")
NOT_FOUND = (404, "upstream_not_found", "next")
CREDENTIAL = (502, "upstream_credentials_exhausted", "next")
QUOTA = (503, "upstream_quota_exhausted", "next")
LIMITED = (503, "upstream_rate_limited", "safe")
BUSY = (503, "upstream_unavailable", "safe")
BROKEN = (502, "upstream_broken", "ambiguous")
TIMEOUT = (504, "upstream_timeout", "ambiguous")


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


def _words(begins: str) -> str:
    return f"{begins} {KEPT}.{TAIL}"


def openai(begins: str, kind: str | None = "invalid_request_error", code: Any = None, **more: Any) -> bytes:
    return _json({"error": {"message": _words(begins), "type": kind, "param": None, "code": code, **more}})


def anthropic(begins: str, kind: str = "invalid_request_error") -> bytes:
    return _json({"type": "error", "error": {"type": kind, "message": _words(begins)}, "request_id": "req_1"})


def google(begins: str, code: int, status: str, *details: dict[str, Any]) -> bytes:
    return _json({"error": {"code": code, "message": _words(begins), "status": status, "details": list(details)}})


def plain(begins: str, **more: Any) -> bytes:
    return _json({"message": _words(begins), **more})


def _overlong(name: str, status: int, body: bytes, **more: Any) -> Shape:
    return Shape(f"overlong: {name}", status, body, OVERLONG, kept=True, **more)


def _policy(name: str, status: int, body: bytes, **more: Any) -> Shape:
    return Shape(f"policy: {name}", status, body, POLICY, kept=True, **more)


def _router(raw: str) -> bytes:
    """OpenRouter: its own sentence says nothing, the provider's error is a text inside."""
    error = {"message": "Provider returned error", "code": 400, "metadata": {"raw": raw, "provider_name": "Acme"}}
    return _json({"error": error, "user_id": "user_x"})


TOO_LONG_FOR = "This model's maximum context length is 8192 tokens. However, you asked for 9000:"

OVERLONG_BY_CODE = (
    _overlong("openai's code", 400, openai("Too much.", code="context_length_exceeded")),
    _overlong("cohere's type", 400, plain("too many tokens: 9 above.", error_type="TOO_MANY_TOKENS", id="1")),
    _overlong("perplexity's type", 400, openai("All of it", "too_many_prompt_tokens", 400)),
    _overlong("llama.cpp's type", 400, openai("Too much.", "exceed_context_size_error", 400, n_ctx=4096)),
    _overlong("llama.cpp's type behind a 500", 500, openai("Too much.", "exceed_context_size_error", 500)),
    _overlong("openai's code behind a 429", 429, openai("Too much.", "tokens", "context_length_exceeded")),
    _overlong("openrouter's quoted code", 400, _router(openai("Too much.", code="context_length_exceeded").decode())),
)
OVERLONG_BY_WORDS = (
    _overlong("openai without a code", 400, openai(TOO_LONG_FOR)),
    _overlong("deepseek", 400, openai(TOO_LONG_FOR, code="invalid_request_error")),
    _overlong("vllm's numeric code", 400, _json({"object": "error", "message": _words(TOO_LONG_FOR), "type": "BadRequestError", "code": 400})),
    _overlong("a 429", 429, openai(TOO_LONG_FOR, code=429)),
    _overlong("openai's tier", 429, openai("Request too large for gpt-x in organization org-Abc123 on tokens per min (TPM): Limit 30000, Requested 90000.", "tokens", "rate_limit_exceeded")),
    _overlong("groq's tier", 413, openai("Request too large for model `m` on tokens per minute (TPM): Limit 6000, Requested 9000,", "tokens", "rate_limit_exceeded")),
    _overlong("groq", 400, openai("Please reduce the length of the messages or completion.")),
    _overlong("responses", 400, openai("Your input exceeds the context window of this model.")),
    _overlong("anthropic", 400, anthropic("prompt is too long: 210000 tokens > 200000 maximum, this")),
    _overlong("anthropic's sum", 400, anthropic("input length and `max_tokens` exceed context limit: 190000 + 32000 > 200000,")),
    _overlong("anthropic's long window", 429, anthropic("Extra usage is required for long context requests.", "rate_limit_error")),
    _overlong("gemini", 400, google("The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).", 400, "INVALID_ARGUMENT")),
    _overlong("gemini's array", 400, b"[" + google("The input token count exceeds the maximum number of tokens allowed (9).", 400, "INVALID_ARGUMENT") + b"]"),
    _overlong("vertex", 400, google("Unable to submit request because the input token count is 2000000 but 1048576", 400, "INVALID_ARGUMENT")),
    _overlong("bedrock's claude", 400, plain("Input is too long for requested model."), fields={b"x-amzn-errortype": b"ValidationException:http://coral.vendor.example/"}),
    _overlong("bedrock's nova", 400, plain("The model returned the following errors: Input Tokens Exceeded: the number")),
    _overlong("cohere without a type", 400, plain("too many tokens: size limit exceeded by 7 tokens.", id="1")),
    _overlong("mistral", 400, _json({"object": "error", "message": _words("Prompt contains 90000 tokens and 0 draft tokens, which"), "type": "invalid_request_error", "code": "3051"})),
    _overlong("xai", 400, _json({"code": "Client specified an invalid argument", "error": _words("This model's maximum prompt length is 131072 but 500000")})),
    _overlong("openrouter", 400, openai("This endpoint's maximum context length is 4096 tokens.", None, 400)),
    _overlong("openrouter quotes words", 400, _router(_words(TOO_LONG_FOR))),
    _overlong("ollama", 400, openai("prompt too long; exceeded max context length by 5 tokens")),
    _overlong("ollama's string", 500, _json({"error": _words("the input length exceeds the context length")})),
    _overlong("tgi", 422, _json({"error": _words("Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096."), "error_type": "validation"})),
    _overlong("sglang", 400, openai("The input (9000 tokens) is longer than the model's context length (8192 tokens).", "BadRequestError", 400)),
    _overlong("llama.cpp without a type", 400, openai("request (9000 tokens) exceeds the available context size (4096 tokens),", None, 400)),
    _overlong("moonshot", 400, openai("Invalid request: Your request exceeded model token limit: 131072")),
)  # fmt: skip
POLICIES = (
    _policy("azure", 400, openai("Filtered.", None, "content_filter", innererror={"code": "ResponsibleAIPolicyViolation"}), reason="content_filter"),
    _policy("azure's inner code alone", 400, openai("Filtered.", None, "invalid", innererror={"code": "ResponsibleAIPolicyViolation"})),
    _policy("openai", 400, openai("Flagged.", code="content_policy_violation"), reason="content_policy_violation"),
    _policy("openai responses", 400, openai("Flagged.", code="invalid_prompt"), reason="invalid_prompt"),
    _policy("openai images", 400, openai("Flagged.", "image_generation_user_error", "moderation_blocked")),
    _policy("anthropic", 400, anthropic("Output blocked by content filtering policy")),
    _policy("gemini", 400, google("Blocked.", 400, "INVALID_ARGUMENT", {"reason": "PROHIBITED_CONTENT"})),
    _policy("vertex", 400, google("The prompt could not be submitted. This prompt contains sensitive words; that", 400, "INVALID_ARGUMENT")),
    _policy("bedrock", 400, plain("The model returned the following errors: Output blocked by content filtering policy")),
    _policy("bedrock's own", 400, plain("This request has been blocked by our content filters.")),
    _policy("openrouter's moderation", 403, openai("Your input was flagged.", None, 403, metadata={"reasons": ["x"], "flagged_input": "the prompt"})),
    _policy("xai", 403, _json({"code": "permission-denied", "error": _words("Content violates usage guidelines.")})),
    _policy("deepseek", 400, openai("Content Exists Risk")),
)  # fmt: skip
ACCOUNTS = (
    Shape("mistral's bad key", 401, _json({"detail": _words("No.")}), CREDENTIAL),
    Shape("openrouter's bad key", 401, openai("No.", None, 401), CREDENTIAL),
    Shape("azure's bad key", 401, openai("No.", None, "401"), CREDENTIAL),
    Shape("a region", 403, openai("No.", "request_forbidden", "unsupported_country_region_territory"), CREDENTIAL),
    Shape("xai's bad key", 400, _json({"code": "invalid-argument", "error": _words("Incorrect API key provided.")}), CREDENTIAL),
    Shape("gemini's bad key", 400, google("No.", 400, "INVALID_ARGUMENT", {"reason": "API_KEY_INVALID"}), CREDENTIAL),
    Shape("gemini's bad key in words", 400, google("API key not valid.", 400, "INVALID_ARGUMENT"), CREDENTIAL),
    Shape("anthropic's credit", 400, anthropic("Your credit balance is too low, which"), QUOTA),
    Shape("anthropic's own cap", 400, anthropic("You have reached your specified API usage limits. It"), QUOTA),
    Shape("deepseek's balance", 402, openai("Insufficient Balance", "unknown_error"), QUOTA),
    Shape("openai's quota", 429, openai("No.", "insufficient_quota", "insufficient_quota"), QUOTA),
    Shape("openrouter's key", 403, openai("Key limit exceeded", None, 403), QUOTA),
    Shape("gemini's day", 429, google("You exceeded your current quota.", 429, "RESOURCE_EXHAUSTED", {"violations": [{"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]}, {"retryDelay": "40s"}), QUOTA, wait=40.0),
)  # fmt: skip
WAITS = (
    Shape("openai's words", 429, openai("Rate limit reached: Limit 30000, Used 29770. Please try again in 1.54s.", "tokens", "rate_limit_exceeded"), LIMITED, wait=1.54),
    Shape("openai's header", 429, openai("No.", "requests", "rate_limit_exceeded"), LIMITED, fields={b"x-ratelimit-remaining-requests": b"0", b"x-ratelimit-reset-requests": b"4m0s"}, wait=240.0),
    Shape("openai's long words", 429, openai("Please try again in 6m0s.", "tokens", "rate_limit_exceeded"), LIMITED, wait=300.0),
    Shape("azure's words", 429, openai("Please retry after 7 seconds.", None, "429"), LIMITED, wait=7.0),
    Shape("anthropic", 429, anthropic("No.", "rate_limit_error"), LIMITED, fields={b"retry-after": b"23", b"anthropic-ratelimit-tokens-remaining": b"0", b"anthropic-ratelimit-tokens-reset": b"2026-10-29T10:05:00Z"}, wait=23.0),
    Shape("anthropic's moment", 429, anthropic("No.", "rate_limit_error"), LIMITED, fields={b"anthropic-ratelimit-input-tokens-remaining": b"0", b"anthropic-ratelimit-input-tokens-reset": b"2026-10-29T10:00:12Z"}, wait=12.0),
    Shape("gemini's minute", 429, google("You exceeded your current quota.", 429, "RESOURCE_EXHAUSTED", {"retryDelay": "34.25s"}), LIMITED, wait=34.25),
    Shape("gemini's words", 429, google("You exceeded your current quota. Please retry in 34.5s.", 429, "RESOURCE_EXHAUSTED"), LIMITED, wait=34.5),
    Shape("a member", 429, _json({"error": {"message": _words("No."), "retry_after": 9}}), LIMITED, wait=9.0),
    Shape("a header before the words", 429, openai("Please try again in 50s.", "tokens"), LIMITED, fields={b"retry-after-ms": b"1500"}, wait=1.5),
    Shape("bedrock", 429, plain("Too many tokens, please wait before trying again."), LIMITED, fields={b"x-amzn-errortype": b"ThrottlingException:"}),
    Shape("amazon's 400", 400, plain("Slow down."), LIMITED, fields={b"x-amzn-errortype": b"ThrottlingException"}),
    Shape("anthropic's overload", 529, anthropic("Overloaded", "overloaded_error"), BUSY),
    Shape("a date", 503, b"", BUSY, fields={b"retry-after": b"Thu, 29 Oct 2026 10:00:30 GMT"}, wait=30.0),
    Shape("groq's flexible tier", 498, openai("No.", "capacity_exceeded"), BUSY),
)  # fmt: skip
OTHERS = (
    Shape("a parameter", 400, openai("Unknown parameter", code="unknown_parameter"), REFUSED, kept=True, reason="unknown_parameter"),
    Shape("a refusal that asks to wait", 400, openai("No."), REFUSED, kept=True, fields={b"retry-after": b"9"}),
    Shape("a validation list", 422, _json({"detail": [{"loc": ["body", "n"], "msg": _words("No.")}]}), (422, "upstream_refused", "never"), kept=True),
    Shape("cohere", 400, plain("No.", id="1"), REFUSED, kept=True),
    Shape("xai", 400, _json({"code": "invalid-argument", "error": _words("No.")}), REFUSED, kept=True, reason="invalid-argument"),
    Shape("google's array", 400, b"[" + google("No.", 400, "INVALID_ARGUMENT") + b"]", REFUSED, kept=True),
    Shape("a body too large", 413, anthropic("No.", "request_too_large"), (413, "upstream_refused", "never"), kept=True),
    Shape("a model", 404, openai("No such model.", code="model_not_found"), NOT_FOUND, kept=True),
    Shape("ollama's model", 404, _json({"error": _words("model 'm' not found")}), NOT_FOUND, kept=True),
    Shape("bedrock's model", 400, plain("The provided model identifier is invalid."), NOT_FOUND, kept=True),
    Shape("bedrock's model failed", 424, plain("No.", originalStatusCode=500), BROKEN),
    Shape("a page", 502, b"<html><body><h1>502 at gw7.vendor.example</h1></body></html>", BROKEN),
    Shape("a page for a 400", 400, b"<html><body>400 at gw7.vendor.example</body></html>", REFUSED),
    Shape("nothing", 500, b"", BROKEN),
    Shape("a timeout", 504, google("No.", 504, "DEADLINE_EXCEEDED"), TIMEOUT),
    Shape("an edge's timeout", 524, b"error code: 524", TIMEOUT),
)  # fmt: skip
SHAPES = (*OVERLONG_BY_CODE, *OVERLONG_BY_WORDS, *POLICIES, *ACCOUNTS, *WAITS, *OTHERS)
