"""Why an answer ended: the words of chat completions and of their many relatives, and the hub's."""

from typing import Final

from octogate.core.conversation import Finish

_READ: Final[dict[str, Finish]] = {
    "stop": "stop",
    "eos": "stop",
    "end_turn": "stop",
    "stop_sequence": "stop",
    "length": "length",
    "max_tokens": "length",
    "model_length": "length",
    "model_context_window_exceeded": "length",
    "tool_calls": "tool_calls",
    "tool_use": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
    "safety": "content_filter",
    "refusal": "refusal",
    "error": "error",
    "insufficient_system_resource": "error",  # DeepSeek
}
_WRITTEN: Final[dict[Finish, str]] = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "tool_calls",
    "content_filter": "content_filter",
    "refusal": "content_filter",
    "pause": "stop",
    "error": "content_filter",  # there is no word for it; this one never passes for a whole answer
}


def read_finish(reason: object, *, called_tools: bool, refused: bool) -> Finish:
    """The hub's word. Who called tools by force, or refused, has "stopped" here: what was said tells the difference."""
    finish = _READ.get(reason.lower(), "stop") if isinstance(reason, str) else "stop"
    if finish != "stop":
        return finish
    if called_tools:
        return "tool_calls"
    return "refusal" if refused else "stop"


def write_finish(finish: Finish, *, refused: bool, legacy: bool = False) -> str:
    """Our word; `refused`: the refusal was told in words, `legacy`: a tool was called as a `function_call`."""
    if finish == "refusal" and refused:
        return "stop"
    if finish == "tool_calls" and legacy:
        return "function_call"
    return _WRITTEN[finish]
