"""What is crossed with what: the clients, the upstreams and the cells, each with what is special about it."""

from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec

from octogate.core.call import DialectName

Home = Literal["official", "frameworks", "node"]
Cell = tuple[str, str, str]
"""(client, upstream, cell)."""

UPSTREAMS: Final[dict[str, str]] = {
    "openai_chat": "OpenAI chat",
    "plain_chat": "OpenAI-compatible",
    "openai_responses": "OpenAI Responses",
    "anthropic_messages": "Anthropic messages",
    "gemini_generate": "Gemini generate",
}
"""What the mock speaks behind the gateway. Both chats are one dialect, but only OpenAI itself knows its newer words."""

CELLS: Final[dict[str, str]] = {
    "plain": "mock",
    "stream": "mock",
    "tools": "mock-tools",
    "tools_streamed": "mock-tools",
    "parallel": "mock-parallel",
    "tool_error": "mock-tools",
    "structured": "mock",
    "structured_streamed": "mock",
    "image": "mock",
    "thinking": "mock-think-tools",
    "thinking_streamed": "mock-think-tools",
    "length": "mock--tokens=60",
    "refusal": "mock-refuse",
    "error_400": "mock--fault-http-400",
    "error_429": "mock--fault-http-429",
    "error_500": "mock--fault-http-500",
    "cut": "mock--fault-cut-3--delay_ms=50",
}
"""Each cell and the model of the mock that plays it."""

_CONVERSED: Final = (
    "plain", "stream", "tools", "tools_streamed", "parallel", "tool_error", "structured", "image", "thinking",
    "thinking_streamed",
)  # fmt: skip
_FAILED: Final = ("error_400", "error_429", "error_500", "cut")
EVERYTHING: Final = (*_CONVERSED, "length", "refusal", *_FAILED)


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """One client. `errors` are the classes that a 400, a failing provider and a cut stream must raise.

    `finishes`: how it calls the ends of answers, when not like its dialect;
    `shows_thoughts`: what the model thought is in what the client shows, plain or streamed;
    `returns_thoughts`: what the model thought, with its seal, is in what the client sends back, plain or streamed;
    `marks_failures`: it says of a tool's result that it is an error.
    """

    id: str
    title: str
    packages: tuple[str, ...]
    home: Home
    dialect: DialectName
    errors: tuple[str, str, str]
    cells: tuple[str, ...] = EVERYTHING
    finishes: Mapping[str, str] | None = None
    shows_thoughts: bool = True
    shows_streamed_thoughts: bool = True
    returns_thoughts: bool = True
    returns_streamed_thoughts: bool = True
    marks_failures: bool = False

    def returns_seals(self, upstream: str, cell: str) -> bool:
        """Whether a provider that seals thoughts gets them back. Gemini's seals travel with the ids of calls."""
        returned = self.returns_streamed_thoughts if cell == "thinking_streamed" else self.returns_thoughts
        return returned or upstream == "gemini_generate"


_OPENAI: Final = ("BadRequestError", "InternalServerError", "APIError")
_ANTHROPIC: Final = ("BadRequestError", "InternalServerError", "APIError")
_AI: Final = ("APICallError", "APICallError", "Object")
_AI_FINISHES: Final = {"stop": "stop", "tools": "tool-calls", "length": "length", "refusal": "content-filter"}
_PYDANTIC_FINISHES: Final = {"stop": "stop", "tools": "tool_call", "length": "length", "refusal": "content_filter"}
# The package for whatever is compatible knows no `refusal` of a chat message: what OpenAI refuses is empty there.
_NO_REFUSALS: Final = tuple(cell for cell in EVERYTHING if cell != "refusal")
# What this framework is for: an answer without a shape is not its business, nor are tools and pictures.
_SHAPES: Final = ("structured", "structured_streamed", "error_400", "error_429", "error_500")
# A chat completion has no thoughts in OpenAI's own words. These clients throw away what others have added, seals first.
_FORGETFUL: Final[dict[str, Any]] = {"returns_thoughts": False, "returns_streamed_thoughts": False}
_BLIND: Final[dict[str, Any]] = {"shows_thoughts": False, "shows_streamed_thoughts": False, **_FORGETFUL}


def _ai(variant: str, package: str, title: str, dialect: DialectName, **special: Any) -> Subject:
    return Subject(
        id=f"node-ai/{variant}", title=f"Vercel AI, {title}", packages=("ai", package), home="node", dialect=dialect,
        finishes=_AI_FINISHES, **{"errors": _AI} | special,
    )  # fmt: skip


