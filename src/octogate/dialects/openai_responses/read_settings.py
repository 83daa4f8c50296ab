"""Reads the members of a Responses body that steer the answer."""

from collections.abc import Mapping
from typing import Final

import msgspec

from octogate.core.conversation import Format, Settings, Thinking
from octogate.dialects.body import read_value
from octogate.dialects.checks import integer, number, real, whole
from octogate.dialects.faults import UNREADABLE
from octogate.dialects.findings import Findings

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


def read_settings(fields: Fields, findings: Findings) -> Settings:
    """Everything that steers the answer, checked."""
    said = {name: read_value(fields[name]) for name in SETTINGS if name in fields}
    text = findings.table(said.get("text"), "text") or {}
    verbosity = findings.word(text.get("verbosity"), "text.verbosity", frozenset(("low", "medium", "high")))
    for name in text.keys() - {"format", "verbosity"}:
        findings.lose(f"text.{name}")
    top_logprobs = whole(findings.checked(said.get("top_logprobs"), "top_logprobs", integer(0, 20)))
    return Settings(
        max_output_tokens=_cap(said, findings),
        temperature=real(findings.checked(said.get("temperature"), "temperature", number(0, 2))),
        top_p=real(findings.checked(said.get("top_p"), "top_p", number(0, 1))),
        logprobs=True if top_logprobs or _wants_logprobs(fields) else None,
        top_logprobs=top_logprobs,
        format=_format(text.get("format"), fields, findings),
        thinking=_thinking(said.get("reasoning"), findings),
        verbosity=verbosity,
        user=_user(said, findings),
        metadata=_metadata(said.get("metadata"), findings),
        service_tier=findings.text(said.get("service_tier"), "service_tier"),
        parallel_tool_calls=findings.flag(said.get("parallel_tool_calls"), "parallel_tool_calls"),
        prompt_cache_key=findings.text(said.get("prompt_cache_key"), "prompt_cache_key"),
    )


def _cap(said: dict[str, object], findings: Findings) -> int | None:
    for name in ("max_output_tokens", "max_completion_tokens", "max_tokens"):
        cap = whole(findings.checked(said.get(name), name, integer(1)))
        if cap is not None:
            return cap
    return None


def _user(said: dict[str, object], findings: Findings) -> str | None:
    """Two names for one thing: the newer one counts where both are given."""
    newer = findings.text(said.get("safety_identifier"), "safety_identifier")
    older = findings.text(said.get("user"), "user")
    return older if newer is None else newer


def _thinking(value: object, findings: Findings) -> Thinking | None:
    """`reasoning`: how much (`none` forbids it), and whether a summary is wanted."""
    said = findings.table(value, "reasoning")
    if said is None:
        return None
    effort = findings.word(said.get("effort"), "reasoning.effort", _EFFORT_WORDS)
    name = "summary" if said.get("summary") is not None else "generate_summary"
    summary = findings.word(said.get(name), f"reasoning.{name}", _SUMMARIES)
    for member in said.keys() - {"effort", "summary", "generate_summary"}:
        if said[member] is not None and said[member] != _USUAL.get(member):
            findings.lose(f"reasoning.{member}")
    if effort is None and summary is None:
        return None
    show = None if summary is None else summary != "none"
    return Thinking(off=effort == "none", effort=_EFFORTS.get(effort or ""), show=show)


def _format(value: object, fields: Fields, findings: Findings) -> Format | None:
    """`text.format`; its schema stays as the caller wrote it."""
    said = findings.table(value, "text.format")
    if said is None:
        return None
    kind = findings.word(said.get("type"), "text.format.type", _FORMATS)
    if kind == "json_object":
        return Format()
    if kind != "json_schema":
        return None
    inner = said.get("json_schema")
    path = "text.format"
    if isinstance(inner, dict) and "schema" not in said:
        said, path = inner, "text.format.json_schema"
    if not isinstance(said.get("schema"), dict):
        findings.faults.rule(f"{path}.schema", "must be an object" if said.get("schema") is not None else "is required")
    return Format(
        _raw_at(fields["text"], [*path.split(".")[1:], "schema"]),
        findings.needed(said.get("name"), f"{path}.name"),
        findings.text(said.get("description"), f"{path}.description"),
        findings.flag(said.get("strict"), f"{path}.strict"),
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


def _metadata(value: object, findings: Findings) -> dict[str, str] | None:
    said = findings.table(value, "metadata")
    if said is None:
        return None
    return {name: findings.needed(text, f"metadata.{name}") for name, text in said.items()}
