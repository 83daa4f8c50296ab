"""The README and the tutorial do what they say: their blocks are run, in order, against a demo."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import octogate

SOURCE = Path(octogate.__file__).parents[1]
ROOT = SOURCE.parent
BLOCK = re.compile(r"^```(sh|python) runnable\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture
def shell_with_a_demo(start, tmp_path):
    """What `make run` and a second terminal give: a running demo, and `octogate` as a command."""
    process = start("demo", "--json", "--port", "0", environ={"OCTOGATE_DATA": str(tmp_path / "data")})
    json.loads(process.line())
    command = tmp_path / "bin" / "octogate"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nPYTHONPATH="{SOURCE}" exec "{sys.executable}" -m octogate "$@"\n')
    command.chmod(0o755)
    # At the end of PATH: where the package is installed, its own command is used.
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}:{command.parent}"
    return {**os.environ, "OCTOGATE_DATA": str(tmp_path / "data"), "PATH": path}


def script(document: Path) -> str:
    """All blocks as one script, so that later ones see the variables of earlier ones.

    A reader pauses between two blocks; the log, which is written in batches of 50 ms, relies on that.
    """
    blocks = BLOCK.findall(document.read_text())
    steps = [code if kind == "sh" else f"python - <<'END'\n{code}END\n" for kind, code in blocks]
    return "set -eu\n" + "sleep 0.2\n".join(steps)


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("README.md", ["Hello from the command line", '"finish_reason"', "Hello!"]),
        (
            "docs/how-to/clients.md",
            [
                f"{model}, by {vendor}'s SDK: Hello from the mock. You said: Hello, stranger"
                for model, vendor in (("Claude", "OpenAI"), ("GPT", "Anthropic"), ("GPT", "Google"))
            ],
        ),
        ("docs/tutorial/first-call.md", ["Good morning", '"demo-failover"', "Are you still there?", '"number":2']),
    ],
)
def test_every_step_works_as_written(shell_with_a_demo, document, expected):
    """S2-26"""
    steps = script(ROOT / document)

    done = subprocess.run(
        ["bash", "-c", steps], capture_output=True, text=True, cwd=ROOT, env=shell_with_a_demo, timeout=60, check=False
    )

    assert done.returncode == 0, done.stderr
    for text in expected:
        assert text in done.stdout
