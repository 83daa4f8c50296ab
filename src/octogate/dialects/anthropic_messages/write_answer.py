"""An answer of any provider → a `message`."""

from collections.abc import Iterator

import msgspec

from octogate.core import seals
from octogate.core.conversation import Answer, Media, Part, Reasoning, Refusal, Text, ToolCall
from octogate.dialects.anthropic_messages.citations import write_citation
from octogate.dialects.anthropic_messages.finishes import stop_reason_of, write_tier
from octogate.dialects.anthropic_messages.identity import OWN, shown_id, shown_signature
from octogate.dialects.anthropic_messages.usage import write_full_usage
from octogate.dialects.hub import Heading
from octogate.dialects.media import data_url
from octogate.dialects.tool_calls import object_in, wrapped


def write_answer(answer: Answer, heading: Heading) -> bytes:
    """The first of the answers as a whole message; this dialect has no place for others."""
    choice = answer.choices[0]
    message = {
        "id": message_id(heading),
        "type": "message",
        "role": "assistant",
        "model": answer.model,
        "content": [block for part in choice.parts for block in _blocks(part)],
        "stop_reason": stop_reason_of(choice.finish, choice.stop_sequence, choice.parts),
        "stop_sequence": choice.stop_sequence,
        "usage": write_full_usage(answer.usage, write_tier(answer.service_tier) if answer.service_tier else None),
    }
    return msgspec.json.encode(message)


def message_id(heading: Heading) -> str:
    """Our own id of the call, as this dialect writes ids of messages."""
    return f"msg_{heading.request_id}"


def shown_media(media: Media) -> str:
    """Media as Markdown, for in an answer of this dialect there is only text."""
    if media.text is not None:
        return media.text
    label = media.name or media.kind
    if media.url is None and media.data is None:
        return f"[{label}]"
    return f"{'!' if media.kind == 'image' else ''}[{label}]({data_url(media)})"


def _blocks(part: Part) -> Iterator[dict[str, object]]:
    if isinstance(part, Text):
        if part.text:
            yield _text_block(part)
    elif isinstance(part, Reasoning):
        block = _thinking_block(part)
        if block is not None:
            yield block
    elif isinstance(part, ToolCall):
        call_id = shown_id(part.id, part.signature)
        arguments = object_in(part.arguments) or wrapped(part.arguments)
        yield {"type": "tool_use", "id": call_id, "name": part.name, "input": arguments}
    elif isinstance(part, Refusal):
        yield {"type": "text", "text": part.text}
    elif isinstance(part, Media):
        yield {"type": "text", "text": shown_media(part)}


def _text_block(part: Text) -> dict[str, object]:
    block: dict[str, object] = {"type": "text", "text": part.text}
    if part.citations:
        block["citations"] = [write_citation(citation) for citation in part.citations]
    return block


def _thinking_block(part: Reasoning) -> dict[str, object] | None:
    if part.hidden or not part.text:
        if part.signature is None:
            return None
        if part.hidden:
            return {"type": "redacted_thinking", "data": seals.seal(part.signature, OWN)}
    return {"type": "thinking", "thinking": part.text, "signature": shown_signature(part.signature)}
