"""Reads a chat completions call as a prompt of the hub."""

from collections.abc import Mapping
from typing import Final

import msgspec

from octogate.core.call import Call
from octogate.core.conversation import Prompt, Settings, Thinking
from octogate.dialects import body as bodies
from octogate.dialects.checks import Check, integer, number, real, text, whole
from octogate.dialects.findings import Findings, Table
from octogate.dialects.openai_chat.read_tools import read_choice, read_format, read_tools
from octogate.dialects.openai_chat.read_turns import read_turns
from octogate.dialects.stream import has_value

FIELD_NAMES: Final[Mapping[str, str]] = {
    "max_output_tokens": "max_completion_tokens",
    "choices": "n",
    "format": "response_format",
    "thinking": "reasoning_effort",
}

_EFFORTS: Final = {
    "minimal": "minimal",
    "low": "low",
    "medium": "medium",
    "high": "high",
    "xhigh": "max",
    "max": "max",
    "default": None,
}
_NUMBERS: Final = {
    "temperature": number(0, 2),
    "top_p": number(0, 1),
    "frequency_penalty": number(-2, 2),
    "presence_penalty": number(-2, 2),
}
_COUNT: Final = integer(1)
_TOP_K: Final = integer(-1)
_SEED: Final = integer(-(2**63), 2**63 - 1)
_TOP_LOGPROBS: Final = integer(0, 20)
# Parsed where they belong, or of no meaning to the answer: envelope, routing of our own, hints that are only hints.
_READ: Final = frozenset(
    "model messages stream stream_options max_tokens max_completion_tokens temperature top_p top_k frequency_penalty"
    " presence_penalty stop seed n logprobs top_logprobs response_format reasoning_effort reasoning thinking"
    " include_reasoning verbosity user safety_identifier metadata service_tier parallel_tool_calls prompt_cache_key"
    " tools functions tool_choice function_call modalities store prompt_cache_retention prompt_cache_options include"
    " client_metadata usage input cache_control".split()
)
_NO_LOSS_PREFIX: Final = "x-"


def read_prompt(call: Call) -> Prompt:
    """What the caller wants. Raises BadRequest with every fault, field by field."""
    findings = Findings()
    members = call.fields
    body = {name: bodies.read_value(raw) for name, raw in members.items() if name in _READ and name != "tools"}
    prompt = Prompt(
        turns=read_turns(_messages(body, findings), findings),
        tools=read_tools(members, findings),
        tool_choice=read_choice(body, findings),
        settings=_read_settings(body, members, findings),
    )
    _note_losses(body, members, findings)
    findings.faults.raise_if_any()
    prompt.losses = tuple(findings.losses)
    return prompt


def _messages(body: Table, findings: Findings) -> list[object]:
    if body.get("messages") is bodies.UNREADABLE_NUMBER:
        findings.faults.rule("messages", "must not hold a number that is out of range")
        return []
    return findings.array(body.get("messages"), "messages", needed=True)


def _read_settings(body: Table, members: bodies.Members, findings: Findings) -> Settings:
    # Most settings are absent in most calls, and that is seen before anything else is done.
    def flag(name: str) -> bool | None:
        return findings.flag(body[name], name) if name in body else None

    def count(name: str, check: Check = _COUNT) -> int | None:
        return whole(findings.checked(body[name], name, check)) if name in body else None

    def word(name: str) -> str | None:
        return _text(findings.checked(body[name], name, text)) if name in body else None

    caps = [count("max_tokens"), count("max_completion_tokens")]
    numbers = {name: real(findings.checked(body[name], name, rule)) for name, rule in _NUMBERS.items() if name in body}
    parallel = flag("parallel_tool_calls")
    return Settings(
        max_output_tokens=caps[0] if caps[0] is not None else caps[1],
        top_k=_top_k(count("top_k", _TOP_K)),
        **numbers,
        stop=_read_stop(body, findings),
        seed=count("seed", _SEED),
        choices=count("n") or 1,
        logprobs=flag("logprobs"),
        top_logprobs=count("top_logprobs", _TOP_LOGPROBS),
        format=read_format(members, findings),
        thinking=_read_thinking(body, findings),
        verbosity=word("verbosity"),
        user=_read_user(body, findings),
        metadata=_read_metadata(body, findings),
        service_tier=word("service_tier"),
        # A call in the old form gets one call back: there is no place for a second.
        parallel_tool_calls=False if parallel is None and is_legacy(members) else parallel,
        prompt_cache_key=word("prompt_cache_key"),
    )


