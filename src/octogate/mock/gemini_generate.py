"""Gemini generateContent: read a request, write the answer plain, as CRLF events or as one JSON array."""

from collections.abc import Iterator
from typing import Any

import msgspec
import orjson

from octogate.core.usage import Usage
from octogate.mock.answer import Answer
from octogate.mock.question import (
    Object,
    Question,
    Tool,
    as_count,
    as_object,
    as_objects,
    as_text,
    as_texts,
    count_media,
    count_words,
)
from octogate.mock.refusals import Refused
from octogate.mock.seals import thought_signature
from octogate.mock.steps import Data, EventKind

MAX_CHOICES = 8
_FINISH = {
    "stop": "STOP",
    "stop_sequence": "STOP",
    "length": "MAX_TOKENS",
    "tool_calls": "STOP",
    "refusal": "SAFETY",
}

BROKEN_EVENT = b'data: {"candidates":[{"content":{"parts":[{"te\r\n\r\n'
BROKEN_ELEMENT = b',\r\n{"candidates":[{"content":{"parts":[{"te\r\n'
# The strictest client breaks on comments, so an empty line is all that this dialect can do to show life.
BLANK_LINE = b"\r\n"


def read(body: Object, model: str, *, stream: bool, sse: bool, counting: bool = False) -> Question:
    """Understand a generateContent or countTokens request; model and stream come from the path."""
    if counting and isinstance(inner := body.get("generateContentRequest"), dict):
        body = inner
    contents = as_objects(body.get("contents"))
    if not contents:
        raise Refused(400, "* GenerateContentRequest.contents: contents is not specified\n")
    setup = as_object(body.get("generationConfig"))
    parts = as_objects(contents[-1].get("parts"))
    users = [as_text(one.get("parts")) for one in contents if one.get("role", "user") == "user"]
    results = [as_object(part["functionResponse"]) for part in parts if "functionResponse" in part]
    calling = as_object(as_object(body.get("toolConfig")).get("functionCallingConfig"))
    schema = as_object(setup.get("responseJsonSchema")) or as_object(setup.get("responseSchema"))
    return Question(
        dialect="gemini_generate",
        operation="count_tokens" if counting else "generate",
        model=model,
        stream=stream,
        sse=sse,
        prompt=next((text for text in reversed(users) if text), ""),
        input_tokens=count_words(body.get("systemInstruction"), contents, body.get("tools")),
        tools=tuple(_read_tools(body.get("tools"), as_texts(calling.get("allowedFunctionNames")))),
        tool_choice=_read_choice(calling),
        after_tool=bool(results),
        results=tuple(_read_result(result.get("response")) for result in results),
        thinking=_read_thinking(as_object(setup.get("thinkingConfig"))),
        media=count_media(contents),
        prefill=contents[-1].get("role") == "model",
        json_mode=setup.get("responseMimeType") == "application/json",
        schema=schema or None,
        choices=as_count(setup.get("candidateCount"), least=1, most=MAX_CHOICES) or 1,
        max_tokens=as_count(setup.get("maxOutputTokens"), least=1, most=10**9),
        stop=as_texts(setup.get("stopSequences")),
        user=str(as_object(body.get("labels")).get("user") or ""),
    )


def plain(question: Question, answer: Answer) -> bytes:
    """The response object."""
    return orjson.dumps(_chunk(question, answer, _parts(answer), answer.usage, last=True))


def counted(question: Question) -> bytes:
    """What countTokens answers."""
    details = [{"modality": "TEXT", "tokenCount": question.input_tokens}]
    return orjson.dumps({"totalTokens": question.input_tokens, "promptTokensDetails": details})


def stream(question: Question, answer: Answer) -> Iterator[Data]:
    """One response object per piece with the usage so far; the last one has the finish reason. No end marker."""
    chunks = _chunks(question, answer)
    if question.sse:
        for chunk, kind, tokens in chunks:
            yield Data(b"data: %s\r\n\r\n" % orjson.dumps(chunk), kind=kind, tokens=tokens)
        return
    before = b"["
    for chunk, kind, tokens in chunks:
        yield Data(before + orjson.dumps(chunk), kind=kind, tokens=tokens)
        before = b",\r\n"
    yield Data(b"]", kind="end")


