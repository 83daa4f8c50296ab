"""Which of our errors a provider's refusal is, wherever it stood: behind a status, in a 200 body, in a stream."""

import re
from typing import Final

import msgspec

from octogate.core.errors import (
    CredentialRefused,
    Replay,
    UpstreamBroken,
    UpstreamError,
    UpstreamLimited,
    UpstreamRefused,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from octogate.dialects.meaning import Cause, Explained

FAILED: Final = "The provider failed to answer."
BROKEN_OFF: Final = "The provider broke off the stream with an error."


class Judgement(msgspec.Struct, frozen=True):
    """The class of an error, what callers read, and what may be repeated.

    `waits`: the time that the provider names counts. `ours`: its words are about our account and never shown.
    """

    kind: type[UpstreamError]
    replay: Replay
    message: str
    code: str | None = None
    status: int | None = None
    waits: bool = False
    ours: bool = False

    def error(
        self,
        fault: Explained,
        *,
        upstream_status: int | None,
        retry_after: float | None = None,
        detail: str | None = None,
        message: str | None = None,
        replay: Replay | None = None,
        param: str | None = None,
    ) -> UpstreamError:
        """The error itself; a refusal of the caller's own call names the provider's code and parameter too."""
        refused = issubclass(self.kind, UpstreamRefused)
        return self.kind(
            message or self.message,
            replay=replay or self.replay,
            code=self.code,
            status=self.status,
            upstream_status=upstream_status,
            detail=detail,
            retry_after=retry_after if self.waits else None,
            reason=fault.code if refused else None,
            param=param if refused else None,
        )


_BROKEN: Final = Judgement(UpstreamBroken, "ambiguous", FAILED)
_QUOTA: Final = Judgement(
    UpstreamLimited,
    "next",
    "The gateway's quota at the provider is used up.",
    code="upstream_quota_exhausted",
    waits=True,
    ours=True,
)
_CREDENTIAL: Final = Judgement(
    CredentialRefused, "next", "The gateway's access to the provider was refused.", ours=True
)
_UNAVAILABLE: Final = Judgement(UpstreamUnavailable, "safe", "The provider is over capacity.", waits=True)
_TIMEOUT: Final = Judgement(UpstreamTimeout, "ambiguous", FAILED)
_CONFLICT: Final = Judgement(UpstreamBroken, "once", FAILED)
_BY_STATUS: Final[dict[int, Judgement]] = {
    401: _CREDENTIAL,
    402: _QUOTA,
    403: _CREDENTIAL,
    408: _CONFLICT,
    409: _CONFLICT,
    424: _BROKEN,  # Bedrock: the model failed, not the call
    425: _CONFLICT,
    429: Judgement(UpstreamLimited, "safe", "The provider's rate limit is used up.", waits=True),
    498: _UNAVAILABLE,  # Groq's flexible tier
    503: _UNAVAILABLE,
    504: _TIMEOUT,
    524: _TIMEOUT,
    529: _UNAVAILABLE,
}
_STATUSES_OF: Final[dict[Cause, frozenset[int]]] = {
    "overlong": frozenset({400, 413, 422, 429, 500}),  # 500: local servers
    "content_policy": frozenset({400, 403, 422, 451}),
    "quota": frozenset({400, 402, 403, 429}),
    "bad_key": frozenset({400}),
    "unknown_model": frozenset({400}),
}
"""With which statuses a meaning is believed; with any other, the status itself says more."""

# The model failed, not the call, whatever number stands beside it: Bedrock, and Groq when a tool call makes no sense.
_MODEL_FAILED: Final = re.compile(r"model.?error|model.?stream.?error|^tool_use_failed$", re.I)
# What providers call a status where they send none: inside streams, and in Amazon's x-amzn-errortype.
_NAMED_STATUSES: Final[tuple[tuple[int, re.Pattern[str]], ...]] = tuple(
    (status, re.compile(names, re.I))
    for status, names in (
        (429, r"rate.?limit|too.?many.?requests|resource.?exhausted|quota|throttl|^(?:tokens|requests)$"),
        (503, r"overloaded|unavailable|capacity|model.?not.?ready"),
        (504, r"timeout|timed.?out|deadline.?exceeded"),
        (402, r"^billing|^payment"),
        (401, r"authentication|unauthenticated|unauthori[sz]ed|unrecognizedclient|expiredtoken|invalidsignature"),
        (403, r"permission|access.?denied|^forbidden"),
        (404, r"not.?found"),
        (413, r"too.?large"),
        (400, r"^invalid.?|bad.?request|^validation|failed.?precondition|unprocessable"),
    )
)


def judge(status: int, fault: Explained) -> Judgement:
    """What an answer with `status` ≥ 300 means. The order is: what it is about, then its status."""
    cause = fault.cause
    if cause is not None and status in _STATUSES_OF[cause]:
        return _judge_cause(cause, fault)
    if status == 404:
        return Judgement(UpstreamRefused, "next", fault.message, code="upstream_not_found", status=404)
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if 400 <= status < 500:
        return Judgement(UpstreamRefused, "never", fault.message, status=status)
    return _BROKEN


def judge_in_band(fault: Explained) -> Judgement:
    """The same for an error that came without a status: its codes say which it would have been."""
    return judge(400 if fault.cause is not None else named_status(fault.words) or 502, fault)


def named_status(words: tuple[str, ...]) -> int | None:
    """The HTTP status that codes stand for: a number among them, else the first class that one of them names."""
    if any(map(_MODEL_FAILED.search, words)):
        return 424
    for word in words:
        if word.isdecimal() and 400 <= int(word) < 600:
            return int(word)
    for status, names in _NAMED_STATUSES:
        if any(map(names.search, words)):
            return status
    return None


def _judge_cause(cause: Cause, fault: Explained) -> Judgement:
    if cause == "overlong":
        # Another target may have the larger window.
        return Judgement(UpstreamRefused, "next", fault.message, code="context_length_exceeded", status=400)
    if cause == "content_policy":
        # Not for others to try: what one provider forbids must not be shopped around.
        return Judgement(UpstreamRefused, "never", fault.message, code="content_policy", status=400)
    if cause == "unknown_model":
        return Judgement(UpstreamRefused, "next", fault.message, code="upstream_not_found", status=404)
    return _QUOTA if cause == "quota" else _CREDENTIAL
