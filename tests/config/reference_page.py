"""Writes the tables of docs/reference/configuration.md from the schema: `python tests/config/reference_page.py`."""

import re
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from octogate.config.schema import Config, PriceConfig
from octogate.core.secret import Secret
from octogate.providers import PROVIDERS

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "configuration.md"
_KINDS = re.compile(r"(<!-- kinds -->\n).*?(<!-- end -->)", re.DOTALL)
_TABLE = re.compile(r"(<!-- settings: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
_NAMES = {
    bool: "true or false",
    int: "whole number",
    float: "number",
    str: "text",
    Path: "text",
    Secret: "secret text",
}
_BY_NAME = {
    **dict.fromkeys(("connect", "first_event", "idle", "total", "stream_total"), "duration"),
    **dict.fromkeys(("initial_delay", "max_delay", "reset_timeout", "max_timeout"), "duration"),
    **dict.fromkeys(("shutdown_grace", "drain_delay"), "duration"),
    **dict.fromkeys(("max_body", "max_buffered"), "size"),
    **dict.fromkeys(PriceConfig.model_fields, "USD"),
    "expires_at": "date or time",
    "listen": "host:port",
}


def settings(model: type[BaseModel], prefix: str) -> list[tuple[str, str, str, str]]:
    """(path, kind, default, description) of every setting below `model`, in the order of the schema."""
    found = []
    for name, field in model.model_fields.items():
        path = f"{prefix}{name}"
        section, suffix = _section_of(field.annotation)
        if section is None:
            found.append((path, _kind(name, field.annotation), _default(field), field.description or ""))
            continue
        if suffix == "":
            found += settings(section, f"{path}.")
        else:
            found.append((path, "list" if suffix == "[]" else "mapping", _default(field), field.description or ""))
            found += settings(section, f"{path}{suffix}.")
    return found


def table(section: str) -> str:
    """The Markdown table of one top-level section."""
    rows = [row for row in settings(Config, "") if row[0].partition(".")[0].partition("[")[0] == section]
    lines = ["| setting | kind | default | meaning |", "|---|---|---|---|"]
    lines += [f"| `{path}` | {kind} | {default} | {text} |" for path, kind, default, text in rows]
    return "\n".join(lines) + "\n"


def refreshed(page: str) -> str:
    """The page with every table written anew."""
    page = _KINDS.sub(lambda match: match.group(1) + kinds() + match.group(2), page)
    return _TABLE.sub(lambda match: match.group(1) + table(match.group(2)) + match.group(3), page)


def kinds() -> str:
    """The Markdown table of the kinds of providers."""
    lines = ["| type | base URL | credential in | dialects | vendor's page |", "|---|---|---|---|---|"]
    for facts in PROVIDERS:
        style = facts.auth_style if facts.needs_credential else f"{facts.auth_style}, if any"
        dialects = ", ".join(f"`{name}`" for name in sorted(facts.dialects))
        url = f"`{facts.base_url}`" if facts.base_url else "required"
        lines.append(f"| `{facts.kind}` | {url} | {style} | {dialects} | <{facts.documentation}> |")
    return "\n".join(lines) + "\n"


def _section_of(annotation: Any) -> tuple[type[BaseModel] | None, str]:
    origin, inner = get_origin(annotation), [arg for arg in get_args(annotation) if arg is not type(None)]
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, ""
    if origin is dict:
        return _section_of(inner[1])[0], ".<name>"
    if origin is tuple:
        return _section_of(inner[0])[0], "[]"
    return _section_of(inner[0]) if inner else (None, "")


def _kind(name: str, annotation: Any) -> str:
    inner = [arg for arg in get_args(annotation) if arg is not type(None)]
    if name in _BY_NAME:
        return _BY_NAME[name]
    if annotation in _NAMES:
        return _NAMES[annotation]
    if get_origin(annotation) is tuple:
        return f"list of {_kind('', inner[0])}"
    if get_origin(annotation) is dict:
        return f"mapping to {_kind('', inner[1])}"
    literals = [arg for arg in inner if isinstance(arg, str | int)]
    if literals:
        return ", ".join(f"`{literal}`" for literal in literals)
    return _kind(name, inner[0])


def _default(field: Any) -> str:
    value = field.default
    if value is PydanticUndefined:
        return "required"
    if value is None or isinstance(value, BaseModel) or value in ((), {}):
        return "–"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple):
        return ", ".join(f"`{item}`" for item in value)
    if isinstance(value, int) and value >= 2**20 and value % 2**20 == 0:
        return f"`{value >> 20}MiB`"
    return f"`{value:g}s`" if isinstance(value, float) else f"`{value}`"


if __name__ == "__main__":
    PAGE.write_text(refreshed(PAGE.read_text()))
