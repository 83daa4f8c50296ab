"""A provider that gives away all it was sent: its refusals and failures quote our credential and the caller's words."""

import asyncio

import orjson
from tests.operations.upstream import Asked, Provider, chunk, plain

STATUSES = (400, 401, 402, 403, 404, 408, 409, 413, 422, 429, 500, 502, 503, 504, 529)
PLAIN = (
    *(f"status-{status}" for status in STATUSES),
    "code", "long", "string", "html", "text", "headers", "success-error", "success-cut", "status-line", "header-line",
    "chunk-size", "redirect", "cut", "nothing", "wrong-length",
)  # fmt: skip
STREAMS = ("in-band", "in-band-string", "malformed", "not-sse", "cut-stream")
_STREAM_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
_FIRST = {
    "openai": b'data: {"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"a"}}]}\n\n',
    "anthropic": b'event: message_start\ndata: {"type":"message_start","message":{"id":"m","type":"message","role":'
    b'"assistant","content":[],"model":"m","stop_reason":null,"usage":{"input_tokens":1,"output_tokens":1}}}\n\n'
    b'event: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"text",'
    b'"text":""}}\n\nevent: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":'
    b'"text_delta","text":"a"}}\n\n',
    "gemini": b'data: {"candidates":[{"content":{"role":"model","parts":[{"text":"a"}]},"index":0}]}\n\n',
}


class Echo(Provider):
    """How it fails is the model's name."""

    async def answer(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        how = _model_of(asked)
        family = "anthropic" if "/messages" in asked.path else "gemini" if "/models/" in asked.path else "openai"
        said = _all_of(asked)
        if how in STREAMS:
            writer.write(_STREAM_HEAD + _stream(how, family, said))
        else:
            writer.write(_plain(how, family, said))
        await writer.drain()
        if how in ("cut", "cut-stream", "nothing", "wrong-length", "header-line", "chunk-size", "status-line"):
            writer.close()


def _model_of(asked: Asked) -> str:
    if "/models/" in asked.path:
        return asked.path.split("/models/")[1].split(":")[0]
    return str(orjson.loads(asked.body)["model"])


def _all_of(asked: Asked) -> str:
    """Credentials first: what is cut off behind must be the harmless part."""
    names = ("authorization", "x-api-key", "x-goog-api-key", "x-secret", "cookie")
    return " ".join([*(asked.fields[name] for name in names if name in asked.fields), asked.body.decode()])


def _stream(how: str, family: str, said: str) -> bytes:
    error: object = _error(family, 500, said)
    if how == "in-band-string":
        error = {"error": said}
    event = b"event: error\n" if family == "anthropic" else b""
    event += b"data: " + orjson.dumps(error) + b"\n\n"
    if how == "malformed":
        event = b'data: {"choices": [' + said.encode().replace(b"\n", b" ") + b"\n\n"
    if how == "not-sse":
        return chunk(said.encode()) + b"0\r\n\r\n"
    if how == "cut-stream":
        return chunk(_FIRST[family])
    return chunk(_FIRST[family]) + chunk(event) + b"0\r\n\r\n"


def _plain(how: str, family: str, said: str) -> bytes:
    line = said.replace("\r", " ").replace("\n", " ")[:2_000]
    error = orjson.dumps(_error(family, 500, said))
    credential = said.split(" ", 2)[1 if said.startswith("Bearer ") else 0]
    code = {"error": {"message": "no", "code": credential, "type": credential, "status": credential, "param": said}}
    answers = {
        "code": lambda: plain(400, orjson.dumps(code)),
        "long": lambda: plain(400, orjson.dumps(_error(family, 400, "x" * 1_980 + " " + said))),
        "string": lambda: plain(400, orjson.dumps({"error": said})),
        "html": lambda: plain(502, f"<html><h1>{said}</h1></html>".encode(), "content-type: text/html\r\n"),
        "text": lambda: plain(200, said.encode(), "content-type: text/plain\r\n"),
        "headers": lambda: plain(503, error, _telling(line)),
        "success-error": lambda: plain(200, error),
        "success-cut": lambda: plain(200, b'{"id": "c", "choices": [' + said.encode()),
        "status-line": lambda: f"HTTP/1.1 {line}\r\n\r\n".encode("latin-1", "replace"),
        "header-line": lambda: f"HTTP/1.1 200 OK\r\n{line}\r\n\r\n".encode("latin-1", "replace"),
        "chunk-size": lambda: b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + line.encode() + b"\r\n",
        "redirect": lambda: plain(307, b"", f"location: http://127.0.0.1:9/?key={credential}&{line}\r\n"),
        "cut": lambda: plain(200, error)[:-20],
        "wrong-length": lambda: plain(200, error).replace(b"content-length: ", b"content-length: 1"),
        "nothing": lambda: b"",
    }
    if how in answers:
        return answers[how]()
    status = int(how.removeprefix("status-")) if how.startswith("status-") else 500
    return plain(status, orjson.dumps(_error(family, status, said)), _telling(line))


def _telling(line: str) -> str:
    names = ("x-request-id", "request-id", "www-authenticate", "set-cookie", "retry-after", "x-ratelimit-reset-tokens")
    shown = line.encode("ascii", "replace").decode()
    return "content-type: application/json\r\n" + "".join(f"{name}: {shown}\r\n" for name in names)


def _error(family: str, status: int, said: str) -> dict[str, object]:
    if family == "anthropic":
        return {"type": "error", "error": {"type": "api_error", "message": said}}
    if family == "gemini":
        return {"error": {"code": status, "message": said, "status": "INTERNAL"}}
    return {"error": {"message": said, "type": "server_error", "code": None, "param": None}}