def is_legacy(members: Mapping[str, msgspec.Raw]) -> bool:
    """Whether a caller offers `functions`, and so waits for a `function_call`."""
    return "tools" not in members and "functions" in members and has_value(members["functions"])


def _top_k(given: int | None) -> int | None:
    """None for the two numbers by which servers are told to look at all tokens."""
    return given if given is not None and given > 0 else None


def _read_stop(body: Table, findings: Findings) -> tuple[str, ...]:
    stop = body.get("stop")
    if stop is None:
        return ()
    words = [stop] if isinstance(stop, str) else stop
    if isinstance(words, list):
        texts = [word for word in words if isinstance(word, str)]
        if len(texts) == len(words):
            return tuple(filter(None, texts))
    findings.faults.rule("stop", "must be a string or an array of strings")
    return ()


def _read_user(body: Table, findings: Findings) -> str | None:
    """Two names for one thing; `safety_identifier` is the newer."""
    user = findings.text(body.get("user"), "user")
    identifier = findings.text(body.get("safety_identifier"), "safety_identifier")
    if user and identifier and user != identifier:
        findings.lose("user", "safety_identifier is sent in its place")
    return identifier or user or None


def _read_metadata(body: Table, findings: Findings) -> dict[str, str] | None:
    metadata = findings.table(body.get("metadata"), "metadata")
    if not metadata:
        return None
    texts = {name: value for name, value in metadata.items() if isinstance(value, str)}
    for name in metadata.keys() - texts.keys():
        findings.faults.rule(f"metadata.{name[:64]}", "must be a string")
    return texts


def _read_thinking(body: Table, findings: Findings) -> Thinking | None:
    """`reasoning_effort`, OpenRouter's `reasoning` and the `thinking` of DeepSeek and LiteLLM."""
    show = findings.flag(body.get("include_reasoning"), "include_reasoning")
    effort = findings.text(body.get("reasoning_effort"), "reasoning_effort")
    if effort is not None:
        return _of_effort(effort, "reasoning_effort", show, findings)
    reasoning = findings.table(body.get("reasoning"), "reasoning")
    if reasoning:
        return _read_reasoning(reasoning, show, findings)
    thinking = findings.table(body.get("thinking"), "thinking")
    if thinking:
        tokens = whole(findings.checked(thinking.get("budget_tokens"), "thinking.budget_tokens", integer(0)))
        return Thinking(off=thinking.get("type") == "disabled", tokens=tokens, show=show)
    return Thinking(show=show) if show else None


def _read_reasoning(reasoning: Table, show: bool | None, findings: Findings) -> Thinking:
    if reasoning.get("exclude") is not None:
        show = reasoning.get("exclude") is not True
    effort = findings.text(reasoning.get("effort"), "reasoning.effort")
    if effort is not None:
        return _of_effort(effort, "reasoning.effort", show, findings)
    tokens = whole(findings.checked(reasoning.get("max_tokens"), "reasoning.max_tokens", integer(0)))
    off = reasoning.get("enabled") is False or tokens == 0
    return Thinking(off=off, tokens=tokens or None, show=show)


def _of_effort(effort: str, path: str, show: bool | None, findings: Findings) -> Thinking:
    if effort == "none":
        return Thinking(off=True)
    if effort not in _EFFORTS:
        findings.faults.rule(path, f"must be one of: none {' '.join(_EFFORTS)}")
    return Thinking(effort=_EFFORTS.get(effort), show=show)


def _note_losses(body: Table, members: bodies.Members, findings: Findings) -> None:
    """What is in the body and has no place in a prompt."""
    if body.get("store") is True:
        findings.lose("store", "other targets keep no answers for the caller")
    modalities = body.get("modalities")
    if modalities is not None and modalities != ["text"]:
        findings.lose("modalities", "other targets are asked for text only")
    for name, raw in members.items():
        if name in _READ or name.lower().startswith(_NO_LOSS_PREFIX):
            continue
        if has_value(raw) and bytes(raw) != b"[]":
            findings.lose(name[:64])


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
