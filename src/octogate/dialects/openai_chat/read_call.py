"""Reads what the gateway must know of a chat completions body, and finds what is wrong with it."""

import functools
from typing import Annotated, Final, Literal

import msgspec

from octogate.core.call import Call, Endpoint
from octogate.dialects import body as bodies
from octogate.dialects import faults
from octogate.dialects.checks import (
    MAX_MODEL_CHARS,
    STEERING,
    Check,
    Faults,
    boolean,
    check_members,
    integer,
    is_null,
    model_id,
    model_of,
    number,
    whole,
)
from octogate.dialects.message_checks import explain_messages, explain_role

ROLES: Final = ("system", "developer", "user", "assistant", "tool", "function")
MAX_CHOICES: Final = 128

_MAY_BE_EMPTY: Final = frozenset({"assistant", "tool", "function"})
_FOREIGN_CAP: Final = "max_output_tokens"
_CHECKS: Final[dict[str, Check]] = {
    "model": model_id,
    "temperature": number(0, 2),
    "top_p": number(0, 1),
    "frequency_penalty": number(-2, 2),
    "presence_penalty": number(-2, 2),
    "n": integer(1, MAX_CHOICES),
    "stream": boolean,
}


class _Message(msgspec.Struct, gc=False):
    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[msgspec.Raw] | None = None
    tool_calls: list[msgspec.Raw] | None = None


class _Sound(msgspec.Struct, gc=False):
    """A body without faults, as `_CHECKS` and `_check_messages` would find it; strings are looked at further."""

    messages: list[_Message]
    model: Annotated[str, msgspec.Meta(max_length=MAX_MODEL_CHARS)] | None = None
    temperature: Annotated[float, msgspec.Meta(ge=0, le=2)] | None = None
    top_p: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None
    frequency_penalty: Annotated[float, msgspec.Meta(ge=-2, le=2)] | None = None
    presence_penalty: Annotated[float, msgspec.Meta(ge=-2, le=2)] | None = None
    n: Annotated[int, msgspec.Meta(ge=1, le=MAX_CHOICES)] | None = None
    stream: bool | None = None
    max_tokens: Annotated[int, msgspec.Meta(ge=1)] | None = None
    max_completion_tokens: Annotated[int, msgspec.Meta(ge=1)] | None = None


_SOUND: Final = msgspec.json.Decoder(_Sound)
_MESSAGES: Final = msgspec.json.Decoder(list[_Message])
_INPUT: Final = msgspec.json.Decoder(str | list[msgspec.Raw])


def read_call(body: bytes, endpoint: Endpoint, *, max_output_tokens: int, max_messages: int) -> Call:
    """Members that we do not know are the provider's business and stay. Raises BadRequest with every fault."""
    members = bodies.read_object(body)
    sound = _read_sound(members, body, max_output_tokens, max_messages)
    if sound is None:
        return _searched(members, body, endpoint, max_output_tokens, max_messages)
    return Call(
        endpoint=endpoint,
        model=model_of(sound.model),
        stream=sound.stream is True,
        fields=members,
        input_bytes=len(body),
        max_output_tokens=max(sound.max_tokens or 0, sound.max_completion_tokens or 0) or None,
        choices=sound.n or 1,
        wants_usage=sound.stream is not True,  # its stream options would have been searched
    )


def _read_sound(members: bodies.Members, body: bytes, max_output_tokens: int, max_messages: int) -> _Sound | None:
    """The body in one pass, as nearly all can be read; None when it has to be searched for faults member by member."""
    try:
        sound = _SOUND.decode(body)
    except faults.UNREADABLE:
        return None
    messages, model = sound.messages, sound.model
    if (
        0 < len(messages) <= max_messages
        and all(map(_is_sound, messages))
        and (sound.max_tokens or 0) <= max_output_tokens
        and (sound.max_completion_tokens or 0) <= max_output_tokens
        and (model is None or model.isprintable())
        and "stream_options" not in members
        and "input" not in members
        and STEERING.isdisjoint(members)
    ):
        return sound
    return None


