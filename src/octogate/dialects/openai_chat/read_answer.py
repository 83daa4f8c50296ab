"""Reads a whole chat completion, from OpenAI and everybody who speaks like it, as an answer of the hub."""

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from octogate.core.conversation import Answer, Choice, Citation, Media, Part, Reasoning, Refusal, Text, ToolCall
from octogate.core.seals import unpack_id
from octogate.dialects.media import from_url
from octogate.dialects.openai_chat.citations import read_annotations, read_sources
from octogate.dialects.openai_chat.finishes import read_finish
from octogate.dialects.openai_chat.reasoning import read_block, read_reasoning
from octogate.dialects.openai_chat.usage import read_usage
from octogate.dialects.stream import has_value
from octogate.dialects.tool_calls import made_id

_ABSENT: Final = msgspec.Raw()


class _Choice(msgspec.Struct, gc=False):
    index: int | None = None
    message: dict[str, object] | None = None
    text: object = None
    finish_reason: object = None
    stop_reason: object = None
    logprobs: msgspec.Raw = _ABSENT


class _Answer(msgspec.Struct, gc=False):
    choices: list[_Choice]
    id: object = None
    model: object = None
    usage: msgspec.Raw = _ABSENT
    service_tier: object = None
    citations: object = None
    search_results: object = None


_ANSWER: Final = msgspec.json.Decoder(_Answer)


def read_answer(body: bytes) -> Answer:
    """The answer in a body; msgspec.ValidationError when it has no choices or no shape that we know."""
    said = _ANSWER.decode(body)
    if not said.choices:
        raise msgspec.ValidationError("an answer without choices")
    sources = read_sources(said.citations, said.search_results)
    seed = words(said.id)
    choices = sorted(enumerate(said.choices), key=lambda each: each[0] if each[1].index is None else each[1].index)
    return Answer(
        id=seed,
        model=words(said.model),
        choices=tuple(_read_choice(choice, f"{seed}/{at}", sources) for at, choice in choices),
        usage=read_usage(said.usage) if said.usage is not _ABSENT else None,
        service_tier=words(said.service_tier) or None,
    )


def _read_choice(choice: _Choice, seed: str, sources: tuple[Citation, ...]) -> Choice:
    message = choice.message or {}
    parts = read_parts(message, seed, sources)
    if not parts and isinstance(choice.text, str) and choice.text:
        parts = [Text(choice.text)]
    finish = read_finish(
        choice.finish_reason,
        called_tools=any(isinstance(part, ToolCall) for part in parts),
        refused=any(isinstance(part, Refusal) for part in parts),
    )
    return Choice(
        parts=tuple(parts),
        finish=finish,
        stop_sequence=choice.stop_reason if isinstance(choice.stop_reason, str) else None,
        logprobs=choice.logprobs if has_value(choice.logprobs) else None,
    )


def read_parts(message: Mapping[str, object], seed: str, sources: tuple[Citation, ...] = ()) -> list[Part]:
    """What a message says: thoughts, words, refusal, pictures, tool calls. Ids that are missing derive from `seed`."""
    parts: list[Part] = [*read_reasoning(message), *_read_content(message)]
    citations = read_annotations(message.get("annotations")) or sources
    if citations:
        parts = _cited(parts, citations)
    refusal = message.get("refusal")
    if isinstance(refusal, str) and refusal:
        parts.append(Refusal(refusal))
    parts += read_images(message.get("images"))
    parts += _read_calls(message, seed)
    return parts


def _read_content(message: Mapping[str, object]) -> Iterator[Part]:
    content = message.get("content")
    if isinstance(content, list):
        for item in content:
            part = read_item(item)
            if part is not None:
                yield part
        return
    transcript = read_transcript(message.get("audio"))
    text = content if isinstance(content, str) and content else transcript
    if text:
        yield Text(text)


def read_item(item: object) -> Text | Reasoning | None:
    """One part of a content list (Mistral): words or thoughts; None for an empty or an unknown one."""
    if isinstance(item, dict) and isinstance(item.get("text"), str):
        return Text(item["text"]) if item["text"] else None
    return read_block(item)


def read_transcript(audio: object) -> str:
    """The words of a spoken answer."""
    return words(audio.get("transcript")) if isinstance(audio, dict) else ""


def read_images(images: object) -> list[Media]:
    """The pictures that OpenRouter's models draw."""
    found: list[Media] = []
    for image in images if isinstance(images, list) else ():
        source = image.get("image_url") if isinstance(image, dict) else None
        url = source.get("url") if isinstance(source, dict) else source
        if isinstance(url, str) and url:
            found.append(from_url(url, "image"))
    return found


def _cited(parts: list[Part], citations: tuple[Citation, ...]) -> list[Part]:
    for at, part in enumerate(parts):
        if isinstance(part, Text):
            return [*parts[:at], Text(part.text, citations), *parts[at + 1 :]]
    return parts


def _read_calls(message: Mapping[str, object], seed: str) -> Iterator[ToolCall]:
    calls = message.get("tool_calls")
    for at, call in enumerate(calls if isinstance(calls, list) else ()):
        function = call.get("function") if isinstance(call, dict) else None
        if isinstance(function, dict):
            yield _read_call(function, words(call.get("id")), f"{seed}/{at}")
    legacy = message.get("function_call")
    if isinstance(legacy, dict):
        yield _read_call(legacy, "", f"{seed}/function_call")


def _read_call(function: Mapping[str, object], call_id: str, seed: str) -> ToolCall:
    bare, signature = unpack_id(call_id)
    arguments = arguments_text(function.get("arguments"))
    return ToolCall(bare or made_id(seed), words(function.get("name")), arguments or "{}", signature)


def arguments_text(arguments: object) -> str:
    """Arguments as text; some providers send the object itself."""
    if isinstance(arguments, str):
        return arguments
    return msgspec.json.encode(arguments).decode() if isinstance(arguments, (dict, list)) else ""


def words(value: object) -> str:
    """A string as it is; "" for anything else."""
    return value if isinstance(value, str) else ""
