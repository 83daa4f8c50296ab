"""Which paths belong to the data plane, and what each already says about the call.

Base URLs differ between clients: with or without `/v1`, doubled (`/v1/v1`), with extra slashes, under `/anthropic`.
All of them mean the same endpoint.
"""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote

import msgspec

from octogate.core.call import DialectName, Endpoint
from octogate.core.errors import BadPath, MethodNotAllowed

MAX_MODEL_CHARS = 256


class ModelList(msgspec.Struct, frozen=True):
    """`GET /v1/models`, or one of them, in the shape of the caller's dialect."""

    dialect: DialectName
    model: str | None = None


Route = Endpoint | ModelList

_POSTS: Final[Mapping[str, Endpoint]] = {
    "/chat/completions": Endpoint(dialect="openai_chat", operation="generate"),
    "/responses": Endpoint(dialect="openai_responses", operation="generate"),
    "/responses/compact": Endpoint(dialect="openai_responses", operation="compact"),
    "/embeddings": Endpoint(dialect="openai_embeddings", operation="embed"),
    "/messages": Endpoint(dialect="anthropic_messages", operation="generate"),
    "/messages/count_tokens": Endpoint(dialect="anthropic_messages", operation="count_tokens"),
}
_GEMINI_VERBS: Final = {
    "generateContent": ("generate", False),
    "streamGenerateContent": ("generate", True),
    "countTokens": ("count_tokens", False),
}
# What real clients send, so that the common case is one dictionary hit.
_COMMON: Final[Mapping[str, Endpoint]] = {"/v1" + path: endpoint for path, endpoint in _POSTS.items()}
_PREFIX = re.compile(r"^(?:/anthropic(?=/))?(?:/v1(?:beta)?(?=/|$))*")
_VERSION = re.compile(r"/(v1beta|v1)(?=/)")


def match(method: str, path: str, query: str, fields: Mapping[bytes, bytes]) -> Route | None:
    """The data-plane route of a request line; None when the path is not of the data plane.

    Raises MethodNotAllowed for a known path with another method, BadPath for an impossible model id.
    """
    if method == "POST" and (endpoint := _COMMON.get(path)) is not None:
        return endpoint
    clean = re.sub(r"/{2,}", "/", path).rstrip("/")
    rest = _PREFIX.sub("", clean)
    if (endpoint := _POSTS.get(rest)) is not None:
        _require(method, "POST")
        return endpoint
    if rest == "/models":
        _require(method, "GET")
        return ModelList(dialect=_list_dialect(clean, fields))
    if rest.startswith("/models/"):
        return _model_route(method, clean, rest.removeprefix("/models/"), query, fields)
    return None


def error_dialect(path: str, fields: Mapping[bytes, bytes]) -> DialectName:
    """The dialect in which to refuse a request that matched no endpoint."""
    if "/messages" in path or b"anthropic-version" in fields:
        return "anthropic_messages"
    if "/v1beta" in path or b"x-goog-api-key" in fields:
        return "gemini_generate"
    return "openai_chat"


def _model_route(method: str, clean: str, rest: str, query: str, fields: Mapping[bytes, bytes]) -> Route | None:
    model, colon, verb = rest.rpartition(":")
    if colon and verb in _GEMINI_VERBS:
        _require(method, "POST")
        operation, stream = _GEMINI_VERBS[verb]
        version = _VERSION.findall(clean)
        return Endpoint(
            dialect="gemini_generate",
            operation="count_tokens" if operation == "count_tokens" else "generate",
            model=_model_id(model),
            stream=stream,
            sse="alt=sse" in query.split("&"),
            version=version[-1] if version else "v1beta",
        )
    _require(method, "GET")
    return ModelList(dialect=_list_dialect(clean, fields), model=_model_id(rest))


def _model_id(raw: str) -> str:
    """A model id from a path: percent-decoded once; control characters never come through."""
    try:
        model = unquote(raw, errors="strict").removeprefix("models/")
    except UnicodeDecodeError:
        model = ""
    if not model or len(model) > MAX_MODEL_CHARS or not model.isprintable():
        raise BadPath("The model in the path must be 1 to 256 printable characters.", param="model")
    return model


def _require(method: str, allowed: str) -> None:
    if method != allowed and not (allowed == "GET" and method == "HEAD"):
        raise MethodNotAllowed(f"{method} is not allowed here; use {allowed}.", reason=allowed)


def _list_dialect(clean: str, fields: Mapping[bytes, bytes]) -> DialectName:
    if b"anthropic-version" in fields or clean.startswith("/anthropic"):
        return "anthropic_messages"
    if clean.startswith("/v1beta") or b"x-goog-api-key" in fields:
        return "gemini_generate"
    return "openai_chat"