def _chunks(question: Question, answer: Answer) -> Iterator[tuple[Object, EventKind, int]]:
    said = Usage(input_tokens=answer.usage.input_tokens, cached_tokens=answer.usage.cached_tokens)
    pieces = [] if answer.finish == "refusal" else _pieces(answer)
    for part, tokens in pieces:
        fresh = tokens * answer.choices
        thought = fresh if part.get("thought") else 0
        said = msgspec.structs.replace(
            said, output_tokens=said.output_tokens + fresh, reasoning_tokens=said.reasoning_tokens + thought
        )
        yield _chunk(question, answer, [part], said, last=False), "content", fresh
    unsaid = answer.usage.output_tokens - said.output_tokens
    yield _chunk(question, answer, [{"text": ""}], answer.usage, last=True), "end", unsaid


def _pieces(answer: Answer) -> Iterator[tuple[Object, int]]:
    for piece in answer.thinking:
        yield {"text": piece, "thought": True}, 1
    for at, piece in enumerate(answer.text):
        signed = {"thoughtSignature": thought_signature(answer.number)} if answer.thinking and at == 0 else {}
        yield {"text": piece, **signed}, 1
    for part, call in zip(_call_parts(answer), answer.calls, strict=True):
        yield part, len(call.slices)


def _parts(answer: Answer) -> list[Object]:
    parts: list[Object] = []
    if answer.thinking:
        parts.append({"text": "".join(answer.thinking), "thought": True})
    if answer.text:
        signed = {"thoughtSignature": thought_signature(answer.number)} if answer.thinking else {}
        parts.append({"text": "".join(answer.text), **signed})
    return parts + _call_parts(answer)


def _call_parts(answer: Answer) -> list[Object]:
    parts: list[Object] = []
    for at, call in enumerate(answer.calls):
        part: Object = {"functionCall": {"id": call.id, "name": call.name, "args": orjson.loads(call.arguments)}}
        # Gemini signs the first of several parallel calls only.
        if at == 0:
            part["thoughtSignature"] = thought_signature(answer.number)
        parts.append(part)
    return parts


def _chunk(question: Question, answer: Answer, parts: list[Object], usage: Usage, *, last: bool) -> Object:
    chunk: Object = {
        "usageMetadata": usage_object(usage),
        "modelVersion": question.model,
        "responseId": f"mock{answer.number:06d}",
    }
    if answer.finish == "refusal":
        return {"promptFeedback": {"blockReason": "SAFETY"}, **chunk}
    finish = {"finishReason": _FINISH[answer.finish]} if last else {}
    content = {"parts": parts, "role": "model"}
    return {"candidates": [{"content": content, **finish, "index": at} for at in range(answer.choices)], **chunk}


def usage_object(usage: Usage) -> Object:
    """Usage in Gemini's words: thoughts are counted beside the candidates, not in them."""
    counts: dict[str, Any] = {
        "promptTokenCount": usage.input_tokens,
        "candidatesTokenCount": usage.output_tokens - usage.reasoning_tokens,
        "totalTokenCount": usage.input_tokens + usage.output_tokens,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": usage.input_tokens}],
    }
    if usage.reasoning_tokens:
        counts["thoughtsTokenCount"] = usage.reasoning_tokens
    if usage.cached_tokens:
        counts["cachedContentTokenCount"] = usage.cached_tokens
    return counts


def _read_tools(tools: object, allowed: tuple[str, ...]) -> Iterator[Tool]:
    for tool in as_objects(tools):
        for function in as_objects(tool.get("functionDeclarations")):
            # The vendor's Python SDK spells the first one so, and the API takes either.
            schemas = (function.get(name) for name in ("parametersJsonSchema", "parameters_json_schema", "parameters"))
            schema = next(filter(None, schemas), None)
            if not allowed or function.get("name") in allowed:
                yield Tool(str(function.get("name", "")), as_object(schema))


def _read_result(response: object) -> str:
    """The one string in it, or all of it as JSON."""
    values = list(as_object(response).values())
    return values[0] if len(values) == 1 and isinstance(values[0], str) else orjson.dumps(response).decode()


def _read_thinking(config: Object) -> bool | None:
    """Thoughts are in the answer only for who asks to see them."""
    shown = config.get("includeThoughts")
    return shown if isinstance(shown, bool) else None


def _read_choice(config: Object) -> str:
    mode = str(config.get("mode", "AUTO")).upper()
    allowed = config.get("allowedFunctionNames")
    if mode == "ANY" and isinstance(allowed, list) and len(allowed) == 1:
        return str(allowed[0])
    return {"ANY": "required", "NONE": "none"}.get(mode, "auto")
