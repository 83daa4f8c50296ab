"""Writes turns as chat messages, in the order on which chat completions insist.

Behind an assistant's message with tool calls stand the results of exactly these, at once. So all that lies between one
assistant's message and the next is looked at together: results first, then what the results hold beside text, then the
rest as it came.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from octogate.core.conversation import Loss, Media, Part, Reasoning, Refusal, Text, ToolCall, ToolResult, Turn
from octogate.dialects.openai_chat import media
from octogate.dialects.openai_chat.reasoning import OWN, write_reasoning
from octogate.dialects.tool_calls import NO_RESULT, accepted_id, error_words

Message = dict[str, object]

_ATTACHED: Final = "The result is in the next message."
# OpenAI takes ids of at most 40 characters.
_ID: Final = re.compile(r"[!-~]{1,40}")
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


def write_turns(turns: Sequence[Turn], *, plain: bool, thoughts: bool, losses: list[Loss]) -> list[Message]:
    """The messages; `plain` servers know `system` only, and text only as a string.

    `thoughts`: the target insists on those that led to calls of tools, and has put no seal on them.
    """
    writer = _Writer(plain=plain, thoughts=thoughts, losses=losses)
    for spoken, following in _stretches(turns):
        writer.write(spoken, following)
    return writer.messages


def _stretches(turns: Sequence[Turn]) -> Iterator[tuple[list[tuple[int, Turn]], list[tuple[int, Turn]]]]:
    """Neighbouring turns of the assistant, and all turns from there to its next."""
    spoken: list[tuple[int, Turn]] = []
    following: list[tuple[int, Turn]] = []
    for placed in enumerate(turns):
        if placed[1].role != "assistant":
            following.append(placed)
            continue
        if following:
            yield spoken, following
            spoken, following = [], []
        spoken.append(placed)
    if spoken or following:
        yield spoken, following


class _Writer:
    __slots__ = ("_losses", "_plain", "_thoughts", "messages")

    def __init__(self, *, plain: bool, thoughts: bool, losses: list[Loss]) -> None:
        self._plain = plain
        self._thoughts = thoughts
        self._losses = losses
        self.messages: list[Message] = []

    def write(self, spoken: list[tuple[int, Turn]], following: list[tuple[int, Turn]]) -> None:
        """One stretch of the conversation."""
        waiting = self._write_spoken(spoken)
        attached: list[object] = []
        rest: list[tuple[int, Turn, list[tuple[int, Part]]]] = []
        left = Counter(waiting)
        for at, turn in following:
            kept: list[tuple[int, Part]] = []
            for index, part in enumerate(turn.parts):
                if isinstance(part, ToolResult) and left[part.call_id]:
                    left[part.call_id] -= 1
                    attached += self._write_result(part, f"messages[{at}].content[{index}]")
                else:
                    kept.append((index, part))
            if kept or not turn.parts:
                rest.append((at, turn, kept))
        for call_id in left.elements():
            self.messages.append({"role": "tool", "tool_call_id": accepted_id(call_id, _ID), "content": NO_RESULT})
        self._write_rest(rest, attached)

    def _write_rest(self, rest: list[tuple[int, Turn, list[tuple[int, Part]]]], attached: list[object]) -> None:
        """What is no result. Media of results open the first message of the user, or are one of their own."""
        for at, turn, parts in rest:
            content = [
                item for index, part in parts for item in self._write_part(part, f"messages[{at}].content[{index}]")
            ]
            if turn.role == "user":
                content, attached = [*attached, *content], []
            elif attached:
                self.messages.append({"role": "user", "content": attached})
                attached = []
            if content or not turn.parts:
                role = "system" if self._plain and turn.role == "developer" else turn.role
                self.messages.append({"role": role, "content": self._content(content)} | self._named(turn, at))
        if attached:
            self.messages.append({"role": "user", "content": attached})

    def _write_spoken(self, spoken: list[tuple[int, Turn]]) -> list[str]:
        """The assistant's messages, as one if there are calls among them; gives the ids that wait for results."""
        calls = [part for _, turn in spoken for part in turn.parts if isinstance(part, ToolCall)]
        groups = [spoken] if calls else [[placed] for placed in spoken]
        for group in groups:
            if group:
                self.messages.append(self._assistant(group, calls))
        return [call.id for call in calls]

    def _assistant(self, group: list[tuple[int, Turn]], calls: list[ToolCall]) -> Message:
        parts = [
            (f"messages[{at}].content[{index}]", part) for at, turn in group for index, part in enumerate(turn.parts)
        ]
        texts: list[object] = []
        refusals = [part.text for _, part in parts if isinstance(part, Refusal) and part.text]
        for path, part in parts:
            if isinstance(part, Text):
                texts.append(_text_part(part.text))
            elif isinstance(part, Media):
                self._losses.append(Loss(path, "this target takes no files in what the assistant said"))
            elif isinstance(part, ToolResult):
                texts += self._write_part(part, path)
        if self._plain:
            texts += [_text_part(text) for text in refusals]
        message: Message = {"role": "assistant", "content": self._said(texts, empty=not calls and not refusals)}
        if refusals and not self._plain:
            message["refusal"] = "".join(refusals)
        reasoning = [part for _, part in parts if isinstance(part, Reasoning)]
        message |= write_reasoning(filter(_is_own, reasoning))
        if self._thoughts:
            message |= _bare_thoughts(reasoning, has_calls=bool(calls))
        if calls:
            message["tool_calls"] = [_write_call(call) for call in calls]
        at, turn = group[0]
        return message | self._named(turn, at)

    def _named(self, turn: Turn, at: int) -> Message:
        """The speaker's name, where OpenAI takes it."""
        if turn.name is None or _NAME.fullmatch(turn.name):
            return {} if turn.name is None else {"name": turn.name}
        self._losses.append(Loss(f"messages[{at}].name", "this target takes names of 64 letters, digits, - and _"))
        return {}

    def _said(self, texts: list[object], *, empty: bool) -> object:
        """Content of the assistant: null beside tool calls or a refusal, but never null alone."""
        if not texts:
            return "" if empty else None
        return "".join(map(_words, texts)) if self._plain else self._content(texts)

    def _write_result(self, result: ToolResult, path: str) -> list[object]:
        """The message of one result; gives what it cannot hold."""
        texts: list[object] = []
        others: list[object] = []
        for part in result.parts:
            for item in self._write_part(part, path):
                (texts if isinstance(item, dict) and item.get("type") == "text" else others).append(item)
        if result.is_error:
            texts = [_text_part(error_words(_words(texts[0]) if texts else "")), *texts[1:]]
        if others and not texts:
            texts.append(_text_part(_ATTACHED))
        content = self._content(texts)
        self.messages.append({"role": "tool", "tool_call_id": accepted_id(result.call_id, _ID), "content": content})
        return others

    def _write_part(self, part: Part, path: str) -> list[object]:
        """The content parts for a part outside an assistant's message."""
        if isinstance(part, (Text, Refusal)):
            return [_text_part(part.text)]
        if isinstance(part, Media):
            written = media.write(part)
            if isinstance(written, dict):
                return [written]
            self._losses.append(Loss(path, written, fatal=part.file_id is not None))
        elif isinstance(part, ToolResult):
            return [item for inner in part.parts for item in self._write_part(inner, path)]
        return []

    def _content(self, items: list[object]) -> object:
        """A lone text as a string; so are several for a plain server, which may know no lists of text."""
        if not items:
            return ""
        if all(isinstance(item, dict) and item.get("type") == "text" for item in items):
            if len(items) == 1 or self._plain:
                return "\n\n".join(map(_words, items))
            items = [item for item in items if _words(item)] or items[:1]
        return items


def _is_own(part: Reasoning) -> bool:
    return part.signature is not None and part.signature.origin == OWN and bool(part.signature.value)


def _bare_thoughts(parts: Iterable[Reasoning], *, has_calls: bool) -> Message:
    """Thoughts that nobody sealed for another provider; where there must be some and are none, a blank."""
    text = "".join(part.text for part in parts if part.signature is None or _is_own(part))
    return {"reasoning_content": text or " "} if text or has_calls else {}


def _write_call(call: ToolCall) -> Message:
    function = {"name": call.name, "arguments": call.arguments or "{}"}
    return {"id": accepted_id(call.id, _ID), "type": "function", "function": function}


def _text_part(text: str) -> Message:
    return {"type": "text", "text": text}


def _words(item: object) -> str:
    text = item.get("text") if isinstance(item, dict) else None
    return text if isinstance(text, str) else ""


def has_word(turns: Iterable[Turn], word: str) -> bool:
    """Whether a word stands anywhere in the text of a conversation, in any case."""
    return any(word in part.text.lower() for turn in turns for part in turn.parts if isinstance(part, Text))
