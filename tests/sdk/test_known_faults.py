"""Faults that other gateways had, each impossible here."""

import json
import socket
from typing import Any

import pytest

from .running import KEY, UPSTREAM_KEY, Running

SAY: Any = [{"role": "user", "content": "How are you?"}]
CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "openai_chat": ("/v1/chat/completions", {"messages": SAY}),
    "openai_responses": ("/v1/responses", {"input": "hi"}),
    "openai_embeddings": ("/v1/embeddings", {"input": "hi"}),
    "anthropic_messages": ("/v1/messages", {"messages": SAY, "max_tokens": 9}),
    "gemini_generate": ("/v1beta/models/{model}:generateContent", {"contents": [{"parts": [{"text": "hi"}]}]}),
}
PROVIDERS = {"anthropic_messages": "anthropic", "gemini_generate": "gemini"}
PROBE = "attacker-chosen-value-0123456789"

every_dialect = pytest.mark.parametrize("dialect", CALLS)


def ask(running: Running, dialect: str, model: str, extra: dict[str, Any] | None = None, **options: Any) -> Any:
    """One call in a dialect, with members added to its body."""
    path, body = CALLS[dialect]
    named = body if dialect == "gemini_generate" else {"model": model, **body}
    return running.post(path.replace("{model}", model), {**named, **(extra or {})}, **options)


def direct(running: Running, dialect: str, scenario: str = "mock", **parameters: object) -> tuple[str, str]:
    """A direct model id of the dialect's provider, and the model as the provider sees it."""
    model = running.fresh(scenario, **parameters)
    return f"{PROVIDERS.get(dialect, 'openai')}/{model}", model


@every_dialect
@pytest.mark.parametrize(
    "member",
    [
        {"api_key": PROBE}, {"extra_headers": {"x-probe": PROBE}}, {"headers": {"x-probe": PROBE}},
        {"api_base": "http://127.0.0.1:1/"}, {"base_url": "http://127.0.0.1:1/"}, {"fallbacks": [{"model": "m"}]},
        {"user_config": {"model_list": []}}, {"extra_body": {"model": PROBE}}, {"proxy": "http://127.0.0.1:1"},
        {"mock_response": PROBE},
    ],
    ids=lambda member: next(iter(member)),
)  # fmt: skip
def test_nothing_in_a_body_chooses_key_address_or_headers(
    running: Running, dialect: str, member: dict[str, Any]
) -> None:
    """`api_key` in the body replaced the upstream key; `headers` were sent upstream; `api_base`, `user_config` and
    `fallbacks` ended in a bare 500."""
    model, upstream = direct(running, dialect)

    answer = ask(running, dialect, model, member)

    assert answer.status == 400
    name = next(iter(member))
    assert name.replace("_", " ") in json.dumps(answer.json).lower().replace("_", " ")
    assert PROBE not in answer.body.decode()
    assert running.seen(upstream) == []


@pytest.mark.parametrize(
    "suffix", ["?key=1", "#frag", "%3Fkey=1", "%23frag", "/../x", "%2F..%2Fx", ":countTokens", ";a"]
)
def test_a_model_name_cannot_change_the_path_of_the_call(running: Running, suffix: str) -> None:
    """The model was pasted into Gemini's URL: `?key=1` and `#frag` changed the upstream's path and query."""
    before = len(running.mock.requests("sdk"))
    body = CALLS["gemini_generate"][1]

    running.post(f"/v1beta/models/gemini%2Fmock{suffix}:generateContent", body)

    for record in running.mock.requests("sdk")[before:]:
        path = record.path.removeprefix("/p/sdk/gemini/v1beta/models/")
        assert path.endswith(":generateContent")
        model = path.removesuffix(":generateContent")
        assert not set(model) & set("?#/")
        assert record.headers["x-goog-api-key"].endswith(UPSTREAM_KEY[-4:])


