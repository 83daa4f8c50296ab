"""Reads what the gateway must know of a Responses body, and finds what is wrong with it."""

import functools
from typing import Final

import msgspec

from octogate.core.call import Call, Endpoint
from octogate.dialects import body as bodies
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

_CHECKS: Final[dict[str, Check]] = {
    "model": model_id,
    "temperature": number(0, 2),
    "top_p": number(0, 1),
    "stream": boolean,
}
# What can stand for an input that is already at the provider.
_INPUT_ELSEWHERE: Final = ("previous_response_id", "conversation", "prompt")
_ITEMS: Final = msgspec.json.Decoder(list[msgspec.Raw])


def read_call(body: bytes, endpoint: Endpoint, *, max_output_tokens: int, max_messages: int) -> Call:
    """What is bound to the provider, as `previous_response_id` is, stays. Raises BadRequest with every fault."""
    members = bodies.read_object(body)
    found = Faults()
    values = check_members(members, _checks(max_output_tokens), found)
    _check_input(members, max_messages, found)
    found.raise_if_any()
    return Call(
        endpoint=endpoint,
        model=model_of(values.get("model")),
        stream=values.get("stream") is True and endpoint.operation == "generate",
        fields=members,
        input_bytes=len(body),
        max_output_tokens=whole(values.get("max_output_tokens")),
    )


@functools.lru_cache(maxsize=16)
def _checks(max_output_tokens: int) -> dict[str, Check]:
    return {**_CHECKS, "max_output_tokens": integer(1, max_output_tokens)}


def _check_input(members: bodies.Members, max_messages: int, found: Faults) -> None:
    raw = members.get("input")
    if raw is None or is_null(raw):
        if all(is_null(members.get(name)) for name in _INPUT_ELSEWHERE):
            found.rule("input", "is required")
        return
    first = bodies.first_byte(raw)
    if first == b'"':
        return
    if first != b"[":
        found.rule("input", "must be a string or an array")
        return
    if len(_ITEMS.decode(raw)) > max_messages:
        found.rule("input", f"must have at most {max_messages} items")
