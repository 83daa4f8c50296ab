"""A whole answer of Anthropic's → what it means."""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from octogate.core.conversation import Answer, Choice, Part, Reasoning, Refusal, Signature, Text, ToolCall
from octogate.dialects.anthropic_messages.citations import read_citations
from octogate.dialects.anthropic_messages.finishes import read_finish, read_tier
from octogate.dialects.anthropic_messages.identity import OWN
from octogate.dialects.anthropic_messages.usage import Tally

_ABSENT: Final = msgspec.Raw()
_EMPTY_INPUTS: Final = (b"", b"null")


class AnswerBlock(msgspec.Struct, gc=False):
    """The members of an answer's content blocks that say something."""

    type: str = ""
    text: str | None = None
    thinking: str | None = None
    signature: str | None = None
    data: str | None = None
    id: str | None = None
    name: str | None = None
    input: msgspec.Raw = _ABSENT
    citations: msgspec.Raw = _ABSENT


class StopDetails(msgspec.Struct, gc=False):
    """Why a model declined, in the provider's words."""

    explanation: str | None = None


class _Message(msgspec.Struct, gc=False):
    id: str = ""
    model: str = ""
    content: list[AnswerBlock] = []
    stop_reason: str | None = None
    stop_sequence: str | None = None
    stop_details: StopDetails | None = None
    usage: msgspec.Raw = _ABSENT


_MESSAGE: Final = msgspec.json.Decoder(_Message)


def read_answer(body: bytes) -> Answer:
    """The answer in a `message`. What the provider's own tools did in between is its own work and is left out."""
    message = _MESSAGE.decode(body)
    tally = Tally()
    tally.add(message.usage)
    parts = [part for block in message.content if (part := _part(block)) is not None]
    explanation = message.stop_details.explanation if message.stop_details else None
    if message.stop_reason == "refusal" and explanation:
        parts.append(Refusal(explanation))
    choice = Choice(tuple(parts), read_finish(message.stop_reason), message.stop_sequence)
    return Answer(
        id=message.id,
        model=message.model,
        choices=(choice,),
        usage=tally.usage(),
        service_tier=read_tier(tally.tier),
    )  # fmt: skip


def own_signature(value: str | None) -> Signature | None:
    """A signature as the provider made it; None for an empty one."""
    return Signature(OWN, value) if value else None


def arguments_of(raw: msgspec.Raw) -> str:
    """An `input` as the text of arguments."""
    value = bytes(raw)
    return "{}" if value in _EMPTY_INPUTS else value.decode()


def _part(block: AnswerBlock) -> Part | None:
    read = _READERS.get(block.type)
    return read(block) if read else None


def _text(block: AnswerBlock) -> Part | None:
    return Text(block.text, read_citations(block.citations)) if block.text else None


def _thinking(block: AnswerBlock) -> Part | None:
    signature = own_signature(block.signature)
    return Reasoning(block.thinking or "", signature) if block.thinking or signature else None


def _redacted(block: AnswerBlock) -> Part | None:
    signature = own_signature(block.data)
    return Reasoning(signature=signature, hidden=True) if signature else None


def _tool_use(block: AnswerBlock) -> Part:
    return ToolCall(block.id or "", block.name or "", arguments_of(block.input))


_READERS: Final[Mapping[str, Callable[[AnswerBlock], Part | None]]] = {
    "text": _text,
    "thinking": _thinking,
    "redacted_thinking": _redacted,
    "tool_use": _tool_use,
}
