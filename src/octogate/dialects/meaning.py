"""What a provider's refusal is about: by its codes and, where they say nothing, by how its sentence begins.

A sentence decides only from its first word on, and only where it is the provider's own beyond doubt: a prompt that is
quoted in an error must not be able to turn it into another one. A code that tells something else outweighs sentences.
"""

import re
from typing import Final, Literal

import msgspec

from octogate.dialects.base import ProviderFault
from octogate.dialects.scrub import MAX_MESSAGE_CHARS

Cause = Literal["overlong", "content_policy", "quota", "bad_key", "unknown_model"]
"""The prompt is too long · it is not allowed · our credit is used up · our credential is wrong · no such model."""

OVERLONG: Final = "prompt is too long"
"""Anthropic's words, which clients look for in order to shorten the conversation themselves."""

_CODES: Final[dict[Cause, frozenset[str]]] = {
    "overlong": frozenset(
        "context_length_exceeded"  # OpenAI, Azure, Groq, Cerebras
        " too_many_tokens"  # Cohere
        " too_many_prompt_tokens"  # Perplexity
        " exceed_context_size_error"  # llama.cpp
        " model_max_prompt_tokens_exceeded tokens_limit_reached".split()  # GitHub
    ),
    "content_policy": frozenset(
        "content_policy content_policy_violation invalid_prompt moderation_blocked cyber_policy"  # OpenAI
        " content_filter responsibleaipolicyviolation"  # Azure
        " prohibited_content blocklist image_safety safety"  # Gemini, Vertex
        " flagged_input"  # OpenRouter
        " data_inspection_failed datainspectionfailed".split()  # DashScope
    ),
    "quota": frozenset(
        "insufficient_quota billing_hard_limit_reached billing_not_active billing_error insufficient_balance".split()
    ),
    "bad_key": frozenset("invalid_api_key api_key_invalid".split()),
    "unknown_model": frozenset("model_not_found deploymentnotfound".split()),
}
_QUOTA_OF_A_DAY: Final = re.compile(r"PerDay")  # Google's quotaId: waiting a minute does not help


class _Sentence(msgspec.Struct, frozen=True):
    """How providers begin to say `cause`. `beside`: codes that do not outweigh it, though they tell another class."""

    cause: Cause
    begins: re.Pattern[str]
    beside: frozenset[str] = frozenset()


def _row(cause: Cause, *begins: str, beside: str = "") -> _Sentence:
    return _Sentence(cause, re.compile("|".join(f"(?:{each})" for each in begins), re.I), frozenset(beside.split()))


