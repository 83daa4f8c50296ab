"""A call of one dialect at a target of another: request, answer and stream go through the hub, in both directions."""

from collections.abc import Callable, Iterable
from typing import Final

from octogate.core.call import Call, Endpoint
from octogate.core.conversation import Loss, Piece, Prompt
from octogate.core.errors import GatewayError, UpstreamBroken, UpstreamError
from octogate.core.usage import Usage
from octogate.dialects.base import ProviderFault, StreamReader
from octogate.dialects.faults import UNREADABLE, malformed_event
from octogate.dialects.hub import Decoder, Destination, Encoder, Heading, Hub, named
from octogate.dialects.sse import Event, EventSplitter
from octogate.dialects.tool_aliases import ToolAliases

MAX_EVENT_BYTES: Final = 64 * 1024 * 1024
"""No event is too long here: the target's reader has judged them all."""

MAX_STREAM_BYTES: Final = 128 * 1024 * 1024
"""Of one translated stream: what some dialects say once more at the end has to be kept until then.

Four times the largest plain answer, because each few words come in a frame of a hundred bytes and more.
"""

_UNEXPECTED: Final = (*UNREADABLE, LookupError, TypeError, ValueError, AttributeError)
"""What reading an answer that is sound JSON, but of no shape that we know, can raise."""


class Bridge:
    """Stands for the target's dialect in one attempt, and gives back what the caller's dialect says.

    `losses` are the parts of the call that are not in the request, in the caller's words.
    """

    __slots__ = ("_aliases", "_call", "_caller", "_heading", "_outbound", "_target", "body", "losses", "name")

    def __init__(self, call: Call, prompt: Prompt, caller: Hub, target: Hub, to: Destination, heading: Heading) -> None:
        self._call, self._caller, self._target, self._heading = call, caller, target, heading
        self.name = target.name
        self._aliases = ToolAliases(target.tool_name, prompt)
        written = target.write_prompt(self._aliases.told(prompt), to)
        self.body = written.body
        self.losses: tuple[Loss, ...] = named((*prompt.losses, *written.losses), caller.field_names)
        self._outbound = Call(
            endpoint=Endpoint(target.name, "generate", model=to.model, stream=to.stream, version="v1beta"),
            model=to.model,
            stream=to.stream,
            fields={},
            input_bytes=len(self.body),
            choices=prompt.settings.choices if target.name in ("openai_chat", "gemini_generate") else 1,
        )

    def write_call(self, call: Call, *, model: str, stream_usage: bool, default_max_tokens: int | None) -> bytes:
        """The request as the target reads it; where it goes was known when it was translated."""
        return self.body

    def target_path(self, call: Call, *, model: str) -> str:
        """See Dialect."""
        return self._target.target_path(self._outbound, model=model)

    def read_fault(self, status: int, body: bytes) -> ProviderFault:
        """See Dialect."""
        return self._target.read_fault(status, body)

    def check_answer(self, body: bytes) -> ProviderFault | None:
        """See Dialect."""
        return self._target.check_answer(body)

    def read_usage(self, body: bytes) -> Usage | None:
        """See Dialect."""
        return self._target.read_usage(body)

    def translate(self, body: bytes) -> bytes:
        """The caller's answer from the target's, one that `check_answer` found sound.

        Raises UpstreamBroken for an answer that nevertheless makes no sense, or what the provider says of its failure.
        """
        try:
            answer = self._target.read_answer(body)
            return self._caller.write_answer(self._aliases.heard(answer), self._call, self._heading)
        except _UNEXPECTED as error:
            raise UpstreamBroken(
                "The provider's answer cannot be read.", code="upstream_malformed_answer", detail=type(error).__name__
            ) from None

    def reader(self, call: Call) -> StreamReader:
        """A reader that judges the target's stream and returns the caller's."""
        encoder = self._caller.encoder(self._call, self._heading)
        return BridgedReader(self._target.reader(self._outbound), self._target.decoder(), encoder, self._aliases)


class BridgedReader:
    """The target's reader decides what may pass and whether the end is honest; what passes is translated."""

    __slots__ = ("_aliases", "_closed", "_decoder", "_encoder", "_failure", "_left", "_native", "_splitter")

    def __init__(self, native: StreamReader, decoder: Decoder, encoder: Encoder, aliases: ToolAliases) -> None:
        self._native, self._decoder, self._encoder, self._aliases = native, decoder, encoder, aliases
        self._splitter = EventSplitter(MAX_EVENT_BYTES)
        self._failure: GatewayError | None = None
        self._closed = False
        self._left = MAX_STREAM_BYTES

    @property
    def started(self) -> bool:
        """See StreamReader."""
        return self._native.started

    @property
    def complete(self) -> bool:
        """See StreamReader."""
        return self._native.complete

    @property
    def next_sequence(self) -> int:
        """See StreamReader: the caller's numbers, not the target's."""
        return self._encoder.next_sequence

    @property
    def output_bytes(self) -> int:
        """See StreamReader."""
        return self._native.output_bytes

    @property
    def finish(self) -> str | None:
        """See StreamReader."""
        return self._native.finish

    @property
    def failure(self) -> GatewayError | None:
        """See StreamReader."""
        return self._failure or self._native.failure

    @property
    def usage(self) -> Usage | None:
        """See StreamReader."""
        return self._native.usage

    def feed(self, data: bytes) -> bytes:
        """See StreamReader."""
        if self._failure is not None:
            return b""
        self._left -= len(data)
        if self._left < 0:
            self._failure = UpstreamBroken(
                "The provider's stream is larger than the gateway translates.",
                code="upstream_response_too_large",
                replay="never",
            )
            return b""
        events = self._native.feed(data)
        return (self._encode(lambda: self._pieces(events)) or b"") if events else b""

    def close(self) -> bytes:
        """See StreamReader."""
        if self._failure is not None or self._closed:
            return b""
        self._closed = True
        tail = self._native.close()
        if self._native.failure is not None:
            return b""
        last = self._encode(lambda: [*self._pieces(tail), *self._last_pieces(), *self._decoder.end()])
        return b"" if last is None else last + self._encoder.end()

    def _pieces(self, events: bytes) -> list[Piece]:
        pieces: list[Piece] = []
        for event in self._splitter.feed(events):
            pieces += self._decoded(event)
        return pieces

    def _last_pieces(self) -> Iterable[Piece]:
        """Those of an event that ends in a CR: it could be half of a CRLF until nothing more can come."""
        event = self._splitter.flush()
        return () if event is None else self._decoded(event)

    def _decoded(self, event: Event) -> Iterable[Piece]:
        _, name, data = event
        if data is None or data.startswith(b"[DONE]"):
            return ()
        # A line end in a datum can only be white space of its JSON, but passed on unread it would cut an event in two.
        return self._decoder.decode(name, data.replace(b"\n", b" "))

    def _encode(self, read: Callable[[], Iterable[Piece]]) -> bytes | None:
        """What `read` gives, in the caller's dialect; None, and a failure, when it failed or makes no sense.

        Writing is a part of that: probabilities, for one, are read by the encoder that has a place for them.
        """
        try:
            return self._encoder.encode(self._aliases.heard_pieces(read()))
        except UpstreamError as error:
            self._failure = error
            return None
        except _UNEXPECTED as error:
            # Told from garbage, which the target's reader stops: sound JSON of a shape that no decoder of ours knows.
            self._failure = malformed_event(f"cannot be translated: {type(error).__name__}")
            return None
