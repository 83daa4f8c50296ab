"""Reads what the gateway must know of a messages body, and finds what is wrong with it."""

from typing import Final, Literal

import msgspec

from octogate.core.call import Call, Endpoint
from octogate.dialects import body as bodies
from octogate.dialects import faults
from octogate.dialects.checks import (
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

ROLES: Final = ("user", "assistant", "system")

_CHECKS: Final[dict[str, Check]] = {
    "model": model_id,
    "temperature": number(0, 1),
    "top_p": number(0, 1),
    "stream": boolean,
}


class _Message(msgspec.Struct, gc=False):
    role: Literal["user", "assistant", "system"]
    content: str | list[msgspec.Raw]


_MESSAGES: Final = msgspec.json.Decoder(list[_Message])


def read_call(body: bytes, endpoint: Endpoint, *, max_output_tokens: int, max_messages: int) -> Call:
    """Blocks, signatures and cache marks are not looked into. Raises BadRequest with every fault."""
    members = bodies.read_object(body)
    found = Faults()
    values = check_members(members, {**_CHECKS, "max_tokens": integer(1, max_output_tokens)}, found)
    if endpoint.operation == "generate" and is_null(members.get("max_tokens")):
        found.rule("max_tokens", "is required")
    _check_messages(members.get("messages"), max_messages, found)
    found.raise_if_any()
    return Call(
        endpoint=endpoint,
        model=model_of(values.get("model")),
        stream=values.get("stream") is True and endpoint.operation == "generate",
        fields=members,
        input_bytes=len(body),
        max_output_tokens=whole(values.get("max_tokens")),
    )


def _check_messages(raw: msgspec.Raw | None, max_messages: int, found: Faults) -> None:
    if raw is None or is_null(raw):
        found.rule("messages", "is required")
        return
    try:
        count = len(_MESSAGES.decode(raw))
    except faults.UNREADABLE:
        count = 0
    if not 0 < count <= max_messages:
        explain_messages(raw, max_messages, found, _explain)


def _explain(path: str, message: dict[str, object], found: Faults) -> None:
    explain_role(path, message, ROLES, found)
    content = message.get("content")
    if content is None:
        found.rule(f"{path}.content", "is required")
    elif not isinstance(content, (str, list)):
        found.rule(f"{path}.content", "must be a string or an array")
