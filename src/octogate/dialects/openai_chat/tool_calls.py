"""What reading and writing tool calls have in common: arguments that are an object, ids that a target accepts."""

import re
from hashlib import blake2b
from typing import Final

import msgspec

from octogate.dialects.faults import UNREADABLE

# OpenAI takes ids of at most 40 characters.
_ACCEPTED: Final = re.compile(r"[!-~]{1,40}")
_OBJECT: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


def derived_id(source: str) -> str:
    """An id for a call that has none, or none that can be sent: the same for the same source."""
    return "call_" + blake2b(source.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def accepted_id(call_id: str) -> str:
    """The id as it is where the target takes it, else one made of it."""
    return call_id if _ACCEPTED.fullmatch(call_id) else derived_id(call_id)


def object_text(arguments: object) -> str:
    """Arguments as the text of a JSON object; a text that is none (models fail at it) becomes a member of one."""
    if not arguments:
        return "{}"
    if not isinstance(arguments, str):
        return msgspec.json.encode(arguments).decode()
    if is_object(arguments):
        return arguments
    return msgspec.json.encode({"arguments": arguments}).decode() if arguments.strip() else "{}"


def is_object(text: str) -> bool:
    """Whether a text is one whole JSON object."""
    try:
        _OBJECT.decode(text)
    except (*UNREADABLE, UnicodeEncodeError):
        return False
    return True
