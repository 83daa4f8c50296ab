"""What every wire format can do. All of it is pure: bytes in, values out; no I/O, no clock, no shared state."""

from typing import Protocol

import msgspec

from octogate.core.call import Call, DialectName, Endpoint
from octogate.core.errors import GatewayError
from octogate.core.usage import Usage


class ProviderFault(msgspec.Struct, frozen=True):
    """A provider's error body, read: `message` is scrubbed (no HTML, no addresses, no keys) and ≤ 2,000 characters."""

    message: str
    code: str | None = None
    kind: str | None = None


class StreamReader(Protocol):
    """Reads one upstream stream, event by event; bytes in, verdicts out. Never raises on any input.

    Output is made of whole events, byte for byte as they came, whatever the boundaries of the input were.
    """

    @property
    def started(self) -> bool:
        """A content event (text, reasoning, tool call, refusal) or the terminal event has been seen."""

    @property
    def complete(self) -> bool:
        """The last event of the dialect has been seen: nothing more is expected."""

    @property
    def next_sequence(self) -> int:
        """The number of the caller's next event, in dialects that number them (OpenAI Responses); else 0."""

    @property
    def output_bytes(self) -> int:
        """UTF-8 bytes of text, reasoning and tool arguments so far: the base of an estimate when usage never comes."""

    @property
    def finish(self) -> str | None:
        """The finish reason as the provider spells it (all choices finished), for the receipt."""

    @property
    def failure(self) -> GatewayError | None:
        """An in-band error of the provider or a malformed event: nothing from it on has been or will be returned."""

    @property
    def usage(self) -> Usage | None:
        """The last usage that the provider reported; before the answer has finished it is a lower bound, not exact."""

    def feed(self, data: bytes) -> bytes:
        """Take what arrived; return the whole events that may go to the caller now.

        The terminal event and all behind it is kept back for `close`, so that the receipt is written before it.
        """

    def close(self) -> bytes:
        """The stream is over (complete, or the upstream closed). Return the kept tail, finalised if need be.

        If the upstream ended before its terminal event was due, set `failure` (Interrupted) and return b"".
        A second call returns b"".
        """


class Dialect(Protocol):
    """One wire format."""

    name: DialectName
    keep_alive: bytes
    """What keeps a silent stream alive without disturbing the strictest client."""

    def read_call(self, body: bytes, endpoint: Endpoint, *, max_output_tokens: int, max_messages: int) -> Call:
        """Read and validate a body. Raises BadRequest with *every* fault, field by field."""

    def write_call(self, call: Call, *, model: str, stream_usage: bool, default_max_tokens: int | None) -> bytes:
        """The body for a target: `model` replaced, usage asked for, all else as it came."""

    def target_path(self, call: Call, *, model: str) -> str:
        """Path and query behind the provider's base path, model percent-encoded: "/chat/completions"."""

    def read_usage(self, body: bytes) -> Usage | None:
        """Usage of a plain answer; None when it says nothing."""

    def read_fault(self, status: int, body: bytes) -> ProviderFault:
        """Whatever error body a provider of this dialect sends, HTML and garbage included."""

    def check_answer(self, body: bytes) -> ProviderFault | None:
        """None when a 200 body is a whole answer of this dialect; else what is wrong (error JSON, truncated, HTML)."""

    def reader(self, call: Call) -> StreamReader:
        """A fresh reader for one attempt's stream."""

    def write_error(self, error: GatewayError, request_id: str) -> bytes:
        """The JSON body of a refusal."""

    def write_stream_error(
        self, error: GatewayError, request_id: str, *, call: Call, first: bool, sequence: int = 0
    ) -> bytes:
        """The in-band error event; `first` when nothing has been sent in this stream (a Gemini array needs its `[`).

        `sequence` is the reader's `next_sequence`.
        """

    def keep_alive_for(self, call: Call) -> bytes:
        """`keep_alive`, or what serves a call whose stream has another form (a Gemini array)."""
