"""OpenAI's agents, on responses: tools, histories and reasoning items without anything kept at the provider."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import openai
from agents import Agent, ModelSettings, OpenAIResponsesModel, RunConfig, Runner, function_tool
from agents.exceptions import ModelBehaviorError, ModelRefusalError
from openai.types.shared import Reasoning

from own_loop import each, run
from story import ASK_AGAIN, ASK_PICTURE, ASK_TOOL, FAILURE, GREETING, MAX_TOKENS, PICTURE, RESULT, SHORT, TOOL, City

Facts = dict[str, Any]
QUIET = RunConfig(tracing_disabled=True)
SEALED: Facts = {
    "reasoning": Reasoning(effort="medium", summary="auto"), "response_include": ["reasoning.encrypted_content"],
}  # fmt: skip


class OpenAIAgents:
    """One method for each cell: the model's name in, what the framework showed out."""

    def __init__(self, url: str, key: str) -> None:
        self._client = openai.AsyncOpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0, timeout=20)

    def _agent(self, model: str, settings: Facts | None = None, **options: Any) -> Agent[None]:
        return Agent(
            name="assistant", model=OpenAIResponsesModel(model, self._client),
            model_settings=ModelSettings(**{"max_tokens": MAX_TOKENS, "store": False} | (settings or {})), **options,
        )  # fmt: skip

    def plain(self, model: str) -> Facts:
        """A question, an answer."""
        return told(run(Runner.run(self._agent(model), GREETING, run_config=QUIET)))

    def stream(self, model: str) -> Facts:
        """The same, piece by piece."""
        pieces: list[str] = []
        result = run(self._streamed(model, pieces.append))
        return {**told(result), "text": "".join(pieces), "pieces": len(pieces)}

    def pieces(self, model: str) -> Iterator[str]:
        """A stream that may break."""
        return each(lambda show: self._streamed(model, show))

    async def _streamed(self, model: str, show: Callable[[str], None]) -> Any:
        result = Runner.run_streamed(self._agent(model), GREETING, run_config=QUIET)
        async for event in result.stream_events():
            if event.type == "raw_response_event" and event.data.type == "response.output_text.delta":
                show(event.data.delta)
        return result

    def tools(self, model: str) -> Facts:
        """Two questions, a tool for each."""
        return run(self._loop(model, [ASK_TOOL, ASK_AGAIN]))

    def tools_streamed(self, model: str) -> Facts:
        """The same, piece by piece."""
        return run(self._loop(model, [ASK_TOOL, ASK_AGAIN], streamed=True))

    def parallel(self, model: str) -> Facts:
        """Two calls at once."""
        return run(self._loop(model, [ASK_TOOL], settings={"parallel_tool_calls": True}))

    def tool_error(self, model: str) -> Facts:
        """A tool that fails."""
        return run(self._loop(model, [ASK_TOOL], fails=True))

    def thinking(self, model: str) -> Facts:
        """Thoughts, a tool, an answer, and another question behind all of them."""
        return run(self._loop(model, [ASK_TOOL, ASK_AGAIN], settings=SEALED))

    def thinking_streamed(self, model: str) -> Facts:
        """The same, piece by piece."""
        return run(self._loop(model, [ASK_TOOL, ASK_AGAIN], streamed=True, settings=SEALED))

    def structured(self, model: str) -> Facts:
        """An answer of a given shape."""
        answer = run(Runner.run(self._agent(model, output_type=City), GREETING, run_config=QUIET))
        return {"value": answer.final_output.model_dump()}

    def image(self, model: str) -> Facts:
        """A picture beside the question."""
        picture = {"type": "input_image", "detail": "auto", "image_url": f"data:image/png;base64,{PICTURE}"}
        content = [{"type": "input_text", "text": ASK_PICTURE}, picture]
        asked: Any = [{"role": "user", "content": content}]
        return told(run(Runner.run(self._agent(model), asked, run_config=QUIET)))

    def length(self, model: str) -> Facts:
        """An answer that does not fit, which this framework raises."""
        try:
            run(Runner.run(self._agent(model, {"max_tokens": SHORT}), GREETING, run_config=QUIET))
        except ModelBehaviorError as incomplete:
            return {"finish": reason_in(incomplete)}
        return {"finish": None}

    def refusal(self, model: str) -> Facts:
        """An answer that is none, which this framework raises."""
        try:
            run(Runner.run(self._agent(model), GREETING, run_config=QUIET))
        except ModelRefusalError as refused:
            return {"refusal": refused.refusal, "finish": None}
        except ModelBehaviorError as incomplete:
            return {"finish": reason_in(incomplete)}
        return {"finish": None}

    async def _loop(
        self,
        model: str,
        questions: list[str],
        *,
        streamed: bool = False,
        fails: bool = False,
        settings: Facts | None = None,
    ) -> Facts:
        @function_tool(name_override=TOOL["name"], failure_error_function=lambda _context, error: f"Error: {error}")
        def weather(place: str) -> str:
            """Tells the weather."""
            if fails:
                raise ValueError(FAILURE)
            return RESULT

        agent = self._agent(model, settings, tools=[weather])
        given: list[Any] = []
        texts = []
        for question in questions:
            given.append({"role": "user", "content": question})
            if streamed:
                result: Any = Runner.run_streamed(agent, given, run_config=QUIET, max_turns=3)
                async for _ in result.stream_events():
                    pass
            else:
                result = await Runner.run(agent, given, run_config=QUIET, max_turns=3)
            given = result.to_input_list()
            texts.append(result.final_output)
        calls = [item for item in given if item.get("type") == "function_call"]
        thoughts = [part["text"] for item in given if item.get("type") == "reasoning" for part in item["summary"]]
        return {
            "called": [[call["name"], json.loads(call["arguments"])] for call in calls],
            "ids": [call["call_id"] for call in calls], "texts": texts, "thoughts": "".join(thoughts),
        }  # fmt: skip


def told(result: Any) -> Facts:
    """The text of an answer and what it cost; this framework shows no reason of its end."""
    usage = result.context_wrapper.usage
    return {"text": result.final_output, "usage": [usage.input_tokens, usage.output_tokens]}


def reason_in(error: ModelBehaviorError) -> str | None:
    """Why an answer is incomplete, which this framework tells in words alone."""
    found = re.search(r"reason='(\w+)'", str(error))
    return found and found[1]


client = OpenAIAgents
