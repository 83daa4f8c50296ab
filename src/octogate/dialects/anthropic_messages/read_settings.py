"""The caller's settings: everything of a body but its words and tools."""

from typing import Final

import msgspec

from octogate.core.conversation import Format, Settings, Thinking
from octogate.dialects.anthropic_messages.shape import Shape
from octogate.dialects.body import Members, first_byte, read_value
from octogate.dialects.checks import check_members, integer, is_null, number, real, text, whole
from octogate.dialects.efforts import MIN_TOKENS
from octogate.dialects.findings import ONLY_HERE, Findings

HARMLESS: Final = frozenset(
    "model messages system max_tokens stream temperature top_p top_k stop_sequences tools tool_choice thinking"
    " output_config output_format metadata service_tier cache_control betas anthropic_version anthropic_beta".split()
)
"""Members that are read, or that say nothing that another provider would have to know."""

_ABSENT: Final = msgspec.Raw()
_EFFORTS: Final = {"low": "low", "medium": "medium", "high": "high", "xhigh": "max", "max": "max"}
_TIERS: Final = {"auto": "auto", "standard_only": "default"}
_SHOWN: Final = {"summarized": True, "omitted": False}
_REASONS: Final = {
    "context_management": "only Anthropic edits the context of a call",
    "container": "a container lies at its provider",
    "mcp_servers": "only Anthropic calls MCP servers from a message",
}
_CHECKS: Final = {
    "temperature": number(0, 1),
    "top_p": number(0, 1),
    "top_k": integer(0),
    "max_tokens": integer(1),
    "service_tier": text,
}


class _Thinking(msgspec.Struct, gc=False):
    type: object = None
    budget_tokens: object = None
    display: object = None


class _OutputConfig(msgspec.Struct, gc=False):
    effort: object = None
    format: msgspec.Raw = _ABSENT


class _Format(msgspec.Struct, gc=False):
    type: object = None
    schema: msgspec.Raw = _ABSENT


_THINKING: Final = Shape(_Thinking)
_OUTPUT_CONFIG: Final = Shape(_OutputConfig)
_FORMAT: Final = Shape(_Format)
_METADATA: Final = msgspec.json.Decoder(dict[str, object])


def read_settings(fields: Members, found: Findings, parallel: bool | None) -> Settings:
    """The settings of a body, and a loss for each member that only this dialect has."""
    values = check_members(fields, _CHECKS, found.faults)
    effort, form = _read_output_config(fields, found)
    _lose_own(fields, found)
    return Settings(
        max_output_tokens=whole(values.get("max_tokens")),
        temperature=real(values.get("temperature")),
        top_p=real(values.get("top_p")),
        top_k=whole(values.get("top_k")),
        stop=_read_stop(fields.get("stop_sequences", _ABSENT), found),
        format=form,
        thinking=_read_thinking(fields.get("thinking", _ABSENT), effort, found),
        user=_read_user(fields.get("metadata", _ABSENT), found),
        service_tier=_read_tier(values.get("service_tier"), found),
        parallel_tool_calls=parallel,
    )


def _read_thinking(raw: msgspec.Raw, effort: str | None, found: Findings) -> Thinking | None:
    """`thinking` and `output_config.effort`, which says how hard a model thinks that is not told so otherwise."""
    if is_null(raw) or found.raw_table(raw, "thinking", needed=True) is None:
        return None if effort is None else Thinking(effort=effort)
    thinking = _THINKING.read(raw, "thinking", found)
    show = _SHOWN.get(thinking.display) if isinstance(thinking.display, str) else None
    if show is None and thinking.display is not None:
        found.faults.rule("thinking.display", f"must be one of: {' '.join(_SHOWN)}")
    if thinking.type == "enabled":
        rule = integer(MIN_TOKENS)(thinking.budget_tokens)
        if rule is not None:
            found.faults.rule("thinking.budget_tokens", rule)
            return None
        return Thinking(effort=effort, tokens=whole(thinking.budget_tokens), show=show)
    if thinking.type == "adaptive":
        return Thinking(effort=effort, show=show)
    if thinking.type == "between_tools":
        found.lose("thinking.type", "only Anthropic lets a model think between tools alone; it may think anywhere")
        return Thinking(effort=effort, show=show)
    if thinking.type != "disabled":
        found.faults.rule("thinking.type", "must be one of: enabled disabled adaptive between_tools")
    elif effort is not None:
        found.lose("output_config.effort", "effort means thinking at other providers, and thinking is disabled")
    return Thinking(off=True)


def _read_output_config(fields: Members, found: Findings) -> tuple[str | None, Format | None]:
    old = fields.get("output_format", _ABSENT)
    form = _read_format(old, "output_format", found)
    raw = fields.get("output_config", _ABSENT)
    if is_null(raw) or found.raw_table(raw, "output_config", needed=True) is None:
        return None, form
    config = _OUTPUT_CONFIG.read(raw, "output_config", found)
    effort = None
    if config.effort is not None:
        effort = _EFFORTS.get(config.effort) if isinstance(config.effort, str) else None
        if effort is None:
            found.faults.rule("output_config.effort", f"must be one of: {' '.join(_EFFORTS)}")
    return effort, _read_format(config.format, "output_config.format", found) or form


def _read_format(raw: msgspec.Raw, path: str, found: Findings) -> Format | None:
    if is_null(raw) or found.raw_table(raw, path, needed=True) is None:
        return None
    form = _FORMAT.read(raw, path, found)
    if form.type != "json_schema":
        found.faults.rule(f"{path}.type", "must be one of: json_schema")
        return None
    schema = found.raw_table(form.schema, f"{path}.schema", needed=True)
    return None if schema is None else Format(schema)


def _read_stop(raw: msgspec.Raw, found: Findings) -> tuple[str, ...]:
    if is_null(raw):
        return ()
    value = read_value(raw)
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        found.faults.rule("stop_sequences", "must be an array of strings")
        return ()
    return tuple(value)


def _read_user(raw: msgspec.Raw, found: Findings) -> str | None:
    if is_null(raw):
        return None
    if first_byte(raw) != b"{":
        found.faults.rule("metadata", "must be an object")
        return None
    metadata = _METADATA.decode(raw)
    for name in metadata:
        if name != "user_id":
            found.lose(f"metadata.{name[:64]}")
    return found.text(metadata.get("user_id"), "metadata.user_id")


def _read_tier(value: object, found: Findings) -> str | None:
    if value is None:
        return None
    tier = _TIERS.get(str(value))
    if tier is None:
        found.faults.rule("service_tier", f"must be one of: {' '.join(_TIERS)}")
    return tier


def _lose_own(fields: Members, found: Findings) -> None:
    for name, raw in fields.items():
        if name not in HARMLESS and not name.startswith("x-") and not is_null(raw):
            found.lose(name[:64], _REASONS.get(name, ONLY_HERE))
