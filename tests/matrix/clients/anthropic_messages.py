"""The `anthropic` package at messages."""

from collections.abc import Iterator
from typing import Any

import anthropic

from story import (
    ASK_AGAIN,
    ASK_PICTURE,
    ASK_TOOL,
    BUDGET,
    FAILURE,
    GREETING,
    MAX_TOKENS,
    PICTURE,
    RESULT,
    SHORT,
    TOOL,
    City,
)

Facts = dict[str, Any]
TOOLS: Any = [{"name": TOOL["name"], "description": TOOL["description"], "input_schema": TOOL["schema"]}]
THINKING: Facts = {"thinking": {"type": "enabled", "budget_tokens": BUDGET}, "max_tokens": BUDGET + MAX_TOKENS}


class AnthropicMessages:
    """One method for each cell: the model's name in, what the SDK showed out."""

    def __init__(self, url: str, key: str) -> None:
        self._messages = anthropic.Anthropic(base_url=url, api_key=key, max_retries=0, timeout=20).messages

    def plain(self, model: str) -> Facts:
        """A question, an answer."""
        answer = self._ask(model, say(GREETING))
        return {"text": text_of(answer), **ending(answer)}

    def stream(self, model: str) -> Facts:
        """The same, piece by piece."""
        with self._messages.stream(model=model, messages=say(GREETING), max_tokens=MAX_TOKENS) as stream:
            pieces = list(stream.text_stream)
            return {"text": "".join(pieces), "pieces": len(pieces), **ending(stream.get_final_message())}

    def pieces(self, model: str) -> Iterator[str]:
        """A stream that may break."""
        with self._messages.stream(model=model, messages=say(GREETING), max_tokens=MAX_TOKENS) as stream:
            yield from stream.text_stream

    def tools(self, model: str) -> Facts:
        """Two questions, a tool for each."""
        return self._loop(model, {"content": RESULT}, [ASK_TOOL, ASK_AGAIN])

    def tools_streamed(self, model: str) -> Facts:
        """The same, piece by piece."""
        return self._loop(model, {"content": RESULT}, [ASK_TOOL, ASK_AGAIN], streamed=True)

    def parallel(self, model: str) -> Facts:
        """Two calls at once."""
        return self._loop(model, {"content": RESULT}, [ASK_TOOL])

    def tool_error(self, model: str) -> Facts:
        """A tool that fails."""
        return self._loop(model, {"content": FAILURE, "is_error": True}, [ASK_TOOL])

    def thinking(self, model: str) -> Facts:
        """Thoughts, a tool, an answer, and another question behind all of them."""
        return self._loop(model, {"content": RESULT}, [ASK_TOOL, ASK_AGAIN], **THINKING)

    def thinking_streamed(self, model: str) -> Facts:
        """The same, piece by piece."""
        return self._loop(model, {"content": RESULT}, [ASK_TOOL, ASK_AGAIN], streamed=True, **THINKING)

    def structured(self, model: str) -> Facts:
        """An answer of a given shape."""
        answer = self._messages.parse(model=model, messages=say(GREETING), max_tokens=MAX_TOKENS, output_format=City)
        return {"value": answer.parsed_output and answer.parsed_output.model_dump()}

    def image(self, model: str) -> Facts:
        """A picture beside the question."""
        source = {"type": "base64", "media_type": "image/png", "data": PICTURE}
        content = [{"type": "text", "text": ASK_PICTURE}, {"type": "image", "source": source}]
        return {"text": text_of(self._ask(model, [{"role": "user", "content": content}]))}

    def length(self, model: str) -> Facts:
        """An answer that does not fit."""
        return ending(self._ask(model, say(GREETING), max_tokens=SHORT))

    def refusal(self, model: str) -> Facts:
        """An answer that is none."""
        return ending(self._ask(model, say(GREETING)))

    def _ask(self, model: str, messages: Any, **options: Any) -> Any:
        return self._messages.create(**{"model": model, "messages": messages, "max_tokens": MAX_TOKENS} | options)

    def _ask_streamed(self, model: str, messages: Any, **options: Any) -> Any:
        with self._messages.stream(
            **{"model": model, "messages": messages, "max_tokens": MAX_TOKENS} | options
        ) as made:
            return made.get_final_message()

    def _loop(
        self, model: str, result: Facts, questions: list[str], *, streamed: bool = False, **options: Any
    ) -> Facts:
        ask = self._ask_streamed if streamed else self._ask
        messages: list[Any] = []
        called, finishes, thoughts, texts, ids = [], [], [], [], []
        for question in questions:
            messages += say(question)
            for _ in range(3):
                answer = ask(model, messages, tools=TOOLS, **options)
                messages.append({"role": "assistant", "content": answer.content})
                finishes.append(answer.stop_reason)
                thoughts += [block.thinking for block in answer.content if block.type == "thinking"]
                calls = [block for block in answer.content if block.type == "tool_use"]
                called += [[call.name, call.input] for call in calls]
                ids += [call.id for call in calls]
                if not calls:
                    break
                results = [{"type": "tool_result", "tool_use_id": call.id, **result} for call in calls]
                messages.append({"role": "user", "content": results})
            texts.append(text_of(answer))
        return {"called": called, "ids": ids, "texts": texts, "finishes": finishes, "thoughts": "".join(thoughts)}


def say(text: str) -> Any:
    """One message of the user."""
    return [{"role": "user", "content": text}]


def text_of(answer: Any) -> str:
    """All text of a message."""
    return "".join(block.text for block in answer.content if block.type == "text")


def ending(answer: Any) -> Facts:
    """Why the answer ended and what it cost."""
    return {"finish": answer.stop_reason, "usage": [answer.usage.input_tokens, answer.usage.output_tokens]}


client = AnthropicMessages
