"""Reads a stream of Gemini answers: server-sent events, or one JSON array."""

from typing import Final

import msgspec

from octogate.core.call import Call
from octogate.core.usage import Usage
from octogate.dialects.gemini_generate.array import ArraySplitter
from octogate.dialects.gemini_generate.usage import read_usage
from octogate.dialects.sse import Event, EventSplitter
from octogate.dialects.stream import MAX_INDEX, EventReader, Verdict, has_value, text_bytes

# One event can be a whole picture.
MAX_EVENT_BYTES: Final = 32 * 1024 * 1024

_ABSENT: Final = msgspec.Raw()


class _Part(msgspec.Struct, rename="camel", gc=False):
    text: object = None
    function_call: msgspec.Raw = _ABSENT
    executable_code: msgspec.Raw = _ABSENT
    code_execution_result: msgspec.Raw = _ABSENT
    inline_data: msgspec.Raw = _ABSENT
    file_data: msgspec.Raw = _ABSENT


class _Content(msgspec.Struct, gc=False):
    parts: list[_Part] | None = None


class _Candidate(msgspec.Struct, rename="camel", gc=False):
    content: _Content | None = None
    finish_reason: object = None
    index: int | None = 0


class _Feedback(msgspec.Struct, rename="camel", gc=False):
    block_reason: object = None


class _Chunk(msgspec.Struct, rename="camel", gc=False):
    candidates: list[_Candidate] | None = None
    usage_metadata: msgspec.Raw = _ABSENT
    prompt_feedback: _Feedback | None = None
    error: msgspec.Raw = _ABSENT


_CHUNK: Final = msgspec.json.Decoder(_Chunk)


class GeminiReader(EventReader):
    """No event says that it is the last: the answer has finished when every candidate has a reason and no more comes.

    So the event with the last reason is held, with all behind it; should content follow after all, it is let go (early
    models give a reason in every event).
    """

    __slots__ = ("_choices", "_metadata", "_reasons", "_seen")

    def __init__(self, call: Call) -> None:
        super().__init__(EventSplitter(MAX_EVENT_BYTES) if call.endpoint.sse else ArraySplitter(MAX_EVENT_BYTES))
        self._choices = call.choices
        self._seen: set[int] = set()
        self._reasons: dict[int, str] = {}
        self._metadata = _ABSENT

    @property
    def usage(self) -> Usage | None:
        """See EventReader. Every event reports anew, so only the report that is asked for is read."""
        self._reported = read_usage(self._metadata)
        return super().usage

    def _read(self, name: bytes, data: bytes) -> Verdict:
        try:
            chunk = _CHUNK.decode(data)
        except msgspec.ValidationError:
            return self._read_strange(name, data)
        if chunk.error is not _ABSENT and has_value(chunk.error):
            return self._fail(data)
        had_finished = self.finish is not None
        has_content = has_reason = False
        for candidate in chunk.candidates or ():
            has_content |= self._read_candidate(candidate)
            has_reason |= bool(candidate.finish_reason)
        if not self._seen and chunk.prompt_feedback is not None and chunk.prompt_feedback.block_reason:
            self.finish, has_reason = str(chunk.prompt_feedback.block_reason), True
        if chunk.usage_metadata is not _ABSENT:
            self._metadata = chunk.usage_metadata
        if self.finish is None:
            return Verdict.PASS
        self.started = True
        if not (had_finished and has_content):
            return Verdict.HOLD
        if has_reason:
            return Verdict.RESUME_HOLD
        self.finish = None
        self._reasons.clear()
        return Verdict.RESUME

    def _read_candidate(self, candidate: _Candidate) -> bool:
        """Count what one candidate brings; True when that is content."""
        index = min(abs(candidate.index or 0), MAX_INDEX)
        self._seen.add(index)
        has_content = False
        for part in (candidate.content.parts or ()) if candidate.content is not None else ():
            if part.text:
                self.output_bytes += text_bytes(part.text)
                has_content = True
            elif part.text is None:
                code = len(bytes(part.function_call)) + len(bytes(part.executable_code))
                self.output_bytes += code
                has_content = bool(
                    has_content or code or part.inline_data is not _ABSENT
                    or part.file_data is not _ABSENT or part.code_execution_result is not _ABSENT
                )  # fmt: skip
        self.started |= has_content
        if candidate.finish_reason:
            self._reasons[index] = str(candidate.finish_reason)
            if len(self._reasons) >= max(self._choices, len(self._seen)):
                self.finish = self._reasons[min(self._reasons)]
        return has_content

    def _take(self, event: Event, out: list[bytes]) -> bool:
        is_bracket = event[2] is None and isinstance(self._splitter, ArraySplitter) and self._splitter.ended
        if is_bracket and not self.complete:
            # The end of the array is the end of the answer only when that has finished.
            self._tail.append(event[0])
            self.complete = self.finish is not None
            return True
        return super()._take(event, out)

    def _last_event(self) -> bytes:
        return b"]" if isinstance(self._splitter, ArraySplitter) else b""
