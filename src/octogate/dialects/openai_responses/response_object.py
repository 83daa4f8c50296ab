"""Writes the response object around an answer: what it says of itself, and what the caller asked for, repeated."""

from collections.abc import Sequence
from typing import Final

import msgspec

from octogate.core.call import Call
from octogate.core.conversation import Finish
from octogate.core.usage import Usage
from octogate.dialects.body import one_line
from octogate.dialects.faults import UNREADABLE
from octogate.dialects.hub import Heading
from octogate.dialects.openai_responses.finishes import write_finish
from octogate.dialects.openai_responses.usage import write_usage

_NULL: Final = msgspec.Raw(b"null")
_TRUE: Final = msgspec.Raw(b"true")
_ONE: Final = msgspec.Raw(b"1.0")
_ZERO: Final = msgspec.Raw(b"0")
_EMPTY: Final = msgspec.Raw(b"{}")
_PLAIN_TEXT: Final = msgspec.Raw(b'{"format":{"type":"text"}}')
_NO_REASONING: Final = msgspec.Raw(b'{"effort":null,"summary":null}')
_AUTO: Final = msgspec.Raw(b'"auto"')
_DISABLED: Final = msgspec.Raw(b'"disabled"')
_DEFAULTS: Final = {
    "instructions": _NULL,
    "max_output_tokens": _NULL,
    "max_tool_calls": _NULL,
    "metadata": _EMPTY,
    "parallel_tool_calls": _TRUE,
    "prompt_cache_key": _NULL,
    "reasoning": _NO_REASONING,
    "safety_identifier": _NULL,
    "temperature": _ONE,
    "text": _PLAIN_TEXT,
    "tool_choice": _AUTO,
    "top_logprobs": _ZERO,
    "top_p": _ONE,
    "truncation": _DISABLED,
}
"""What a response repeats of its request, and what it says where the request was silent."""

_FUNCTION: Final = msgspec.Raw(b'"function"')
_RAW_TOOLS: Final = msgspec.json.Decoder(list[dict[str, msgspec.Raw]])
_TIERS: Final = frozenset({"auto", "default", "flex", "priority", "scale"})

Body = dict[str, object]


def echo(call: Call) -> Body:
    """The members that repeat the request."""
    fields = call.fields
    said: Body = {
        name: one_line(raw) if (raw := fields.get(name)) is not None and bytes(raw) != b"null" else default
        for name, default in _DEFAULTS.items()
    }
    said["tools"] = _tools(fields.get("tools"))
    if "user" in fields:
        said["user"] = one_line(fields["user"])
    return said


def response_object(
    said: Body, heading: Heading, *, model: str, status: str, output: Sequence[object] = (), tier: str | None = None
) -> Body:
    """A response without its end; `said` is its `echo`."""
    return {
        "id": f"resp_{heading.request_id}",
        "object": "response",
        "created_at": heading.created,
        "status": status,
        "background": False,
        "error": None,
        "incomplete_details": None,
        "model": model,
        "output": output,
        "previous_response_id": None,
        "service_tier": tier if tier in _TIERS else "default",
        "store": False,
        "usage": None,
        **said,
    }


def end_of(finish: Finish, usage: Usage, *, refused: bool) -> Body:
    """The members that are known when an answer has ended."""
    return {**write_finish(finish, refused=refused), "usage": write_usage(usage)}


def _tools(raw: msgspec.Raw | None) -> object:
    """The tools as the caller wrote them; a function also says what it does not have."""
    if raw is None:
        return []
    try:
        tools = _RAW_TOOLS.decode(one_line(raw))
    except UNREADABLE:
        return []
    return [{"parameters": _NULL, "strict": _NULL, **tool} if tool.get("type") == _FUNCTION else tool for tool in tools]
