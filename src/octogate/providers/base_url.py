"""A configured base URL, read strictly and brought to the form that the dialects' paths continue."""

import re
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from octogate.providers.facts import ProviderFacts

_HOST_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_]([a-z0-9_-]{0,62}))*\.?")
_PATH = re.compile(r"(/[A-Za-z0-9._~!$&'()*+,;=:@-]+)*")


class BaseUrl(msgspec.Struct, frozen=True):
    """Where a provider's paths begin: `path` is "" or "/v1", never with a slash at its end."""

    scheme: Literal["http", "https"]
    host: str
    port: int
    path: str


def read_base_url(url: str, facts: ProviderFacts) -> BaseUrl:
    """Read `url` for a provider of this kind. Raises ValueError with a sentence that never quotes the URL.

    The URL is not quoted because people do put credentials into it.
    """
    # urlsplit drops tabs and line ends silently, and browsers read a backslash as a slash: refuse them all first.
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise ValueError("has a character that no URL may hold (write host names of other scripts in their xn-- form)")
    try:
        parts = urlsplit(url)
    except ValueError:
        raise ValueError("has no valid host name") from None
    if parts.scheme not in ("http", "https"):
        raise ValueError("must begin with http:// or https://")
    if "@" in parts.netloc:
        raise ValueError("must not hold a user name or password; use api_key")
    if "?" in url or "#" in url:
        raise ValueError("must not have a query or a fragment")
    host, port = _host_and_port(parts.hostname, _port(parts.netloc), parts.scheme)
    scheme: Literal["http", "https"] = "https" if parts.scheme == "https" else "http"
    return BaseUrl(scheme, host, port, _base_path(parts.path, facts))


def _port(netloc: str) -> str:
    return netloc.rpartition("]")[2].partition(":")[2]


def _host_and_port(host: str | None, port: str, scheme: str) -> tuple[str, int]:
    if not host or not (":" in host or _HOST_NAME.fullmatch(host)):
        raise ValueError("has no valid host name")
    if port and not (port.isdigit() and len(port) <= 5 and 0 < int(port) < 65536):
        raise ValueError("has no valid port")
    return host, int(port) if port else {"http": 80, "https": 443}[scheme]


def _base_path(path: str, facts: ProviderFacts) -> str:
    path = path.rstrip("/")
    if not _PATH.fullmatch(path) or any(set(part) == {"."} for part in path.split("/") if part):
        raise ValueError("has a path that is not plain (no empty or dotted segments, no percent signs)")
    for ending in facts.stripped_paths:
        if path.endswith(ending):
            return path[: -len(ending)]
    return path or facts.default_path
