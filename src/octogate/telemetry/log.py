"""The log: one JSON object per line, written in bounded batches by its own thread; never content, never secrets."""

import contextlib
import datetime
import functools
import json
import os
import queue
import re
import sys
import threading
import time
from pathlib import Path
from typing import BinaryIO, Literal

import msgspec
import orjson

from octogate.telemetry import names

MAX_LINE_BYTES = 8_192
MAX_WAITING_LINES = 100_000
BATCH_SECONDS = 0.2  # each batch takes the interpreter away from the loop once
# A net, not a plan: nothing that looks like a credential leaves even if a defect put it into a field.
_LOOKS_SECRET = re.compile(rb"(sk-[A-Za-z0-9_-]{16,}|AIza[A-Za-z0-9_-]{20,}|(?i:bearer)\s+[A-Za-z0-9._~+/=-]{16,})")
_PUBLIC_KEY_ID = re.compile(rb"sk-og-[0-9A-Za-z]{10}(?![0-9A-Za-z-])")

Level = Literal["debug", "info", "warning", "error"]
_LEVELS: dict[str, int] = {"debug": 10, "info": 20, "warning": 30, "error": 40}


class Log:
    """Takes records from the loop without ever waiting, and writes them in batches.

    `file` None writes to `stream` (standard output). With a file, it is rotated at `rotate_bytes` and the newest
    `keep` rotated files are kept. When more than `MAX_WAITING_LINES` wait, new lines are counted and dropped.
    """

    def __init__(
        self,
        *,
        file: Path | None = None,
        stream: BinaryIO | None = None,
        level: Level = "info",
        rotate_bytes: int = 256 * 2**20,
        keep: int = 14,
    ) -> None:
        self._path, self._rotate_bytes, self._keep = file, rotate_bytes, keep
        self._level = _LEVELS[level]
        self._lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()  # None = stop
        self._out: BinaryIO = _open(file) if file else (stream or sys.stdout.buffer)
        self._thread = threading.Thread(target=self._write_batches, name="octogate-log", daemon=True)
        self._thread.start()

    def event(self, event: str, *, level: Level = "info", **fields: object) -> None:
        """Something an operator must know: `event` is a constant, everything else is a field."""
        if _LEVELS[level] >= self._level:
            self.record({"time": utc(time.time()), "level": level, "event": event, **fields})

    def record(self, record: dict[str, object] | msgspec.Struct) -> None:
        """Queue one record; never waits, never raises.

        It is turned into its line here: a writer thread that did so would fight the loop for the interpreter.
        """
        if self._lines.qsize() >= MAX_WAITING_LINES:
            names.log_dropped.add()
        else:
            self._lines.put(line(record))

    def close(self) -> None:
        """Write what waits, then stop."""
        self._lines.put(None)
        self._thread.join(timeout=10)
        if self._path:
            self._out.close()

    def _write_batches(self) -> None:
        stop = False
        while not stop:
            lines = [self._lines.get()]
            if lines[0] is not None:
                time.sleep(BATCH_SECONDS)
            lines += [self._lines.get() for _ in range(self._lines.qsize())]
            stop = None in lines
            batch = [text for text in lines if text is not None]
            if batch:
                self._write(b"".join(batch), len(batch))

    def _write(self, block: bytes, lines: int) -> None:
        try:
            if self._path and self._out.tell() + len(block) > self._rotate_bytes:
                with contextlib.suppress(OSError):  # better a file above its cap than lines that are lost
                    self._rotate()
            self._out.write(block)
            self._out.flush()
        except (OSError, ValueError):  # a full disk or a closed pipe must not stop the gateway
            names.log_dropped.add((), lines)

    def _rotate(self) -> None:
        """Rename first and close last: when either cannot be done, lines still go to the file that is open."""
        assert self._path is not None
        stamp = datetime.datetime.now(datetime.UTC).strftime("%Y%m%dT%H%M%S%f")
        with contextlib.suppress(FileNotFoundError):  # somebody moved it away
            self._path.replace(self._path.with_name(f"{self._path.name}.{stamp}"))
        full, self._out = self._out, _open(self._path)
        full.close()
        for old in sorted(self._path.parent.glob(f"{self._path.name}.*"))[: -self._keep or None]:
            old.unlink(missing_ok=True)


def line(record: object) -> bytes:
    """One record as one ASCII line of at most `MAX_LINE_BYTES`: no control character survives unescaped."""
    try:
        text = orjson.dumps(record) if isinstance(record, dict) else msgspec.json.encode(record)
    except (TypeError, ValueError, msgspec.EncodeError):
        text = json.dumps({"level": "error", "event": "log_record_unwritable", "type": type(record).__name__}).encode()
    if len(text) > MAX_LINE_BYTES - 1:
        text = _shortened(text)
    if not text.isascii() or b"\x7f" in text:
        text = json.dumps(orjson.loads(text)).replace("\x7f", "\\u007f").encode()
        if len(text) > MAX_LINE_BYTES - 1:
            text = _shortened(text)
    # A byte is found ten times faster than a word: most lines have no capital I.
    if b"sk-" in text or (b"I" in text and b"AIza" in text) or b"earer" in text:
        text = _LOOKS_SECRET.sub(_masked, text)
    return text + b"\n"


def _masked(found: re.Match[bytes]) -> bytes:
    return found[0] if _PUBLIC_KEY_ID.fullmatch(found[0]) else b"***"


def _shortened(text: bytes) -> bytes:
    """A record above the cap loses its longest values, and says so."""
    fields = orjson.loads(text)
    limit = MAX_LINE_BYTES // 16
    fields = {str(name)[:64]: _cut(value, limit) for name, value in list(fields.items())[:64]}
    fields["truncated"] = True
    short = json.dumps(fields).encode()
    if len(short) < MAX_LINE_BYTES:
        return short
    keep = {name: value for name, value in fields.items() if not isinstance(value, str | list | dict)}
    keep |= {name: str(fields[name])[:200] for name in ("time", "event", "request_id", "level") if name in fields}
    return json.dumps(keep).encode()


def _cut(value: object, limit: int) -> object:
    if isinstance(value, str):
        return value[:limit]
    if isinstance(value, list | dict):
        text = json.dumps(value)
        return value if len(text) <= limit * 4 else text[:limit]
    return value


def utc(at: float) -> str:
    """A wall-clock time as RFC 3339 text in UTC with milliseconds: `2026-11-21T10:56:07.825Z`."""
    second = int(at)
    return f"{_second_text(second)}{int((at - second) * 1000):03d}Z"


@functools.lru_cache(maxsize=4)
def _second_text(second: int) -> str:
    return datetime.datetime.fromtimestamp(second, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.")


def _open(path: Path) -> BinaryIO:
    path.parent.mkdir(parents=True, exist_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")
