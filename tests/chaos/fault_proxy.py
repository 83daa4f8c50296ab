"""A TCP proxy that spoils what passes through it: seeded, so that a bad day can be had twice."""

import asyncio
import contextlib
import random
import socket
import struct
from collections.abc import Callable
from typing import Literal

import msgspec

from ..wall.rig import SCRIPTED

Ending = Literal["fin", "reset", "silence"]
_LINGER_ZERO = struct.pack("ii", 1, 0)


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """What happens to one connection; every default is harmless.

    `cut_request_at` and `cut_answer_at` are byte counts of a direction, after which the connection ends as `ending`
    says; "silence" leaves it half open. `delay_seconds` is before the first byte of the answer, `bytes_per_second`
    slows it, `piece_bytes` splits it. `spoil_from`: from this byte of the answer on, one byte of sixteen is replaced.
    `garbage`: so many random bytes instead of an answer. `blackhole`: takes everything, says nothing.
    """

    cut_request_at: int | None = None
    cut_answer_at: int | None = None
    ending: Ending = "fin"
    delay_seconds: float = 0.0
    bytes_per_second: int = 0
    piece_bytes: int = 0
    spoil_from: int | None = None
    garbage: int = 0
    blackhole: bool = False


FAIR = Fault()


class FaultProxy:
    """Listens on `port` and passes on to `upstream_port`; `choose` gives each new connection its fault."""

    def __init__(self, upstream_port: int, *, seed: int, choose: Callable[[random.Random], Fault] = lambda _: FAIR):
        self.choose = choose
        self.accepted = 0
        self._upstream_port = upstream_port
        self._random = random.Random(seed)
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> "FaultProxy":
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, backlog=1024)
        return self

    async def __aexit__(self, *_exc: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for writer in tuple(self._writers):
            writer.transport.abort()
        await self._server.wait_closed()

    @property
    def port(self) -> int:
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        task = asyncio.create_task(self._serve(reader, writer, self.choose(self._random)), name=SCRIPTED)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, fault: Fault) -> None:
        self._writers.add(writer)
        upstream: asyncio.StreamWriter | None = None
        try:
            answers, upstream = await asyncio.open_connection("127.0.0.1", self._upstream_port)
            self._writers.add(upstream)
            # Whichever direction ends first ends both, as a proxy that lost one side does.
            directions = [
                asyncio.create_task(self._pass_request(reader, upstream, fault), name=SCRIPTED),
                asyncio.create_task(self._pass_answer(answers, writer, fault), name=SCRIPTED),
            ]
            try:
                await asyncio.wait(directions, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for direction in directions:
                    direction.cancel()
                outcomes = await asyncio.gather(*directions, return_exceptions=True)
            if "silence" in outcomes:
                await self._stay_silent(reader)
            elif "reset" in outcomes:
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
        except OSError:
            pass
        finally:
            for end in filter(None, (writer, upstream)):
                self._writers.discard(end)
                end.close()

    async def _pass_request(self, reader: asyncio.StreamReader, upstream: asyncio.StreamWriter, fault: Fault) -> str:
        passed = 0
        if fault.cut_request_at == 0:
            return fault.ending
        while data := await reader.read(65_536):
            if fault.cut_request_at is not None and passed + len(data) >= fault.cut_request_at:
                return fault.ending
            passed += len(data)
            if not fault.blackhole:
                upstream.write(data)
                await upstream.drain()
        return "fin"

    async def _pass_answer(self, answers: asyncio.StreamReader, writer: asyncio.StreamWriter, fault: Fault) -> str:
        passed = 0
        while data := await answers.read(fault.piece_bytes or 65_536):
            if not passed and fault.delay_seconds:
                await asyncio.sleep(fault.delay_seconds)
            if fault.bytes_per_second:
                await asyncio.sleep(len(data) / fault.bytes_per_second)
            rest = None if fault.cut_answer_at is None else fault.cut_answer_at - passed
            if fault.garbage:
                data, rest = self._random.randbytes(fault.garbage), 0
                writer.write(data)
            else:
                writer.write(self._spoiled(data, passed, fault)[:rest])
            await writer.drain()
            passed += len(data)
            if rest is not None and rest <= len(data):
                await asyncio.sleep(0.01 if fault.ending == "reset" else 0)  # a reset throws away what has not left
                return fault.ending
        return "fin"

    def _spoiled(self, data: bytes, passed: int, fault: Fault) -> bytes:
        if fault.spoil_from is None or passed + len(data) <= fault.spoil_from:
            return data
        spoiled = bytearray(data)
        for at in range(max(fault.spoil_from - passed, 0), len(spoiled)):
            if self._random.random() < 1 / 16:
                spoiled[at] = self._random.randrange(256)
        return bytes(spoiled)

    @staticmethod
    async def _stay_silent(reader: asyncio.StreamReader) -> None:
        """Half open: nothing is said any more, until the other side closes."""
        with contextlib.suppress(OSError):
            while await reader.read(65_536):
                pass
