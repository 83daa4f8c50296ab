"""One question and its answer over the wire, shown as it arrives."""

import json
import re
import sys
import time
from collections.abc import Mapping

import msgspec

from octogate.cli.failure import Failed
from octogate.cli.try_destination import Destination
from octogate.cli.try_dialects import Asker, Piece, read_piece
from octogate.cli.wire import Lines, Reply, Wire

# What a model says may not move the cursor or retitle the window: everything but tab and line feed is dropped.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class Outcome(msgspec.Struct, frozen=True):
    """What is worth knowing about an answered call."""

    input_tokens: int | None
    output_tokens: int | None
    seconds: float
    fields: Mapping[str, str]

    def summary(self) -> str:
        """One small line; what the gateway does not say is not shown as zero."""
        overhead = self.fields.get("x-octogate-overhead-ms")
        parts = [
            f"{_known(self.input_tokens)} in + {_known(self.output_tokens)} out tokens",
            self._cost(),
            f"{self.seconds * 1000:.0f} ms",
            f"overhead {overhead} ms" if overhead else "",
            self.fields.get("x-request-id", ""),
        ]
        return " · ".join(part for part in parts if part)

    def _cost(self) -> str:
        cost = self.fields.get("x-octogate-cost-usd")
        if cost is None:  # the headers of a stream leave before its cost is known
            return "cost in the gateway's log"
        return "cost unknown" if cost == "unknown" else f"{cost} USD"


def exchange(to: Destination, asker: Asker, model: str, text: str, *, stream: bool, timeout: float) -> Outcome:
    """Ask, print the text as it arrives, return the figures. Raises Failed with the gateway's own words."""
    started = time.monotonic()
    body = json.dumps(asker.question(model, text, stream)).encode()
    fields = {"content-type": "application/json", **asker.credential(to.key.reveal())}
    with Wire(to.base_url, timeout=timeout) as wire:
        answer = wire.post(asker.path(model, stream), body, fields)
        if isinstance(answer, Reply):
            pieces = [_whole(answer, asker)]
            _show(pieces[0].text)
        else:
            pieces = _events(answer, asker)
    _show("\n")
    counts = ([piece.input_tokens for piece in pieces], [piece.output_tokens for piece in pieces])
    inputs, outputs = (next((count for count in reversed(column) if count is not None), None) for column in counts)
    return Outcome(inputs, outputs, time.monotonic() - started, answer.fields)


def _whole(reply: Reply, asker: Asker) -> Piece:
    piece = read_piece(asker, reply.body)
    if piece.error or reply.status != 200:
        raise Failed(_refusal(piece.error or "no reason given", reply.status, reply.fields))
    return piece


def _events(lines: Lines, asker: Asker) -> list[Piece]:
    """The pieces of a stream, each shown at once; a stream that ends without its last event is a failure."""
    pieces: list[Piece] = []
    for line in lines:
        if not line.startswith(b"data:"):
            continue
        data = line[5:].strip()
        piece = Piece(last=True) if data == b"[DONE]" else read_piece(asker, data)
        if piece.error:
            _show("\n")
            raise Failed(_refusal(piece.error, lines.status, lines.fields))
        _show(piece.text)
        pieces.append(piece)
    if not any(piece.last for piece in pieces):
        _show("\n")
        raise Failed(_refusal("the stream ended before its last event", lines.status, lines.fields))
    return pieces


def _refusal(text: str, status: int, fields: Mapping[str, str]) -> str:
    request = fields.get("x-request-id") or fields.get("request-id")
    return _CONTROLS.sub("", f"{status}: {text}" + (f"; request {request}" if request else ""))


def _show(text: str) -> None:
    sys.stdout.write(_CONTROLS.sub("", text))
    sys.stdout.flush()


def _known(count: int | None) -> str:
    return "?" if count is None else str(count)