def _pydantic(variant: str, package: str, title: str, dialect: DialectName) -> Subject:
    # Broken streams end in the error of the SDK below, but for Google's, which this framework wraps.
    cut = "ModelHTTPError" if variant == "google" else "APIError"
    # Neither Responses nor Gemini has a word for an end with calls, and this framework adds none.
    finishes = _PYDANTIC_FINISHES | ({"tools": "stop"} if variant in ("responses", "google") else {})
    return Subject(
        id=f"pydantic-agents/{variant}", title=f"Pydantic AI, {title}", packages=("pydantic-ai-slim", package),
        home="frameworks", dialect=dialect, marks_failures=variant in ("anthropic", "google"),
        errors=("ModelHTTPError", "ModelHTTPError", cut), finishes=finishes,
        **(_FORGETFUL if variant == "openai" else {}),
    )  # fmt: skip


SUBJECTS: Final[tuple[Subject, ...]] = (
    Subject(id="openai-chat", title="openai, chat", packages=("openai",), home="official",
            dialect="openai_chat", errors=_OPENAI),
    Subject(id="openai-responses", title="openai, responses", packages=("openai",), home="official",
            dialect="openai_responses", errors=_OPENAI),
    Subject(id="anthropic-messages", title="anthropic", packages=("anthropic",), home="official",
            dialect="anthropic_messages", errors=_ANTHROPIC, marks_failures=True),
    Subject(id="gemini-generate", title="google-genai", packages=("google-genai",), home="official",
            dialect="gemini_generate", errors=("ClientError", "ServerError", "APIError"), marks_failures=True),
    Subject(id="langchain/openai", title="LangChain, OpenAI", packages=("langchain-core", "langchain-openai", "openai"),
            home="frameworks", dialect="openai_chat", errors=_OPENAI, **_BLIND),
    Subject(id="langchain/anthropic", title="LangChain, Anthropic", home="frameworks", dialect="anthropic_messages",
            packages=("langchain-core", "langchain-anthropic", "anthropic"), errors=_ANTHROPIC,
            marks_failures=True),
    _pydantic("openai", "openai", "OpenAI chat", "openai_chat"),
    _pydantic("responses", "openai", "OpenAI Responses", "openai_responses"),
    _pydantic("anthropic", "anthropic", "Anthropic", "anthropic_messages"),
    _pydantic("google", "google-genai", "Google", "gemini_generate"),
    Subject(id="instructor-models", title="Instructor", packages=("instructor", "openai"), home="frameworks",
            dialect="openai_chat", errors=_OPENAI, cells=_SHAPES),
    Subject(id="openai-agents", title="OpenAI Agents", packages=("openai-agents", "openai"), home="frameworks",
            dialect="openai_responses", errors=_OPENAI),
    # Its streamed message is put together from known members only.
    Subject(id="node-openai-chat", title="openai, chat", packages=("openai",), home="node",
            dialect="openai_chat", errors=_OPENAI, shows_streamed_thoughts=False, returns_streamed_thoughts=False),
    Subject(id="node-openai-responses", title="openai, responses", packages=("openai",), home="node",
            dialect="openai_responses", errors=_OPENAI),
    Subject(id="node-anthropic-messages", title="@anthropic-ai/sdk", packages=("@anthropic-ai/sdk",), home="node",
            dialect="anthropic_messages", errors=_ANTHROPIC, marks_failures=True),
    Subject(id="node-gemini-generate", title="@google/genai", packages=("@google/genai",), home="node",
            dialect="gemini_generate", errors=("ApiError", "ApiError", "ApiError"), marks_failures=True),
    _ai("openai", "@ai-sdk/openai", "OpenAI Responses", "openai_responses"),
    _ai("openai-chat", "@ai-sdk/openai", "OpenAI chat", "openai_chat", **_BLIND),
    _ai("compatible", "@ai-sdk/openai-compatible", "OpenAI-compatible", "openai_chat", cells=_NO_REFUSALS, **_FORGETFUL),
    _ai("anthropic", "@ai-sdk/anthropic", "Anthropic", "anthropic_messages", marks_failures=True),
    _ai("google", "@ai-sdk/google", "Google", "gemini_generate", errors=("APICallError",) * 3),
)  # fmt: skip
BY_ID: Final = {subject.id: subject for subject in SUBJECTS}
EVERY_CELL: Final[tuple[Cell, ...]] = tuple(
    (subject.id, upstream, cell) for subject in SUBJECTS for upstream in UPSTREAMS for cell in subject.cells
)


def model_of(upstream: str, cell: str) -> str:
    """The model group that plays a cell before an upstream. No slash: some clients take it for a path."""
    return f"{upstream}.{cell}"


def key_of(client: str) -> str:
    """The key of a client: by it the gateway's receipts tell whose a request was."""
    return f"matrix-{client.replace('/', '-')}-0123456789abcdef"
