"""Ids, inputs and signatures of this dialect: what it insists on, and how foreign ones travel in it."""

import re
from hashlib import blake2b
from typing import Final

import msgspec

from octogate.core import seals
from octogate.core.call import DialectName
from octogate.core.conversation import Signature

OWN: Final[DialectName] = "anthropic_messages"

UNSIGNED: Final = seals.seal(Signature("openai_chat", ""), OWN)
"""The signature of a thought that has none: clients of this dialect want one."""

_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,128}")
_OBJECT: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_NO_INPUT: Final = msgspec.Raw(b"{}")


def legal_id(call_id: str) -> str:
    """A tool call's id as it is where this dialect allows it; else one made of it, always the same."""
    return call_id if _ID.fullmatch(call_id) else made_id(call_id)


def made_id(seed: str) -> str:
    """An id that follows from `seed` and meets every provider's rules."""
    return "call_" + blake2b(seed.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def shown_id(call_id: str, signature: Signature | None) -> str:
    """The id that a client of this dialect sees: a legal one, which brings the signature back."""
    return seals.pack_id(legal_id(call_id), signature)


def shown_signature(signature: Signature | None) -> str:
    """The signature of a thought, as a client of this dialect sees it."""
    return UNSIGNED if signature is None else seals.seal(signature, OWN)


def input_of(arguments: str) -> msgspec.Raw | None:
    """Arguments as the object that `input` must be, byte for byte; None when they are something else."""
    if not arguments.strip():
        return _NO_INPUT
    raw = arguments.encode("utf-8", "surrogatepass")
    try:
        _OBJECT.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return None
    return msgspec.Raw(raw)


def wrapped_input(arguments: str) -> msgspec.Raw:
    """Arguments that are no JSON object, as the only member of one."""
    return msgspec.Raw(msgspec.json.encode({"arguments": arguments}))
