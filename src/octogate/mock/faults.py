"""Every way to fail, as a change to the steps of a good answer."""

import re
from collections.abc import Callable, Iterable, Iterator

import msgspec

from octogate.mock.in_band import broken_event, error_event, ping_event
from octogate.mock.pacing import gzipped
from octogate.mock.question import Question
from octogate.mock.refusals import (
    FAMILIES,
    JSON_TYPE,
    STATUSES,
    Family,
    Refused,
    context_refused,
    error_body,
    policy_refused,
    refusal_steps,
)
from octogate.mock.steps import Cut, Data, End, Head, Raw, Reset, Step, Steps, Wait

HANG_SECONDS = 120.0
STALL_SECONDS = 30.0
RESET_GRACE_SECONDS = 0.05
FLAP_PERIODS = 12
MAX_EVENTS = 1_000_000
_PIECE = b"x" * 65_536


class Circumstances(msgspec.Struct, frozen=True, kw_only=True):
    """What a fault may look at. `elapsed` is seconds since the run's first call; `scale` shortens all durations."""

    question: Question
    target: str
    number: int
    elapsed: float
    scale: float
    retry_after: float | None

    @property
    def family(self) -> Family:
        """Whose words to use."""
        return FAMILIES[self.question.dialect]


Change = Callable[[Steps, Circumstances, int], Steps]


class Kind(msgspec.Struct, frozen=True):
    """A fault as documented: `number` is what `fault-<name>` without a number means."""

    change: Change
    summary: str
    number: int = 0


class Fault(msgspec.Struct, frozen=True):
    """A kind with its number."""

    kind: Kind
    number: int

    def apply(self, steps: Steps, circumstances: Circumstances) -> Steps:
        """The steps with this fault in them."""
        return self.kind.change(steps, circumstances, self.number)


def parse_fault(name: str) -> Fault:
    """Read "fault-cut-5". Raises Refused when there is no such fault."""
    found = re.fullmatch(r"fault-(?P<name>.+?)(?:-(?P<number>\d{1,7}))?", name)
    kind = KINDS.get(found["name"]) if found else None
    if found is None or kind is None:
        raise Refused(400, f"The mock knows no fault {name!r}; the known ones are: {', '.join(KINDS)}.")
    return Fault(kind, int(found["number"]) if found["number"] else kind.number)


def _http(_steps: Steps, at: Circumstances, status: int) -> Steps:
    if status not in STATUSES:
        raise Refused(400, f"The mock has no error {status}; it has {', '.join(map(str, STATUSES))}.")
    usual = 1.0 if status == 429 else None
    refused = Refused(status, retry_after=at.retry_after if at.retry_after is not None else usual)
    return refusal_steps(at.family, refused, at.number)


def _context(_steps: Steps, at: Circumstances, _number: int) -> Steps:
    return refusal_steps(at.family, context_refused(at.family), at.number)


def _policy(_steps: Steps, at: Circumstances, _number: int) -> Steps:
    return refusal_steps(at.family, policy_refused(at.family), at.number)


def _noprefill(steps: Steps, at: Circumstances, _number: int) -> Steps:
    if not at.question.prefill:
        return steps
    text = "This model does not support assistant message prefill. The conversation must end with a user message."
    return refusal_steps(at.family, Refused(400, text), at.number)


def _html(_steps: Steps, _at: Circumstances, status: int) -> Steps:
    body = b"<html><head><title>Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>\n"
    yield Head(status, (("content-type", "text/html"),), length=len(body))
    yield Data(body, kind="error")
    yield End()


def _reset(_steps: Steps, _at: Circumstances, _number: int) -> Steps:
    yield Reset()


def _close(_steps: Steps, _at: Circumstances, _number: int) -> Steps:
    yield Cut()


def _hang(_steps: Steps, at: Circumstances, seconds: int) -> Steps:
    yield Wait(seconds * at.scale)
    yield Cut()


def _slow(steps: Steps, at: Circumstances, milliseconds: int) -> Steps:
    pause = Wait(milliseconds / 1000 * at.scale)
    if not at.question.stream:
        yield pause
        yield from steps
        return
    for step in steps:
        yield step
        if isinstance(step, Head):
            yield pause


def _cut(steps: Steps, at: Circumstances, count: int) -> Steps:
    return _broken_off(steps, at, count, (Cut(),))


def _cut_reset(steps: Steps, at: Circumstances, count: int) -> Steps:
    # What was written needs a moment to leave: a reset throws away what has not.
    return _broken_off(steps, at, count, (Wait(RESET_GRACE_SECONDS), Reset()))


