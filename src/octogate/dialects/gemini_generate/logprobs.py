"""How likely each token was: Gemini's `logprobsResult` and OpenAI chat's `logprobs`, which the hub uses."""

from typing import Final

import msgspec

from octogate.dialects.body import to_raw
from octogate.dialects.gemini_generate.spelling import Object


class _Chosen(msgspec.Struct, rename="camel", gc=False):
    token: str = ""
    log_probability: float = 0.0


class _Top(msgspec.Struct, gc=False):
    candidates: list[_Chosen] | None = None


class _Result(msgspec.Struct, rename="camel", gc=False):
    chosen_candidates: list[_Chosen] | None = None
    top_candidates: list[_Top] | None = None


class _Token(msgspec.Struct, gc=False):
    token: str = ""
    logprob: float = 0.0
    top_logprobs: "list[_Token] | None" = None


class _Logprobs(msgspec.Struct, gc=False):
    content: list[_Token] | None = None


_RESULT: Final = msgspec.json.Decoder(_Result | None)
_LOGPROBS: Final = msgspec.json.Decoder(_Logprobs | None)


def read_logprobs(raw: msgspec.Raw) -> msgspec.Raw | None:
    """`{"content": […]}` for a `logprobsResult`; None when it is absent or empty."""
    result = _RESULT.decode(raw) if bytes(raw) else None
    if result is None or not result.chosen_candidates:
        return None
    tops = result.top_candidates or []
    content = [
        {
            **_token(one),
            "top_logprobs": [_token(top) for top in (tops[at].candidates if at < len(tops) else None) or ()],
        }
        for at, one in enumerate(result.chosen_candidates)
    ]
    return to_raw({"content": content})


def write_logprobs(raw: msgspec.Raw | None) -> Object | None:
    """The `logprobsResult` for `{"content": […]}`; None when there is nothing in it."""
    said = _LOGPROBS.decode(raw) if raw is not None and bytes(raw) else None
    if said is None or not said.content:
        return None
    return {
        "chosenCandidates": [_candidate(token) for token in said.content],
        "topCandidates": [
            {"candidates": [_candidate(top) for top in token.top_logprobs or ()]} for token in said.content
        ],
    }


def _token(one: _Chosen) -> Object:
    return {"token": one.token, "logprob": one.log_probability, "bytes": list(one.token.encode())}


def _candidate(token: _Token) -> Object:
    return {"token": token.token, "logProbability": token.logprob}
