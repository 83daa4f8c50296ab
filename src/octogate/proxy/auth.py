"""Stage 1: who? One credential, from any of the places where official SDKs put it, against the snapshot's digests."""

import hmac
import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

from octogate.core.errors import BadRequest, Forbidden, Unauthenticated
from octogate.core.keys import digest_key
from octogate.core.snapshot import Key, Snapshot

MAX_KEY_CHARS = 1_024
ANONYMOUS: Final = Key(id="anonymous", digest=b"")
# Pages of this machine, and programs with a web view: no web site can have such an origin.
_LOCAL_ORIGIN: Final = re.compile(
    rb"https?://(?:localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])(?::[0-9]{1,5})?|(?:app|tauri|vscode-[a-z]+)://[\x21-\x7e]*"
)
_HEADERS: Final = (b"x-api-key", b"api-key", b"x-goog-api-key")


def authenticate(
    fields: Mapping[bytes, bytes], query: str, snapshot: Snapshot, *, now: float, scope: str = "llm"
) -> Key:
    """The key behind a request; `query` is looked at for Google's `key=` only (pass "" for every other dialect).

    Raises Unauthenticated, BadRequest when two different credentials are sent, Forbidden when `scope` is missing.
    """
    if snapshot.open_mode:
        _refuse_foreign_pages(fields)
        return ANONYMOUS
    token = credential(fields, query)
    digest = digest_key(token, snapshot.pepper)
    key = snapshot.keys.get(digest)
    # The dictionary has already compared; comparing again in constant time keeps timing out of the verdict.
    if key is None or not hmac.compare_digest(key.digest, digest):
        raise Unauthenticated("Invalid API key", reason="unknown_key")
    if key.blocked:
        raise Unauthenticated("This API key is blocked.", code="key_blocked", reason=key.id)
    if key.expires_at is not None and now >= key.expires_at:
        raise Unauthenticated("This API key has expired.", code="key_expired", reason=key.id)
    if scope not in key.scopes:
        raise Forbidden(f"This API key does not have the scope {scope!r}.", reason="scope")
    return key


def _refuse_foreign_pages(fields: Mapping[bytes, bytes]) -> None:
    """Where no key is asked for, a page of any site in a browser of this machine could call too; its Origin tells.

    A page that rebinds its own name to the loopback address is refused as well: its Origin is still that name.
    """
    origin = fields.get(b"origin")
    if origin is not None and not _LOCAL_ORIGIN.fullmatch(origin.lower()):
        raise Forbidden("Without keys, pages of other machines may not call; configure a key.", reason="foreign_origin")


def credential(fields: Mapping[bytes, bytes], query: str) -> str:
    """The one credential of a request. Equal ones in several places are fine, different ones are refused."""
    found: str | None = None
    if (authorization := fields.get(b"authorization")) is not None:
        found = _bearer(authorization)
    for name in _HEADERS:
        if (raw := fields.get(name)) is not None:
            found = _same(found, _token(raw))
    if query and "key=" in query:
        for parameter, value in parse_qsl(query):
            if parameter == "key":
                found = _same(found, _token(value.encode()))
    if found is None:
        raise Unauthenticated("Authorization header is required", reason="missing_key")
    return found


def _bearer(value: bytes) -> str:
    scheme, _, token = value.partition(b" ")
    if scheme.lower() != b"bearer" or not token or b" " in token:
        raise Unauthenticated(
            "Invalid authorization header format. Expected 'Bearer <token>'", reason="malformed_authorization"
        )
    return _token(token)


def _token(raw: bytes) -> str:
    text = raw.decode("latin-1")
    if not text or len(text) > MAX_KEY_CHARS or not text.isascii() or not text.isprintable() or " " in text:
        raise Unauthenticated("Invalid API key", reason="malformed_key")
    return text


def _same(found: str | None, token: str) -> str:
    if found is not None and not hmac.compare_digest(found, token):
        raise BadRequest(
            "This request carries different credentials; send exactly one.", reason="conflicting_credentials"
        )
    return token
