"""A stream that breaks off or comes in pieces, between any two dialects."""

import pytest

from octogate.core.call import DialectName
from octogate.core.errors import Interrupted
from octogate.dialects import HUBS

from .callers import FORMS, STREAM_PAIRS, a_call, caller_reader, reader
from .reading import Heard, stream
from .rich import CALLS, FINISH_MARKS, STREAMS, TEXT, THOUGHT, USAGE
from .told import word

each_pair = pytest.mark.parametrize(("form", "target"), STREAM_PAIRS)


def translated(form: str, target: DialectName, *pieces: bytes) -> bytes:
    """What the caller gets when the target's bytes come in these pieces and then its stream is closed."""
    bridged = reader(form, target)
    out = b"".join(map(bridged.feed, pieces)) + bridged.close()
    assert bridged.failure is None
    return out


def judge(form: str, sent: bytes, *, passed: bool) -> Heard:
    """Nothing that was cut looks whole to its caller, by our reader of the dialect and by a strict one."""
    native, heard = caller_reader(form), stream(form, sent)
    native.feed(sent)
    native.close()
    assert (native.failure is None) == passed
    assert heard.whole == passed
    return heard


def judge_error(form: str, sent: bytes, failure: Interrupted, sequence: int) -> None:
    """Behind what was sent the error is one that the caller cannot miss."""
    judge(form, sent, passed=False)
    call = a_call(form, stream=True)
    error = HUBS[FORMS[form]].write_stream_error(failure, "req_1", call=call, first=not sent, sequence=sequence)
    native = caller_reader(form)
    native.feed(sent + error)
    native.close()
    assert native.failure is not None
    assert not isinstance(native.failure, Interrupted), "the error was not read as one"


@each_pair
def test_a_rich_stream_means_the_same_to_every_caller(form: str, target: DialectName) -> None:
    heard = stream(form, translated(form, target, STREAMS[target]))

    assert heard.whole
    assert (heard.text, heard.thinking, heard.calls) == (TEXT, THOUGHT, CALLS)
    assert heard.finish == word(FORMS[form], "tool_calls")
    assert {name: heard.usage[name] for name in USAGE} == USAGE
    assert heard.model == "up"
    assert len(set(heard.ids)) == len(CALLS) or form.startswith("gemini")


@each_pair
def test_a_stream_cut_at_any_byte_is_never_taken_for_a_whole_one(form: str, target: DialectName) -> None:
    """T-50, S3-80: cut before the finish nothing looks whole, and the error is in the caller's dialect; behind it all is."""
    assert cut_everywhere(form, target, STREAMS[target]) == len(STREAMS[target]) + 1


def cut_everywhere(form: str, target: DialectName, body: bytes) -> int:
    """Judge the stream cut at every byte; how many cuts that were."""
    mark, whole = body.index(FINISH_MARKS[target]), translated(form, target, body)
    judged: set[bytes] = set()
    for cut in range(len(body) + 1):
        bridged = reader(form, target)
        sent = bridged.feed(body[:cut])
        failure = bridged.failure
        assert failure is None
        tail, again = bridged.close(), bridged.close()
        assert again == b""
        assert (bridged.failure is None) <= (cut > mark), "a whole stream before the finish"
        seen = sent + tail
        if bridged.failure is not None:
            assert isinstance(bridged.failure, Interrupted)
            assert tail == b""
            assert whole.startswith(sent)
        elif bridged.usage is not None and bridged.usage.output_tokens == USAGE["output"]:
            assert seen == whole
        if seen in judged:
            continue
        judged.add(seen)
        if bridged.failure is not None:
            judge_error(form, sent, bridged.failure, bridged.next_sequence)
        else:
            judge_end(judge(form, seen, passed=True))
    return len(body) + 1


def judge_end(heard: Heard) -> None:
    """An honest end: all that was said, and no usage that nobody told."""
    assert (heard.text, heard.thinking, heard.calls) == (TEXT, THOUGHT, CALLS)
    assert heard.usage.get("output", 0) in (0, 1, USAGE["output"])


@each_pair
def test_where_a_read_ends_changes_nothing(form: str, target: DialectName) -> None:
    """T-51, S3-80: every split in two, and byte by byte."""
    body = STREAMS[target]
    whole = translated(form, target, body)

    for cut in range(len(body) + 1):
        assert translated(form, target, body[:cut], body[cut:]) == whole
    assert translated(form, target, *(body[n : n + 1] for n in range(len(body)))) == whole
