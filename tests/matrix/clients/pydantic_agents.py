"""Pydantic AI's agents, `pydantic-agents/openai`, `/responses`, `/anthropic` and `/google`."""

from collections.abc import Callable, Iterator
from typing import Any

from pydantic_ai import Agent, BinaryContent, ModelRetry
from pydantic_ai.exceptions import ContentFilterError
from pydantic_ai.messages import ModelMessage, ModelResponse, ThinkingPart, ToolCallPart
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.models.google import GoogleModel
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.profiles.openai import OpenAIModelProfile
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai.providers.google import GoogleProvider
from pydantic_ai.providers.openai import OpenAIProvider

from own_loop import each, run
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
    City,
)

Facts = dict[str, Any]
KINDS = {
    "openai": OpenAIChatModel, "responses": OpenAIResponsesModel, "anthropic": AnthropicModel, "google": GoogleModel,
}  # fmt: skip
THINKING: dict[str, Facts] = {
    "openai": {"openai_reasoning_effort": "medium"},
    "responses": {"openai_reasoning_effort": "medium", "openai_reasoning_summary": "auto", "openai_store": False},
    "anthropic": {
        "anthropic_thinking": {"type": "enabled", "budget_tokens": BUDGET}, "max_tokens": BUDGET + MAX_TOKENS,
    },
    "google": {"google_thinking_config": {"include_thoughts": True, "thinking_budget": BUDGET}},
}  # fmt: skip
# The framework guesses from a model's name what it can do, and the names of groups tell it nothing.
PROFILES = {"responses": OpenAIModelProfile(openai_supports_encrypted_reasoning_content=True)}


class PydanticAgents:
    """One method for each cell: the model's name in, what the framework showed out."""

    def __init__(self, url: str, key: str, variant: str) -> None:
        self._variant = variant
        self._kind: Any = KINDS[variant]
        if variant == "anthropic":
            self._provider: Any = AnthropicProvider(base_url=url, api_key=key)
        elif variant == "google":
            self._provider = GoogleProvider(base_url=url, api_key=key)
        else:
            self._provider = OpenAIProvider(base_url=f"{url}/v1", api_key=key)

    def _agent(self, model: str, **options: Any) -> Agent[None, Any]:
        return Agent(
            self._kind(model, provider=self._provider, profile=PROFILES.get(self._variant)),
            **{"model_settings": {"max_tokens": MAX_TOKENS}, "retries": 1} | options,
        )

    def plain(self, model: str) -> Facts:
        """A question, an answer."""
        answer = run(self._agent(model).run(GREETING))
        return {"text": answer.output, **ending(answer.response)}

    def stream(self, model: str) -> Facts:
        """The same, piece by piece."""
        pieces: list[str] = []
        response = run(self._streamed(model, pieces.append))
        return {"text": "".join(pieces), "pieces": len(pieces), **ending(response)}

    def pieces(self, model: str) -> Iterator[str]:
        """A stream that may break."""
        return each(lambda show: self._streamed(model, show))

    async def _streamed(self, model: str, show: Callable[[str], None]) -> ModelResponse:
        async with self._agent(model).run_stream(GREETING) as result:
            async for piece in result.stream_text(delta=True, debounce_by=None):
                show(piece)
            return result.response

    def tools(self, model: str) -> Facts:
        """Two questions, a tool for each."""
        return run(self._loop(model, [ASK_TOOL, ASK_AGAIN]))

    def tools_streamed(self, model: str) -> Facts:
        """The same, piece by piece."""
        return run(self._loop(model, [ASK_TOOL, ASK_AGAIN], streamed=True))

    def parallel(self, model: str) -> Facts:
        """Two calls at once."""
        return run(self._loop(model, [ASK_TOOL]))

    def tool_error(self, model: str) -> Facts:
        """A tool that fails."""
        return run(self._loop(model, [ASK_TOOL], fails=True))

    def thinking(self, model: str) -> Facts:
        """Thoughts, a tool, an answer, and another question behind all of them."""
        return run(self._loop(model, [ASK_TOOL, ASK_AGAIN], model_settings=THINKING[self._variant]))

    def thinking_streamed(self, model: str) -> Facts:
        """The same, piece by piece."""
        settings = THINKING[self._variant]
        return run(self._loop(model, [ASK_TOOL, ASK_AGAIN], streamed=True, model_settings=settings))

    def structured(self, model: str) -> Facts:
        """An answer of a given shape, which this framework asks for with a tool."""
        return {"value": run(self._agent(model, output_type=City).run(GREETING)).output.model_dump()}

    def image(self, model: str) -> Facts:
        """A picture beside the question."""
        picture = BinaryContent(PICTURE_BYTES, media_type="image/png")
        return {"text": run(self._agent(model).run([ASK_PICTURE, picture])).output}

    def length(self, model: str) -> Facts:
        """An answer that does not fit."""
        return ending(run(self._agent(model, model_settings={"max_tokens": SHORT}).run(GREETING)).response)

    def refusal(self, model: str) -> Facts:
        """An answer that is none, which this framework raises."""
        try:
            answer = run(self._agent(model).run(GREETING))
        except ContentFilterError as refused:
            return {"refusal": str(refused), "finish": None}
        return ending(answer.response)

    async def _loop(
        self, model: str, questions: list[str], *, streamed: bool = False, fails: bool = False, **options: Any
    ) -> Facts:
        def weather(place: str) -> str:
            """Tells the weather."""
            if fails:
                raise ModelRetry(FAILURE)
            return RESULT

        async def watch(_context: Any, events: Any) -> None:
            async for _ in events:
                pass

        agent, history, texts = self._agent(model, tools=[weather], **options), [], []
        for question in questions:
            handler = watch if streamed else None
            answer = await agent.run(question, message_history=history or None, event_stream_handler=handler)
            history = answer.all_messages()
            texts.append(answer.output)
        return {"texts": texts, **told_in(history)}


def told_in(history: list[ModelMessage]) -> Facts:
    """What the model said in a conversation."""
    answers = [message for message in history if isinstance(message, ModelResponse)]
    parts = [part for answer in answers for part in answer.parts]
    calls = [part for part in parts if isinstance(part, ToolCallPart)]
    return {
        "called": [[call.tool_name, call.args_as_dict()] for call in calls],
        "ids": [call.tool_call_id for call in calls],
        "finishes": [answer.finish_reason for answer in answers],
        "thoughts": "".join(part.content for part in parts if isinstance(part, ThinkingPart)),
    }


def ending(response: ModelResponse) -> Facts:
    """Why the answer ended and what it cost."""
    return {"finish": response.finish_reason, "usage": [response.usage.input_tokens, response.usage.output_tokens]}


client = PydanticAgents
