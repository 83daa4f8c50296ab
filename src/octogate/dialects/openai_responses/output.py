"""The items of a Responses answer, as providers send them, and what they mean."""

from typing import Final

import msgspec

from octogate.core.call import DialectName
from octogate.core.conversation import Citation, Media, Part, Reasoning, Refusal, Signature, Text, ToolCall

OWN: Final[DialectName] = "openai_responses"
ABSENT: Final = msgspec.Raw()


class Annotation(msgspec.Struct, gc=False):
    """A source; which members there are depends on its type."""

    url: str | None = None
    title: str | None = None
    filename: str | None = None
    start_index: int | None = None
    end_index: int | None = None


class OutputPart(msgspec.Struct):
    """A part of a message, or of a model's thoughts."""

    type: str = ""
    text: str | None = None
    refusal: str | None = None
    annotations: list[Annotation] | None = None
    logprobs: list[msgspec.Raw] | None = None


class OutputItem(msgspec.Struct):
    """One item of `output`; `arguments`, `summary` and `content` are read only where the type says what they are."""

    type: str = ""
    id: str | None = None
    call_id: str | None = None
    name: str | None = None
    arguments: object = None
    summary: msgspec.Raw = ABSENT
    content: msgspec.Raw = ABSENT
    encrypted_content: str | None = None
    result: object = None
    output_format: object = None


_PARTS: Final = msgspec.json.Decoder(list[OutputPart] | None)


def parts_of(raw: msgspec.Raw) -> list[OutputPart]:
    """The parts in an item's `content` or `summary`."""
    return [] if raw is ABSENT else _PARTS.decode(raw) or []


def read_item(item: OutputItem) -> list[Part]:
    """What an item of the answer means; nothing where it is the work of a tool that the provider hosts."""
    if item.type == "message":
        return [part for part in map(_read_part, parts_of(item.content)) if part is not None]
    if item.type == "reasoning":
        thought = read_reasoning(item)
        return [] if thought is None else [thought]
    if item.type == "function_call":
        return [ToolCall(call_id(item), item.name or "", arguments(item))]
    if item.type == "image_generation_call":
        picture = read_picture(item)
        return [] if picture is None else [picture]
    return []


def _read_part(part: OutputPart) -> Part | None:
    if part.type == "refusal":
        return Refusal(part.refusal or "")
    if part.text is None:
        return None
    return Text(part.text, tuple(map(citation, part.annotations or ())))


def read_reasoning(item: OutputItem) -> Reasoning | None:
    """A model's thoughts: the sections of the summary, then those told in full; None when there is nothing of either.

    Without any section the provider keeps them to itself, and only their sealed form is there.
    """
    texts = sections(item)
    signature = Signature(OWN, item.encrypted_content) if item.encrypted_content else None
    if not texts and signature is None:
        return None
    return Reasoning(joined(texts), signature, hidden=not texts)


def sections(item: OutputItem) -> list[str]:
    """The texts in an item of reasoning."""
    return [part.text for raw in (item.summary, item.content) for part in parts_of(raw) if part.text is not None]


def joined(texts: list[str]) -> str:
    """The sections of a model's thoughts as one text, with a blank line between them."""
    return "\n\n".join(filter(None, texts))


def read_picture(item: OutputItem) -> Media | None:
    """A generated picture, if there is one."""
    if not isinstance(item.result, str) or not item.result:
        return None
    return Media("image", image_type(item.output_format), data=item.result)


def image_type(form: object) -> str:
    """The media type for the `output_format` of a generated picture."""
    return f"image/{form}" if isinstance(form, str) and form else "image/png"


def call_id(item: OutputItem) -> str:
    """The id by which a call's result names it."""
    return item.call_id or item.id or ""


def arguments(item: OutputItem) -> str:
    """The arguments of a call as the text of a JSON object, however they were sent."""
    said = item.arguments
    if isinstance(said, str):
        return said or "{}"
    return "{}" if said is None else msgspec.json.encode(said).decode()


def citation(source: Annotation) -> Citation:
    """A source of a text."""
    return Citation(
        url=source.url,
        title=source.title if source.title is not None else source.filename,
        start=source.start_index,
        end=source.end_index,
    )
