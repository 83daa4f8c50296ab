"""What a call and its answer mean, in no provider's words: the hub that every dialect reads into and writes from."""

import re
from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from octogate.core.call import DialectName
from octogate.core.usage import Usage

Role = Literal["system", "developer", "user", "assistant"]
MediaKind = Literal["image", "document", "audio", "video"]
Finish = Literal["stop", "length", "tool_calls", "content_filter", "refusal", "pause", "error"]
CacheMark = Literal["5m", "1h"]

_API_WORD: Final = re.compile(r"(?=.{1,48}$)\$?[a-z]+(?:[A-Z][a-z]*|_[a-z]+)*\d{0,2}(?:\[\d{1,6}\])*")
_MAX_DEPTH: Final = 12
_MAX_SHOWN: Final = 20


class Signature(msgspec.Struct, frozen=True, gc=False):
    """A provider's seal on its own reasoning: opaque, byte for byte, and of use only to a target of `origin`."""

    origin: DialectName
    value: str


class Citation(msgspec.Struct, frozen=True):
    """A source of a text part. `start` and `end` are characters of that part's text; None where nobody said."""

    url: str | None = None
    title: str | None = None
    quote: str | None = None
    start: int | None = None
    end: int | None = None


class Text(msgspec.Struct, frozen=True):
    """Words. `cache` marks the end of a prefix worth keeping at the provider, on every kind of part that has it."""

    text: str
    citations: tuple[Citation, ...] = ()
    signature: Signature | None = None
    cache: CacheMark | None = None


class Media(msgspec.Struct, frozen=True):
    """A picture, a document, a recording: exactly one of `data` (base64), `url` and `file_id` is set.

    `file_id` names something that lies at the provider, so it means nothing elsewhere. `media_type` is "" when only
    the bytes behind a URL could tell. A document may also be plain text: then `data` is None and `text` is set.
    """

    kind: MediaKind
    media_type: str = ""
    data: str | None = None
    url: str | None = None
    file_id: str | None = None
    text: str | None = None
    name: str | None = None
    detail: str | None = None
    cache: CacheMark | None = None


class Reasoning(msgspec.Struct, frozen=True):
    """What a model thought. `hidden`: the provider showed none of it, and `signature` holds all of it, sealed."""

    text: str = ""
    signature: Signature | None = None
    hidden: bool = False


class Refusal(msgspec.Struct, frozen=True):
    """The model declines, in its own words."""

    text: str


class ToolCall(msgspec.Struct, frozen=True):
    """The model asks for a tool. `arguments` is the text of a JSON object, "{}" when there are none."""

    id: str
    name: str
    arguments: str
    signature: Signature | None = None
    cache: CacheMark | None = None


class ToolResult(msgspec.Struct, frozen=True):
    """What a tool gave back, for the call `call_id`; `name` is the tool's, where the dialect or the history says it."""

    call_id: str
    parts: tuple["Text | Media", ...]
    name: str | None = None
    is_error: bool = False
    cache: CacheMark | None = None


Part = Text | Media | Reasoning | Refusal | ToolCall | ToolResult


class Turn(msgspec.Struct, frozen=True):
    """What one side said in one message. Tool results stand in turns of the user."""

    role: Role
    parts: tuple[Part, ...]
    name: str | None = None


class Tool(msgspec.Struct, frozen=True):
    """A function that the model may ask for. `schema` is a JSON schema of its arguments, as the caller wrote it."""

    name: str
    description: str | None = None
    schema: msgspec.Raw | None = None
    strict: bool | None = None
    cache: CacheMark | None = None


class ToolChoice(msgspec.Struct, frozen=True):
    """`auto` leaves it to the model, `any` wants some call, `named` one of `names`; `allowed` is auto among `names`."""

    mode: Literal["auto", "none", "any", "named", "allowed"]
    names: tuple[str, ...] = ()


class Format(msgspec.Struct, frozen=True):
    """Structured output. `schema` None: any JSON object."""

    schema: msgspec.Raw | None = None
    name: str = "answer"
    description: str | None = None
    strict: bool | None = None


class Thinking(msgspec.Struct, frozen=True):
    """How much a model may think first. `off` forbids it; `tokens` and `effort` are two measures of the same thing.

    `effort` is one of minimal, low, medium, high, max; `tokens` None with `effort` None leaves the measure to the
    model. `show` says whether the thoughts are wanted in the answer.
    """

    off: bool = False
    effort: str | None = None
    tokens: int | None = None
    show: bool | None = None


