"""What the mock saw and gave: the last requests, counts per instance, and tokens per request id. Bounded throughout."""

import re
from collections import Counter, OrderedDict, deque
from typing import Any, Literal

import msgspec
import orjson

Outcome = Literal["running", "ok", "refused", "broken", "disconnected"]

REQUEST_ID_HEADERS = ("x-request-id", "x-octogate-request-id", "request-id", "x-client-request-id")
MAX_INSTANCES = 1_000
MAX_KEPT_BODY = 65_536

_MASKED = frozenset(("authorization", "proxy-authorization", "x-api-key", "api-key", "x-goog-api-key", "cookie"))
_SHOWN = 4
_SHORTEST_SHOWN = 12


class Record(msgspec.Struct, kw_only=True):
    """One request and what became of it.

    `at` is UTC seconds, `seconds` the duration. `events` are the content events handed to the socket. Outcomes: `ok`
    and `refused` were sent whole, `broken` is a connection that a fault closed, `disconnected` one that the client
    closed early. `violation` is the first rule of the real provider that the request broke.
    """

    id: int
    instance: str
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    body_size: int
    at: float
    request_id: str = ""
    model: str = ""
    scenario: str = ""
    status: int | None = None
    outcome: Outcome = "running"
    events: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    seconds: float | None = None
    violation: str | None = None
    violation_message: str | None = None

    def as_json(self) -> dict[str, Any]:
        """For the inspection endpoint; the body is JSON when it is JSON and was kept whole."""
        shown = {name: getattr(self, name) for name in self.__struct_fields__}
        try:
            shown["body"] = orjson.loads(self.body) if self.body else None
        except orjson.JSONDecodeError:
            shown["body"] = self.body.decode("utf-8", "replace")
        return shown | {"disconnected": self.outcome == "disconnected"}


class Tokens(msgspec.Struct):
    """A sum of usage: what a provider would bill."""

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0

    def add(self, record: Record) -> None:
        """Count one finished request."""
        self.calls += 1
        self.input_tokens += record.input_tokens
        self.output_tokens += record.output_tokens


class InstanceStats(msgspec.Struct):
    """Counts of one instance since its last reset."""

    calls: int = 0
    open_calls: int = 0
    most_open_calls: int = 0
    outcomes: Counter[str] = msgspec.field(default_factory=Counter)
    statuses: Counter[int] = msgspec.field(default_factory=Counter)
    violations: Counter[str] = msgspec.field(default_factory=Counter)
    tokens: Tokens = msgspec.field(default_factory=Tokens)
    by_request_id: OrderedDict[str, Tokens] = msgspec.field(default_factory=OrderedDict)


class Journal:
    """Keeps records and counts; nothing here grows without bound."""

    def __init__(self, *, max_records: int, max_request_ids: int) -> None:
        self._records: deque[Record] = deque(maxlen=max_records)
        self._instances: OrderedDict[str, InstanceStats] = OrderedDict()
        self._max_request_ids = max_request_ids

    def open(self, record: Record) -> None:
        """A request is about to be answered."""
        record.request_id = next((record.headers[name] for name in REQUEST_ID_HEADERS if name in record.headers), "")
        record.headers = {name: masked(name, value) for name, value in record.headers.items()}
        record.body = record.body[:MAX_KEPT_BODY]
        self._records.append(record)
        stats = self._stats_of(record.instance)
        stats.calls += 1
        stats.open_calls += 1
        stats.most_open_calls = max(stats.most_open_calls, stats.open_calls)

    def close(self, record: Record) -> None:
        """The answer is over, one way or another."""
        stats = self._stats_of(record.instance)
        stats.open_calls = max(0, stats.open_calls - 1)
        stats.outcomes[record.outcome] += 1
        if record.status is not None:
            stats.statuses[record.status] += 1
        if record.violation is not None:
            stats.violations[record.violation] += 1
        stats.tokens.add(record)
        if record.request_id:
            stats.by_request_id.setdefault(record.request_id, Tokens()).add(record)
            if len(stats.by_request_id) > self._max_request_ids:
                stats.by_request_id.popitem(last=False)

    def records(self, instance: str = "") -> list[Record]:
        """The kept requests of one instance, or all, the oldest first."""
        return [record for record in self._records if instance in ("", record.instance)]

    def forget_records(self, instance: str = "") -> None:
        """Drop the kept requests; counts stay."""
        kept = [record for record in self._records if instance not in ("", record.instance)]
        self._records.clear()
        self._records.extend(kept)

    def stats(self, instance: str) -> InstanceStats:
        """The counts of one instance; zeros when it was never called."""
        return self._instances.get(instance) or InstanceStats()

    def instances(self) -> list[str]:
        """Every instance that was called."""
        return list(self._instances)

    def reset(self, instance: str = "") -> None:
        """Forget requests and counts; calls that are still open stay counted as open."""
        self.forget_records(instance)
        for name in [name for name in self._instances if instance in ("", name)]:
            open_calls = self._instances[name].open_calls
            self._instances[name] = InstanceStats(open_calls=open_calls, most_open_calls=open_calls)

    def _stats_of(self, instance: str) -> InstanceStats:
        stats = self._instances.setdefault(instance, InstanceStats())
        self._instances.move_to_end(instance)
        if len(self._instances) > MAX_INSTANCES:
            self._instances.popitem(last=False)
        return stats


def masked(header: str, value: str) -> str:
    """A credential as `***` and its last four characters; a short one shows nothing."""
    if header not in _MASKED:
        return value
    return "***" + (value[-_SHOWN:] if len(value) >= _SHORTEST_SHOWN else "")


def masked_target(target: str) -> str:
    """A request target without the credential that Gemini accepts as `?key=`."""
    return re.sub(r"([?&]key=)[^&#]*", r"\1***", target)
