"""From a document to the schema's values, with every fault of the file named at its line."""

import copy
from collections.abc import Iterator
from pathlib import Path as FolderPath
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from octogate.config.faults import ConfigFault, Path, nearest
from octogate.config.not_served import refusal, refused_strategy
from octogate.config.schema import Config
from octogate.config.source import Document

_PLAIN = {
    "missing": "is required",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "string_type": "must be text; put it in quotes",
    "is_instance_of": "must be text; put it in quotes",
    "model_type": "must be a mapping",
    "model_attributes_type": "must be a mapping",
    "dict_type": "must be a mapping",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "string_too_short": "must not be empty",
    "string_pattern_mismatch": "must be plain printable ASCII",
}
_BOUNDS = (("gt", "more than"), ("ge", "at least"), ("lt", "less than"), ("le", "at most"))


def validate(document: Document, folder: FolderPath) -> tuple[Config | None, list[ConfigFault]]:
    """The configuration and every fault of its shape. Relative file names belong to `folder`.

    When there are faults the configuration is what remains without them, so that the checks between parts can report
    theirs in the same run; None when nothing can be told.
    """
    faults = list(document.faults)
    if not isinstance(document.tree, dict):
        return None, [*faults, document.fault((), "must be a mapping that begins with `version: 1`")]
    tree, context = document.tree, {"folder": folder}
    try:
        return Config.model_validate(tree, context=context), faults
    except ValidationError as error:
        details = _innermost(error)
    for detail in details:
        path = tuple(detail["loc"])
        # A value that could not be read has its fault already.
        if not any(path[:length] in document.faulty for length in range(1, len(path) + 1)):
            faults.append(_fault(document, detail, path))
    document.faulty.update(tuple(detail["loc"]) for detail in details)
    return _what_remains(tree, details, context), faults


def _innermost(error: ValidationError) -> list[ErrorDetails]:
    """The faults without those that only follow from one inside (a list is "too short" when its items are faulty)."""
    details = error.errors(include_url=False, include_input=False)
    around = {detail["loc"][:length] for detail in details for length in range(len(detail["loc"]))}
    return [detail for detail in details if detail["loc"] not in around]


def _fault(document: Document, detail: ErrorDetails, path: Path) -> ConfigFault:
    kind = detail["type"]
    if kind == "extra_forbidden":
        return _unknown(document, path)
    if kind == "missing" and path == ("version",):
        return document.fault(path, "is required; begin the file with `version: 1`")
    if kind == "literal_error":
        return _not_one_of(document, detail, path)
    return document.fault(path, _message(detail))


def _unknown(document: Document, path: Path) -> ConfigFault:
    if reason := refusal(path):
        return document.fault(path, reason)
    known = tuple(members_at(path[:-1]))
    return document.fault(path, "is not a known setting", allowed=known, suggestion=nearest(path[-1], known))


def _not_one_of(document: Document, detail: ErrorDetails, path: Path) -> ConfigFault:
    value = document.value(path)
    if path[-1] == "strategy" and refused_strategy(value):
        return document.fault(path, "is not part of this release", allowed=_literals(detail))
    allowed = _literals(detail)
    shown = "is not an allowed value" if path in document.foreign else f"{value!r} is not an allowed value"
    return document.fault(path, shown, allowed=allowed, suggestion=nearest(value, allowed))


def _literals(detail: ErrorDetails) -> tuple[str, ...]:
    expected = str(detail.get("ctx", {}).get("expected", ""))
    return tuple(word.strip("'") for word in expected.replace(" or ", ", ").split(", "))


def _message(detail: ErrorDetails) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    for name, words in _BOUNDS:
        if name in context and kind not in _PLAIN:
            return f"must be {words} {context[name]:g}"
    if kind in ("too_long", "string_too_long"):
        return f"is too long (at most {context.get('max_length')})"
    if kind == "too_short":
        return "must not be empty"
    return _PLAIN.get(kind, detail["msg"])


def _what_remains(tree: dict[str, Any], details: list[ErrorDetails], context: dict[str, Any]) -> Config | None:
    """The configuration without its faulty members, or without the larger parts that need them; None when neither."""
    tree = copy.deepcopy(tree) | {"version": 1}
    for remove in (_remove_member, _remove_part):
        for detail in details:
            remove(tree, tuple(detail["loc"]))
        try:
            return Config.model_validate(tree, context=context)
        except ValidationError as error:
            details = _innermost(error)
    return None


def _remove_member(tree: dict[str, Any], path: Path) -> None:
    """Take one member out of its mapping; positions in lists stay, for later faults are named by them."""
    node: Any = tree
    for part in path[:-1]:
        if isinstance(node, list) and isinstance(part, int):
            node = node[part]
        else:
            node = node.get(part) if isinstance(node, dict) else None
    if isinstance(node, dict) and path != ("version",):
        node.pop(path[-1], None)


def _remove_part(tree: dict[str, Any], path: Path) -> None:
    """Take out the smallest part that stands for itself: one provider, one group, else the whole section."""
    section = tree.get(str(path[0]))
    if len(path) > 1 and path[0] in ("providers", "models", "aliases") and isinstance(section, dict):
        section.pop(path[1], None)
    else:
        tree.pop(str(path[0]), None)


def members_at(path: Path) -> Iterator[str]:
    """The settings that the schema knows at `path`."""
    model = model_at(path)
    return iter(model.model_fields if model else ())


def model_at(path: Path) -> type[BaseModel] | None:
    """The schema's section at `path`; None where the schema has no closed set of members."""
    annotation: Any = Config
    for part in path:
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            field = annotation.model_fields.get(str(part))
            annotation = field.annotation if field else None
            if get_origin(annotation) not in (dict, tuple):
                annotation = _section(annotation)  # an optional section
        else:
            annotation = _section(annotation)  # what the mapping or the list holds
    return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None


def _section(annotation: Any) -> type[BaseModel] | None:
    """The schema section somewhere inside an annotation."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in get_args(annotation):
        if found := _section(argument):
            return found
    return None
