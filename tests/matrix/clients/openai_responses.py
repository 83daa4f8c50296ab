"""The `openai` package at responses."""

import json
from collections.abc import Iterator
from typing import Any

import openai

from story import ASK_AGAIN, ASK_PICTURE, ASK_TOOL, FAILURE, GREETING, MAX_TOKENS, PICTURE, RESULT, SHORT, TOOL, City

Facts = dict[str, Any]
TOOLS: Any = [
    {
        "type": "function", "name": TOOL["name"], "description": TOOL["description"], "parameters": TOOL["schema"],
        "strict": True,
    }
]  # fmt: skip
# Nothing is kept at the provider: what was thought comes along sealed.
SEALED: Facts = {
    "reasoning": {"effort": "medium", "summary": "auto"}, "include": ["reasoning.encrypted_content"], "store": False,
}  # fmt: skip


class OpenAIResponses:
    """One method for each cell: the model's name in, what the SDK showed out."""

    def __init__(self, url: str, key: str) -> None:
        self._responses = openai.OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0, timeout=20).responses

    def plain(self, model: str) -> Facts:
        """A question, an answer."""
        answer = self._ask(model, GREETING)
        return {"text": answer.output_text, **ending(answer)}

    def stream(self, model: str) -> Facts:
        """The same, piece by piece."""
        with self._responses.stream(model=model, input=GREETING, max_output_tokens=MAX_TOKENS) as stream:
            pieces = [event.delta for event in stream if event.type == "response.output_text.delta"]
            return {"text": "".join(pieces), "pieces": len(pieces), **ending(stream.get_final_response())}

    def pieces(self, model: str) -> Iterator[str]:
        """A stream that may break."""
        for event in self._responses.create(model=model, input=GREETING, stream=True):
            if event.type == "response.output_text.delta":
                yield event.delta

    def tools(self, model: str) -> Facts:
        """Two questions, a tool for each."""
        return self._loop(model, RESULT, [ASK_TOOL, ASK_AGAIN])

    def tools_streamed(self, model: str) -> Facts:
        """The same, piece by piece."""
        return self._loop(model, RESULT, [ASK_TOOL, ASK_AGAIN], streamed=True)

    def parallel(self, model: str) -> Facts:
        """Two calls at once."""
        return self._loop(model, RESULT, [ASK_TOOL], parallel_tool_calls=True)

    def tool_error(self, model: str) -> Facts:
        """A tool that fails."""
        return self._loop(model, f"Error: {FAILURE}", [ASK_TOOL])

    def thinking(self, model: str) -> Facts:
        """Thoughts, a tool, an answer, and another question behind all of them."""
        return self._loop(model, RESULT, [ASK_TOOL, ASK_AGAIN], **SEALED)

    def thinking_streamed(self, model: str) -> Facts:
        """The same, piece by piece."""
        return self._loop(model, RESULT, [ASK_TOOL, ASK_AGAIN], streamed=True, **SEALED)

    def structured(self, model: str) -> Facts:
        """An answer of a given shape."""
        answer = self._responses.parse(model=model, input=GREETING, text_format=City, max_output_tokens=MAX_TOKENS)
        return {"value": answer.output_parsed and answer.output_parsed.model_dump()}

    def image(self, model: str) -> Facts:
        """A picture beside the question."""
        picture = {"type": "input_image", "detail": "auto", "image_url": f"data:image/png;base64,{PICTURE}"}
        content = [{"type": "input_text", "text": ASK_PICTURE}, picture]
        return {"text": self._ask(model, [{"role": "user", "content": content}]).output_text}

    def length(self, model: str) -> Facts:
        """An answer that does not fit."""
        return ending(self._ask(model, GREETING, max_output_tokens=SHORT))

    def refusal(self, model: str) -> Facts:
        """An answer that is none."""
        answer = self._ask(model, GREETING)
        parts = [part for item in answer.output if item.type == "message" for part in item.content]
        return {"refusal": "".join(part.refusal for part in parts if part.type == "refusal"), **ending(answer)}

    def _ask(self, model: str, given: Any, **options: Any) -> Any:
        return self._responses.create(**{"model": model, "input": given, "max_output_tokens": MAX_TOKENS} | options)

    def _ask_streamed(self, model: str, given: Any, **options: Any) -> Any:
        with self._responses.stream(model=model, input=given, max_output_tokens=MAX_TOKENS, **options) as stream:
            return stream.get_final_response()

    def _loop(self, model: str, result: str, questions: list[str], *, streamed: bool = False, **options: Any) -> Facts:
        ask = self._ask_streamed if streamed else self._ask
        given: list[Any] = []
        called, finishes, thoughts, texts, ids = [], [], [], [], []
        for question in questions:
            given.append({"role": "user", "content": question})
            for _ in range(3):
                answer = ask(model, given, tools=TOOLS, **options)
                finishes.append(answer.status)
                # What only the SDK has added is nothing that a provider takes.
                given += [item.to_dict(exclude_unset=True) for item in answer.output]
                for item in given:
                    item.pop("parsed_arguments", None)
                thoughts += [part.text for item in answer.output if item.type == "reasoning" for part in item.summary]
                calls = [item for item in answer.output if item.type == "function_call"]
                called += [[call.name, json.loads(call.arguments)] for call in calls]
                ids += [call.call_id for call in calls]
                given += [{"type": "function_call_output", "call_id": each.call_id, "output": result} for each in calls]
                if not calls:
                    break
            texts.append(answer.output_text)
        return {"called": called, "ids": ids, "texts": texts, "finishes": finishes, "thoughts": "".join(thoughts)}


def ending(answer: Any) -> Facts:
    """Why the answer ended and what it cost."""
    usage, reason = answer.usage, answer.incomplete_details
    return {
        "finish": reason.reason if reason else answer.status,
        "usage": usage and [usage.input_tokens, usage.output_tokens],
    }


client = OpenAIResponses
