"""The player shares the loop fairly and finishes once."""

import itertools
from typing import Any

from octogate.mock.journal import Record
from octogate.mock.player import Player
from octogate.mock.steps import Data, Steps, Wait


class NeverFull:
    """A socket whose reader is always faster."""

    def __init__(self) -> None:
        self.written = 0

    def write(self, data: bytes) -> None:
        self.written += 1


def player_of(steps: Steps, transport: Any, finished: list[bool]) -> tuple[Player, Record]:
    record = Record(id=1, instance="a", method="POST", path="/", headers={}, body=b"", body_size=0, at=0.0, status=200)
    player = Player(
        transport,
        steps,
        record,
        input_tokens=0,
        keep_alive=True,
        chunks=True,
        bodiless=False,
        done=finished.append,
    )
    return player, record


async def test_an_endless_answer_gives_the_loop_its_turn_even_when_the_socket_never_fills() -> None:
    socket, finished = NeverFull(), list[bool]()
    player, record = player_of(itertools.repeat(Data(b"x", kind="content"), 100_000), socket, finished)

    player.advance()

    assert 0 < socket.written < 1_000
    player.stop()
    assert (record.outcome, finished) == ("disconnected", [False])


async def test_a_full_socket_stops_the_answer_until_it_drains() -> None:
    socket, finished = NeverFull(), list[bool]()
    player, _ = player_of(iter([Data(b"x"), Data(b"y"), Wait(60)]), socket, finished)

    player.pause()
    player.advance()
    assert socket.written == 0
    player.resume()
    assert socket.written == 2
    player.stop()
    player.stop()
    assert finished == [False], "done is called once"
