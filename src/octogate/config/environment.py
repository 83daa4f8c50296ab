"""References to environment variables inside text values, and the `.env` file they may come from."""

import re
from collections.abc import Mapping
from pathlib import Path

_REFERENCE = re.compile(r"\$(?P<escaped>\$)?\{(?P<inside>[^{}]*)\}")
_INSIDE = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?P<fallback>:-(?P<default>.*))?", re.DOTALL)
_WHOLE = re.compile(r"os\.environ/(?P<name>[A-Za-z_][A-Za-z0-9_]*)")
_DOTENV_LINE = re.compile(r"\s*(?:export\s+)?(?P<name>[A-Za-z_][A-Za-z0-9_]*)\s*=\s*(?P<value>.*?)\s*")
_MAX_DOTENV_BYTES = 65536


class UnresolvedReference(Exception):
    """A reference that has no value; the message names the variable and what to do."""


def expand(text: str, variables: Mapping[str, str]) -> str:
    """Replace every `${NAME}` and `${NAME:-default}`, or the whole text if it is `os.environ/NAME`.

    A `$` before anything but `{` is an ordinary character, so `$2b$12$…` passes; `$${` stands for a literal `${`.
    Values are not looked into again. Raises UnresolvedReference for a variable that is not set and has no default.
    """
    if whole := _WHOLE.fullmatch(text):
        return _value_of(whole.group("name"), variables)
    if "${" not in text:
        return text
    if "${" in _REFERENCE.sub("", text):
        raise UnresolvedReference("has a '${' without its '}'; write '$${' for a literal one")
    return _REFERENCE.sub(lambda match: _replacement(match, variables), text)


def refers(text: str) -> bool:
    """Whether `expand` could take anything out of the environment."""
    return "${" in text or _WHOLE.fullmatch(text) is not None


def _replacement(match: re.Match[str], variables: Mapping[str, str]) -> str:
    if match.group("escaped"):
        return match.group()[1:]
    inside = _INSIDE.fullmatch(match.group("inside"))
    if inside is None:
        raise UnresolvedReference("has a '${…}' that is no variable name; write '$${' for a literal '${'")
    name, fallback = inside.group("name"), inside.group("default")
    if fallback is not None:
        return variables.get(name) or fallback
    return _value_of(name, variables)


def _value_of(name: str, variables: Mapping[str, str]) -> str:
    value = variables.get(name)
    if value is None:
        raise UnresolvedReference(
            f"the environment variable {name} is not set; set it, or give a default: ${{{name}:-default}}"
        )
    return value


def with_dotenv(folder: Path, process: Mapping[str, str]) -> dict[str, str]:
    """The process environment over the first `.env` found in `folder`, its parent or its grandparent."""
    for place in (folder, folder.parent, folder.parent.parent):
        file = place / ".env"
        if file.is_file():
            with file.open("rb") as opened:
                text = opened.read(_MAX_DOTENV_BYTES).decode("utf-8", "replace")
            return read_dotenv(text) | dict(process)
    return dict(process)


def read_dotenv(text: str) -> dict[str, str]:
    """`NAME=value` lines; `#` comments, `export`, and one pair of quotes around a value. Nothing is expanded."""
    found = {}
    for line in text.splitlines():
        match = _DOTENV_LINE.fullmatch(line)
        if match:
            found[match.group("name")] = _unquoted(match.group("value"))
    return found


def _unquoted(value: str) -> str:
    if value[:1] in ("'", '"'):
        end = value.find(value[0], 1)
        return value[1:end] if end > 0 else value
    return value.partition(" #")[0].rstrip()
