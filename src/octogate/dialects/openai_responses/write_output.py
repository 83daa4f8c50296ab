"""Writes the items of an answer for a Responses client."""

from typing import Final

import msgspec

from octogate.core.conversation import Citation, Media, Reasoning, Refusal, Signature, Text, ToolCall
from octogate.core.seals import pack_id, seal
from octogate.dialects.openai_responses.output import OWN
from octogate.dialects.openai_responses.tool_names import Namespaces

UNSIGNED: Final = Signature("openai_chat", "")
"""Seals thoughts that nobody signed. OpenAI would look for unsealed ones among those it keeps, and refuse the call;
so what a client brings back must show that they are not from there."""

_LOGPROBS: Final = msgspec.json.Decoder(dict[str, list[msgspec.Raw] | None] | None)

Item = dict[str, object]


def message(item_id: str, status: str, content: list[Item]) -> Item:
    """A message of the model."""
    return {"id": item_id, "type": "message", "status": status, "role": "assistant", "content": content}


def output_text(text: str, annotations: list[Item], logprobs: list[msgspec.Raw]) -> Item:
    """Words in a message."""
    return {"type": "output_text", "text": text, "annotations": annotations, "logprobs": logprobs}


def refusal(text: str) -> Item:
    """A refusal in a message."""
    return {"type": "refusal", "refusal": text}


def reasoning(item_id: str, texts: list[str], signature: Signature | None) -> Item:
    """Thoughts; hidden ones have no text at all, which is another thing than an empty one."""
    return {
        "id": item_id,
        "type": "reasoning",
        "summary": [{"type": "summary_text", "text": text} for text in texts],
        "encrypted_content": seal(signature or UNSIGNED, OWN),
    }


def function_call(item_id: str, status: str, call: ToolCall, names: Namespaces) -> Item:
    """A call. Its id carries the signature; the function has the name that the caller gave it."""
    space, name = names.home(call.name)
    item: Item = {
        "id": item_id,
        "type": "function_call",
        "status": status,
        "call_id": pack_id(call.id, call.signature),
        "name": name,
        "arguments": call.arguments,
    }
    if space is not None:
        item["namespace"] = space
    return item


def picture(item_id: str, media: Media) -> Item | None:
    """A generated picture; None for what Responses has no item for."""
    if media.kind != "image" or media.data is None:
        return None
    form = media.media_type.removeprefix("image/") or "png"
    return {
        "id": item_id,
        "type": "image_generation_call",
        "status": "completed",
        "output_format": form,
        "result": media.data,
    }


def annotation(source: Citation, length: int) -> Item | None:
    """A source of a text of `length` characters; None where it has no address, for there is no place for it then."""
    if source.url is None:
        return None
    return {
        "type": "url_citation",
        "url": source.url,
        "title": source.title or "",
        "start_index": source.start if source.start is not None else 0,
        "end_index": source.end if source.end is not None else length,
    }


def content_part(part: Text | Refusal, logprobs: list[msgspec.Raw]) -> Item:
    """Words or a refusal as a part of a message."""
    if isinstance(part, Refusal):
        return refusal(part.text)
    notes = (annotation(source, len(part.text)) for source in part.citations)
    return output_text(part.text, [note for note in notes if note is not None], logprobs)


def thoughts(item_id: str, part: Reasoning) -> Item:
    """A whole reasoning part."""
    return reasoning(item_id, [] if part.hidden else [part.text], part.signature)


def token_list(logprobs: msgspec.Raw | None) -> list[msgspec.Raw]:
    """The probabilities of tokens, out of chat's form."""
    if logprobs is None:
        return []
    return (_LOGPROBS.decode(logprobs) or {}).get("content") or []
