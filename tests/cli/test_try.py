"""`octogate try`, against the built-in upstream and against servers that misbehave."""

import contextlib
import socket
import threading

import pytest

from octogate.cli.demo_state import DemoState, save_state
from octogate.core.secret import Secret

VARIABLES = {
    "openai": ("OPENAI_BASE_URL", "OPENAI_API_KEY"),
    "anthropic": ("ANTHROPIC_BASE_URL", "ANTHROPIC_API_KEY"),
    "gemini": ("GOOGLE_GEMINI_BASE_URL", "GEMINI_API_KEY"),
}


@pytest.fixture
def shell(monkeypatch, mock_urls):
    """A shell whose variables point at the mock."""
    for name, (url, key) in VARIABLES.items():
        monkeypatch.setenv(url, mock_urls[name])
        monkeypatch.setenv(key, "any-key")


def read_request(caller: socket.socket) -> bytes:
    """All of it: closing a socket with unread bytes would reset the connection and lose the answer."""
    with caller.makefile("rb") as stream:
        head = b"".join(iter(stream.readline, b"\r\n"))
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        return head + stream.read(length)


@contextlib.contextmanager
def answering(*answers: bytes):
    """A server that gives each connection the next prepared answer, then closes."""
    listener = socket.create_server(("127.0.0.1", 0))
    heard: list[bytes] = []

    def serve() -> None:
        for answer in answers:
            with listener.accept()[0] as caller:
                heard.append(read_request(caller))
                caller.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}", heard
    thread.join(timeout=10)
    listener.close()


def http(body: bytes, status: str = "200 OK", kind: str = "application/json", extra: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\ncontent-type: {kind}\r\n{extra}connection: close\r\n\r\n".encode() + body


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("dialect", list(VARIABLES))
def test_the_text_and_the_tokens_come_back_in_every_dialect(octogate_command, shell, dialect, stream):
    ran = octogate_command("try", "good morning", "-m", "some-model", "--dialect", dialect, *["--stream"] * stream)

    assert ran.code == 0
    assert "good morning" in ran.out
    assert " in + " in ran.err
    assert "?" not in ran.err, "the mock reports usage, so every count is known"


@pytest.mark.parametrize(
    ("model", "field"),
    [("claude-x", b"x-api-key: k"), ("gemini-x", b"x-goog-api-key: k"), ("x", b"authorization: Bearer k")],
)
def test_the_models_name_suggests_the_dialect(octogate_command, monkeypatch, model, field):
    with answering(http(b'{"error": {"message": "no", "code": "c"}}', "400 Bad Request")) as (url, heard):
        for url_variable, key_variable in VARIABLES.values():
            monkeypatch.setenv(url_variable, url)
            monkeypatch.setenv(key_variable, "k")
        octogate_command("try", "hi", "-m", model)

    assert field in heard[0]


def test_the_small_line_shows_cost_overhead_and_request_id(octogate_command, monkeypatch):
    body = b'{"choices":[{"message":{"content":"Hi."}}],"usage":{"prompt_tokens":3,"completion_tokens":2}}'
    extra = "x-octogate-cost-usd: 0.00000165\r\nx-octogate-overhead-ms: 0.081\r\nx-request-id: req_1\r\n"
    with answering(http(body, extra=extra)) as (url, _):
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        monkeypatch.setenv("OPENAI_API_KEY", "k")
        ran = octogate_command("try", "hi")

    assert ran.out == "Hi.\n"
    assert ran.err.startswith("3 in + 2 out tokens · 0.00000165 USD · ")
    assert ran.err.endswith("· overhead 0.081 ms · req_1\n")


def test_without_a_base_url_the_demo_answers_and_a_vendors_key_stays_here(octogate_command, monkeypatch, tmp_path):
    monkeypatch.setenv("OPENAI_API_KEY", "a-vendors-own-key")
    with answering(http(b'{"choices":[{"message":{"content":"Hi."}}]}')) as (url, heard):
        (tmp_path / "octogate-data").mkdir()
        save_state(tmp_path / "octogate-data", DemoState("id", Secret("the-demos-key"), url))
        ran = octogate_command("try", "hi")

    assert ran.code == 0
    assert b"Bearer the-demos-key" in heard[0]
    assert b"vendors" not in heard[0]
    assert "? in + ? out tokens" in ran.err, "what nobody said is not shown as zero"


def test_without_any_gateway_the_sentence_says_what_to_do(octogate_command):
    ran = octogate_command("try", "hi")

    assert ran.code == 1
    assert ran.err == (
        "octogate: no gateway to talk to: set OPENAI_BASE_URL and OPENAI_API_KEY, or start `octogate demo`\n"
    )


def test_half_a_destination_is_not_completed_from_elsewhere(octogate_command, monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")

    assert "OPENAI_API_KEY is not" in octogate_command("try", "hi").err


def test_a_refusal_is_told_in_the_gateways_words(octogate_command, shell, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "bad-key")

    ran = octogate_command("try", "hi", "-m", "gpt-4o-mini")

    assert ran.code == 1
    assert ran.err.startswith("octogate: 401: ")
    assert "bad-key" not in ran.err
    assert ran.out == ""


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (b'{"message": "No.", "type": "t", "code": "model_not_found"}', "No. (model_not_found)"),
        (b'{"message": "No.", "type": "overloaded_error"}', "No. (overloaded_error)"),
        (b'{"message": "No.", "code": 404, "status": "NOT_FOUND"}', "No. (NOT_FOUND)"),
        (b'{"message": "No.", "code": 404, "details": [{}, {"reason": "model_not_found"}]}', "No. (model_not_found)"),
    ],
    ids=["OpenAI", "Anthropic", "Gemini", "Gemini from Octogate"],
)
def test_the_code_of_a_refusal_is_a_word_in_every_dialect(octogate_command, monkeypatch, error, shown):
    with answering(http(b'{"error": ' + error + b"}", "404 Not Found")) as (url, _):
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        monkeypatch.setenv("OPENAI_API_KEY", "k")
        ran = octogate_command("try", "hi")

    assert ran.err == f"octogate: 404: {shown}\n"


