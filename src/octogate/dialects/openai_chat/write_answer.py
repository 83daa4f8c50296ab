"""Writes an answer of the hub as a chat completion."""

from collections.abc import Iterable
from typing import Final

import msgspec

from octogate.core.call import Call
from octogate.core.conversation import Answer, Choice, Media, Reasoning, Refusal, Text, ToolCall
from octogate.core.seals import pack_id
from octogate.core.usage import Usage
from octogate.dialects.hub import Heading
from octogate.dialects.media import data_url
from octogate.dialects.openai_chat.citations import write_annotation
from octogate.dialects.openai_chat.finishes import write_finish
from octogate.dialects.openai_chat.read_prompt import is_legacy
from octogate.dialects.openai_chat.reasoning import write_reasoning
from octogate.dialects.openai_chat.usage import write_usage

Members = dict[str, object]

ID_PREFIX: Final = "chatcmpl-"
_TIERS: Final = frozenset({"auto", "default", "flex", "scale", "priority", "fast"})
_LOGPROBS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_NULL: Final = msgspec.Raw(b"null")


def write_answer(answer: Answer, call: Call, heading: Heading) -> bytes:
    """The body for a caller."""
    legacy = is_legacy(call.fields)
    body: Members = {
        "id": ID_PREFIX + heading.request_id,
        "object": "chat.completion",
        "created": heading.created,
        "model": answer.model,
        "choices": [_write_choice(choice, at, legacy) for at, choice in enumerate(answer.choices)],
        "usage": write_usage(answer.usage or Usage()),
    }
    return msgspec.json.encode(body | written_tier(answer.service_tier))


def _write_choice(choice: Choice, index: int, legacy: bool) -> Members:
    calls = [part for part in choice.parts if isinstance(part, ToolCall)]
    # A caller in the old form has a place for one call; several are told in the new form rather than lost.
    legacy = legacy and len(calls) == 1
    refused = any(isinstance(part, Refusal) for part in choice.parts)
    return {
        "index": index,
        "message": _write_message(choice, calls, legacy),
        "logprobs": written_logprobs(choice.logprobs),
        "finish_reason": write_finish(choice.finish, refused=refused, legacy=legacy),
    }


def _write_message(choice: Choice, calls: list[ToolCall], legacy: bool) -> Members:
    texts = [part for part in choice.parts if isinstance(part, Text)]
    refusals = [part.text for part in choice.parts if isinstance(part, Refusal)]
    media = [part for part in choice.parts if isinstance(part, Media)]
    message: Members = {
        "role": "assistant",
        "content": "".join(part.text for part in texts) if texts else None,
        "refusal": "".join(refusals) if refusals else None,
        "annotations": _annotations(texts),
    }
    message |= write_reasoning(part for part in choice.parts if isinstance(part, Reasoning))
    if legacy:
        message["function_call"] = {"name": calls[0].name, "arguments": calls[0].arguments}
    elif calls:
        message["tool_calls"] = [_write_call(call) for call in calls]
    if media:
        message["images"] = [written_image(picture) for picture in media]
    return message


def _annotations(texts: Iterable[Text]) -> list[Members]:
    found: list[Members] = []
    start = 0
    for part in texts:
        end = start + len(part.text)
        found += filter(None, (write_annotation(citation, start, end) for citation in part.citations))
        start = end
    return found


def _write_call(call: ToolCall) -> Members:
    function = {"name": call.name, "arguments": call.arguments}
    return {"id": pack_id(call.id, call.signature), "type": "function", "function": function}


def written_image(picture: Media) -> Members:
    """An entry of `images`."""
    return {"type": "image_url", "image_url": {"url": data_url(picture)}}


def written_tier(tier: str | None) -> Members:
    """The member `service_tier`, where the tier has a name here."""
    return {"service_tier": tier} if tier in _TIERS else {}


def written_logprobs(logprobs: msgspec.Raw | None) -> dict[str, msgspec.Raw] | None:
    """Log probabilities with both of their members."""
    if logprobs is None:
        return None
    return {"content": _NULL, "refusal": _NULL} | _LOGPROBS.decode(logprobs)
