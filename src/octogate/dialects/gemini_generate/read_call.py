"""Reads what the gateway must know of a Gemini body, and finds what is wrong with it."""

from typing import Final

import msgspec

from octogate.core.call import Call, Endpoint
from octogate.dialects import body as bodies
from octogate.dialects.checks import (
    Check,
    Faults,
    check_members,
    integer,
    is_null,
    model_id,
    model_of,
    number,
    whole,
)

MAX_CANDIDATES: Final = 128
SETTINGS: Final = ("generationConfig", "generation_config")
COUNTED: Final = ("generateContentRequest", "generate_content_request")
"""Where a countTokens body may hold the call that is counted."""

_ITEMS: Final = msgspec.json.Decoder(list[msgspec.Raw])


def read_call(body: bytes, endpoint: Endpoint, *, max_output_tokens: int, max_messages: int) -> Call:
    """Members may have either spelling, never both at once. Raises BadRequest with every fault."""
    members = bodies.read_object(body)
    found = Faults()
    check_members(members, {}, found)
    rule = model_id(endpoint.model or "")
    if rule is not None:
        found.rule("model", rule)
    _check_contents(members, endpoint, max_messages, found)
    settings = _check_settings(members, max_output_tokens, found)
    found.raise_if_any()
    return Call(
        endpoint=endpoint,
        model=model_of(endpoint.model),
        stream=bool(endpoint.stream),
        fields=members,
        input_bytes=len(body),
        max_output_tokens=whole(settings.get("maxOutputTokens")),
        choices=whole(settings.get("candidateCount")) or 1,
    )


def _check_contents(members: bodies.Members, endpoint: Endpoint, max_messages: int, found: Faults) -> None:
    raw = members.get("contents")
    if raw is None or is_null(raw):
        nested = any(not is_null(members.get(name)) for name in COUNTED)
        if endpoint.operation != "count_tokens" or not nested:
            found.rule("contents", "is required")
        return
    first = bytes(raw)[:1]
    if first != b"[":
        found.rule("contents", "must be an array")
        return
    count = len(_ITEMS.decode(raw))
    if count == 0:
        found.rule("contents", "must have at least 1 item")
    elif count > max_messages:
        found.rule("contents", f"must have at most {max_messages} items")


def _check_settings(members: bodies.Members, max_output_tokens: int, found: Faults) -> dict[str, object]:
    """The checked settings by camel-case name. Two spellings of one member would leave open which of them counts."""
    given = [name for name in SETTINGS if not is_null(members.get(name))]
    if len(given) == 2:
        found.add(given[1], "Generation config must not be given twice")
    if not given:
        return {}
    settings = bodies.read_members(members[given[0]], given[0])
    if settings is None:
        found.rule(given[0], "must be an object")
        return {}
    checks: dict[str, Check] = {}
    for camel, snake, check in (
        ("maxOutputTokens", "max_output_tokens", integer(1, max_output_tokens)),
        ("candidateCount", "candidate_count", integer(1, MAX_CANDIDATES)),
        ("temperature", "temperature", number(0, 2)),
        ("topP", "top_p", number(0, 1)),
    ):
        checks[camel] = checks[snake] = check
        if camel != snake and camel in settings and snake in settings:
            found.rule(f"{given[0]}.{snake}", "must not be given twice")
    values = check_members(settings, checks, found, f"{given[0]}.")
    return {
        "maxOutputTokens": values.get("maxOutputTokens", values.get("max_output_tokens")),
        "candidateCount": values.get("candidateCount", values.get("candidate_count")),
    }
