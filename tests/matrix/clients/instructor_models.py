"""Instructor: structured output by a forced tool, by a schema, and piece by piece."""

from typing import Any

import instructor
import openai
from pydantic import ConfigDict

from story import GREETING, MAX_TOKENS, City

Facts = dict[str, Any]


class ClosedCity(City):
    """This framework sends the model's schema as it is, and OpenAI takes no strict schema that is open."""

    model_config = ConfigDict(extra="forbid")


class InstructorModels:
    """One method for each cell: the model's name in, what the framework showed out."""

    def __init__(self, url: str, key: str) -> None:
        self._client = openai.OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0, timeout=20)

    def _completions(self, mode: instructor.Mode) -> Any:
        return instructor.from_openai(self._client, mode=mode).chat.completions

    def plain(self, model: str) -> Facts:
        """What this framework is for: any call has a shape. Its own retries are off."""
        return self._create(model, instructor.Mode.TOOLS)

    def structured(self, model: str) -> Facts:
        """An answer of a given shape, by forced tool and by schema alike."""
        seen = [self._create(model, mode) for mode in (instructor.Mode.TOOLS, instructor.Mode.JSON_SCHEMA)]
        assert seen[0] == seen[1], seen
        return seen[0]

    def structured_streamed(self, model: str) -> Facts:
        """The same, piece by piece."""
        asked = {"model": model, "messages": say(), "max_completion_tokens": MAX_TOKENS}
        pieces = list(self._completions(instructor.Mode.TOOLS).create_partial(response_model=ClosedCity, **asked))
        return {"value": pieces[-1].model_dump(), "pieces": len(pieces)}

    def _create(self, model: str, mode: instructor.Mode) -> Facts:
        made = self._completions(mode).create(
            model=model, messages=say(), response_model=ClosedCity, max_retries=0, max_completion_tokens=MAX_TOKENS
        )
        return {"value": made.model_dump()}


def say() -> Any:
    """The question."""
    return [{"role": "user", "content": GREETING}]


client = InstructorModels
