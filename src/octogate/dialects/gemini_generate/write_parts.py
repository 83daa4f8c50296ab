"""Writes single parts of turns: words, thoughts, media, function calls and what they gave back."""

from typing import Final

import msgspec

from octogate.core.conversation import Loss, Media, Part, Reasoning, Refusal, Signature, Text, ToolCall, ToolResult
from octogate.dialects.findings import AT_PROVIDER
from octogate.dialects.gemini_generate.media import write_media
from octogate.dialects.gemini_generate.signatures import OWN
from octogate.dialects.gemini_generate.spelling import Object
from octogate.dialects.tool_calls import object_in, wrapped

_OBJECT: Final = msgspec.json.Decoder(dict[str, object])
# A function's own object must not be taken for the wrapping of its words.
_WRAPPINGS: Final = frozenset({"result", "output", "error"})


def write_part(part: Part, place: str, losses: list[Loss]) -> Object | None:
    """The part as this API takes it; None when it is left out: noted in `losses` if it was the caller's."""
    match part:
        case Text() | Refusal():
            return _words(part)
        case Reasoning(text=text, signature=signature):
            # Another provider's thoughts are worth nothing here, and unsealed ones are no more than an old answer's
            # by-product.
            own = _own(signature)
            return {"text": text, "thought": True, **own} if own else None
        case ToolCall():
            function = {"name": part.name, "args": object_in(part.arguments) or wrapped(part.arguments), "id": part.id}
            return {"functionCall": function, **_own(part.signature)}
        case Media():
            return _medium(part, place, losses)
        case ToolResult():
            return {"text": text_of(part)}  # only one that answers no call; the others stand beside theirs


def write_result(result: ToolResult, call: ToolCall) -> Object:
    """The response of a function: an object that says `result` or `error`, or the object that the function gave."""
    words = text_of(result)
    response: Object = {"error": words} if result.is_error else _object_in(words) or {"result": words}
    return {"functionResponse": {"name": call.name, "id": call.id, "response": response}}


def text_of(result: ToolResult) -> str:
    """All the words of a result."""
    return "".join(part.text for part in result.parts if isinstance(part, Text))


def _words(part: Text | Refusal) -> Object | None:
    own = _own(part.signature) if isinstance(part, Text) else {}
    return {"text": part.text, **own} if part.text or own else None


def _own(signature: Signature | None) -> Object:
    """The member that gives back our dialect's own seal, byte for byte; a seal of another one is of no use here."""
    return {"thoughtSignature": signature.value} if signature is not None and signature.origin == OWN else {}


def _medium(media: Media, place: str, losses: list[Loss]) -> Object | None:
    if media.detail not in (None, "auto"):
        losses.append(Loss(f"{place}.detail", "this target chooses the resolution itself"))
    part = write_media(media)
    if part is None:
        lies_elsewhere = media.file_id is not None
        reason = AT_PROVIDER if lies_elsewhere else "this target cannot fetch the address"
        losses.append(Loss(place, reason, fatal=lies_elsewhere))
    return part


def _object_in(words: str) -> Object | None:
    try:
        value = _OBJECT.decode(words)
    except (msgspec.DecodeError, RecursionError):
        return None
    return None if len(value) == 1 and not _WRAPPINGS.isdisjoint(value) else value
