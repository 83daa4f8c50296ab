"""Takes what we send a provider as a secret out of what it says about us, whatever the secret looks like.

The dialects' scrubbing knows the shapes of common keys; a provider that quotes a header back to us quotes any shape.
"""

import json
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote

from octogate.core.errors import UpstreamError
from octogate.core.snapshot import Provider

_WITHHELD: Final = "[secret]"
_SHORTEST: Final = 8
"""Shorter values (an organisation's number, a flag) are no secrets, and replacing them would garble every message."""


def clean_body(body: bytes, provider: Provider) -> bytes:
    """`body` without our secrets; to be read only after that, for a message that is cut could end inside one."""
    for secret in _secrets(provider):
        for spelling in _spellings(secret):
            body = body.replace(spelling.encode(), _WITHHELD.encode())
    return body


def clean_error(error: UpstreamError, provider: Provider) -> None:
    """The same for an error that was made from a stream, whose events nobody sees before they are read."""
    for secret in _secrets(provider):
        error.message = _without(error.message, secret)
        error.detail = _without(error.detail, secret) if error.detail else error.detail
        error.reason = _without(error.reason, secret) if error.reason else error.reason
    error.args = (error.message,)


def _secrets(provider: Provider) -> Iterator[str]:
    for value in (provider.credential, *(value for _, value in provider.headers)):
        # In parts, too: of "Bearer x" a provider may quote just the x.
        yield from sorted({part for part in value.reveal().split() if len(part) >= _SHORTEST}, key=len, reverse=True)


def _spellings(secret: str) -> set[str]:
    escaped = json.dumps(secret)[1:-1]
    return {secret, escaped, escaped.replace("/", "\\/"), quote(secret, safe="")}


def _without(text: str, secret: str) -> str:
    """`text` without `secret`, and without the beginning of it that a cut has left at the end."""
    for spelling in _spellings(secret):
        text = text.replace(spelling, _WITHHELD)
    whole = text.removesuffix("...")
    for length in range(len(secret) - 1, _SHORTEST - 1, -1):
        if whole.endswith(secret[:length]):
            return whole[:-length] + _WITHHELD
    return text
