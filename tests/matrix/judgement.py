"""Whether a client saw what it would have seen at home: each cell's complaints, none when all is well."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from octogate.core.receipt import Receipt
from octogate.mock.journal import Record

from .sealing import unsealed
from .subjects import Subject

Facts = dict[str, Any]
Complaints = Iterator[str]

STORY: Final[Facts] = json.loads((Path(__file__).parent / "story.json").read_bytes())
ECHO: Final = "Hello from the mock. You said: "
GREETED: Final = ECHO + STORY["greeting"]
CITY: Final = {"city": "mock city", "inhabitants": 1}
CALL: Final = [STORY["tool"]["name"], {"place": "mock place"}]
THOUGHT: Final = "Let me think about it, step by step."
STATUSES: Final = {"error_400": 400, "error_429": 503, "error_500": 502}
"""A provider's rate limit is the gateway's to bear: its callers are told to come back, not to slow down."""

FINISHES: Final[dict[str, dict[str, str]]] = {
    "openai_chat": {"stop": "stop", "tools": "tool_calls", "length": "length", "refusal": "content_filter"},
    "openai_responses": {
        "stop": "completed", "tools": "completed", "length": "max_output_tokens", "refusal": "content_filter",
    },
    "anthropic_messages": {"stop": "end_turn", "tools": "tool_use", "length": "max_tokens", "refusal": "refusal"},
    "gemini_generate": {"stop": "STOP", "tools": "STOP", "length": "MAX_TOKENS", "refusal": "SAFETY"},
}  # fmt: skip


class Case(msgspec.Struct, frozen=True):
    """One cell: who asked whom, what the client saw, what the gateway noted and what the upstream was asked."""

    subject: Subject
    upstream: str
    cell: str
    saw: Facts
    receipts: list[Receipt]
    asked: list[Record]

    @property
    def finishes(self) -> Any:
        """How this client calls the ends of an answer."""
        return self.subject.finishes or FINISHES[self.subject.dialect]


def complaints(case: Case) -> list[str]:
    """Everything that is not as it should be."""
    if gave_up := case.saw.get("gave_up"):
        return [f"the client gave up: {gave_up}"]
    return [*_lint(case), *_defects(case), *_JUDGES[case.cell](case)]


def _lint(case: Case) -> Complaints:
    for record in case.asked:
        if record.violation is not None:
            yield f"the provider would not have taken it: {record.violation}: {record.violation_message}"


def _defects(case: Case) -> Complaints:
    if not case.receipts:
        yield "the gateway has no receipt"
    failing = case.cell.startswith("error_") or case.cell == "cut"
    for receipt in case.receipts:
        if failing == (receipt.code == "ok"):
            yield f"the receipt says {receipt.code!r}"
        if receipt.code == "internal_error":
            yield "a stage raised what no stage may raise"


def _plain(case: Case) -> Complaints:
    yield from _differs("text", case.saw["text"], GREETED)
    if "finish" in case.saw:
        yield from _differs("finish", case.saw["finish"], case.finishes["stop"])
    [record] = case.asked
    yield from _differs("usage", case.saw["usage"], [record.input_tokens, record.output_tokens])
    if not all(case.saw["usage"] or [0]):
        yield "the usage is zero"


def _stream(case: Case) -> Complaints:
    yield from _plain(case)
    if case.saw["pieces"] < 4:
        yield f"it came in {case.saw['pieces']} pieces"


def _conversation(case: Case, questions: list[str], results: int, calls: int) -> Complaints:
    expected = [[f"{ECHO}{question} The tool said: ", results] for question in questions]
    # Some clients wrap a result in an object of their own.
    heard = [[text[: text.find("said: ", len(ECHO)) + 6], text.count(STORY["result"])] for text in case.saw["texts"]]
    yield from _differs("texts and results", heard, expected)
    yield from _differs("calls", case.saw["called"], [CALL] * calls)
    if len({identity for identity in case.saw["ids"] if identity}) != calls:
        yield f"the calls' ids are not told apart: {case.saw['ids']}"
    yield from _differs("requests", len(case.asked), 2 * len(questions))
    if "finishes" in case.saw:
        ends = [case.finishes["tools"], case.finishes["stop"]]
        yield from _differs("finishes", case.saw["finishes"], ends * len(questions))


def _tools(case: Case) -> Complaints:
    yield from _conversation(case, [STORY["ask_tool"], STORY["ask_again"]], results=1, calls=2)


def _parallel(case: Case) -> Complaints:
    yield from _conversation(case, [STORY["ask_tool"]], results=2, calls=2)


def _tool_error(case: Case) -> Complaints:
    yield from _differs("calls", case.saw["called"], [CALL])
    if STORY["failure"] not in case.saw["texts"][0]:
        yield f"the model did not hear of the failure: {case.saw['texts'][0]!r}"
    is_error = b'"is_error":true' in case.asked[-1].body.replace(b" ", b"")
    if case.subject.marks_failures and case.upstream == "anthropic_messages" and not is_error:
        yield "the result is not marked as an error"


def _thinking(case: Case) -> Complaints:
    yield from _tools(case)
    shown = case.subject.shows_streamed_thoughts if case.cell == "thinking_streamed" else case.subject.shows_thoughts
    if shown and case.saw["thoughts"].count(THOUGHT) < 2:
        yield f"the thoughts are not shown: {case.saw['thoughts']!r}"
    if case.subject.returns_seals(case.upstream, case.cell):
        for record in case.asked:
            yield from unsealed(case.upstream, record.body)


def _structured(case: Case) -> Complaints:
    yield from _differs("value", case.saw["value"], CITY)


def _image(case: Case) -> Complaints:
    yield from _differs("text", case.saw["text"], f"{ECHO}{STORY['ask_picture']} I see 1 image.")
    if STORY["picture"].encode() not in case.asked[0].body:
        yield "the picture is not the caller's"


def _length(case: Case) -> Complaints:
    yield from _differs("finish", case.saw["finish"], case.finishes["length"])


def _refusal(case: Case) -> Complaints:
    refused = bool(case.saw.get("refusal")) or case.saw["finish"] == case.finishes["refusal"]
    if not refused:
        yield f"the refusal looks like an answer: {case.saw}"


def _error(case: Case) -> Complaints:
    expected = case.subject.errors[0 if case.cell == "error_400" else 1]
    yield from _raised(case, expected)
    yield from _differs("status", case.saw.get("status"), STATUSES[case.cell])


def _cut(case: Case) -> Complaints:
    yield from _raised(case, case.subject.errors[2])
    if not case.saw["pieces"]:
        yield "nothing of the answer was passed on before it broke"
    if not GREETED.startswith("".join(case.saw["pieces"])):
        yield f"the pieces are not the answer's beginning: {case.saw['pieces']}"


def _raised(case: Case, expected: str) -> Complaints:
    if expected not in case.saw.get("raised", ()):
        yield f"it did not raise {expected} but {case.saw.get('raised') or 'nothing'}"


def _differs(what: str, seen: object, expected: object) -> Complaints:
    if seen != expected:
        yield f"{what}: {seen!r} instead of {expected!r}"


_JUDGES: Final[dict[str, Callable[[Case], Complaints]]] = {
    "plain": _plain,
    "stream": _stream,
    "tools": _tools,
    "tools_streamed": _tools,
    "parallel": _parallel,
    "tool_error": _tool_error,
    "structured": _structured,
    "structured_streamed": _structured,
    "image": _image,
    "thinking": _thinking,
    "thinking_streamed": _thinking,
    "length": _length,
    "refusal": _refusal,
    "error_400": _error,
    "error_429": _error,
    "error_500": _error,
    "cut": _cut,
}
