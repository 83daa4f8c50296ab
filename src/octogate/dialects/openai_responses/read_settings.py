"""Reads the members of a Responses body that steer the answer."""

from collections.abc import Mapping
from typing import Final

import msgspec

from octogate.core.conversation import Format, Settings, Thinking
from octogate.dialects.body import read_value
from octogate.dialects.checks import Check, integer, number
from octogate.dialects.faults import UNREADABLE
from octogate.dialects.openai_responses.reading import Reading

LOGPROBS: Final = "message.output_text.logprobs"
"""What `include` says to have the probabilities of the tokens in the answer."""

SETTINGS: Final = frozenset(
    "max_output_tokens max_completion_tokens max_tokens temperature top_p top_logprobs text reasoning user"
    " safety_identifier metadata service_tier parallel_tool_calls prompt_cache_key".split()
)
"""The members that `read_settings` reads; the older names of the cap come in bodies that are meant for chat."""

_EFFORTS: Final = {
    "minimal": "minimal",
    "low": "low",
    "medium": "medium",
    "high": "high",
    "xhigh": "max",
    "max": "max",
}
_EFFORT_WORDS: Final = frozenset({*_EFFORTS, "none"})
_SUMMARIES: Final = frozenset({"auto", "concise", "detailed", "none"})
_FORMATS: Final = frozenset({"text", "json_object", "json_schema"})
# What OpenAI does anyway when a caller does not say it.
_USUAL: Final = {"mode": "standard", "context": "auto"}

_RAW: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
Fields = Mapping[str, msgspec.Raw]


def read_settings(fields: Fields, reading: Reading) -> Settings:
    """Everything that steers the answer, checked."""
    said = {name: read_value(fields[name]) for name in SETTINGS if name in fields}
    text = reading.members(said.get("text"), "text") or {}
    verbosity = reading.word(text.get("verbosity"), "text.verbosity", frozenset(("low", "medium", "high")))
    for name in text.keys() - {"format", "verbosity"}:
        reading.lose(f"text.{name}")
    top_logprobs = _whole(said, "top_logprobs", integer(0, 20), reading)
    return Settings(
        max_output_tokens=_cap(said, reading),
        temperature=_number(said, "temperature", number(0, 2), reading),
        top_p=_number(said, "top_p", number(0, 1), reading),
        logprobs=True if top_logprobs or _wants_logprobs(fields) else None,
        top_logprobs=top_logprobs,
        format=_format(text.get("format"), fields, reading),
        thinking=_thinking(said.get("reasoning"), reading),
        verbosity=verbosity,
        user=_user(said, reading),
        metadata=_metadata(said.get("metadata"), reading),
        service_tier=reading.text(said.get("service_tier"), "service_tier"),
        parallel_tool_calls=reading.flag(said.get("parallel_tool_calls"), "parallel_tool_calls"),
        prompt_cache_key=reading.text(said.get("prompt_cache_key"), "prompt_cache_key"),
    )


def _cap(said: dict[str, object], reading: Reading) -> int | None:
    for name in ("max_output_tokens", "max_completion_tokens", "max_tokens"):
        cap = _whole(said, name, integer(1), reading)
        if cap is not None:
            return cap
    return None


def _user(said: dict[str, object], reading: Reading) -> str | None:
    """Two names for one thing: the newer one counts where both are given."""
    newer = reading.text(said.get("safety_identifier"), "safety_identifier")
    older = reading.text(said.get("user"), "user")
    return older if newer is None else newer


def _thinking(value: object, reading: Reading) -> Thinking | None:
    """`reasoning`: how much (`none` forbids it), and whether a summary is wanted."""
    said = reading.members(value, "reasoning")
    if said is None:
        return None
    effort = reading.word(said.get("effort"), "reasoning.effort", _EFFORT_WORDS)
    name = "summary" if said.get("summary") is not None else "generate_summary"
    summary = reading.word(said.get(name), f"reasoning.{name}", _SUMMARIES)
    for member in said.keys() - {"effort", "summary", "generate_summary"}:
        if said[member] is not None and said[member] != _USUAL.get(member):
            reading.lose(f"reasoning.{member}")
    if effort is None and summary is None:
        return None
    show = None if summary is None else summary != "none"
    return Thinking(off=effort == "none", effort=_EFFORTS.get(effort or ""), show=show)


def _format(value: object, fields: Fields, reading: Reading) -> Format | None:
    """`text.format`; its schema stays as the caller wrote it."""
    said = reading.members(value, "text.format")
    if said is None:
        return None
    kind = reading.word(said.get("type"), "text.format.type", _FORMATS)
    if kind == "json_object":
        return Format()
    if kind != "json_schema":
        return None
    inner = said.get("json_schema")
    path = "text.format"
    if isinstance(inner, dict) and "schema" not in said:
        said, path = inner, "text.format.json_schema"
    if not isinstance(said.get("schema"), dict):
        reading.faults.rule(f"{path}.schema", "must be an object" if said.get("schema") is not None else "is required")
    return Format(
        _raw_at(fields["text"], [*path.split(".")[1:], "schema"]),
        reading.needed(said.get("name"), f"{path}.name"),
        reading.text(said.get("description"), f"{path}.description"),
        reading.flag(said.get("strict"), f"{path}.strict"),
    )


def _raw_at(raw: msgspec.Raw, names: list[str]) -> msgspec.Raw | None:
    for name in names:
        try:
            raw = _RAW.decode(raw)[name]
        except (*UNREADABLE, KeyError):
            return None
    return raw


def _wants_logprobs(fields: Fields) -> bool:
    raw = fields.get("include")
    return raw is not None and LOGPROBS.encode() in bytes(raw)


def _metadata(value: object, reading: Reading) -> dict[str, str] | None:
    said = reading.members(value, "metadata")
    if said is None:
        return None
    return {name: reading.needed(text, f"metadata.{name}") for name, text in said.items()}


def _checked(said: dict[str, object], name: str, check: Check, reading: Reading) -> object:
    value = said.get(name)
    rule = None if value is None else check(value)
    if rule is None:
        return value
    reading.faults.rule(name, rule)
    return None


def _number(said: dict[str, object], name: str, check: Check, reading: Reading) -> float | None:
    value = _checked(said, name, check, reading)
    return float(value) if isinstance(value, (int, float)) else None


def _whole(said: dict[str, object], name: str, check: Check, reading: Reading) -> int | None:
    value = _checked(said, name, check, reading)
    return int(value) if isinstance(value, (int, float)) else None
