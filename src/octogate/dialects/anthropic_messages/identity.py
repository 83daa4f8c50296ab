"""Ids and signatures of this dialect: what it insists on, and how foreign ones travel in it."""

import re
from typing import Final

from octogate.core import seals
from octogate.core.call import DialectName
from octogate.core.conversation import Signature
from octogate.dialects.tool_calls import accepted_id

OWN: Final[DialectName] = "anthropic_messages"

UNSIGNED: Final = seals.seal(Signature("openai_chat", ""), OWN)
"""The signature of a thought that has none: clients of this dialect want one."""

_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,128}")


def legal_id(call_id: str) -> str:
    """A tool call's id as it is where this dialect allows it; else one made of it, always the same."""
    return accepted_id(call_id, _ID)


def shown_id(call_id: str, signature: Signature | None) -> str:
    """The id that a client of this dialect sees: a legal one, which brings the signature back."""
    return seals.pack_id(legal_id(call_id), signature)


def shown_signature(signature: Signature | None) -> str:
    """The signature of a thought, as a client of this dialect sees it."""
    return UNSIGNED if signature is None else seals.seal(signature, OWN)
