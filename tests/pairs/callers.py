"""Callers of every dialect, targets of every other one, and a bridge between each two of them."""

import json
from typing import Any, Final

from octogate.core.call import Call, DialectName, Endpoint
from octogate.core.conversation import Prompt
from octogate.dialects import HUBS
from octogate.dialects.base import StreamReader
from octogate.dialects.bridge import Bridge
from octogate.dialects.hub import Destination, Heading

HEADING: Final = Heading(request_id="01J", created=1_700_000_000)
NAMES: Final[tuple[DialectName, ...]] = ("openai_chat", "openai_responses", "anthropic_messages", "gemini_generate")
FORMS: Final[dict[str, DialectName]] = {name: name for name in NAMES} | {"gemini_array": "gemini_generate"}
"""What a caller's stream looks like: each dialect has one form, Gemini has two."""

PAIRS: Final = [(caller, target) for caller in NAMES for target in NAMES if caller != target]
STREAM_PAIRS: Final = [(form, target) for form, dialect in FORMS.items() for target in NAMES if dialect != target]

_HI: Final = [{"role": "user", "content": "hi"}]
_BODIES: Final[dict[str, dict[str, Any]]] = {
    "openai_chat": {"model": "m", "messages": _HI},
    "openai_responses": {"model": "m", "input": "hi"},
    "anthropic_messages": {"model": "m", "max_tokens": 9, "messages": _HI},
    "gemini_generate": {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]},
}


def read(dialect: DialectName, body: bytes, *, stream: bool = False, sse: bool = True) -> Call:
    """A body as the dialect reads it."""
    gemini = dialect == "gemini_generate"
    endpoint = Endpoint(
        dialect, "generate", model="m" if gemini else None, stream=stream if gemini else None, sse=sse, version="v1beta"
    )
    return HUBS[dialect].read_call(body, endpoint, max_output_tokens=10**6, max_messages=10**5)


def a_call(form: str, *, stream: bool = False, **members: Any) -> Call:
    """What a caller of this form asks."""
    dialect = FORMS[form]
    body = _BODIES[dialect] | members
    if stream and dialect != "gemini_generate":
        body |= {"stream": True}
    if stream and dialect == "openai_chat":
        body |= {"stream_options": {"include_usage": True}}
    return read(dialect, json.dumps(body).encode(), stream=stream, sse=form != "gemini_array")


def a_prompt() -> Prompt:
    return HUBS["openai_chat"].read_prompt(a_call("openai_chat"))


PROMPT: Final = a_prompt()


def bridge(form: str, target: DialectName, *, stream: bool = False) -> Bridge:
    """What stands between a caller of this form and a target."""
    to = Destination(model="m", stream=stream)
    return Bridge(a_call(form, stream=stream), PROMPT, HUBS[FORMS[form]], HUBS[target], to, HEADING)


def reader(form: str, target: DialectName) -> StreamReader:
    """What turns the target's stream into the caller's."""
    call = a_call(form, stream=True)
    to = Destination(model="m", stream=True)
    return Bridge(call, PROMPT, HUBS[FORMS[form]], HUBS[target], to, HEADING).reader(call)


def caller_reader(form: str) -> StreamReader:
    """How the caller's own dialect judges a stream."""
    call = a_call(form, stream=True)
    return HUBS[FORMS[form]].reader(call)
