"""Reads a caller's body as one JSON object of raw members, and writes members back byte for byte."""

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from octogate.core.errors import BadRequest, Fault

MAX_MEMBERS: Final = 1_000
"""Top-level members of one body; no API has a tenth of them."""

Members = dict[str, msgspec.Raw]

_OBJECT: Final = msgspec.json.Decoder(Members)
_ANY: Final = msgspec.json.Decoder()
_KEY: Final = re.compile(rb'[\s,{]*+"((?:[^"\\]++|\\.)*+)"\s*+:\s*+', re.S)
_KINDS: Final = {"[": "an array", '"': "a string", "n": "null", "t": "a boolean", "f": "a boolean"}
_ONE_LINE: Final = bytes.maketrans(b"\r\n", b"  ")
_BOM: Final = b"\xef\xbb\xbf"


def read_object(body: bytes) -> Members:
    """The top-level members of a body, in order, unparsed. Raises BadRequest for anything but one sound JSON object.

    A repeated member is refused: parsers disagree on which of the two counts, so what we checked and what the provider
    reads could be different values.
    """
    if not body.strip():
        raise BadRequest("The body is empty; a JSON object is expected.")
    _check_text(body)
    try:
        members = _OBJECT.decode(body)
    except msgspec.ValidationError:
        raise BadRequest(f"The body must be a JSON object, not {_kind(body)}.") from None
    except msgspec.DecodeError as error:
        raise BadRequest(f"The body is not valid JSON: {_position(str(error), body)}.") from None
    except RecursionError:
        raise BadRequest("The body is nested too deeply.") from None
    if len(members) > MAX_MEMBERS:
        raise BadRequest(f"The body has more than {MAX_MEMBERS} members.")
    # A compact body without repeats is as long as its members written out again: the usual case costs one addition.
    if len(msgspec.json.encode(members)) != len(body):
        refuse_repeats(body, members)
    return members


def refuse_repeats(body: bytes, members: Members, path: str = "") -> None:
    """Raise BadRequest when a name occurs twice in `body`, the JSON object from which `members` came.

    Walks the text from name to name; each value is skipped by comparing it with the one that was decoded, which is the
    last of its name: another value in its place is itself a repeat.
    """
    at = 0
    seen: set[str] = set()
    while (key := _KEY.match(body, at)) is not None:
        name = _name(key.group(1))
        value = bytes(members[name])
        at = key.end()
        end = at + len(value)
        if name in seen or not body.startswith(value, at) or body[end : end + 1] not in _BEHIND_VALUE:
            shown = path + (name if len(name) <= 64 else name[:61] + "...")
            message = f"The member {shown!r} occurs twice."
            raise BadRequest(f"Validation failed: {message}", param=shown, faults=(Fault(shown, message),))
        seen.add(name)
        at = end


_BEHIND_VALUE: Final = frozenset({b",", b"}", b" ", b"\t", b"\n", b"\r"})


def read_value(raw: msgspec.Raw) -> object:
    """A member as Python values. Raises BadRequest where JSON is sound but no value can stand for it."""
    try:
        return _ANY.decode(raw)
    except RecursionError:
        raise BadRequest("The body is nested too deeply.") from None
    except msgspec.DecodeError:
        return UNREADABLE_NUMBER


class _UnreadableNumber:
    """Stands for a number that is out of every range."""


UNREADABLE_NUMBER: Final = _UnreadableNumber()


def read_members(raw: msgspec.Raw, path: str) -> Members | None:
    """The members of a nested object, repeats refused; None when it is not an object."""
    body = bytes(raw)
    try:
        members = _OBJECT.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return None
    if len(msgspec.json.encode(members)) != len(body):
        refuse_repeats(body, members, f"{path}.")
    return members


def write_object(members: Mapping[str, msgspec.Raw]) -> bytes:
    """One JSON object of the members, in order, each as it came."""
    return msgspec.json.encode(members)


def to_raw(value: object) -> msgspec.Raw:
    """A member of our own. Raises BadRequest for a caller's value that was read with just enough room for its depth."""
    try:
        return msgspec.Raw(msgspec.json.encode(value))
    except RecursionError:
        raise BadRequest("The body is nested too deeply.") from None


def one_line(raw: msgspec.Raw) -> msgspec.Raw:
    """The same value without line ends, in sound JSON mere white space: they would cut the event of a stream in two."""
    return msgspec.Raw(bytes(raw).translate(_ONE_LINE))


def first_byte(raw: msgspec.Raw) -> bytes:
    """What a raw value begins with, which tells its kind; b"" for an absent one. Copies no more than that."""
    return bytes(memoryview(raw)[:1])


def _check_text(body: bytes) -> None:
    """JSON on the wire is UTF-8 without a byte order mark (RFC 8259, 8.1); raw members are never decoded, so look."""
    if body.isascii():
        return
    if body.startswith(_BOM):
        raise BadRequest("The body is not valid JSON: it starts with a byte order mark (byte 0).")
    try:
        body.decode()
    except UnicodeDecodeError as error:
        raise BadRequest(f"The body is not valid UTF-8 (byte {error.start}).") from None


def _kind(body: bytes) -> str:
    return _KINDS.get(body.lstrip()[:1].decode("ascii", "replace"), "a number")


def _position(reason: str, body: bytes) -> str:
    """msgspec's reason in lower case; it names the byte except where the text ends too soon."""
    reason = reason.removeprefix("JSON is malformed: ")
    if "(byte" in reason:
        return reason
    if re.search(rb"\\u[dD][89a-fA-F]", body):
        return "an incomplete surrogate pair, or the text ends too soon"
    return f"the text ends too soon (byte {len(body)})"


def _name(key: bytes) -> str:
    if b"\\" not in key:
        return key.decode()
    name: str = msgspec.json.decode(b'"' + key + b'"', type=str)
    return name