# Families in the order of how often they are met; each row is one family's own sentences.
_SENTENCES: Final[tuple[_Sentence, ...]] = (
    _row(  # OpenAI, and all who speak like it: Azure, DeepSeek, vLLM, OpenRouter, Together, Groq, Cerebras; xAI
        "overlong",
        r"This (?:model|endpoint)'s maximum (?:context|prompt|input) length is \d",
        r"Your input exceeds the context window of this model",
        r"Please reduce the length of the (?:messages|prompt)",
        r"Invalid '(?:messages|input|prompt)[\w.\[\]]{0,80}': string too long\.",
    ),
    _row(  # OpenAI (429) and Groq (413): a single prompt above what the account may send in a minute never fits
        "overlong",
        r"Request too large for [^\n]{1,300}? on (?:input |output )?tokens per (?:min|day)",
        beside="rate_limit_exceeded tokens",
    ),
    _row(  # Anthropic, and Fireworks
        "overlong",
        r"(?:The )?prompt is too long(?::? ?\d|:|\.|$)",
        r"input length and `max_tokens` exceed context limit: \d",
        r"The long context beta is not yet available",
    ),
    _row(  # Anthropic (429): the account may not use the long window
        "overlong",
        r"(?:Extra usage is|Usage credits are) required for long context requests",
        beside="rate_limit_error",
    ),
    _row(  # Gemini, Vertex
        "overlong",
        r"The input token count (?:\(\d+\) )?exceeds the maximum number of tokens allowed",
        r"Unable to submit request because the input token count is \d+ but",
    ),
    _row(  # Bedrock
        "overlong",
        r"Input is too long for requested model",
        r"Input Tokens Exceeded: ",
        r"Too many input tokens\. Max input tokens: \d",
    ),
    _row("overlong", r"too many tokens: (?:size|total|the|prompt)"),  # Cohere
    _row("overlong", r"Prompt contains \d+ tokens", r"Input id \d+ has \d+ tokens, exceeding max"),  # Mistral
    _row("overlong", r"The total length of all messages is too long"),  # Perplexity
    _row(  # Ollama
        "overlong",
        r"prompt too long; exceeded max context length",
        r"(?:the )?input length exceeds (?:the |maximum )?context length",
    ),
    _row(  # vLLM, SGLang
        "overlong",
        r"You passed \d+ (?:input tokens|tokens in) ",
        r"The (?:decoder |encoder )?prompt \((?:total )?length \d+\) is (?:longer than|too long)",
        r"'max_tokens' or 'max_completion_tokens' is too large: \d+\. ?This model's maximum context length",
        r"The input \(\d+ tokens\) is longer than the model's context length",
        r"Requested token count exceeds the model's maximum context length",
    ),
    _row(  # llama.cpp, LM Studio
        "overlong",
        r"(?:the )?request (?:\(\d+ tokens\) )?exceeds the available context size",
        r"The number of tokens to keep from the initial prompt is greater than the context length",
        r"Trying to keep the first \d+ tokens when context the overflows",
    ),
    _row("overlong", r"`inputs` tokens \+ `max_new_tokens` must be <= \d", r"`inputs` must have less than \d+ tokens"),
    _row(  # Moonshot, DashScope, Zhipu, MiniMax
        "overlong",
        r"Your request exceeded model token limit: ?\d",
        r"Range of input length should be \[",
        r"Prompt exceeds max length",
        r"invalid params, context window exceeds limit",
    ),
    _row("content_policy", r"Output blocked by content filtering policy"),  # Anthropic
    _row(  # OpenAI, Azure
        "content_policy",
        r"(?:The|Your) request was rejected (?:as a result of our safety system|by the content policy)",
        r"Invalid prompt: your prompt was flagged",
        r"The response was filtered due to the prompt triggering",
    ),
    _row(  # Vertex
        "content_policy", r"The prompt could not be submitted\. (?:This|Your) prompt contains sensitive words"
    ),
    _row(  # Bedrock
        "content_policy",
        r"This request has been blocked by our content filters",
        r"(?:Input|Output) blocked by guardrail",
    ),
    _row("content_policy", r"Content violates usage guidelines", beside="permission-denied permission_denied"),  # xAI
    _row("content_policy", r"Content Exists Risk"),  # DeepSeek
    _row(
        "quota",
        r"You exceeded your current quota",
        r"Your credit balance is too low",
        r"You have reached your specified (?:workspace )?API usage limits",
        r"Insufficient (?:balance|credits)",
        r"Key limit exceeded",
        r"This request requires more credits",
    ),
    _row(
        "bad_key",
        r"Incorrect API key provided",
        r"Invalid API key",
        r"API key (?:is )?(?:not valid|not found|invalid|expired)",
        r"User location is not supported for the API use",
        r"This organization has been disabled",
    ),
    _row("unknown_model", r"The provided model identifier is invalid"),  # Bedrock
)
# What stands before the sentence of another program that the provider runs.
_WRAPPING: Final = re.compile(
    r"(?:(?:The model returned the following errors|Input validation error|Invalid request|Bad request|Error"
    r"|<\d{3}> InternalError\.Algo\.InvalidParameter): ){1,2}",
    re.I,
)
# Codes that leave no room for a sentence to mean something else.
_TELLING: Final = re.compile(
    r"rate.?limit|too.?many.?requests|resource.?exhausted|throttl|quota|authenti|unauthori|permission|access.?denied"
    r"|not.?found|overloaded|unavailable|server.?error|timeout|deadline|^(?:tokens|requests)$",
    re.I,
)


class Explained(ProviderFault, frozen=True, kw_only=True):
    """A fault with all that its body says: every code in it, its meaning, the parameter it names, the wait it asks for.

    `cause` is None when the status alone has to tell; `wait` is in seconds, clamped.
    """

    words: tuple[str, ...] = ()
    cause: Cause | None = None
    param: str | None = None
    wait: float | None = None


def explain(fault: ProviderFault, *beside: str, param: str | None = None, wait: float | None = None) -> Explained:
    """`fault` with its meaning; `beside` are codes that stood elsewhere than in `fault.code` and `fault.kind`.

    The message of an overlong prompt has OVERLONG in it, in whatever words the provider said so.
    """
    if isinstance(fault, Explained):
        return fault
    words = tuple(dict.fromkeys(filter(None, (fault.code, fault.kind, *beside))))
    cause = cause_of(words, fault.message)
    message = fault.message
    if cause == "overlong" and OVERLONG not in message:
        message = f"{OVERLONG}: {message}"[:MAX_MESSAGE_CHARS] if message else OVERLONG
    return Explained(message, fault.code, fault.kind, words=words, cause=cause, param=param, wait=wait)


def cause_of(words: tuple[str, ...], message: str) -> Cause | None:
    """What the codes say; where they say nothing at all, what the beginning of the message does."""
    lower = frozenset(word.casefold() for word in words)
    for cause, codes in _CODES.items():
        if not codes.isdisjoint(lower):
            return cause
    if any(map(_QUOTA_OF_A_DAY.search, words)):
        return "quota"
    wrapping = _WRAPPING.match(message)
    start = wrapping.end() if wrapping else 0
    telling = {word for word in lower if _TELLING.search(word)}
    for row in _SENTENCES:
        if telling <= row.beside and row.begins.match(message, start):
            return row.cause
    return None
