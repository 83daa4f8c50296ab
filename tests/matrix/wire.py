"""A caller of each dialect without any SDK, and what an upstream of another one was told: bytes, as they are."""

import http.client
import itertools
import json
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote

import msgspec

from octogate.core.call import DialectName
from octogate.core.receipt import Receipt
from octogate.mock.journal import Record

from .rig import Rig
from .subjects import UPSTREAMS, key_of

WIRE: Final = "wire"
CALLERS: Final[tuple[DialectName, ...]] = (
    "openai_chat", "openai_responses", "anthropic_messages", "gemini_generate",
)  # fmt: skip
SPEAKS: Final[dict[str, DialectName]] = {"plain_chat": "openai_chat", **{caller: caller for caller in CALLERS}}
PAIRS: Final = [(caller, upstream) for caller in CALLERS for upstream in UPSTREAMS if SPEAKS[upstream] != caller]
"""Everybody before everybody who speaks otherwise."""

_PATHS: Final[dict[DialectName, str]] = {
    "openai_chat": "/v1/chat/completions", "openai_responses": "/v1/responses", "anthropic_messages": "/v1/messages",
}  # fmt: skip
_SCHEMA: Final = {"type": "object", "properties": {"place": {"type": "string"}}, "required": ["place"]}
TOOLS: Final = ("weather", "harbour")
_runs = itertools.count(1)


class Answer(msgspec.Struct, frozen=True):
    """One answer. `whole` is false when the connection ended before the answer did."""

    status: int
    headers: dict[str, str]
    body: bytes
    whole: bool

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def lines(self) -> list[tuple[str | None, Any]]:
        """The stream's events, as (name, data); `[DONE]` stays text."""
        return list(_events(self.body))

    @property
    def events(self) -> list[Any]:
        """The data of all events but `[DONE]`."""
        return [data for _, data in self.lines if isinstance(data, dict)]


def _events(body: bytes) -> Iterator[tuple[str | None, Any]]:
    for block in body.decode().replace("\r\n", "\n").split("\n\n"):
        fields = [line.partition(": ")[::2] for line in block.splitlines() if not line.startswith(":")]
        name = next((value for field, value in fields if field == "event"), None)
        data = "\n".join(value for field, value in fields if field == "data")
        if data:
            yield name, data if data == "[DONE]" else json.loads(data)


def fresh(upstream: str, scenario: str = "mock", **parameters: object) -> tuple[str, str]:
    """A direct model id that no other test has, and the model as its upstream sees it."""
    words = "".join(f"--{name}={value}" for name, value in parameters.items())
    model = f"{scenario}{words}--run=w{next(_runs)}"
    return f"{upstream}/{model}", model


def asking(caller: DialectName, text: str, *, tools: tuple[str, ...] = ()) -> dict[str, Any]:
    """The body of one question, with tools to answer it."""
    turn = {"role": "user", "content": text}
    if caller == "gemini_generate":
        offered: Any = [{"functionDeclarations": [{"name": name, "parameters": _SCHEMA} for name in tools]}]
        body: dict[str, Any] = {"contents": [{"role": "user", "parts": [{"text": text}]}]}
    elif caller == "anthropic_messages":
        offered = [{"name": name, "input_schema": _SCHEMA} for name in tools]
        body = {"max_tokens": 8000, "messages": [turn]}
    elif caller == "openai_responses":
        offered = [{"type": "function", "name": name, "parameters": _SCHEMA, "strict": False} for name in tools]
        body = {"input": [turn]}
    else:
        offered = [{"type": "function", "function": {"name": name, "parameters": _SCHEMA}} for name in tools]
        body = {"messages": [turn]}
    return body | ({"tools": offered} if tools else {})


class Wire:
    """A caller on a plain socket."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig

    def ask(
        self, caller: DialectName, model: str, body: dict[str, Any], *, stream: bool = False, **headers: str
    ) -> Answer:
        """One call."""
        connection = self.calling(caller, model, body, stream=stream, **headers)
        try:
            response = connection.getresponse()
            seen = {name.lower(): value for name, value in response.getheaders()}
            try:
                return Answer(response.status, seen, response.read(), whole=True)
            except http.client.IncompleteRead as broken:
                return Answer(response.status, seen, broken.partial, whole=False)
        finally:
            connection.close()

    def calling(
        self, caller: DialectName, model: str, body: dict[str, Any], *, stream: bool = False, **headers: str
    ) -> http.client.HTTPConnection:
        """A call that is sent; whoever asked may read the answer or leave."""
        connection = http.client.HTTPConnection("127.0.0.1", self._rig.gateway.port, timeout=20)
        path = _PATHS.get(caller)
        if path is None:
            verb = "streamGenerateContent?alt=sse" if stream else "generateContent"
            path = f"/v1beta/models/{quote(model, safe='/')}:{verb}"
        else:
            body = {"model": model, **({"stream": True} if stream else {}), **body}
        fields = {"content-type": "application/json", "authorization": f"Bearer {key_of(WIRE)}"}
        connection.request(
            "POST", path, json.dumps(body), fields | {k.replace("_", "-"): v for k, v in headers.items()}
        )
        return connection

    def receipt(self, answer: Answer) -> Receipt:
        """What the gateway noted of an answer that has come."""
        return next(each for each in list(self._rig.receipts) if each.request_id == answer.headers["x-request-id"])

    def asked(self, model: str) -> list[Record]:
        """What the upstreams were asked for `model`, which one test has for itself, the oldest first."""
        return [record for record in list(self._rig.records) if record.model == model]

    def told(self, model: str) -> Any:
        """The one body that an upstream was sent for `model`, which it must not have minded."""
        [record] = self.asked(model)
        assert record.violation is None, record.violation_message
        return json.loads(record.body)
