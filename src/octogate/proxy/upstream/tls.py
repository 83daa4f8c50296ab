"""The TLS contexts towards upstreams: verified, at least 1.2, loaded once and again when a file changes."""

import ssl
from pathlib import Path

from octogate.core.snapshot import Tls

_MAX_CONTEXTS = 256


class TlsContexts:
    """One context per `Tls`. Verification cannot be turned off: a private CA is configured as a file instead."""

    def __init__(self) -> None:
        self._loaded: dict[Tls, tuple[tuple[float, ...], ssl.SSLContext]] = {}

    def get(self, tls: Tls) -> ssl.SSLContext:
        """The context for new connections.

        Files are looked at each time. When a rotation is half done (new certificate, old key) the previous context
        stays in use until they fit. Raises OSError or ssl.SSLError when there is no previous one.
        """
        known = self._loaded.get(tls)
        try:
            stamp = _stamp(tls)
            if known is not None and known[0] == stamp:
                return known[1]
            context = _load(tls)
        except (OSError, ssl.SSLError):
            if known is None:
                raise
            return known[1]
        while len(self._loaded) >= _MAX_CONTEXTS:
            self._loaded.pop(next(iter(self._loaded)))
        self._loaded[tls] = (stamp, context)
        return context


def _stamp(tls: Tls) -> tuple[float, ...]:
    """Changes when one of the files does: a swapped link or a copy that kept its time shows in inode or size."""
    paths = (tls.ca_file, tls.cert_file, tls.key_file)
    found = [Path(path).stat() for path in paths if path is not None]
    return tuple(part for stat in found for part in (stat.st_mtime, stat.st_ino, stat.st_size))


def _load(tls: Tls) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=tls.ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # Not in Python's defaults: a TLS 1.2 peer could otherwise make us spend handshakes on an open connection.
    context.options |= ssl.OP_NO_RENEGOTIATION
    context.set_alpn_protocols(["http/1.1"])
    if tls.cert_file is not None:
        # An encrypted key must fail, not stop the process to ask for its password on the terminal.
        context.load_cert_chain(tls.cert_file, tls.key_file, password=_no_password)
    return context


def _no_password() -> bytes:
    raise ssl.SSLError("the key file is encrypted")
