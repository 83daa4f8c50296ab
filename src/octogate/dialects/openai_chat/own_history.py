"""Frees a history that goes to its own provider of what its client was given for other providers."""

from typing import Final

from octogate.core import seals
from octogate.dialects import body as bodies
from octogate.dialects.openai_chat.reasoning import OWN
from octogate.dialects.own_seals import is_marked, own_seal

_SIGNED: Final = ("reasoning_details", "thinking_blocks")
_TEXTS: Final = ("reasoning_content", "reasoning")


def own_history(members: bodies.Members) -> bodies.Members:
    """The same members, `messages` with bare ids and without thoughts that were sealed for another provider."""
    raw = members.get("messages")
    if raw is None or not is_marked(raw):
        return members
    messages = bodies.read_value(raw)
    if not isinstance(messages, list):
        return members
    return {**members, "messages": bodies.to_raw([_clean(message) for message in messages])}


def _clean(message: object) -> object:
    if not isinstance(message, dict):
        return message
    clean = dict(message)
    if isinstance(clean.get("tool_call_id"), str):
        clean["tool_call_id"] = seals.unpack_id(clean["tool_call_id"])[0]
    if isinstance(clean.get("tool_calls"), list):
        clean["tool_calls"] = [_bare(call) for call in clean["tool_calls"]]
    for name in _SIGNED:
        if isinstance(clean.get(name), list):
            _restore(clean, name)
    return clean


def _bare(call: object) -> object:
    if isinstance(call, dict) and isinstance(call.get("id"), str):
        return {**call, "id": seals.unpack_id(call["id"])[0]}
    return call


def _restore(message: dict[str, object], name: str) -> None:
    """Our own provider's seals as they were; entries with others' go, and with the last of them their text."""
    entries = message[name]
    assert isinstance(entries, list)
    kept = [entry for entry in map(_own_entry, entries) if entry is not None]
    if kept or not entries:
        message[name] = kept
        return
    for member in (name, *_TEXTS):
        message.pop(member, None)


def _own_entry(entry: object) -> object:
    """The entry with its seal taken off; None when it was another provider's."""
    if not isinstance(entry, dict):
        return entry
    for member in ("signature", "data"):
        sealed = entry.get(member)
        if isinstance(sealed, str) and seals.MARK in sealed:
            own = own_seal(sealed, OWN)
            return None if own is None else {**entry, member: own}
    return entry