class Loss(msgspec.Struct, frozen=True):
    """Something of a call that a target cannot be told. `field` is a path; `fatal`: leaving it out is no option.

    A reader names fields as its caller does. A writer names settings by their names in `Settings` and content by
    `messages[2].content[0]` (positions in `Prompt.turns`); `Hub.field_names` turns settings into the caller's words.
    """

    field: str
    reason: str
    fatal: bool = False

    @property
    def shown(self) -> str:
        """The field as it may stand in a header or a log: members that are no words of an API could be content."""
        return ".".join(part if _API_WORD.fullmatch(part) else "?" for part in self.field.split(".", _MAX_DEPTH))


def shown_losses(losses: Sequence[Loss]) -> tuple[str, ...]:
    """The fields of the first losses, and how many there are beyond."""
    shown = tuple([loss.shown for loss in losses[:_MAX_SHOWN]])
    return shown if len(losses) <= _MAX_SHOWN else (*shown, f"+{len(losses) - _MAX_SHOWN} more")


class Settings(msgspec.Struct, kw_only=True):
    """Everything about a call but its words and tools. None = the caller said nothing."""

    max_output_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    stop: tuple[str, ...] = ()
    seed: int | None = None
    choices: int = 1
    logprobs: bool | None = None
    top_logprobs: int | None = None
    format: Format | None = None
    thinking: Thinking | None = None
    verbosity: str | None = None
    user: str | None = None
    metadata: dict[str, str] | None = None
    service_tier: str | None = None
    parallel_tool_calls: bool | None = None
    prompt_cache_key: str | None = None


class Prompt(msgspec.Struct, kw_only=True):
    """A call without its envelope. `losses` is what only the caller's own dialect can say."""

    turns: tuple[Turn, ...]
    tools: tuple[Tool, ...] = ()
    tool_choice: ToolChoice | None = None
    settings: Settings
    losses: tuple[Loss, ...] = ()


class Choice(msgspec.Struct, frozen=True):
    """One of the answers. `logprobs` is in OpenAI chat's form: `{"content": […]}`."""

    parts: tuple[Part, ...]
    finish: Finish
    stop_sequence: str | None = None
    logprobs: msgspec.Raw | None = None


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A whole answer. `choices` has at least one; `usage` is None when the provider said nothing of it."""

    id: str
    model: str
    choices: tuple[Choice, ...]
    usage: Usage | None = None
    service_tier: str | None = None


# The pieces of a stream. Per choice they come in order and one part at a time: the first piece of a part opens it,
# `PartEnd` closes it, and nothing of the next part comes before. Whole parts (media, hidden reasoning) have no end.


class Begun(msgspec.Struct, frozen=True, gc=False):
    """First of all pieces, exactly once. `usage` is what the provider says of the input already, if it does."""

    id: str
    model: str
    usage: Usage | None = None
    service_tier: str | None = None


class TextPiece(msgspec.Struct, frozen=True, gc=False):
    """More text of the open text part; opens one."""

    text: str
    choice: int = 0
    logprobs: msgspec.Raw | None = None


class ReasoningPiece(msgspec.Struct, frozen=True, gc=False):
    """More thoughts of the open reasoning part; opens one."""

    text: str
    choice: int = 0


class SignaturePiece(msgspec.Struct, frozen=True):
    """The seal of the open part (reasoning or text)."""

    signature: Signature
    choice: int = 0


class HiddenReasoning(msgspec.Struct, frozen=True):
    """A whole part: reasoning that the provider keeps to itself."""

    signature: Signature
    choice: int = 0


class RefusalPiece(msgspec.Struct, frozen=True, gc=False):
    """More of a refusal; opens one."""

    text: str
    choice: int = 0


class ToolBegun(msgspec.Struct, frozen=True):
    """Opens a tool call."""

    id: str
    name: str
    choice: int = 0
    signature: Signature | None = None


class ArgumentsPiece(msgspec.Struct, frozen=True, gc=False):
    """More JSON text of the open tool call's arguments."""

    text: str
    choice: int = 0


class MediaPiece(msgspec.Struct, frozen=True):
    """A whole part."""

    media: Media
    choice: int = 0


class CitationPiece(msgspec.Struct, frozen=True):
    """A source of the open text part."""

    citation: Citation
    choice: int = 0


class PartEnd(msgspec.Struct, frozen=True, gc=False):
    """The open part is complete."""

    choice: int = 0


class Finished(msgspec.Struct, frozen=True, gc=False):
    """A choice is complete; nothing of it follows."""

    finish: Finish
    choice: int = 0
    stop_sequence: str | None = None


class UsageReport(msgspec.Struct, frozen=True):
    """What the provider says was used so far: totals that replace earlier ones."""

    usage: Usage
    service_tier: str | None = None


Piece = (
    Begun
    | TextPiece
    | ReasoningPiece
    | SignaturePiece
    | HiddenReasoning
    | RefusalPiece
    | ToolBegun
    | ArgumentsPiece
    | MediaPiece
    | CitationPiece
    | PartEnd
    | Finished
    | UsageReport
)