@pytest.mark.parametrize("dialect", list(VARIABLES))
def test_a_stream_that_is_cut_is_a_failure_with_the_text_so_far(octogate_command, shell, dialect):
    ran = octogate_command("try", "one two", "-m", "fault-cut-3", "--stream", "--dialect", dialect)

    assert ran.code == 1
    assert "octogate: " in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize("dialect", list(VARIABLES))
def test_an_error_inside_a_stream_is_a_failure(octogate_command, shell, dialect):
    ran = octogate_command("try", "one two", "-m", "fault-error-event-2", "--stream", "--dialect", dialect)

    assert ran.code == 1
    assert ran.err.startswith("octogate: 200: ")


@pytest.mark.parametrize(
    "answer",
    [b"nonsense\r\n\r\n", b"", http(b"<html>", kind="text/html"), http(b"[]"), http(b'{"choices": 7}'),
     http(b"data: {broken\n\n", kind="text/event-stream"), http(b"[" * 100_000)],
    ids=["no HTTP", "nothing", "HTML", "a list", "another shape", "a broken event", "deep nesting"],
)  # fmt: skip
def test_garbage_is_a_sentence_never_a_traceback(octogate_command, monkeypatch, answer):
    with answering(answer) as (url, _):
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        monkeypatch.setenv("OPENAI_API_KEY", "k")
        ran = octogate_command("try", "hi")

    assert ran.code == 1
    assert ran.err.startswith("octogate: ")
    assert ran.err.count("\n") == 1
    assert "unexpected" not in ran.err


def test_an_answer_cannot_command_the_terminal(octogate_command, monkeypatch):
    body = b'{"choices":[{"message":{"content":"a\\u001b]0;owned\\u0007\\tb\\u009b2J\\nc"}}]}'
    with answering(http(body)) as (url, _):
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        monkeypatch.setenv("OPENAI_API_KEY", "k")
        ran = octogate_command("try", "hi")

    assert ran.out == "a]0;owned\tb2J\nc\n"
