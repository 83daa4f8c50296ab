"""Knows a provider's own seals in a history that other providers' answers went into."""

from typing import Final

import msgspec

from octogate.core.call import DialectName
from octogate.core.seals import MARK, unseal

_MARK: Final = MARK.encode()


def is_marked(raw: msgspec.Raw | None) -> bool:
    """Whether something that we marked may stand in a member."""
    return raw is not None and _MARK in bytes(raw)


def own_seal(sealed: str, own: DialectName) -> str | None:
    """A provider's own seal as it made it; None for one of another provider."""
    signature = unseal(sealed, own)
    return signature.value if signature is not None and signature.origin == own else None
