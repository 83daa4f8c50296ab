"""What tool calls are made of at every provider: an id that it takes, arguments that are an object, a result."""

import re
from hashlib import blake2b
from typing import Final

import msgspec

NO_RESULT: Final = "No result was given."
"""Stands for the result of a call that the history leaves open: no provider takes a call without one."""

_ERROR: Final = "Error: "
_OBJECT: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_EMPTY: Final = msgspec.Raw(b"{}")


def made_id(*place: object) -> str:
    """An id for a call that has none, or none that can be sent: made of its place, and so always the same there."""
    seed = "/".join(map(str, place)).encode("utf-8", "surrogatepass")
    return f"call_{blake2b(seed, digest_size=12).hexdigest()}"


def accepted_id(call_id: str, accepted: re.Pattern[str]) -> str:
    """The id as it is where a target takes it, else one made of it."""
    return call_id if accepted.fullmatch(call_id) else made_id(call_id)


def object_in(arguments: str) -> msgspec.Raw | None:
    """Arguments as the JSON object that they are, byte for byte; `{}` for none, None for what is no whole object."""
    if not arguments.strip():
        return _EMPTY
    raw = arguments.encode("utf-8", "surrogatepass")
    try:
        _OBJECT.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return None
    return msgspec.Raw(raw)


def wrapped(arguments: str) -> msgspec.Raw:
    """Arguments that are no object (a model was cut off, or failed at it), readable as the only member of one."""
    return msgspec.Raw(msgspec.json.encode({"arguments": arguments}))


def object_text(arguments: object) -> str:
    """Arguments, however they came, as the text of a JSON object."""
    if not arguments:
        return "{}"
    if not isinstance(arguments, str):
        return msgspec.json.encode(arguments).decode()
    return bytes(object_in(arguments) or wrapped(arguments)).decode()


def error_words(words: str) -> str:
    """What a tool said of its failure, for dialects that have no other way to say that it failed."""
    if not words:
        return _ERROR.strip()
    return words if words.startswith(_ERROR) else _ERROR + words
