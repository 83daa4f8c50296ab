"""Interleaved rounds: every gateway meets the same situation within seconds of the others, several times."""

import http.client
import statistics
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path

import msgspec

from bench.load import CHUNKS, KEY, PATH, Cell, Load, body_of, run_load
from bench.peers import Peer
from bench.process import Failed, Process, free_port, wait_listening
from bench.story import hear

GATEWAY_CORE = 0
LOAD_CORE = 1
DIRECT = "no gateway"
WARM_UP_SECONDS = 0.5


class Sample(msgspec.Struct, frozen=True):
    """One gateway in one situation in one round. CPU of the gateway's whole process tree, in µs."""

    load: Load
    cpu_per_call: float
    cpu_per_chunk: float


class Row(msgspec.Struct, kw_only=True):
    """One gateway over the whole run; `failure` says why it has no figures."""

    name: str
    does: str = ""
    version: str = ""
    start_seconds: float = 0.0
    idle_mib: float = 0.0
    loaded_mib: float = 0.0
    failure: str | None = None
    samples: dict[str, list[Sample]] = msgspec.field(default_factory=dict)

    def median(self, cell: Cell, of: Callable[[Sample], float]) -> float | None:
        """The median over all rounds; None when it was not measured."""
        samples = self.samples.get(cell.name)
        return statistics.median(map(of, samples)) if samples else None


class Standing(msgspec.Struct):
    """A gateway that answers, and its row."""

    row: Row
    port: int
    process: Process | None  # None stands for the upstream itself


class Plan(msgspec.Struct, frozen=True):
    """What to measure and how long."""

    cells: tuple[Cell, ...]
    rounds: int
    seconds: float

    def steps(self, names: Collection[str]) -> int:
        """How many measurements it takes with these gateways."""
        return self.rounds * sum(cell.among is None or name in cell.among for cell in self.cells for name in names)


def start_peer(peer: Peer, stack: ExitStack, folder: Path, upstream_port: int, after: int) -> Standing:
    """Start it, time it to its first answer, and see that it refuses a wrong key. Never raises: the row says why."""
    row = Row(name=peer.name, does=peer.does)
    port = free_port(after)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        row.version = peer.version()
        start = peer.start(folder, port, upstream_port)
        began = time.monotonic()
        process = Process(start.command, core=GATEWAY_CORE, log=folder / "output.log", env=start.env)
        stack.enter_context(process)
        wait_listening(process, port, seconds=peer.start_seconds)
        _expect(port, KEY, 200)
        row.start_seconds = time.monotonic() - began
        _expect(port, "sk-wrong", 401)
        row.idle_mib = process.memory_mib()
    except (Failed, OSError, http.client.HTTPException) as error:
        row.failure = str(error) or type(error).__name__
        return Standing(row=row, port=port, process=None)
    return Standing(row=row, port=port, process=process)


def _expect(port: int, key: str, status: int) -> None:
    """One call; Failed when the status differs. LiteLLM says 400 to a key of a wrong form, which is a refusal too."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    call = Cell(name="probe", title="probe", body_bytes=512, connections=1)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    try:
        connection.request("POST", PATH, body=body_of(call), headers=headers)
        answer = connection.getresponse()
        body = answer.read()
    finally:
        connection.close()
    refused = status == 401 and answer.status in (400, 401, 403)
    if answer.status != status and not refused:
        raise Failed(f"it answered {answer.status} where {status} was due: {body[:200].decode(errors='replace')}")


def measure(
    standings: Sequence[Standing], plan: Plan, program: Path, folder: Path, tick: Callable[[str], None]
) -> None:
    """Fill the rows. `tick` hears what is measured before each step."""
    bodies = {cell.name: folder / f"{cell.name}.json" for cell in plan.cells}
    for cell in plan.cells:
        bodies[cell.name].write_bytes(body_of(cell))
    for number in range(1, plan.rounds + 1):
        for cell in plan.cells:
            for standing in _taking_part(cell, standings):
                tick(f"round {number}: {cell.title}: {standing.row.name}")
                if number == 1 and not _warm_up(standing, cell, program, bodies[cell.name]):
                    continue
                _sample(standing, cell, program, bodies[cell.name], plan.seconds)


def _taking_part(cell: Cell, standings: Iterable[Standing]) -> list[Standing]:
    among = [standing for standing in standings if cell.among is None or standing.row.name in cell.among]
    return [standing for standing in among if standing.row.failure is None]


def _warm_up(standing: Standing, cell: Cell, program: Path, body: Path) -> bool:
    """False, and the row says why, when the gateway does not pass on what the upstream tells."""
    try:
        hear(standing.port, cell)
    except (Failed, OSError, http.client.HTTPException) as error:
        standing.row.failure = f"in “{cell.title}” {str(error) or type(error).__name__}"
        return False
    run_load(program, port=standing.port, body=body, cell=cell, seconds=WARM_UP_SECONDS, core=LOAD_CORE)
    return True


def _sample(standing: Standing, cell: Cell, program: Path, body: Path, seconds: float) -> None:
    process, row = standing.process, standing.row
    before = process.cpu_seconds() if process else 0.0
    load = run_load(program, port=standing.port, body=body, cell=cell, seconds=seconds, core=LOAD_CORE)
    used = (process.cpu_seconds() if process else 0.0) - before
    if not load.answered:
        row.failure = f"no answer at all in “{cell.title}”: {load.errors} errors, last status {load.bad_status}"
        return
    per_call = used / load.answered * 1e6
    sample = Sample(load=load, cpu_per_call=per_call, cpu_per_chunk=per_call / CHUNKS if cell.stream else 0.0)
    row.samples.setdefault(cell.name, []).append(sample)
    if process:
        row.loaded_mib = max(row.loaded_mib, process.memory_mib())
