"""Why an answer ended: the `status` of a Responses answer with what belongs to it, and the hub's word."""

from typing import Final

import msgspec

from octogate.core.conversation import Finish

_FINISHES: Final[dict[str, Finish]] = {
    "completed": "stop",
    "incomplete": "length",
    "failed": "error",
    "cancelled": "error",
    "queued": "error",
    "in_progress": "error",
}
_FAILED: Final = {"code": "server_error", "message": "The model's answer could not be finished."}
_INCOMPLETE: Final[dict[Finish, str]] = {"length": "max_output_tokens", "content_filter": "content_filter"}


class Incomplete(msgspec.Struct, gc=False):
    """Why an answer is not whole."""

    reason: object = None


def read_finish(status: str, incomplete: Incomplete | None, *, calls: bool, refused: bool) -> Finish:
    """Why an answer ended; one without a status is complete."""
    finish = _FINISHES.get(status, "stop")
    if finish == "length" and incomplete is not None and incomplete.reason == "content_filter":
        return "content_filter"
    if finish != "stop":
        return finish
    if calls:
        return "tool_calls"
    return "refusal" if refused else "stop"


def write_finish(finish: Finish, *, refused: bool) -> dict[str, object]:
    """The members that say why an answer ended. A refusal that has words is complete: they are the answer."""
    if finish == "refusal" and not refused:
        finish = "content_filter"
    if finish in _INCOMPLETE:
        return {"status": "incomplete", "incomplete_details": {"reason": _INCOMPLETE[finish]}}
    return {"status": "failed", "error": _FAILED} if finish == "error" else {"status": "completed"}
