"""Which vendors the demo routes to: real ones whose key is in the environment, or the built-in mock."""

from collections.abc import Mapping
from urllib.parse import urlsplit

import msgspec

from octogate.core.keys import looks_like_ours


class Vendor(msgspec.Struct, frozen=True):
    """What the demo knows of a vendor: its variables, where the mock plays it, the groups that it serves."""

    name: str
    key_variables: tuple[str, ...]
    url_variable: str
    mock_path: str
    models: tuple[str, ...]
    embedding_models: tuple[str, ...] = ()


class Route(msgspec.Struct, frozen=True):
    """A vendor as this run reaches it. `key_variable` None is the mock at `base_url`."""

    vendor: Vendor
    key_variable: str | None = None
    base_url: str | None = None


VENDORS = (
    Vendor(
        "openai", ("OPENAI_API_KEY",), "OPENAI_BASE_URL", "/openai/v1",
        ("gpt-4o-mini", "gpt-5"), ("text-embedding-3-small",),
    ),
    Vendor(
        "anthropic", ("ANTHROPIC_API_KEY",), "ANTHROPIC_BASE_URL", "/anthropic",
        ("claude-haiku-4-5", "claude-sonnet-4-5"),
    ),
    Vendor(
        "gemini", ("GEMINI_API_KEY", "GOOGLE_API_KEY"), "GOOGLE_GEMINI_BASE_URL", "/gemini", ("gemini-2.5-flash",)
    ),
)  # fmt: skip


def real_routes(environ: Mapping[str, str], own_urls: frozenset[str]) -> list[Route]:
    """The vendors whose key the environment holds.

    A shell that was set up with `octogate env` holds *our* key and URL under the vendors' names: neither may be taken
    for the vendor's, or the demo would call itself. A key that comes with another base URL belongs to that URL.
    """
    routes = []
    for vendor in VENDORS:
        held = (name for name in vendor.key_variables if environ.get(name) and not looks_like_ours(environ[name]))
        if key_variable := next(held, None):
            url = environ.get(vendor.url_variable) or ""
            foreign = bool(url) and _origin(url) not in own_urls
            routes.append(Route(vendor, key_variable, "${" + vendor.url_variable + "}" if foreign else None))
    return routes


def mock_routes(mock_url: str) -> list[Route]:
    """Every vendor, played by the mock."""
    return [Route(vendor, None, mock_url + vendor.mock_path) for vendor in VENDORS]


def own_urls(last_base_url: str, host: str, port: int) -> frozenset[str]:
    """Origins under which a shell may know this demo: where it last listened, and where it is about to."""
    names = {host, "127.0.0.1", "localhost", "[::1]"}
    return frozenset({_origin(last_base_url), *(f"http://{name}:{port}" for name in names)})


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()
