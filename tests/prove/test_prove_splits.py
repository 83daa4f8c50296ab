"""T-51 in full: where a read ends changes nothing, for every stream at hand and every place to cut it in two."""

from collections.abc import Callable

import pytest

from octogate.dialects import DIALECTS
from octogate.dialects.base import StreamReader

from ..dialects.recorded import cases
from ..dialects.streams import STREAMS, reader_of
from ..dialects.test_recorded import call_of
from .record import proving

EVERY_OFFSET_BELOW = 12_000
OFFSETS_OF_LONGER = 1_000


def streams() -> list[tuple[str, bytes, Callable[[], StreamReader]]]:
    """Name, bytes and a maker of readers: our own small streams, and the recorded ones where there are some."""
    found = [(name, body, lambda name=name: reader_of(name)) for name, (_, body) in STREAMS.items()]
    for case in cases():
        if case.status == 200 and (case.meta["response_file"].endswith(".sse") or case.endpoint.stream):
            call = call_of(case)
            found.append((case.name, case.response(), lambda call=call: DIALECTS[call.endpoint.dialect].reader(call)))
    return found


def read(reader: StreamReader, *pieces: bytes) -> tuple[object, ...]:
    out = b"".join(map(reader.feed, pieces)) + reader.close()
    return out, reader.finish, reader.usage, reader.output_bytes, reader.complete, repr(reader.failure)


@pytest.mark.prove
def test_every_stream_in_two_pieces_is_the_stream_in_one() -> None:
    """T-51"""
    everything = streams()
    claim = "T-51 streams in two reads, cut at every byte (1,000 places where longer than 12 kB)"
    with proving(claim, seeds=f"{len(everything)} streams") as proof:
        for name, body, reader in everything:
            whole = read(reader(), body)
            step = 1 if len(body) < EVERY_OFFSET_BELOW else len(body) // OFFSETS_OF_LONGER
            for cut in range(0, len(body) + 1, step):
                assert read(reader(), body[:cut], body[cut:]) == whole, (name, cut)
                proof.n += 1
