"""Reads a whole Responses answer."""

from typing import Final

import msgspec

from octogate.core.conversation import Answer, Choice, Finish, Part, Refusal, ToolCall
from octogate.core.errors import UpstreamError
from octogate.dialects.faults import stream_failure
from octogate.dialects.openai_responses.finishes import Incomplete, read_finish
from octogate.dialects.openai_responses.output import ABSENT, OutputItem, parts_of, read_item
from octogate.dialects.openai_responses.usage import read_usage


class Response(msgspec.Struct):
    """The members of a response that say something of the answer."""

    output: list[OutputItem] | None = None
    id: str | None = None
    model: str | None = None
    status: str | None = None
    incomplete_details: Incomplete | None = None
    error: msgspec.Raw = ABSENT
    usage: msgspec.Raw = ABSENT
    service_tier: str | None = None


_FAILED: Final = ("failed", "cancelled")
_RESPONSE: Final = msgspec.json.Decoder(Response)


def read_answer(body: bytes) -> Answer:
    """The answer in a body that `check_answer` found sound. Raises UpstreamError for one that failed."""
    response = _RESPONSE.decode(body)
    parts = tuple(part for item in response.output or () for part in read_item(item))
    if response.status in _FAILED:
        raise failure_of(response)
    return Answer(
        id=response.id or "",
        model=response.model or "",
        choices=(Choice(parts, _finish(response, parts), logprobs=_logprobs(response.output or [])),),
        usage=read_usage(response.usage) if response.usage is not ABSENT else None,
        service_tier=response.service_tier,
    )


def _finish(response: Response, parts: tuple[Part, ...]) -> Finish:
    return read_finish(
        response.status or "completed",
        response.incomplete_details,
        calls=any(isinstance(part, ToolCall) for part in parts),
        refused=any(isinstance(part, Refusal) for part in parts),
    )


def failure_of(response: Response) -> UpstreamError:
    """What a response that failed says of it. Such an end is one of this dialect only: to others it is an error."""
    return stream_failure(b'{"error":%b}' % (bytes(response.error) or b"null"))


def _logprobs(output: list[OutputItem]) -> msgspec.Raw | None:
    """The probabilities of all text, in chat's form."""
    found = [
        entry
        for item in output
        if item.type == "message"
        for part in parts_of(item.content)
        for entry in part.logprobs or ()
    ]
    return msgspec.Raw(msgspec.json.encode({"content": found})) if found else None
