"""Whether what a model thought came back to its provider under the provider's own seal, and not as something lesser."""

import json
from collections.abc import Callable, Iterator
from typing import Any, Final

PLACEHOLDER: Final = "skip_thought_signature_validator"
"""What Gemini takes for a call that another model made. It is no seal: the thoughts are lost."""


def unsealed(upstream: str, body: bytes) -> Iterator[str]:
    """What is missing in a request whose history has calls that a model made while it thought."""
    if upstream in SEALING:
        yield from SEALING[upstream](json.loads(body))


def _anthropic(told: Any) -> Iterator[str]:
    if told.get("thinking", {}).get("type", "disabled") == "disabled":
        yield "the model was asked not to think"
    for message in told["messages"]:
        kinds = [block["type"] for block in message["content"]] if isinstance(message["content"], list) else []
        if "tool_use" in kinds and kinds[0] not in ("thinking", "redacted_thinking"):
            yield "a call came back without the thoughts before it"


def _gemini(told: Any) -> Iterator[str]:
    for part in (part for turn in told["contents"] for part in turn["parts"] if "functionCall" in part):
        if part.get("thoughtSignature") in (None, PLACEHOLDER):
            yield "a call came back without its signature"


def _responses(told: Any) -> Iterator[str]:
    items = told["input"]
    for before, item in zip([None, *items], items, strict=False):
        if item.get("type") == "function_call" and not (before or {}).get("encrypted_content"):
            yield "a call came back without the thoughts before it"


SEALING: Final[dict[str, Callable[[Any], Iterator[str]]]] = {
    "anthropic_messages": _anthropic, "gemini_generate": _gemini, "openai_responses": _responses,
}  # fmt: skip
"""The upstreams that seal thoughts, and what each misses."""
