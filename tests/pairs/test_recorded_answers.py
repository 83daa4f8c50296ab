"""What providers really said, told to callers of every other dialect, and read back as those callers read."""

import json
import re
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from octogate.dialects import HUBS
from octogate.dialects.bridge import Bridge
from octogate.dialects.hub import Destination

from ..recorded.cases import Case, load
from .callers import FORMS, HEADING, NAMES, PROMPT, a_call
from .reading import Heard, plain, stream
from .told import word

SAID = [case for case in load() if case.status == 200 and case.operation == "generate" and case.expected()]
BROKEN_OFF = [case for case in SAID if case.expected()["inline_error"]]
QUEUED = [case for case in SAID if case.expected()["finish"] == "queued"]
WHOLE = [case for case in SAID if case not in (*BROKEN_OFF, *QUEUED)]
PLAIN = [(form, case) for case in WHOLE for form in NAMES if not case.is_stream]
STREAMS = [(form, case) for case in WHOLE for form in FORMS if case.is_stream]

pytestmark = pytest.mark.skipif(not SAID, reason="OCTOGATE_FIXTURES is not set")


def each(told: Sequence[tuple[str, Case]]) -> pytest.MarkDecorator:
    """Every recording for every caller who speaks another dialect."""
    pairs = [(form, case) for form, case in told if FORMS[form] != case.dialect]
    return pytest.mark.parametrize(("form", "case"), pairs, ids=[f"{case.name}-for-{form}" for form, case in pairs])


def bridge(form: str, case: Case) -> Bridge:
    """The bridge of a caller who wants as many answers as were recorded."""
    choices = case.expected()["n_choices"]
    wanted: dict[str, Any] = {"openai_chat": {"n": choices}} if choices > 1 else {}
    call = a_call(form, stream=case.is_stream, **wanted.get(FORMS[form], {}))
    prompt = msgspec.structs.replace(PROMPT, settings=msgspec.structs.replace(PROMPT.settings, choices=choices))
    to = Destination(model="m", stream=case.is_stream)
    return Bridge(call, prompt, HUBS[FORMS[form]], HUBS[case.dialect], to, HEADING)


def as_events(case: Case) -> bytes:
    """A recorded stream as we ask for it: the one provider that can send an array is asked for events."""
    body = case.body()
    if not body.lstrip().startswith(b"["):
        return body
    return b"".join(b"data: " + json.dumps(answer).encode() + b"\r\n\r\n" for answer in json.loads(body))


@each(PLAIN)
def test_a_recorded_answer_means_the_same_to_a_caller_of_another_dialect(form: str, case: Case) -> None:
    bridged, body = bridge(form, case), case.body()
    assert bridged.check_answer(body) is None

    heard = plain(form, bridged.translate(body))

    compare(form, case, heard)


@each(STREAMS)
def test_a_recorded_stream_means_the_same_to_a_caller_of_another_dialect(form: str, case: Case) -> None:
    reader = bridge(form, case).reader(a_call(form, stream=True))

    sent = reader.feed(as_events(case)) + reader.close()

    assert reader.failure is None
    heard = stream(form, sent)
    assert heard.whole
    compare(form, case, heard)


@each([(form, case) for case in QUEUED for form in NAMES])
def test_the_promise_of_an_answer_does_not_end_like_one(form: str, case: Case) -> None:
    """Such is the answer to a background call, which is never translated; a provider could still give one."""
    heard = plain(form, bridge(form, case).translate(case.body()))

    assert (heard.text, heard.calls) == ("", [])
    assert heard.finish == word(FORMS[form], "error") not in (word(FORMS[form], "stop"), None)


@each([(form, case) for case in BROKEN_OFF for form in FORMS])
def test_a_stream_that_the_provider_broke_off_is_whole_to_nobody(form: str, case: Case) -> None:
    reader = bridge(form, case).reader(a_call(form, stream=True))

    sent = reader.feed(as_events(case)) + reader.close()

    assert reader.failure is not None
    assert not stream(form, sent).whole


def compare(form: str, case: Case, heard: Heard) -> None:
    said, refused = case.expected(), case.expected()["refusal"]
    words, in_words = words_of(case), FORMS[form].startswith("openai")
    assert _CODE.sub("", heard.text) == (words if in_words else words + (refused or ""))
    assert squeezed(heard.thinking) == squeezed(said["thinking"])
    assert heard.refusal == (refused or "" if in_words else "")
    assert heard.calls == [(call["name"], call["args"]) for call in said["tool_calls"]]
    finish = "stop" if said["finish"] == "complete" else said["finish"]  # as one relative of OpenAI spells it
    assert heard.finish == word(FORMS[form], finish, calls=bool(heard.calls), refuses=bool(refused))
    assert heard.model == said["model"]
    assert ("```" in heard.text) >= (b"executableCode" in case.body())
    assert heard.usage or not said["usage"]
    assert heard.usage == {name: counts_of(case, FORMS[form])[name] for name in heard.usage}


_CODE = re.compile(r"```(?:python)?\n.*?\n```\n\n", re.DOTALL)
"""What a provider ran and what that printed has no place of its own elsewhere: it is told in words, fenced."""


def squeezed(text: str) -> str:
    """Thoughts without the blank lines that stand between their sections."""
    return "".join(text.split())


def words_of(case: Case) -> str:
    """What was said; one provider says every word twice in each chunk of a stream, under two names."""
    text = str(case.expected()["text"])
    if case.folder.parent.name != "together" or not case.is_stream:
        return text
    chunks = [json.loads(line[6:]) for line in case.body().splitlines() if line.startswith(b"data: {")]
    return "".join(choice["delta"].get("content") or "" for chunk in chunks for choice in chunk["choices"])


def counts_of(case: Case, dialect: str) -> dict[str, int]:
    """What was used, with the two counts that `expected.json` does not know everywhere."""
    counts = {"input": 0, "output": 0, "cached": 0, "cache_write": 0, "reasoning": 0}
    counts |= {name: number or 0 for name, number in case.expected()["usage"].items()}
    for name, member in (("reasoning", b"thinking_tokens"), ("cache_write", b"cache_write_tokens")):
        if found := re.findall(rb'"%b": ?(\d+)' % member, case.body()):
            counts[name] = int(found[-1])
    if dialect == "anthropic_messages":
        # Its three counts of input exclude each other: a provider that counts more as cached than in all cannot be told.
        counts["input"] = max(counts["input"], counts["cached"] + counts["cache_write"])
    return counts
