"""Reads a target's whole answer into the hub's words."""

import msgspec

from octogate.core.conversation import Answer, Choice, Citation, Part, Reasoning, Text, ToolCall
from octogate.dialects.gemini_generate import wire
from octogate.dialects.gemini_generate.citations import read_citations
from octogate.dialects.gemini_generate.finishes import read_finish
from octogate.dialects.gemini_generate.logprobs import read_logprobs
from octogate.dialects.gemini_generate.media import read_file, read_inline
from octogate.dialects.gemini_generate.signatures import read_signature
from octogate.dialects.gemini_generate.usage import read_tier, read_usage
from octogate.dialects.tool_calls import made_id


def read_answer(body: bytes) -> Answer:
    """Candidates as choices; a prompt that was blocked is a choice without parts that the filter ended."""
    said = wire.RESPONSE.decode(body)
    candidates = sorted(said.candidates or (), key=lambda candidate: candidate.index or 0)
    choices = tuple(_read_choice(candidate, at, said.response_id or "") for at, candidate in enumerate(candidates))
    blocked = said.prompt_feedback is not None and said.prompt_feedback.block_reason
    return Answer(
        id=said.response_id or "",
        model=said.model_version or "",
        choices=choices or (Choice((), "content_filter" if blocked else "error"),),
        usage=read_usage(said.usage_metadata),
        service_tier=read_tier(said.usage_metadata),
    )


def _read_choice(candidate: wire.Candidate, at: int, response_id: str) -> Choice:
    parts: list[Part] = []
    places: list[int] = []  # of the model's own words: code that ran for it has no sources
    calls = 0
    for part in (candidate.content.parts if candidate.content is not None else None) or ():
        _add(parts, part, (response_id, at, calls))
        calls += part.text is None and part.function_call is not None
        if part.text and not part.thought:
            places.append(len(parts) - 1)
    _cite(parts, places, candidate)
    finish = read_finish(candidate.finish_reason, has_calls=calls > 0)
    return Choice(tuple(parts), finish, logprobs=read_logprobs(candidate.logprobs_result))


def _add(parts: list[Part], part: wire.Part, place: tuple[object, ...]) -> None:
    """Add what one part on the wire is; words that came to nothing are left out."""
    if part.text is not None:
        _add_words(parts, part, part.text)
    elif part.function_call is not None:
        call = part.function_call
        arguments = wire.arguments_of(call)
        found = call.id or made_id(*place, call.name, arguments)
        parts.append(ToolCall(found, call.name, arguments, read_signature(part.thought_signature)))
    elif part.inline_data is not None:
        parts.append(read_inline(part.inline_data.mime_type, part.inline_data.data))
    elif part.file_data is not None:
        parts.append(read_file(part.file_data.mime_type, part.file_data.file_uri))
    elif (words := wire.fenced(part)) is not None:
        parts.append(Text(words))


def _add_words(parts: list[Part], part: wire.Part, text: str) -> None:
    """A text or a thought. An empty one with a seal brings the seal of the part before it."""
    signature = read_signature(part.thought_signature)
    last = parts[-1] if parts else None
    if part.thought:
        if not text and isinstance(last, Reasoning) and last.signature is None:
            parts[-1] = Reasoning(last.text, signature)
        elif text or signature is not None:
            parts.append(Reasoning(text, signature, hidden=not text))
    elif text:
        parts.append(Text(text, signature=signature))
    elif isinstance(last, Text) and last.signature is None:
        parts[-1] = Text(last.text, signature=signature)


def _cite(parts: list[Part], places: list[int], candidate: wire.Candidate) -> None:
    """Give the texts at `places` their sources."""
    texts = [part.text for part in map(parts.__getitem__, places) if isinstance(part, Text)]
    found: dict[int, list[Citation]] = {}
    for at, citation in read_citations(candidate, texts):
        found.setdefault(places[at], []).append(citation)
    for place, citations in found.items():
        part = parts[place]
        if isinstance(part, Text):
            parts[place] = msgspec.structs.replace(part, citations=(*part.citations, *citations))
