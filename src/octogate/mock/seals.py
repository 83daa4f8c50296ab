"""The mock's seals on its own reasoning: made and recognised without remembering anything."""

import base64
import binascii
import re
from zlib import crc32

# "mock-signature", "mock-thought" and "mock-reasoning-" in base64.
_SIGNATURE, _THOUGHT, _REASONING = "bW9jay1zaWduYXR1cmU", "bW9jay10aG91Z2h0", "bW9jay1yZWFzb25pbmct"
_NUMBERED = re.compile(r"(\d{6})(\d{2})")

# What Gemini takes for a call that another model made. https://ai.google.dev/gemini-api/docs/thought-signatures
_PLACEHOLDERS = ("context_engineering_is_the_way_to_go", "skip_thought_signature_validator")


def thinking_signature(thinking: str) -> str:
    """Anthropic's signature of a thinking block: it holds for this text only."""
    return f"{_SIGNATURE}{crc32(thinking.encode()) % 1_000_000:06d}=="


def thought_signature(number: int) -> str:
    """Gemini's signature of a part, from answer `number`."""
    return _numbered(_THOUGHT, number)


def sealed_reasoning(number: int) -> str:
    """The encrypted content of a Responses reasoning item, from answer `number`."""
    return _numbered(_REASONING, number)


def signs_thinking(value: object, thinking: str) -> bool:
    """Whether the mock made this signature for this text."""
    return value == thinking_signature(thinking)


def signs_thought(value: object) -> bool:
    """Whether the mock made this signature, or it is one of the placeholders that Gemini documents."""
    return _is_own(_THOUGHT, value) or _is_placeholder(value)


def seals_reasoning(value: object) -> bool:
    """Whether the mock made this encrypted content."""
    return _is_own(_REASONING, value)


def _numbered(beginning: str, number: int) -> str:
    digits = f"{number % 1_000_000:06d}"
    return f"{beginning}{digits}{_check(beginning, digits)}"


def _is_own(beginning: str, value: object) -> bool:
    if not isinstance(value, str) or not value.startswith(beginning):
        return False
    found = _NUMBERED.fullmatch(value.removeprefix(beginning))
    return found is not None and found[2] == _check(beginning, found[1])


def _check(beginning: str, digits: str) -> str:
    return f"{crc32(f'{beginning}{digits}'.encode()) % 100:02d}"


def _is_placeholder(value: object) -> bool:
    """SDKs send the field as bytes, so the placeholder may come as base64 of itself."""
    if not isinstance(value, str) or len(value) > 100:
        return False
    if value in _PLACEHOLDERS:
        return True
    try:
        return base64.b64decode(value + "=" * (-len(value) % 4)).decode("ascii", "replace") in _PLACEHOLDERS
    except (binascii.Error, ValueError):
        return False
