"""LangChain's chat models, `langchain/openai` and `langchain/anthropic`."""

from collections.abc import Iterator
from typing import Any

from langchain_anthropic import ChatAnthropic
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_openai import ChatOpenAI

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
TOOLS = [
    {
        "type": "function",
        "function": {"name": TOOL["name"], "description": TOOL["description"], "parameters": TOOL["schema"]},
    }
]
THINKING: dict[str, Facts] = {
    "openai": {"reasoning_effort": "medium"},
    "anthropic": {"thinking": {"type": "enabled", "budget_tokens": BUDGET}, "max_tokens": BUDGET + MAX_TOKENS},
}


class LangChain:
    """One method for each cell: the model's name in, what the framework showed out."""

    def __init__(self, url: str, key: str, variant: str) -> None:
        self._url, self._key, self._variant = url, key, variant

    def _model(self, model: str, **options: Any) -> Any:
        given = {
            "model": model,
            "api_key": self._key,
            "max_retries": 0,
            "timeout": 20,
            "max_tokens": MAX_TOKENS,
        } | options
        if self._variant == "openai":
            return ChatOpenAI(base_url=f"{self._url}/v1", stream_usage=True, **given)
        return ChatAnthropic(base_url=self._url, **given)

    def plain(self, model: str) -> Facts:
        """A question, an answer."""
        answer = self._model(model).invoke(GREETING)
        return {"text": answer.text, **ending(answer)}

    def stream(self, model: str) -> Facts:
        """The same, piece by piece."""
        chunks = list(self._model(model).stream(GREETING))
        answer = chunks[0]
        for chunk in chunks[1:]:
            answer += chunk
        return {"text": answer.text, "pieces": sum(bool(chunk.text) for chunk in chunks), **ending(answer)}

    def pieces(self, model: str) -> Iterator[str]:
        """A stream that may break."""
        for chunk in self._model(model).stream(GREETING):
            if chunk.text:
                yield chunk.text

    def tools(self, model: str) -> Facts:
        """Two questions, a tool for each."""
        return self._loop(self._model(model), RESULT, [ASK_TOOL, ASK_AGAIN])

    def tools_streamed(self, model: str) -> Facts:
        """The same, piece by piece."""
        return self._loop(self._model(model), RESULT, [ASK_TOOL, ASK_AGAIN], streamed=True)

    def parallel(self, model: str) -> Facts:
        """Two calls at once."""
        return self._loop(self._model(model), RESULT, [ASK_TOOL])

    def tool_error(self, model: str) -> Facts:
        """A tool that fails."""
        return self._loop(self._model(model), FAILURE, [ASK_TOOL], status="error")

    def thinking(self, model: str) -> Facts:
        """Thoughts, a tool, an answer, and another question behind all of them."""
        return self._loop(self._model(model, **THINKING[self._variant]), RESULT, [ASK_TOOL, ASK_AGAIN])

    def thinking_streamed(self, model: str) -> Facts:
        """The same, piece by piece."""
        return self._loop(self._model(model, **THINKING[self._variant]), RESULT, [ASK_TOOL, ASK_AGAIN], streamed=True)

    def structured(self, model: str) -> Facts:
        """An answer of a given shape."""
        given = self._model(model).with_structured_output(City, method="json_schema").invoke(GREETING)
        return {"value": given and given.model_dump()}

    def image(self, model: str) -> Facts:
        """A picture beside the question."""
        picture = {"type": "image", "base64": PICTURE, "mime_type": "image/png"}
        content: Any = [{"type": "text", "text": ASK_PICTURE}, picture]
        return {"text": self._model(model).invoke([HumanMessage(content)]).text}

    def length(self, model: str) -> Facts:
        """An answer that does not fit."""
        return ending(self._model(model, max_tokens=SHORT).invoke(GREETING))

    def refusal(self, model: str) -> Facts:
        """An answer that is none."""
        answer = self._model(model).invoke(GREETING)
        return {"refusal": answer.additional_kwargs.get("refusal"), **ending(answer)}

    def _loop(
        self, model: Any, result: str, questions: list[str], *, streamed: bool = False, status: Any = "success"
    ) -> Facts:
        model = model.bind_tools(TOOLS)
        messages: list[Any] = []
        called, finishes, thoughts, texts, ids = [], [], [], [], []
        for question in questions:
            messages.append(HumanMessage(question))
            for _ in range(3):
                answer: AIMessage = joined(model.stream(messages)) if streamed else model.invoke(messages)
                messages.append(answer)
                finishes.append(ending(answer)["finish"])
                thoughts += [
                    block.get("reasoning", "") for block in answer.content_blocks if block["type"] == "reasoning"
                ]
                called += [[call["name"], call["args"]] for call in answer.tool_calls]
                ids += [call["id"] for call in answer.tool_calls]
                if not answer.tool_calls:
                    break
                messages += [ToolMessage(result, tool_call_id=call["id"], status=status) for call in answer.tool_calls]
            texts.append(answer.text)
        return {"called": called, "ids": ids, "texts": texts, "finishes": finishes, "thoughts": "".join(thoughts)}


def joined(chunks: Iterator[Any]) -> Any:
    """The whole message of a stream."""
    answer = next(chunks)
    for chunk in chunks:
        answer += chunk
    return answer


def ending(answer: Any) -> Facts:
    """Why the answer ended and what it cost."""
    told, usage = answer.response_metadata, answer.usage_metadata
    return {
        "finish": told.get("finish_reason") or told.get("stop_reason"),
        "usage": usage and [usage["input_tokens"], usage["output_tokens"]],
    }


client = LangChain