def _searched(
    members: bodies.Members, body: bytes, endpoint: Endpoint, max_output_tokens: int, max_messages: int
) -> Call:
    """The same call read member by member. Raises BadRequest with every fault."""
    found = Faults()
    checks = _checks(max_output_tokens)
    foreign = is_null(members.get("messages")) and not is_null(members.get("input"))
    if foreign:
        checks = {**checks, _FOREIGN_CAP: checks["max_tokens"]}
    values = check_members(members, checks, found)
    (_check_input if foreign else _check_messages)(members, max_messages, found)
    options = stream_options(members, found)
    found.raise_if_any()
    stream = values.get("stream") is True
    names = ("max_tokens", "max_completion_tokens", _FOREIGN_CAP)
    caps = [size for name in names if (size := whole(values.get(name)))]
    return Call(
        endpoint=endpoint,
        model=model_of(values.get("model")),
        stream=stream,
        fields=members,
        input_bytes=len(body),
        max_output_tokens=max(caps, default=None),
        choices=whole(values.get("n")) or 1,
        wants_usage=not stream or asks_for_usage(options),
        shape="openai_responses" if foreign else None,
    )


@functools.lru_cache(maxsize=16)
def _checks(max_output_tokens: int) -> dict[str, Check]:
    cap = integer(1, max_output_tokens)
    return {**_CHECKS, "max_tokens": cap, "max_completion_tokens": cap}


def stream_options(members: bodies.Members, found: Faults) -> bodies.Members:
    """The caller's options; none when there are none, with a fault when they are no object."""
    raw = members.get("stream_options")
    if raw is None or is_null(raw):
        return {}
    options = bodies.read_members(raw, "stream_options")
    if options is None:
        found.rule("stream_options", "must be an object")
        return {}
    return options


def asks_for_usage(options: bodies.Members) -> bool:
    """Whether a stream is to end with a usage chunk."""
    return bytes(options.get("include_usage", b"")) == b"true"


def _check_input(members: bodies.Members, max_messages: int, found: Faults) -> None:
    """A body in the form of the Responses API, as some editors send it here: its own dialect reads the rest."""
    try:
        items = _INPUT.decode(members["input"])
    except faults.UNREADABLE:
        found.rule("input", "must be a string or an array")
        return
    if not items:
        found.rule("input", "must not be empty")
    elif isinstance(items, list) and len(items) > max_messages:
        found.rule("input", f"must have at most {max_messages} items")


def _check_messages(members: bodies.Members, max_messages: int, found: Faults) -> None:
    raw = members.get("messages")
    if raw is None or is_null(raw):
        found.rule("messages", "is required")
        return
    if not is_null(members.get("input")):
        found.add("input", "Input and messages exclude each other")
    try:
        messages = _MESSAGES.decode(raw)
    except faults.UNREADABLE:
        explain_messages(raw, max_messages, found, _explain)
        return
    if not 0 < len(messages) <= max_messages or not all(map(_is_sound, messages)):
        explain_messages(raw, max_messages, found, _explain)


def _is_sound(message: _Message) -> bool:
    if message.content:
        return True
    if message.role == "assistant" and message.tool_calls:
        return True
    return message.content == "" and message.role in _MAY_BE_EMPTY


def _explain(path: str, message: dict[str, object], found: Faults) -> None:
    explain_role(path, message, ROLES, found)
    role, content = message.get("role"), message.get("content")
    if content is not None and not isinstance(content, (str, list)):
        found.rule(f"{path}.content", "must be a string or an array")
    elif not content and not _may_lack_content(message, role, content):
        found.rule(f"{path}.content", "is required")


def _may_lack_content(message: dict[str, object], role: object, content: object) -> bool:
    """An assistant may have called tools, refused or spoken instead; an empty answer or result is one too."""
    if role == "assistant" and any(value for name, value in message.items() if name not in ("role", "content", "name")):
        return True
    return (content == "" and role in _MAY_BE_EMPTY) or role == "function"
