"""Reshapes the steps of an answer: where the pieces are cut, how long between them, compressed or not."""

import zlib

from octogate.mock.behaviour import Behaviour
from octogate.mock.steps import Data, End, Head, Steps, Wait


def paced(steps: Steps, behaviour: Behaviour) -> Steps:
    """Apply latency, chunking and the delay between pieces, in this order."""
    if behaviour.chunking != "event":
        size = None if behaviour.chunking == "all" else int(behaviour.chunking)
        steps = rechunked(steps, size)
    if behaviour.delay_ms:
        steps = _delayed(steps, behaviour.delay_ms / 1000)
    return _after(behaviour.latency_ms / 1000, steps) if behaviour.latency_ms else steps


def rechunked(steps: Steps, size: int | None) -> Steps:
    """The same bytes in pieces of `size`, whatever the borders of events; None joins all there is.

    A piece counts as content, with the tokens of the events that began in it.
    """
    held, tokens = b"", 0
    for step in steps:
        if not isinstance(step, Data):
            if held:
                yield Data(held, kind="content", tokens=tokens)
                held, tokens = b"", 0
            yield step
            continue
        held += step.payload
        tokens += step.tokens
        while size is not None and len(held) >= size:
            yield Data(held[:size], kind="content", tokens=tokens)
            held, tokens = held[size:], 0


def gzipped(steps: Steps) -> Steps:
    """The body compressed, each event flushed so that it can be read at once."""
    squeeze = zlib.compressobj(wbits=31)
    for step in steps:
        if isinstance(step, Head):
            yield Head(step.status, (*step.headers, ("content-encoding", "gzip")))
        elif isinstance(step, Data):
            payload = squeeze.compress(step.payload) + squeeze.flush(zlib.Z_SYNC_FLUSH)
            yield Data(payload, kind=step.kind, tokens=step.tokens)
        elif isinstance(step, End):
            yield Data(squeeze.flush())
            yield step
        else:
            yield step


def _delayed(steps: Steps, seconds: float) -> Steps:
    is_first = True
    for step in steps:
        if isinstance(step, Data) and step.kind != "end":
            if not is_first:
                yield Wait(seconds)
            is_first = False
        yield step


def _after(seconds: float, steps: Steps) -> Steps:
    yield Wait(seconds)
    yield from steps
