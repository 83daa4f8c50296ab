"""Frees a history that goes to Gemini of what its client brings back from other providers' answers."""

from typing import Final

from octogate.core.conversation import Signature
from octogate.core.seals import unpack_id
from octogate.dialects.body import Members, read_value, to_raw
from octogate.dialects.gemini_generate.models import checks_signatures
from octogate.dialects.gemini_generate.signatures import OWN, PLACEHOLDER, has_mark, is_foreign, read_signature
from octogate.dialects.gemini_generate.spelling import Object

_CALLS: Final = ("functionCall", "function_call")
_RESULTS: Final = ("functionResponse", "function_response")
_SEALS: Final = ("thoughtSignature", "thought_signature")


def own_history(fields: Members, model: str) -> Members:
    """The same members, `contents` as Gemini made them, or as it can be told of what others made.

    Thoughts that another provider sealed are taken out. A function call of another's making gets the placeholder that
    the vendor documents, where the model checks signatures.
    """
    contents = fields.get("contents")
    if contents is None or not has_mark(bytes(contents)):
        return fields
    value = read_value(contents)
    if not isinstance(value, list):
        return fields
    return {**fields, "contents": to_raw(_own_contents(value, model))}


def _own_contents(contents: list[object], model: str) -> list[object]:
    restorer = _Restorer(PLACEHOLDER if checks_signatures(model) else None)
    kept: list[object] = []
    for content in reversed(contents):
        parts = content.get("parts") if isinstance(content, dict) else None
        if not isinstance(content, dict) or not isinstance(parts, list):
            kept.append(content)
            continue
        restored = [part for part in map(restorer.restore, reversed(parts)) if part is not None]
        if restored or not parts:
            kept.append({**content, "parts": restored[::-1]})
    return kept[::-1]


class _Restorer:
    """Goes through the parts from the last to the first: the seal of a thought stands behind all pieces of it."""

    __slots__ = ("_in_foreign_thought", "_placeholder")

    def __init__(self, placeholder: str | None) -> None:
        self._placeholder = placeholder
        self._in_foreign_thought = False

    def restore(self, part: object) -> object | None:
        """One part; None for a thought, or a piece of one, that another provider sealed."""
        if not isinstance(part, dict):
            return part
        is_thought = bool(part.get("thought"))
        seals = [part[name] for name in _SEALS if name in part]
        self._in_foreign_thought = is_thought and (any(map(is_foreign, seals)) if seals else self._in_foreign_thought)
        return None if self._in_foreign_thought else _restore_part(part, self._placeholder)


def _restore_part(part: Object, placeholder: str | None) -> Object | None:
    """A part without what we marked; None for an empty text that was there for its seal alone."""
    carried = _restore_ids(part)
    seal = next((name for name in _SEALS if name in part), _SEALS[0])
    value = part.get(seal)
    is_call = any(name in part for name in _CALLS)
    if is_foreign(value):
        del part[seal]
        if not is_call and part.get("text") == "":
            return None
        if is_call and placeholder is not None:
            part[seal] = placeholder
    elif isinstance(value, str) and (own := read_signature(value)) is not None:
        part[seal] = own.value
    if is_call and carried is not None and carried.origin == OWN:
        part[seal] = carried.value
    return part


def _restore_ids(part: Object) -> Signature | None:
    """Undo the ids of a call or a result; the signature that one carried, if it did."""
    carried: Signature | None = None
    for name in (*_CALLS, *_RESULTS):
        function = part.get(name)
        if isinstance(function, dict) and isinstance(said := function.get("id"), str):
            function["id"], carried = unpack_id(said)
    return carried
