"""How `octogate try` asks in each dialect, and where the pieces of an answer stand."""

import json
from collections.abc import Callable
from typing import Any, Literal
from urllib.parse import quote

import msgspec

DialectChoice = Literal["openai", "anthropic", "gemini"]
Document = dict[str, Any]
MAX_OUTPUT_TOKENS = 4_096  # Anthropic's dialect asks for a cap


class Piece(msgspec.Struct, frozen=True):
    """What one event, or one whole answer, contributes. Token counts are None where it says nothing."""

    text: str = ""
    input_tokens: int | None = None
    output_tokens: int | None = None
    error: str | None = None
    last: bool = False


class Asker(msgspec.Struct, frozen=True):
    """One dialect: where its SDK finds the gateway, how to write a question, how to read an answer."""

    url_variable: str
    key_variable: str
    key_field: str
    path: Callable[[str, bool], str]
    question: Callable[[str, str, bool], dict[str, object]]
    read: Callable[[Document], Piece]

    def credential(self, key: str) -> dict[str, str]:
        """The request field that carries the key."""
        return {self.key_field: f"Bearer {key}" if self.key_field == "authorization" else key}


def suggested(model: str, choice: DialectChoice | None) -> Asker:
    """The asker for `choice`, or the one that the model's name suggests."""
    if choice is None:
        name = model.lower()
        choice = "anthropic" if "claude" in name else "gemini" if "gemini" in name else "openai"
    return ASKERS[choice]


def read_piece(asker: Asker, data: bytes) -> Piece:
    """One JSON document of an answer; what is not JSON, or has another shape, is an error, never silence."""
    try:
        document: Document = json.loads(data)
        failed = _error_of(document)
        return Piece(error=failed) if failed else asker.read(document)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError):
        return Piece(error="the answer is not what this dialect sends")


def _error_of(document: Document) -> str | None:
    """The message of an error document; all three dialects put it at the same place."""
    error = document.get("error")
    if not isinstance(error, dict):
        return None
    # Gemini's `code` is the HTTP status; its word is in `status`, ours in the details.
    reasons = [detail["reason"] for detail in error.get("details") or () if "reason" in detail]
    words = [*reasons, error.get("code"), error.get("status"), error.get("type")]
    code = next((word for word in words if isinstance(word, str)), "no code")
    return f"{error.get('message', 'refused')} ({code})"


def _openai_question(model: str, text: str, stream: bool) -> dict[str, object]:
    question: dict[str, object] = {"model": model, "messages": [{"role": "user", "content": text}]}
    return {**question, "stream": True, "stream_options": {"include_usage": True}} if stream else question


def _read_openai(document: Document) -> Piece:
    text = ""
    for choice in document["choices"]:
        text += (choice.get("delta") or choice.get("message") or {}).get("content") or ""
    usage = document.get("usage") or {}
    return Piece(text, usage.get("prompt_tokens"), usage.get("completion_tokens"))


def _anthropic_question(model: str, text: str, stream: bool) -> dict[str, object]:
    messages = [{"role": "user", "content": text}]
    return {"model": model, "max_tokens": MAX_OUTPUT_TOKENS, "messages": messages, "stream": stream}


def _read_anthropic(document: Document) -> Piece:
    usage = document.get("usage") or document.get("message", {}).get("usage") or {}
    tokens = usage.get("input_tokens"), usage.get("output_tokens")
    match document["type"]:
        case "content_block_delta":
            return Piece(document["delta"].get("text", ""))
        case "message":
            return Piece("".join(block.get("text", "") for block in document["content"]), *tokens)
        case "message_stop":
            return Piece(last=True)
        case _:
            return Piece("", *tokens)


def _gemini_path(model: str, stream: bool) -> str:
    verb = "streamGenerateContent?alt=sse" if stream else "generateContent"
    return f"/v1beta/models/{quote(model, safe='/')}:{verb}"


def _read_gemini(document: Document) -> Piece:
    text, last = "", False
    for candidate in document.get("candidates", []):
        last = last or bool(candidate.get("finishReason"))
        for part in candidate.get("content", {}).get("parts", []):
            text += "" if part.get("thought") else part.get("text", "")
    usage = document.get("usageMetadata") or {}
    return Piece(text, usage.get("promptTokenCount"), usage.get("candidatesTokenCount"), last=last)


ASKERS: dict[DialectChoice, Asker] = {
    "openai": Asker(
        "OPENAI_BASE_URL",
        "OPENAI_API_KEY",
        "authorization",
        lambda _model, _stream: "/chat/completions",
        _openai_question,
        _read_openai,
    ),
    "anthropic": Asker(
        "ANTHROPIC_BASE_URL",
        "ANTHROPIC_API_KEY",
        "x-api-key",
        lambda _model, _stream: "/v1/messages",
        _anthropic_question,
        _read_anthropic,
    ),
    "gemini": Asker(
        "GOOGLE_GEMINI_BASE_URL",
        "GEMINI_API_KEY",
        "x-goog-api-key",
        _gemini_path,
        lambda _model, text, _stream: {"contents": [{"role": "user", "parts": [{"text": text}]}]},
        _read_gemini,
    ),
}
