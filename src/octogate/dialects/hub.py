"""What a dialect must be able to do for its callers to reach targets of another one. All of it is pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import msgspec

from octogate.core.call import Call
from octogate.core.conversation import Answer, Loss, Piece, Prompt
from octogate.core.traits import OutputTokenField
from octogate.dialects.base import Dialect


class Destination(msgspec.Struct, frozen=True, kw_only=True):
    """Where a prompt goes, as far as its writer must know.

    `max_tokens` is what to say where the dialect insists on a cap and the caller named none. `plain`: the target only
    resembles the dialect's inventor and knows its older words (OpenAI chat: `system` for `developer`, `max_tokens` for
    `max_completion_tokens`, no `reasoning_effort` unless `effort` is set, no schema for answers unless `schema` is).
    `cap_field` is what the target calls the cap all the same; `store` is said where the dialect has a word for it.
    """

    model: str
    stream: bool = False
    stream_usage: bool = True
    max_tokens: int = 4096
    plain: bool = False
    effort: bool = True
    schema: bool = True
    cap_field: OutputTokenField | None = None
    store: bool | None = None


class Written(msgspec.Struct, frozen=True):
    """A request body, and what of the prompt is not in it."""

    body: bytes
    losses: tuple[Loss, ...] = ()


class Heading(msgspec.Struct, frozen=True):
    """What an answer says about itself beside its words: our own id of the call, and seconds since 1970."""

    request_id: str
    created: int


class Decoder(Protocol):
    """Turns an upstream's whole events into pieces. Judging the stream's honesty is the StreamReader's business."""

    def decode(self, name: bytes, data: bytes) -> Iterable[Piece]:
        """The pieces in one event that the StreamReader has let pass; `name` is the event's, `data` its JSON text.

        Raises UpstreamError where the dialect has an honest end that means failure.
        """

    def end(self) -> Iterable[Piece]:
        """What was kept back until the end was known to be an honest one: open parts are closed, choices finished."""


class Encoder(Protocol):
    """Writes pieces as a stream for the caller, in an order that the strictest client accepts."""

    next_sequence: int
    """The number of the next event, in dialects that number them; else 0."""

    def encode(self, pieces: Iterable[Piece]) -> bytes:
        """The bytes for `pieces`, b"" when they have to wait for others."""

    def end(self) -> bytes:
        """The end of a whole stream: finish, usage, terminal event. Called once, behind everything else."""


class Hub(Dialect, Protocol):
    """A dialect that can be translated from and to."""

    field_names: Mapping[str, str]
    """What this dialect's callers call the members of `Settings` (and `tools`, `tool_choice`), where it differs."""

    tool_name: re.Pattern[str]
    """What its providers take for the name of a tool."""

    def read_prompt(self, call: Call) -> Prompt:
        """What a caller of this dialect wants. Raises BadRequest with every fault, field by field."""

    def write_prompt(self, prompt: Prompt, to: Destination) -> Written:
        """The body that asks a target of this dialect for `prompt`; what it cannot be told is in `losses`."""

    def read_answer(self, body: bytes) -> Answer:
        """A target's whole answer, one that `check_answer` found sound. May raise one of faults.UNREADABLE.

        Raises UpstreamError where the dialect has failed answers among its sound ones.
        """

    def write_answer(self, answer: Answer, call: Call, heading: Heading) -> bytes:
        """The answer to `call`, a call of this dialect."""

    def decoder(self) -> Decoder:
        """A fresh decoder for one attempt's stream."""

    def encoder(self, call: Call, heading: Heading) -> Encoder:
        """A fresh encoder for the answer to `call`, a streamed call of this dialect."""


def named(losses: Sequence[Loss], names: Mapping[str, str]) -> tuple[Loss, ...]:
    """The same losses with settings called as the caller calls them, each field once."""
    if not losses:
        return ()
    told = {loss.field: loss for loss in reversed(losses)}
    return tuple(Loss(names.get(field, field), loss.reason, loss.fatal) for field, loss in reversed(told.items()))
