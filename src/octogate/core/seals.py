"""Carries a provider's signature through a client that speaks another dialect, inside what that client sends back."""

import base64
import binascii
import re
from typing import Final

from octogate.core.call import DialectName
from octogate.core.conversation import Signature

MARK: Final = "__og1"
"""Stands in every text that `seal` and `pack_id` make, and in nothing that a provider makes."""

_LETTERS: Final[dict[DialectName, str]] = {
    "openai_chat": "c",
    "openai_responses": "r",
    "anthropic_messages": "a",
    "gemini_generate": "g",
}
_ORIGINS: Final = {letter: name for name, letter in _LETTERS.items()}
_BASE64: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
"""Letters that a tool call's id may consist of at every provider."""
_MARKED: Final = re.compile(r"__og1([crag])_")


def seal(signature: Signature, own: DialectName) -> str:
    """`signature` as a text for a client of the dialect `own`: as it is at home, marked with its origin elsewhere."""
    return signature.value if signature.origin == own else pack_id("", signature)


def unseal(text: str, own: DialectName) -> Signature | None:
    """The signature in a text from a client of `own`; None for an empty one, or one that we cannot have made."""
    _, signature = unpack_id(text)
    if signature is not None:
        return signature if signature.value else None
    return Signature(own, text) if text and MARK not in text else None


def pack_id(call_id: str, signature: Signature | None) -> str:
    """A tool call's id that brings `signature` back when the client repeats it; the id itself when there is none."""
    if signature is None:
        return call_id
    value = base64.urlsafe_b64encode(signature.value.encode("utf-8", "surrogatepass")).rstrip(b"=").decode()
    return f"{call_id}{MARK}{_LETTERS[signature.origin]}_{value}"


def unpack_id(text: str) -> tuple[str, Signature | None]:
    """The id and the signature in it, None when it carries none."""
    if MARK not in text:
        return text, None
    # Behind the mark nothing but base64 stands up to the end. Looking for the end first keeps the time linear, however
    # many marks a caller writes in a row.
    found = _MARKED.search(text, len(text.rstrip(_BASE64)))
    if found is None:
        return text, None
    call_id, value = text[: found.start()], text[found.end() :]
    try:
        # Strictly UTF-8, for half a character can be in no body that goes on.
        decoded = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)).decode()
    except (binascii.Error, ValueError):
        return call_id, None
    return call_id, Signature(_ORIGINS[found[1]], decoded)
