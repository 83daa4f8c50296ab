"""The place of a provider's seal in this dialect: `thoughtSignature`, a member that strict clients decode as base64."""

import base64
import binascii
from typing import Final

from octogate.core.conversation import Signature
from octogate.core.seals import MARK, seal, unseal

OWN: Final = "gemini_generate"

PLACEHOLDER: Final = "skip_thought_signature_validator"
"""What the vendor documents for a function call of another model's making: "thought signatures", its FAQ."""

_NONE: Final = Signature("openai_chat", "")
# "__og1" and the first bits of the letter behind it, in base64: alike in both of its alphabets.
_MARK_IN_BASE64: Final = "X19vZzF"
_MARKS: Final = (MARK.encode(), _MARK_IN_BASE64.encode())


def write_signature(signature: Signature | None) -> str:
    """The seal for a client: our dialect's own as it is, another's as base64 of what `seal` makes.

    The second form survives clients that hold the member as bytes. None, of a call that a provider without seals made,
    is marked too, so that the call is known when it comes back.
    """
    signature = signature or _NONE
    text = seal(signature, OWN)
    return text if signature.origin == OWN else base64.b64encode(text.encode()).decode()


def read_signature(text: object) -> Signature | None:
    """The seal in a `thoughtSignature`, whoever made it; None for one that says nothing."""
    if not isinstance(text, str) or text == PLACEHOLDER:
        return None
    return unseal(_uncovered(text), OWN)


def is_foreign(text: object) -> bool:
    """Whether a `thoughtSignature` is one that we made for a provider of another dialect, or for none."""
    if not isinstance(text, str) or MARK not in _uncovered(text):
        return False
    signature = read_signature(text)
    return signature is None or signature.origin != OWN


def has_mark(raw: bytes) -> bool:
    """Whether something that we marked may stand in these bytes."""
    return any(mark in raw for mark in _MARKS)


def _uncovered(text: str) -> str:
    """What `write_signature` wrapped into base64; any other text as it is."""
    if not text.startswith(_MARK_IN_BASE64):
        return text
    try:
        padded = text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4)
        return base64.urlsafe_b64decode(padded.translate({43: "-", 47: "_"})).decode()
    except (binascii.Error, ValueError):
        return text
