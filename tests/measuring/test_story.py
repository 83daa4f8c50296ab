"""Before a gateway is measured, it is heard: who loses or changes something has no figures."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from bench.load import CHUNKS, Cell
from bench.process import Failed
from bench.story import FIRST_WORDS, WORD, hear

PLAIN = Cell("plain", "Plain", 512, 1)
STREAM = Cell("stream", "Stream", 512, 1, stream=True)
USAGE = {"prompt_tokens": 420, "completion_tokens": 50}


@contextmanager
def gateway(status: int, body: bytes) -> Iterator[int]:
    """A server on a port of its own that says `body` to one call."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing: the test says what went wrong."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.handle_request)
        thread.start()
        yield server.server_port
        thread.join()


def answer(text: str = FIRST_WORDS, finish: str = "stop", usage: object = USAGE) -> bytes:
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish}
    return json.dumps({"choices": [choice], "usage": usage}).encode()


def stream(words: int = CHUNKS, finish: str = "stop", usage: object = USAGE, end: str = "[DONE]") -> bytes:
    deltas = [{"role": "assistant", "content": ""}, *({"content": WORD} for _ in range(words))]
    chunks = [{"choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    chunks.append({"choices": [{"index": 0, "delta": {}, "finish_reason": finish}]})
    lines = [json.dumps(chunk) for chunk in (*chunks, {"choices": [], "usage": usage})]
    return "".join(f"data: {line}\n\n" for line in (*lines, *([end] if end else []))).encode()


@pytest.mark.parametrize(("cell", "say"), [(PLAIN, answer), (STREAM, stream)])
def test_who_passes_everything_on_may_be_measured(cell: Cell, say: Callable[[], bytes]):
    with gateway(200, say()) as port:
        hear(port, cell)


@pytest.mark.parametrize(
    ("cell", "status", "body", "complaint"),
    [
        (PLAIN, 500, b"{}", "answered 500"),
        (PLAIN, 200, b'{"type":"message","content":[]}', "not a chat completion"),
        (PLAIN, 200, answer(text=""), "does not pass on the text"),
        (PLAIN, 200, answer(finish="length"), "finished with 'length'"),
        (PLAIN, 200, answer(usage={"prompt_tokens": 1, "completion_tokens": 50}), "other tokens"),
        (STREAM, 200, b"event: message_stop\ndata: []\n\n", "not one of chat completion chunks"),
        (STREAM, 200, stream(words=CHUNKS - 1), "does not pass on the text"),
        (STREAM, 200, stream(finish="length"), "finished with 'length'"),
        (STREAM, 200, stream(usage=None), "other tokens"),
        (STREAM, 200, stream(end=""), r"no \[DONE\]"),
    ],
)
def test_who_loses_or_changes_something_is_not_measured(cell: Cell, status: int, body: bytes, complaint: str):
    with gateway(status, body) as port, pytest.raises(Failed, match=complaint):
        hear(port, cell)
