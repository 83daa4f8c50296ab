"""The `google-genai` package at generateContent."""

from collections.abc import Iterator
from typing import Any

from google import genai
from google.genai import types

from story import (
    ASK_AGAIN,
    ASK_PICTURE,
    ASK_TOOL,
    BUDGET,
    FAILURE,
    GREETING,
    MAX_TOKENS,
    PICTURE_BYTES,
    RESULT,
    SHORT,
    TOOL,
    City,
)

Facts = dict[str, Any]
DECLARED = types.FunctionDeclaration(
    name=TOOL["name"], description=TOOL["description"], parameters_json_schema=TOOL["schema"]
)
TOOLS: Any = [types.Tool(function_declarations=[DECLARED])]
THINKING = types.ThinkingConfig(include_thoughts=True, thinking_budget=BUDGET)


class GeminiGenerate:
    """One method for each cell: the model's name in, what the SDK showed out."""

    def __init__(self, url: str, key: str) -> None:
        self._client = genai.Client(api_key=key, http_options=types.HttpOptions(base_url=url, timeout=20_000))
        self._models = self._client.models

    def plain(self, model: str) -> Facts:
        """A question, an answer."""
        answer = self._ask(model, GREETING)
        return {"text": answer.text, **ending(answer)}

    def stream(self, model: str) -> Facts:
        """The same, piece by piece."""
        chunks = list(self._models.generate_content_stream(model=model, contents=GREETING, config=config()))
        pieces = [chunk.text for chunk in chunks if chunk.text]
        return {"text": "".join(pieces), "pieces": len(pieces), **ending(chunks[-1])}

    def pieces(self, model: str) -> Iterator[str]:
        """A stream that may break."""
        for chunk in self._models.generate_content_stream(model=model, contents=GREETING):
            if chunk.text:
                yield chunk.text

    def tools(self, model: str) -> Facts:
        """Two questions, a tool for each."""
        return self._loop(model, {"output": RESULT}, [ASK_TOOL, ASK_AGAIN])

    def tools_streamed(self, model: str) -> Facts:
        """The same, piece by piece."""
        return self._loop(model, {"output": RESULT}, [ASK_TOOL, ASK_AGAIN], streamed=True)

    def parallel(self, model: str) -> Facts:
        """Two calls at once."""
        return self._loop(model, {"output": RESULT}, [ASK_TOOL])

    def tool_error(self, model: str) -> Facts:
        """A tool that fails."""
        return self._loop(model, {"error": FAILURE}, [ASK_TOOL])

    def thinking(self, model: str) -> Facts:
        """Thoughts, a tool, an answer, and another question behind all of them."""
        return self._loop(model, {"output": RESULT}, [ASK_TOOL, ASK_AGAIN], thinking_config=THINKING)

    def thinking_streamed(self, model: str) -> Facts:
        """The same, piece by piece."""
        return self._loop(model, {"output": RESULT}, [ASK_TOOL, ASK_AGAIN], streamed=True, thinking_config=THINKING)

    def structured(self, model: str) -> Facts:
        """An answer of a given shape."""
        answer = self._ask(model, GREETING, response_mime_type="application/json", response_schema=City)
        return {"value": answer.parsed.model_dump() if isinstance(answer.parsed, City) else None}

    def image(self, model: str) -> Facts:
        """A picture beside the question."""
        picture = types.Part.from_bytes(data=PICTURE_BYTES, mime_type="image/png")
        return {"text": self._ask(model, [ASK_PICTURE, picture]).text}

    def length(self, model: str) -> Facts:
        """An answer that does not fit."""
        return ending(self._ask(model, GREETING, max_output_tokens=SHORT))

    def refusal(self, model: str) -> Facts:
        """An answer that is none."""
        answer = self._ask(model, GREETING)
        blocked = answer.prompt_feedback and answer.prompt_feedback.block_reason
        return {"refusal": blocked and blocked.name, **ending(answer)}

    def _ask(self, model: str, contents: Any, **options: Any) -> Any:
        return self._models.generate_content(model=model, contents=contents, config=config(**options))

    def _turn(self, model: str, contents: Any, streamed: bool, options: Facts) -> tuple[Any, str]:
        """All parts of one answer, and its finish reason."""
        if not streamed:
            answer = self._ask(model, contents, **options)
            return answer.candidates[0].content.parts or [], answer.candidates[0].finish_reason.name
        stream = self._models.generate_content_stream(model=model, contents=contents, config=config(**options))
        candidates = [candidate for chunk in stream for candidate in chunk.candidates or []]
        parts = [part for each in candidates if each.content for part in each.content.parts or []]
        return parts, candidates[-1].finish_reason.name

    def _loop(
        self, model: str, result: Facts, questions: list[str], *, streamed: bool = False, **options: Any
    ) -> Facts:
        contents: list[Any] = []
        called, finishes, thoughts, texts, ids = [], [], [], [], []
        for question in questions:
            contents.append(types.Content(role="user", parts=[types.Part(text=question)]))
            for _ in range(3):
                parts, finish = self._turn(model, contents, streamed, {"tools": TOOLS, **options})
                contents.append(types.Content(role="model", parts=parts))
                finishes.append(finish)
                thoughts += [part.text for part in parts if part.thought and part.text]
                calls = [part.function_call for part in parts if part.function_call]
                called += [[call.name, call.args] for call in calls]
                ids += [call.id for call in calls]
                if not calls:
                    break
                contents.append(types.Content(role="user", parts=[result_of(call, result) for call in calls]))
            texts.append("".join(part.text for part in parts if part.text and not part.thought))
        return {"called": called, "ids": ids, "texts": texts, "finishes": finishes, "thoughts": "".join(thoughts)}


def config(**options: Any) -> types.GenerateContentConfig:
    """The settings of a call; the loop is ours, so that every request can be counted."""
    manual = types.AutomaticFunctionCallingConfig(disable=True)
    return types.GenerateContentConfig(
        **{"max_output_tokens": MAX_TOKENS, "automatic_function_calling": manual} | options
    )


def result_of(call: Any, result: Facts) -> types.Part:
    """What the tool gave back."""
    return types.Part(function_response=types.FunctionResponse(id=call.id, name=call.name, response=result))


def ending(answer: Any) -> Facts:
    """Why the answer ended and what it cost."""
    usage = answer.usage_metadata
    return {
        "finish": answer.candidates[0].finish_reason.name if answer.candidates else None,
        "usage": usage and [usage.prompt_token_count, usage.candidates_token_count],
    }


client = GeminiGenerate
