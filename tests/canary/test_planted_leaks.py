"""The canary run is not blind: a leak into any sink is found there, of keys as of words."""

import asyncio
from collections.abc import Iterator

import pytest

from . import traffic
from .drive import HERE, Evidence, Run
from .scanner import Hit, scan

SINKS = {
    "standard output": ("standard output", "stdout"),
    "standard error": ("standard output", "stderr"),
    "log file": ("log file", "file logs/octogate.log"),
    "data folder": ("standard output", "file octogate-data/calls.gz"),
    "metrics": ("standard output", "metrics"),
    "error bodies": ("standard output", "error bodies"),
    "answer heads": ("standard output", "answer heads"),
}


class LeakyRun(Run):
    """Two calls, one that is served and one that is refused, in a gateway that tells everything."""

    async def before(self) -> None:
        self.program = ("-X", f"leak={self.evidence.secrets.caller_plain}", str(HERE / "with_leaks.py"))

    async def drive(self) -> None:
        await self.fire(self._calls("mock_openai"), self.evidence.answers)
        await self.fire(self._calls("nobody"), self.evidence.refusals)

    def _calls(self, provider: str) -> Iterator[traffic.Shot]:
        key = {"authorization": f"Bearer {self.evidence.secrets.caller_plain}"}
        yield traffic.Shot("POST", "/v1/chat/completions", traffic.chat(f"{provider}/any", self.evidence.content), key)


@pytest.fixture(scope="module")
def leaks(tmp_path_factory) -> dict[str, tuple[list[Hit], list[Hit]]]:
    """Hits of secrets and hits of content, by where the log went."""

    def hits(log: str) -> tuple[list[Hit], list[Hit]]:
        evidence: Evidence = asyncio.run(LeakyRun(tmp_path_factory.mktemp("leaky"), log_file=log == "log file").go())
        secrets = scan(evidence.for_secrets(), evidence.secrets.canaries())
        return secrets, scan(evidence.for_content(), evidence.content.canaries())

    return {log: hits(log) for log in ("standard output", "log file")}


@pytest.mark.parametrize("place", SINKS)
def test_a_leak_into_any_sink_is_found_there(leaks, place):
    """T-57."""
    log, sink = SINKS[place]
    secrets, content = leaks[log]

    assert ("caller_plain", sink) in {(hit.canary, hit.sink) for hit in secrets}
    assert ("system", sink) in {(hit.canary, hit.sink) for hit in content}


def test_a_key_on_the_command_line_is_found(leaks):
    secrets, _ = leaks["standard output"]

    assert ("caller_plain", "command line") in {(hit.canary, hit.sink) for hit in secrets}


def test_what_was_not_leaked_is_not_reported(leaks):
    for secrets, content in leaks.values():
        assert {hit.canary for hit in secrets} == {"caller_plain"}
        assert {hit.canary for hit in content} == {"system"}
