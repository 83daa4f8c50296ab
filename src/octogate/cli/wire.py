"""A small HTTP client for the commands that talk to a running gateway; bounded in bytes and in time."""

import http.client
import ssl
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import msgspec

from octogate.cli.failure import Failed, usage

MAX_BODY_BYTES = 32 * 2**20
MAX_LINE_BYTES = 4 * 2**20


class Reply(msgspec.Struct, frozen=True):
    """A whole answer."""

    status: int
    fields: Mapping[str, str]
    body: bytes


class Wire:
    """One connection to one base URL. `timeout` seconds is the longest silence. Raises Failed on any trouble."""

    def __init__(self, base_url: str, *, timeout: float) -> None:
        parts = urlsplit(base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise usage(f"{base_url!r} is not an http or https URL")
        self._base_path = parts.path.rstrip("/")
        self._name = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        self._connection = _connection(parts.scheme, parts.hostname, parts.port, timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()
        if isinstance(error, TimeoutError):
            raise Failed(f"{self._name} did not answer in time") from error
        if isinstance(error, OSError | http.client.HTTPException):
            reason = getattr(error, "strerror", None) or type(error).__name__
            raise Failed(f"no answer from {self._name} ({reason}); is a gateway running there?") from error

    def get(self, path: str) -> Reply:
        """A GET answered whole."""
        self._connection.request("GET", self._base_path + path)
        return self._whole(self._connection.getresponse())

    def post(self, path: str, body: bytes, fields: Mapping[str, str]) -> "Reply | Lines":
        """A POST: an event stream is answered line by line, all else whole."""
        self._connection.request("POST", self._base_path + path, body, dict(fields))
        response = self._connection.getresponse()
        if (response.getheader("content-type") or "").startswith("text/event-stream"):
            return Lines(response)
        return self._whole(response)

    @staticmethod
    def _whole(response: http.client.HTTPResponse) -> Reply:
        body = response.read(MAX_BODY_BYTES + 1)
        if len(body) > MAX_BODY_BYTES:
            raise Failed(f"the answer is above {MAX_BODY_BYTES // 2**20} MiB")
        return Reply(response.status, _fields(response), body)


class Lines:
    """An event stream as it arrives."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self._response = response
        self.status = response.status
        self.fields = _fields(response)

    def __iter__(self) -> Iterator[bytes]:
        while line := self._response.readline(MAX_LINE_BYTES):
            yield line.rstrip(b"\r\n")


def _fields(response: http.client.HTTPResponse) -> dict[str, str]:
    return {name.lower(): value for name, value in response.getheaders()}


def _connection(scheme: str, host: str, port: int | None, timeout: float) -> http.client.HTTPConnection:
    if scheme == "http":
        return http.client.HTTPConnection(host, port, timeout=timeout)
    return http.client.HTTPSConnection(host, port, timeout=timeout, context=ssl.create_default_context())