def test_a_query_in_a_models_name_reaches_the_provider_as_its_name(running: Running) -> None:
    answer = running.post("/v1beta/models/gemini/mock%3Fkey=1:generateContent", CALLS["gemini_generate"][1])

    assert answer.status == 200
    assert running.last().path == "/p/sdk/gemini/v1beta/models/mock%3Fkey%3D1:generateContent"
    assert running.last().model == "mock?key=1"


@every_dialect
@pytest.mark.parametrize("stream", [False, True])
def test_no_internal_address_is_in_any_header(running: Running, dialect: str, stream: bool) -> None:
    """A response header told the address of the upstream."""
    model, _ = direct(running, dialect)
    failing, _ = direct(running, dialect, "mock--fault-http-500")
    extra = {"stream": True} if stream and dialect not in ("openai_embeddings", "gemini_generate") else {}

    for answer in (ask(running, dialect, model, extra), ask(running, dialect, failing, extra)):
        told = repr(answer.headers) + answer.body.decode()
        for secret in (str(running.mock.port), "127.0.0.1", "/p/sdk", UPSTREAM_KEY, KEY):
            assert secret not in told
        assert not {name for name in answer.headers if "base" in name or "upstream" in name or name == "server"}


@every_dialect
@pytest.mark.parametrize("evil", ["mock\r\nx-evil: 1", "mock\nx", "mock\r", "mock\x00", "mock\u2028x"])
def test_line_ends_in_a_model_are_a_400_and_change_no_request(running: Running, dialect: str, evil: str) -> None:
    """CR or LF in the model was a 500 or a dropped connection."""
    before = len(running.mock.requests("sdk"))
    path, body = CALLS[dialect]
    quoted = "".join(f"%{byte:02X}" for byte in f"openai/{evil}".encode())

    if dialect == "gemini_generate":
        answer = running.post(path.replace("{model}", quoted), body)
    else:
        answer = running.post(path, {"model": f"openai/{evil}", **body})

    assert answer.status == 400
    assert "x-evil" not in answer.headers
    assert len(running.mock.requests("sdk")) == before


@every_dialect
@pytest.mark.parametrize(
    "body", [b"[]", b'"str"', b"null", b"1", b"true", b"", b"{", b"{]", b"\xff\xfe", b"[" * 100_000, b'{"a":' * 5_000]
)
def test_a_body_that_is_no_object_is_a_400_that_says_so(running: Running, dialect: str, body: bytes) -> None:
    """`[]`, a string and `null` were a 500."""
    answer = running.post(CALLS[dialect][0].replace("{model}", "gemini/mock"), body)

    assert answer.status == 400
    error = answer.json["error"]
    assert error["message"]
    expected = {"gemini_generate": ("status", "INVALID_ARGUMENT")}.get(dialect, ("type", "invalid_request_error"))
    assert error[expected[0]] == expected[1]


@pytest.mark.parametrize("dialect", [dialect for dialect in CALLS if dialect != "openai_embeddings"])
@pytest.mark.parametrize("fault", ["fault-nofinish", "fault-cut", "fault-malformed", "s11-no-done"])
def test_a_stream_without_its_end_is_an_error_in_band_and_an_open_end_on_the_wire(
    running: Running, dialect: str, fault: str
) -> None:
    """A stream cut without its end marker ended with a clean `stop`; a line of garbage ended two dialects' streams as
    success. T-50."""
    model, upstream = direct(running, dialect, f"mock--{fault}", delay_ms=5)
    if dialect == "gemini_generate":
        path = f"/v1beta/models/{model}:streamGenerateContent?alt=sse"
        answer = running.post(path, CALLS[dialect][1])
    else:
        answer = ask(running, dialect, model, {"stream": True})

    last = answer.body.decode().rstrip().rsplit("\n\n", 1)[-1]
    if fault == "s11-no-done" and dialect in ("openai_chat", "anthropic_messages"):
        assert answer.whole  # everything but the marker had come: it is supplied
        assert last.endswith("[DONE]" if dialect == "openai_chat" else '{"type":"message_stop"}')
        return
    assert answer.status == 200
    assert not answer.whole
    assert b"[DONE]" not in answer.body
    assert b"message_stop" not in answer.body
    assert b"response.completed" not in answer.body
    if dialect == "openai_responses":
        assert "event: response.failed" in last or "event: error" in last
    elif dialect == "anthropic_messages":
        assert last.startswith("event: error\n")
    assert "error" in json.loads(last.rpartition("data: ")[2]) or "response" in json.loads(last.rpartition("data: ")[2])
    assert len(running.seen(upstream)) == 1


