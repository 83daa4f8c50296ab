"""Writes an answer for a Gemini caller."""

from collections.abc import Sequence
from typing import Final

import msgspec

from octogate.core.conversation import Answer, Choice, Citation, Media, Part, Reasoning, Refusal, Text, ToolCall
from octogate.dialects.body import one_line
from octogate.dialects.gemini_generate.citations import write_citations
from octogate.dialects.gemini_generate.finishes import write_finish
from octogate.dialects.gemini_generate.logprobs import write_logprobs
from octogate.dialects.gemini_generate.media import write_media
from octogate.dialects.gemini_generate.signatures import write_signature
from octogate.dialects.gemini_generate.spelling import Object
from octogate.dialects.gemini_generate.usage import write_usage
from octogate.dialects.hub import Heading
from octogate.dialects.tool_calls import object_in

_LEFT_OUT: Final = "A function call was left out: its arguments are not a JSON object."


def write_answer(answer: Answer, heading: Heading) -> bytes:
    """Choices as candidates, usage, and the name of the model that answered."""
    body: Object = {"candidates": [_candidate(choice, index) for index, choice in enumerate(answer.choices)]}
    if answer.usage is not None:
        body["usageMetadata"] = write_usage(answer.usage)
    return msgspec.json.encode({**body, "modelVersion": answer.model, "responseId": heading.request_id})


def _candidate(choice: Choice, index: int) -> Object:
    parts: list[Object] = []
    cited: list[tuple[int, str, Citation]] = []
    is_malformed = has_call = False
    for part in choice.parts:
        if isinstance(part, ToolCall):
            written = write_call(part, is_first=not has_call)
            has_call = True
        else:
            written = write_said(part)
        if isinstance(part, Text):
            cited += [(len(parts), part.text, citation) for citation in part.citations]
        if written is not None:
            parts.append(written)
        else:
            is_malformed |= isinstance(part, ToolCall)
    is_refused = any(isinstance(part, Refusal) for part in choice.parts)
    reason = write_finish(choice.finish, refused=is_refused, malformed=is_malformed)
    return candidate(index, parts, reason, is_malformed, cited, choice.logprobs)


def candidate(
    index: int,
    parts: Sequence[Object],
    reason: str,
    is_malformed: bool,
    cited: Sequence[tuple[int, str, Citation]],
    logprobs: msgspec.Raw | None = None,
) -> Object:
    """A candidate with all that is said of it at its end."""
    members: Object = {
        "content": {"parts": parts, "role": "model"},
        "finishReason": reason,
        "finishMessage": _LEFT_OUT if is_malformed else None,
        "index": index,
        "groundingMetadata": write_citations(cited),
        "logprobsResult": write_logprobs(logprobs),
    }
    return {name: value for name, value in members.items() if value is not None}


def write_said(part: Part) -> Object | None:
    """Words, thoughts and media as a part; None for a medium that only an address at its provider tells."""
    match part:
        case Text():
            own = {} if part.signature is None else {"thoughtSignature": write_signature(part.signature)}
            return {"text": part.text, **own}
        case Refusal():
            return {"text": part.text}
        case Reasoning():
            seal = {} if part.signature is None else {"thoughtSignature": write_signature(part.signature)}
            return {"text": part.text, "thought": True, **seal}
        case Media():
            return write_media(part)
        case _:
            return None


def write_call(call: ToolCall, *, is_first: bool) -> Object | None:
    """A function call with an object for arguments; None when they are none, for then nothing can be called.

    The first call of an answer is always sealed, if need be with a mark of none: so it is known when it comes back.
    """
    args = object_in(call.arguments)
    if args is None:
        return None
    part: Object = {"functionCall": {"name": call.name, "args": one_line(args), "id": call.id}}
    if is_first or call.signature is not None:
        part["thoughtSignature"] = write_signature(call.signature)
    return part
