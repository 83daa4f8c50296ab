"""The shape of an answer on the wire, whole or one event of a stream; what is not named here is skipped unread."""

from typing import Final

import msgspec

ABSENT: Final = msgspec.Raw()


class Blob(msgspec.Struct, rename="camel", gc=False):
    """Bytes of a medium, in base64."""

    mime_type: str = ""
    data: str = ""


class File(msgspec.Struct, rename="camel", gc=False):
    """A medium at an address."""

    mime_type: str = ""
    file_uri: str = ""


class FunctionCall(msgspec.Struct, gc=False):
    """A function that the model wants called."""

    name: str = ""
    args: msgspec.Raw = ABSENT
    id: str | None = None


class Code(msgspec.Struct, gc=False):
    """Code that the provider ran."""

    code: str = ""
    language: str | int = ""


class CodeResult(msgspec.Struct, gc=False):
    """What that code gave."""

    output: str = ""
    outcome: str | int = ""


class Part(msgspec.Struct, rename="camel", gc=False):
    """One part: exactly one of the members but `thought` and `thought_signature` is set."""

    text: str | None = None
    thought: bool | None = None
    thought_signature: str | None = None
    function_call: FunctionCall | None = None
    inline_data: Blob | None = None
    file_data: File | None = None
    executable_code: Code | None = None
    code_execution_result: CodeResult | None = None


class Content(msgspec.Struct, gc=False):
    """What the model said."""

    parts: list[Part] | None = None


class Candidate(msgspec.Struct, rename="camel", gc=False):
    """One of the answers, or a piece of it."""

    content: Content | None = None
    finish_reason: str | int | None = None
    index: int | None = None
    grounding_metadata: msgspec.Raw = ABSENT
    citation_metadata: msgspec.Raw = ABSENT
    logprobs_result: msgspec.Raw = ABSENT


class Feedback(msgspec.Struct, rename="camel", gc=False):
    """What the provider says of the prompt."""

    block_reason: str | int | None = None


class Response(msgspec.Struct, rename="camel", gc=False):
    """A whole answer, or one event."""

    candidates: list[Candidate] | None = None
    prompt_feedback: Feedback | None = None
    usage_metadata: msgspec.Raw = ABSENT
    model_version: str | None = None
    response_id: str | None = None


RESPONSE: Final = msgspec.json.Decoder(Response)


def arguments_of(call: FunctionCall) -> str:
    """The arguments as compact JSON text, every number as it came; "{}" for none."""
    raw = bytes(call.args)
    if raw in (b"", b"null", b"{}"):
        return "{}"
    return msgspec.json.format(raw, indent=-1).decode()


def fenced(part: Part) -> str | None:
    """Code that ran at the provider, or its result, as words; None for another part.

    No other dialect has a place for them that an answer's text may follow.
    """
    if part.executable_code is not None:
        language = str(part.executable_code.language).lower()
        return _fence(
            language if language.isalpha() and "unspecified" not in language else "", part.executable_code.code
        )
    if part.code_execution_result is not None:
        return _fence("", part.code_execution_result.output)
    return None


def _fence(language: str, text: str) -> str:
    end = "" if text.endswith("\n") or not text else "\n"
    return f"```{language}\n{text}{end}```\n\n"
