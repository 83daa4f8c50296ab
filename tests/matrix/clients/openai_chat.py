"""The `openai` package at chat completions."""

import json
from collections.abc import Iterator
from typing import Any

import openai

from story import ASK_AGAIN, ASK_PICTURE, ASK_TOOL, FAILURE, GREETING, MAX_TOKENS, PICTURE, RESULT, SHORT, TOOL, City

Facts = dict[str, Any]
TOOLS: Any = [
    {
        "type": "function",
        "function": {
            "name": TOOL["name"], "description": TOOL["description"], "parameters": TOOL["schema"], "strict": True,
        },
    }
]  # fmt: skip


class OpenAIChat:
    """One method for each cell: the model's name in, what the SDK showed out."""

    def __init__(self, url: str, key: str) -> None:
        self._chat = openai.OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0, timeout=20).chat.completions

    def plain(self, model: str) -> Facts:
        """A question, an answer."""
        answer = self._ask(model, say(GREETING))
        return {"text": answer.choices[0].message.content, **ending(answer)}

    def stream(self, model: str) -> Facts:
        """The same, piece by piece."""
        with self._chat.stream(
            model=model,
            messages=say(GREETING),
            max_completion_tokens=MAX_TOKENS,
            stream_options={"include_usage": True},
        ) as stream:
            pieces = [event.delta for event in stream if event.type == "content.delta"]
            return {"text": "".join(pieces), "pieces": len(pieces), **ending(stream.get_final_completion())}

    def pieces(self, model: str) -> Iterator[str]:
        """A stream that may break."""
        for chunk in self._chat.create(model=model, messages=say(GREETING), stream=True):
            if chunk.choices and chunk.choices[0].delta.content:
                yield chunk.choices[0].delta.content

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
        return self._loop(model, RESULT, [ASK_TOOL, ASK_AGAIN], reasoning_effort="medium")

    def thinking_streamed(self, model: str) -> Facts:
        """The same, piece by piece."""
        return self._loop(model, RESULT, [ASK_TOOL, ASK_AGAIN], streamed=True, reasoning_effort="medium")

    def structured(self, model: str) -> Facts:
        """An answer of a given shape."""
        answer = self._chat.parse(
            model=model, messages=say(GREETING), response_format=City, max_completion_tokens=MAX_TOKENS
        )
        parsed = answer.choices[0].message.parsed
        return {"value": parsed and parsed.model_dump()}

    def image(self, model: str) -> Facts:
        """A picture beside the question."""
        picture = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PICTURE}"}}
        content: Any = [{"type": "text", "text": ASK_PICTURE}, picture]
        answer = self._ask(model, [{"role": "user", "content": content}])
        return {"text": answer.choices[0].message.content}

    def length(self, model: str) -> Facts:
        """An answer that does not fit."""
        return ending(self._ask(model, say(GREETING), max_completion_tokens=SHORT))

    def refusal(self, model: str) -> Facts:
        """An answer that is none."""
        answer = self._ask(model, say(GREETING))
        return {"refusal": answer.choices[0].message.refusal, **ending(answer)}

    def _ask(self, model: str, messages: Any, **options: Any) -> Any:
        return self._chat.create(
            **{"model": model, "messages": messages, "max_completion_tokens": MAX_TOKENS} | options
        )

    def _ask_streamed(self, model: str, messages: Any, **options: Any) -> Any:
        with self._chat.stream(model=model, messages=messages, max_completion_tokens=MAX_TOKENS, **options) as stream:
            return stream.get_final_completion()

    def _loop(self, model: str, result: str, questions: list[str], *, streamed: bool = False, **options: Any) -> Facts:
        ask = self._ask_streamed if streamed else self._ask
        messages: list[Any] = []
        called, finishes, thoughts, texts, ids = [], [], [], [], []
        for question in questions:
            messages += say(question)
            for _ in range(3):
                choice = ask(model, messages, tools=TOOLS, **options).choices[0]
                messages.append(choice.message)
                finishes.append(choice.finish_reason)
                thoughts.append((choice.message.model_extra or {}).get("reasoning_content") or "")
                calls = choice.message.tool_calls or []
                called += [[call.function.name, json.loads(call.function.arguments)] for call in calls]
                ids += [call.id for call in calls]
                messages += [{"role": "tool", "tool_call_id": call.id, "content": result} for call in calls]
                if not calls:
                    break
            texts.append(choice.message.content)
        return {"called": called, "ids": ids, "texts": texts, "finishes": finishes, "thoughts": "".join(thoughts)}


def say(text: str) -> Any:
    """One message of the user."""
    return [{"role": "user", "content": text}]


def ending(answer: Any) -> Facts:
    """Why the answer ended and what it cost."""
    usage = answer.usage
    return {
        "finish": answer.choices[0].finish_reason,
        "usage": usage and [usage.prompt_tokens, usage.completion_tokens],
    }


client = OpenAIChat
