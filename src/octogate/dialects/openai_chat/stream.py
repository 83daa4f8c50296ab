"""Reads a stream of OpenAI chat completion chunks, from OpenAI and everybody who speaks like it."""

from typing import Final

import msgspec

from octogate.core.call import Call
from octogate.dialects.openai_chat.usage import read_usage
from octogate.dialects.sse import EventSplitter
from octogate.dialects.stream import MAX_INDEX, EventReader, Verdict, has_value, text_bytes

_ABSENT: Final = msgspec.Raw()
_DONE: Final = b"data: [DONE]\n\n"


class _Function(msgspec.Struct, gc=False):
    name: object = None
    arguments: object = None


class _ToolCall(msgspec.Struct, gc=False):
    function: _Function | None = None
    custom: object = None


class _Delta(msgspec.Struct, gc=False):
    content: object = None
    reasoning: object = None
    reasoning_content: object = None
    refusal: object = None
    tool_calls: list[_ToolCall] | None = None
    function_call: _Function | None = None
    audio: object = None
    images: msgspec.Raw = _ABSENT


class _Choice(msgspec.Struct, gc=False):
    index: int | None = 0
    delta: _Delta | None = None
    text: object = None
    finish_reason: object = None


class _XGroq(msgspec.Struct, gc=False):
    usage: msgspec.Raw = _ABSENT


class _Chunk(msgspec.Struct, gc=False):
    choices: list[_Choice] | None = None
    usage: msgspec.Raw = _ABSENT
    error: msgspec.Raw = _ABSENT
    x_groq: _XGroq | None = None


_CHUNK: Final = msgspec.json.Decoder(_Chunk)


class ChatReader(EventReader):
    """The last event is `[DONE]`; providers that never send it have finished when every choice has."""

    __slots__ = ("_choices", "_reasons", "_seen", "_wants_usage")

    def __init__(self, call: Call) -> None:
        super().__init__(EventSplitter())
        self._choices = call.choices
        self._wants_usage = call.wants_usage
        self._seen: set[int] = set()
        self._reasons: dict[int, str] = {}

    def _read(self, name: bytes, data: bytes) -> Verdict:
        if data.startswith(b"[DONE]"):
            self.complete = self.started = True
            return Verdict.HOLD
        try:
            chunk = _CHUNK.decode(data)
        except msgspec.ValidationError:
            return self._read_strange(name, data)
        if name == b"error" or (chunk.error is not _ABSENT and has_value(chunk.error)):
            return self._fail(data)
        for choice in chunk.choices or ():
            if not self._read_choice(choice):
                return self._fail(data)
        if chunk.usage is not _ABSENT or chunk.x_groq is not None:
            reported = read_usage(chunk.usage) or (read_usage(chunk.x_groq.usage) if chunk.x_groq else None)
            if reported is not None:
                self._reported = reported
                if not chunk.choices and not self._wants_usage:
                    return Verdict.DROP
        return Verdict.PASS

    def _read_choice(self, choice: _Choice) -> bool:
        """Count what one choice brings; False when it ended with an error."""
        index = min(abs(choice.index or 0), MAX_INDEX)
        self._seen.add(index)
        delta = choice.delta
        if delta is not None:
            content = delta.content
            if content:
                self.output_bytes += text_bytes(content)
                self.started = True
            if (
                delta.reasoning or delta.reasoning_content or delta.tool_calls or delta.refusal
                or delta.function_call or delta.audio or delta.images is not _ABSENT
            ):  # fmt: skip
                self._read_rest(delta)
        if choice.text and not (delta is not None and delta.content):
            self.output_bytes += text_bytes(choice.text)
            self.started = True
        if choice.finish_reason:
            if choice.finish_reason == "error":
                return False
            self._reasons[index] = str(choice.finish_reason)
            if len(self._reasons) >= max(self._choices, len(self._seen)):
                self.finish = self._reasons[min(self._reasons)]
        return True

    def _read_rest(self, delta: _Delta) -> None:
        """What is content but not plain text."""
        self.started = True
        # Some providers send the same reasoning under both names.
        self.output_bytes += text_bytes(delta.reasoning or delta.reasoning_content)
        self.output_bytes += text_bytes(delta.refusal)
        functions = [tool.function for tool in delta.tool_calls or ()]
        for function in (*functions, delta.function_call):
            if function is not None:
                self.output_bytes += text_bytes(function.name) + text_bytes(function.arguments)
        self.output_bytes += sum(text_bytes(tool.custom) for tool in delta.tool_calls or ())
        if isinstance(delta.audio, dict):
            self.output_bytes += text_bytes(delta.audio.get("transcript"))

    def _last_event(self) -> bytes:
        return _DONE