def test_an_array_stream_that_is_cut_ends_with_an_error_in_the_array(running: Running) -> None:
    """T-50, for Gemini streams without `alt=sse`."""
    model, _ = direct(running, "gemini_generate", "mock--fault-cut", delay_ms=5)

    answer = running.post(f"/v1beta/models/{model}:streamGenerateContent", CALLS["gemini_generate"][1])

    assert not answer.whole
    assert json.loads(answer.body)[-1]["error"]["code"] >= 500


@every_dialect
def test_a_caller_who_leaves_a_plain_call_is_noticed(running: Running, dialect: str) -> None:
    """The departure of a caller that waits for a plain answer was not passed on. S2-41."""
    model, upstream = direct(running, dialect, "mock", latency_ms=20_000)
    path, body = CALLS[dialect]
    payload = json.dumps(body if dialect == "gemini_generate" else {"model": model, **body}).encode()
    head = (
        f"POST {path.replace('{model}', model)} HTTP/1.1\r\nhost: gateway\r\nauthorization: Bearer {KEY}\r\n"
        f"content-length: {len(payload)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", running.gateway.port), timeout=10) as caller:
        caller.sendall(head.encode() + payload)
        record = running.until(lambda: running.seen(upstream))[0]

    running.until(lambda: record.outcome == "disconnected", 0.5)


@every_dialect
def test_a_limit_arrives_with_the_headers_that_sdks_read(running: Running, dialect: str) -> None:
    """A 429 arrived with no `retry-after`, only with a header of another name."""
    model, _ = direct(running, dialect, "mock--fault-http-429", retry_after=9)

    answer = ask(running, dialect, model)

    assert (answer.status, answer.headers["retry-after"], answer.headers["retry-after-ms"]) == (503, "9", "9000")
    assert not {name for name in answer.headers if name.startswith("llm_provider")}


@every_dialect
@pytest.mark.parametrize(("said", "told"), [(529, 503), (413, 413), (422, 422), (504, 504), (500, 502)])
def test_a_status_of_the_provider_keeps_its_meaning(running: Running, dialect: str, said: int, told: int) -> None:
    """529 became 500, 413 became 400."""
    model, _ = direct(running, dialect, f"mock--fault-http-{said}")

    assert ask(running, dialect, model).status == told


@every_dialect
@pytest.mark.parametrize("status", [400, 403, 502, 503])
def test_a_page_of_markup_is_not_echoed(running: Running, dialect: str, status: int) -> None:
    """Upstream HTML was echoed inside error messages."""
    model, _ = direct(running, dialect, f"mock--fault-html-{status}")

    answer = ask(running, dialect, model)

    assert answer.status >= 400
    assert answer.headers["content-type"] == "application/json"
    for markup in (b"<", b"nginx", b"html"):
        assert markup not in answer.body.lower().replace(b"the provider", b"")


@pytest.mark.parametrize("fault", ["badjson", "empty", "status200error", "html-200"])
def test_a_broken_gemini_answer_is_not_blamed_on_the_caller(running: Running, fault: str) -> None:
    """Broken Gemini bodies were a 422."""
    model, _ = direct(running, "gemini_generate", f"mock--fault-{fault}")

    answer = ask(running, "gemini_generate", model)

    assert answer.status in (502, 503)
    assert answer.json["error"]["code"] == answer.status


def test_a_redirect_of_the_provider_is_followed_by_nobody(running: Running) -> None:
    """A redirect would carry our credential to wherever it points."""
    model, _ = direct(running, "openai_chat", "mock--fault-redirect")

    assert ask(running, "openai_chat", model).status == 502
    assert running.mock.requests("redirected") == []
