"""Reads a stream of Anthropic messages events."""

from typing import Final

import msgspec

from octogate.core.call import Call
from octogate.core.usage import Usage
from octogate.dialects.sse import Event, EventSplitter
from octogate.dialects.stream import Count, EventReader, Verdict, text_bytes

_ABSENT: Final = msgspec.Raw()
_STOP: Final = b'event: message_stop\ndata: {"type":"message_stop"}\n\n'


class _Written(msgspec.Struct, gc=False):
    ephemeral_1h_input_tokens: Count | None = None


class Counts(msgspec.Struct, gc=False):
    """A `usage` object. In a stream the first event has all, the last what has changed since: totals, not additions."""

    input_tokens: Count | None = None
    output_tokens: Count | None = None
    cache_read_input_tokens: Count | None = None
    cache_creation_input_tokens: Count | None = None
    cache_creation: _Written | None = None

    def over(self, earlier: "Counts") -> "Counts":
        """These counts, and those of `earlier` where these say nothing."""
        if earlier == _EMPTY:
            return self
        pairs = ((getattr(self, name), getattr(earlier, name)) for name in self.__struct_fields__)
        return Counts(*(known if mine is None else mine for mine, known in pairs))

    def usage(self) -> Usage | None:
        """The counts as usage: input is everything that was read or written to the cache; None when nothing is said."""
        if self.input_tokens is None and self.output_tokens is None:
            return None
        cached, written = self.cache_read_input_tokens or 0, self.cache_creation_input_tokens or 0
        written_1h = (self.cache_creation.ephemeral_1h_input_tokens or 0) if self.cache_creation else 0
        written_1h = min(written_1h, written)
        return Usage(
            input_tokens=(self.input_tokens or 0) + cached + written,
            output_tokens=self.output_tokens or 0,
            cached_tokens=cached,
            cache_write_tokens=written - written_1h,
            cache_write_1h_tokens=written_1h,
        )


class _Message(msgspec.Struct, gc=False):
    usage: msgspec.Raw = _ABSENT


class _Delta(msgspec.Struct, gc=False):
    text: object = None
    thinking: object = None
    partial_json: object = None
    stop_reason: object = None


class _Block(msgspec.Struct, gc=False):
    type: object = None
    text: object = None
    name: object = None


class _Event(msgspec.Struct, gc=False):
    type: str = ""
    message: _Message | None = None
    content_block: _Block | None = None
    delta: _Delta | None = None
    usage: msgspec.Raw = _ABSENT


_EVENT: Final = msgspec.json.Decoder(_Event)
_COUNTS: Final = msgspec.json.Decoder(Counts)
_EMPTY: Final = Counts()


def read_counts(raw: msgspec.Raw | bytes) -> Counts:
    """The counts in a `usage` object; none when it is absent or cannot be read."""
    try:
        return _COUNTS.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return _EMPTY


class MessagesReader(EventReader):
    """Ends with `message_stop`; a stream cut between its stop reason and that is given one."""

    __slots__ = ("_counts",)

    def __init__(self, call: Call) -> None:
        super().__init__(EventSplitter())
        self._counts = _EMPTY

    def _read(self, name: bytes, data: bytes) -> Verdict:
        try:
            event = _EVENT.decode(data)
        except msgspec.ValidationError:
            return self._read_strange(name, data)
        kind = event.type
        if kind == "content_block_delta":
            self._read_delta(event.delta)
        elif kind == "error" or name == b"error":
            return self._fail(data)
        elif kind == "content_block_start":
            self._read_block(event.content_block)
        elif kind == "message_start":
            if event.message is not None:
                self._count(event.message.usage)
        elif kind == "message_delta":
            if event.delta is not None and event.delta.stop_reason:
                self.finish = str(event.delta.stop_reason)
            self._count(event.usage)
        elif kind == "message_stop":
            self.complete = self.started = True
            return Verdict.HOLD
        elif not kind:
            return self._read_strange(name, data)
        return Verdict.PASS

    def _read_delta(self, delta: _Delta | None) -> None:
        if delta is None:
            return
        content = delta.text or delta.thinking or delta.partial_json
        if content:
            self.output_bytes += text_bytes(content)
            self.started = True

    def _read_block(self, block: _Block | None) -> None:
        """A block of text or thinking begins empty; of any other kind it is content as it stands."""
        if block is None:
            return
        self.output_bytes += text_bytes(block.text) + text_bytes(block.name)
        if block.text or block.type not in ("text", "thinking"):
            self.started = True

    def _count(self, raw: msgspec.Raw) -> None:
        if raw is not _ABSENT:
            self._counts = read_counts(raw).over(self._counts)
            self._reported = self._counts.usage()

    def _last_event(self) -> bytes:
        return _STOP

    def _read_behind_end(self, event: Event) -> Verdict:
        return Verdict.DROP  # strict clients take anything behind message_stop, such as a stray [DONE], for an error
