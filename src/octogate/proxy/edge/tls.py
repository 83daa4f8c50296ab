"""TLS on the listener: certificates that can be replaced while calls are running."""

import ssl

import msgspec


class TlsFiles(msgspec.Struct, frozen=True):
    """PEM files: the certificate chain, leaf first, and its private key."""

    certificate: str
    key: str


class Certificates:
    """What the listener presents. `reload` swaps a whole context, so that no handshake sees half a change."""

    def __init__(self, files: TlsFiles) -> None:
        self._files = files
        self._current = _context(files)
        self.listening = _context(files)
        self.listening.sni_callback = self._choose

    def reload(self) -> None:
        """Read the files again; if they are invalid this raises (OSError, ssl.SSLError) and the old ones stay."""
        self._current = _context(self._files)

    def _choose(self, tls: ssl.SSLObject, name: str | None, listening: ssl.SSLContext) -> None:
        tls.context = self._current


def _context(files: TlsFiles) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    context.load_cert_chain(files.certificate, files.key)
    return context
