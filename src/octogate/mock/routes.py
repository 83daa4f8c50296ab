"""Which endpoint a path names: instance, dialect, operation, and for Gemini the model."""

import re
from typing import Literal
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec

from octogate.mock.refusals import Family

Work = Literal["chat", "responses", "compact", "embeddings", "messages", "count_tokens", "generate", "count", "models"]

DEFAULT_INSTANCE = "default"

_PATH = re.compile(
    r"(?:/p/(?P<instance>[^/]+))?(?:/(?P<family>openai|anthropic|gemini))?(?:/(?P<version>v1|v1beta))?(?P<rest>/.*)"
)
_GEMINI = re.compile(r"/models/(?P<model>.+):(?P<verb>generateContent|streamGenerateContent|countTokens)")
_MODELS = re.compile(r"/models(?:/(?P<model>.+))?")
_POSTS: dict[str, tuple[Work, Family]] = {
    "/chat/completions": ("chat", "openai"),
    "/responses": ("responses", "openai"),
    "/responses/compact": ("compact", "openai"),
    "/embeddings": ("embeddings", "openai"),
    "/messages": ("messages", "anthropic"),
    "/messages/count_tokens": ("count_tokens", "anthropic"),
}
# The documentation lists exactly these.
ENDPOINTS = (
    *(f"POST /v1{path}" for path in _POSTS),
    "POST /v1beta/models/{model}:generateContent",
    "POST /v1beta/models/{model}:streamGenerateContent",
    "POST /v1beta/models/{model}:countTokens",
    "GET /v1/models",
    "GET /v1/models/{model}",
)


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """One endpoint. `work` None: nothing lives there. `admin` is the rest of a `/__mock/` path."""

    instance: str
    family: Family
    work: Work | None = None
    admin: str | None = None
    model: str | None = None
    stream: bool = False
    sse: bool = True
    query_key: str | None = None


def route_of(method: str, target: str, headers: dict[str, str]) -> Route:
    """Read the request line; the family of a shared path (`/v1/models`) is told by the credential's header."""
    url = urlsplit(target)
    query = parse_qs(url.query)
    found = _PATH.fullmatch(re.sub("/{2,}", "/", url.path) or "/")
    if found is None:
        return Route(instance=DEFAULT_INSTANCE, family="openai")
    instance = unquote(found["instance"] or DEFAULT_INSTANCE)
    family = _family(found["family"], found["version"], headers)
    rest = found["rest"].rstrip("/")
    key = query.get("key", [None])[0]
    if rest.startswith("/__mock/"):
        named = query.get("instance", [instance if found["instance"] else ""])[0] or ""
        return Route(instance=named, family=family, admin=rest.removeprefix("/__mock/"))
    if method == "POST" and (known := _POSTS.get(rest)):
        return Route(instance=instance, family=known[1], work=known[0], query_key=key)
    if method == "POST" and (verb := _GEMINI.fullmatch(rest)):
        return _gemini_route(instance, unquote(verb["model"]), verb["verb"], query.get("alt") == ["sse"], key)
    if method == "GET" and (listed := _MODELS.fullmatch(rest)):
        model = unquote(listed["model"]) if listed["model"] else None
        return Route(instance=instance, family=family, work="models", model=model, query_key=key)
    return Route(instance=instance, family=family)


def _gemini_route(instance: str, model: str, verb: str, sse: bool, key: str | None) -> Route:
    return Route(
        instance=instance,
        family="gemini",
        work="count" if verb == "countTokens" else "generate",
        model=model,
        stream=verb == "streamGenerateContent",
        sse=sse,
        query_key=key,
    )


def _family(prefix: str | None, version: str | None, headers: dict[str, str]) -> Family:
    if prefix == "gemini" or (prefix is None and (version == "v1beta" or "x-goog-api-key" in headers)):
        return "gemini"
    if prefix == "anthropic" or (prefix is None and "anthropic-version" in headers):
        return "anthropic"
    return "openai"