def _stall(steps: Steps, at: Circumstances, count: int) -> Steps:
    return _broken_off(steps, at, count, (Wait(STALL_SECONDS * at.scale), Cut()))


def _error_event(steps: Steps, at: Circumstances, count: int) -> Steps:
    if not at.question.stream:
        return _http(steps, at, 503)  # what a provider does that has not answered yet
    in_band = Data(error_event(at.question, at.family, at.number), kind="error")
    return _broken_off(steps, at, count, (in_band, End()))


def _broken_off(steps: Steps, at: Circumstances, count: int, ending: Iterable[Step]) -> Steps:
    """`count` content events, then `ending`; half of the body when there are no events."""
    seen = 0
    for step in steps:
        if isinstance(step, Data):
            if not at.question.stream:
                yield Data(step.payload[: len(step.payload) // 2], kind=step.kind, tokens=step.tokens)
                break
            if step.kind in ("finish", "end") or (step.kind == "content" and seen == count):
                break
            seen += step.kind == "content"
        yield step
    yield from ending


def _malformed(steps: Steps, at: Circumstances, count: int) -> Steps:
    if not at.question.stream:
        yield from _badjson(steps, at, 0)
        return
    seen = 0
    for step in steps:
        if isinstance(step, Data) and step.kind in ("content", "finish", "end"):
            if seen == count:
                yield Data(broken_event(at.question))
            seen += 1
        yield step


def _badjson(steps: Steps, at: Circumstances, _number: int) -> Steps:
    if at.question.stream:
        yield from _malformed(steps, at, 0)
        return
    head = next(steps)
    body = b'{"id": "mock", "object": "chat.completion", "choices": [{"index": 0, "mess'
    yield Head(200, head.headers if isinstance(head, Head) else (JSON_TYPE,), length=len(body))
    yield Data(body, kind="error")
    yield End()


def _nodone(steps: Steps, _at: Circumstances, _number: int) -> Steps:
    return (step for step in steps if not (isinstance(step, Data) and step.kind == "end"))


def _nofinish(steps: Steps, _at: Circumstances, _number: int) -> Steps:
    return (step for step in steps if not (isinstance(step, Data) and step.kind in ("finish", "end")))


def _empty(steps: Steps, at: Circumstances, _number: int) -> Steps:
    for step in steps:
        if isinstance(step, Head):
            yield Head(step.status, step.headers, length=None if at.question.stream else 0)
    yield End()


def _status200error(_steps: Steps, at: Circumstances, _number: int) -> Steps:
    body = error_body(at.family, Refused(503), at.number)
    yield Head(200, (JSON_TYPE,), length=len(body))
    yield Data(body, kind="error")
    yield End()


def _wrongtype(steps: Steps, _at: Circumstances, _number: int) -> Steps:
    for step in steps:
        if isinstance(step, Head):
            headers = tuple((key, value) for key, value in step.headers if key != "content-type")
            yield Head(step.status, (("content-type", "text/plain"), *headers), length=step.length)
        else:
            yield step


def _gzip(steps: Steps, _at: Circumstances, _number: int) -> Steps:
    return gzipped(steps)


def _clmismatch(steps: Steps, _at: Circumstances, missing: int) -> Steps:
    parts = list(steps)
    size = sum(len(step.payload) for step in parts if isinstance(step, Data))
    for step in parts:
        if isinstance(step, Head):
            yield Head(step.status, step.headers, length=size + missing)
        elif isinstance(step, End):
            yield Cut()
        else:
            yield step


def _hugeheader(steps: Steps, _at: Circumstances, kibibytes: int) -> Steps:
    for step in steps:
        if isinstance(step, Head):
            filler = ("x-filler", "x" * (kibibytes * 1024))
            yield Head(step.status, (*step.headers, filler), length=step.length)
        else:
            yield step


def _hugebody(steps: Steps, at: Circumstances, mebibytes: int) -> Steps:
    head = next(steps)
    if isinstance(head, Head):
        yield Head(head.status, head.headers)
    yield Data(b'data: {"filler":"' if at.question.stream else b'{"filler":"')
    for _ in range(mebibytes * 16):
        yield Data(_PIECE)
    yield Data(b'"}\n\n' if at.question.stream else b'"}')
    yield End()


def _infinite(steps: Steps, at: Circumstances, _number: int) -> Steps:
    if not at.question.stream:
        yield from _hugebody(steps, at, MAX_EVENTS)
        return
    contents: list[Data] = []
    for step in steps:
        if isinstance(step, Data) and step.kind == "content":
            contents.append(step)
        if isinstance(step, Data) and step.kind in ("finish", "end"):
            break
        yield step
    for turn in range(MAX_EVENTS if contents else 0):
        yield contents[turn % len(contents)]
    yield Cut()


def _redirect(_steps: Steps, at: Circumstances, status: int) -> Steps:
    yield Head(status, (("location", f"/p/redirected{at.target}"),), length=0)
    yield End()


def _early(steps: Steps, _at: Circumstances, _number: int) -> Steps:
    yield Raw(b"HTTP/1.1 103 Early Hints\r\nlink: </style.css>; rel=preload\r\n\r\n")
    yield Raw(b"HTTP/1.1 102 Processing\r\n\r\n")
    yield from steps


def _flap(steps: Steps, at: Circumstances, seconds: int) -> Steps:
    """Down and up in turn, beginning with down; healed when `seconds` are over."""
    span = seconds * at.scale
    is_down = at.elapsed < span and int(at.elapsed / span * FLAP_PERIODS) % 2 == 0
    return _http(steps, at, 503) if is_down else steps


def _ping(steps: Steps, at: Circumstances, count: int) -> Steps:
    for step in steps:
        if isinstance(step, Data) and at.question.stream and step.kind == "content":
            for _ in range(count):
                yield Data(ping_event(at.question))
        yield step


def _closeafter(steps: Steps, _at: Circumstances, _number: int) -> Steps:
    yield from steps
    yield Cut()


KINDS: dict[str, Kind] = {
    "http": Kind(_http, "an error with that status, worded as the provider does", 500),
    "html": Kind(_html, "an HTML page with that status, as a proxy in between sends", 502),
    "context": Kind(_context, "400, the prompt is too long for the model"),
    "policy": Kind(_policy, "400, against the content policy"),
    "noprefill": Kind(_noprefill, "400 when the conversation ends with the assistant's words, else a good answer"),
    "reset": Kind(_reset, "TCP reset before any header"),
    "close": Kind(_close, "the connection is closed before any header"),
    "hang": Kind(_hang, "silence for n seconds, then closed", int(HANG_SECONDS)),
    "slow": Kind(_slow, "first token after n milliseconds; a stream sends its headers at once", 1_000),
    "cut": Kind(_cut, "closed after n content events; a plain body after its half", 5),
    "cut-reset": Kind(_cut_reset, "as `cut`, with a TCP reset", 5),
    "stall": Kind(_stall, "silent for 30 s after n content events, then closed", 5),
    "error-event": Kind(_error_event, "the provider's in-band error after n content events; if plain, a 503", 3),
    "malformed": Kind(_malformed, "one event of broken JSON after n content events; the rest follows", 3),
    "badjson": Kind(_badjson, "200 and a body (or first event) that is not valid JSON"),
    "nodone": Kind(_nodone, "the terminal event is missing"),
    "nofinish": Kind(_nofinish, "finish reason, usage and terminal event are missing, the HTTP framing is whole"),
    "empty": Kind(_empty, "200 and an empty body"),
    "status200error": Kind(_status200error, "200 with an error body in JSON"),
    "wrongtype": Kind(_wrongtype, "a good answer with content-type text/plain"),
    "gzip": Kind(_gzip, "a good answer, compressed though nobody asked"),
    "clmismatch": Kind(_clmismatch, "Content-Length says n bytes more than come before the connection closes", 100),
    "hugeheader": Kind(_hugeheader, "a good answer with a header of n KiB", 1_024),
    "hugebody": Kind(_hugebody, "a body (or one event) of n MiB", 64),
    "infinite": Kind(_infinite, "content without end"),
    "redirect": Kind(_redirect, "redirect with that status to the instance `redirected`", 307),
    "1xx": Kind(_early, "two informational answers before the good one"),
    "flap": Kind(_flap, "503 and good answers in turn (a twelfth of n seconds each), healed after n seconds", 60),
    "ping": Kind(_ping, "a good answer with n comments (Anthropic: pings, Gemini: empty lines) before each piece", 1),
    "closeafter": Kind(_closeafter, "a good answer that says keep-alive, then the connection is closed"),
}


def applied(faults: Iterable[Fault], steps: Steps, circumstances: Circumstances) -> Iterator[Step]:
    """The steps with all `faults` in them, the first one innermost."""
    for fault in faults:
        steps = fault.apply(steps, circumstances)
    return steps
