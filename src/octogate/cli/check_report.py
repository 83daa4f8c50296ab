"""What `octogate check` found, as text for people or as JSON for scripts."""

import datetime as dt
import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import msgspec

from octogate.cli.failure import Failed
from octogate.cli.loading import faults_text
from octogate.config import ConfigFault, ConfigInvalid, KeyRules, UnknownKey, explain_key, load
from octogate.core.snapshot import Snapshot


class Report(msgspec.Struct, frozen=True):
    """The verdict on one file; the counts are None when it is not valid."""

    file: str
    valid: bool
    faults: tuple[ConfigFault, ...] = ()
    warnings: tuple[ConfigFault, ...] = ()
    providers: int | None = None
    groups: int | None = None
    keys: int | None = None
    key: KeyRules | None = None


def examine(path: Path, environ: Mapping[str, str], key_id: str | None) -> Report:
    """Load the file as `serve` would. Raises Failed when it is valid but has no key with the id `key_id`."""
    try:
        loaded = load(path, env=environ)
    except ConfigInvalid as invalid:
        return Report(str(path), valid=False, faults=invalid.faults)
    snapshot = loaded.snapshot
    return Report(
        str(path),
        valid=True,
        warnings=tuple(loaded.warnings),
        providers=len(snapshot.providers),
        groups=len(snapshot.groups),
        keys=len(snapshot.keys),
        key=_rules(snapshot, key_id) if key_id is not None else None,
    )


def _rules(snapshot: Snapshot, key_id: str) -> KeyRules:
    try:
        return explain_key(snapshot, key_id, now=time.time())
    except UnknownKey as error:
        raise Failed(str(error)) from error


def print_json(report: Report) -> None:
    """One JSON object."""
    print(json.dumps(msgspec.to_builtins(report)))


def print_text(report: Report) -> None:
    """The verdict on standard output, faults and warnings on standard error."""
    for warning in report.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    if not report.valid:
        print(faults_text(report.faults), file=sys.stderr)
        return
    counts = (("provider", report.providers), ("model group", report.groups), ("key", report.keys))
    counted = ", ".join(f"{count} {noun}{'' if count == 1 else 's'}" for noun, count in counts)
    print(f"{report.file} is valid: {counted}")
    if report.key is not None:
        print(_key_text(report.key))


def _key_text(rules: KeyRules) -> str:
    lines = [f"\nkey {rules.id}: {rules.state}"]
    for label, text in (
        ("user", rules.user),
        ("team", rules.team),
        ("environment", rules.environment),
        ("tags", ", ".join(rules.tags)),
        ("scopes", ", ".join(rules.scopes) or "none"),
        ("groups", ", ".join(rules.groups) or "none"),
        ("aliases", ", ".join(rules.aliases)),
        ("direct ids", "any provider/model" if rules.direct == ("*",) else ", ".join(rules.direct) or "none"),
        ("default", rules.default_model or "none: a call must name its model"),
        ("expires", _day(rules.expires_at)),
    ):
        if text:
            lines.append(f"  {label:<12}{text}")
    return "\n".join(lines)


def _day(at: float | None) -> str:
    if at is None:
        return "never"
    return dt.datetime.fromtimestamp(at, dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
