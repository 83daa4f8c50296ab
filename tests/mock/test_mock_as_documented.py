"""The mock as its page shows it: the commands and the example are taken from there and run."""

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import openai
import pytest

import octogate

SOURCE = Path(octogate.__file__).parents[1]
PAGE = (SOURCE.parent / "docs" / "reference" / "mock.md").read_text(encoding="utf-8")
SHELL, PYTHON = (re.search(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)[1] for kind in ("sh", "python"))


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """`octogate mock` as its own process on a free port; it says where it listens."""
    command = [sys.executable, "-m", "octogate", "mock", "--port", "0", "--time-scale", "0.01"]
    environ = os.environ | {"PYTHONPATH": str(SOURCE)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ) as process:
        try:
            yield re.search(r"http://[0-9.:]+", process.stdout.readline())[0]
        finally:
            process.terminate()
            process.wait(10)


def test_the_documented_command_gets_an_answer(address):
    """M23"""
    _, command = SHELL.replace("\\\n", " ").strip().splitlines()
    name, *arguments = shlex.split(command.replace("http://127.0.0.1:4010", address))

    said = subprocess.run(
        [name, "-s", "--noproxy", "*", *arguments], capture_output=True, timeout=20, check=True
    ).stdout

    assert json.loads(said)["choices"][0]["message"]["content"] == "Hello from the mock. You said: Hi"


async def test_the_documented_example_runs_as_it_stands():
    """M23: `...` stands for the user's own calls; here they are three, with the SDK's own retries."""
    calls = (
        "with __import__('contextlib').suppress(InternalServerError):\n"
        "        await client.chat.completions.create(model='m', messages=[{'role': 'user', 'content': 'Hi'}])"
    )
    assert PYTHON.count("    ...\n") == 1
    body = "\n".join(f"    {line}" for line in PYTHON.replace("    ...", f"    {calls}").splitlines())
    names: dict[str, object] = {
        "AsyncOpenAI": openai.AsyncOpenAI, "InternalServerError": openai.InternalServerError,
    }  # fmt: skip

    exec(f"async def example():\n{body}\n", names)
    await names["example"]()


FAULTS = {
    "latency": ("mock--latency_ms=30", None),
    "429": ("fault-http-429", openai.RateLimitError),
    "silence": ("fault-hang-500", openai.APITimeoutError),
    "reset": ("fault-reset", openai.APIConnectionError),
    "malformed": ("fault-badjson", (openai.OpenAIError, ValueError)),
    "down": ("s04", openai.InternalServerError),
}


@pytest.mark.parametrize(("model", "raised"), FAULTS.values(), ids=FAULTS)
def test_a_users_own_client_meets_each_kind_of_bad_day(address, model, raised):
    """M23: chosen by the model name alone."""
    with openai.OpenAI(base_url=f"{address}/v1", api_key="anything", max_retries=0, timeout=1.0) as client:

        def ask():
            return client.chat.completions.create(model=model, messages=[{"role": "user", "content": "Hi"}])

        if raised is None:
            assert ask().choices[0].message.content.endswith("Hi")
            return
        with pytest.raises(raised):
            ask()


@pytest.mark.parametrize("model", ["s08", "s09"], ids=["cut", "stall"])
def test_a_users_own_stream_is_cut_or_stalls(address, model):
    """M23"""
    words = []
    with openai.OpenAI(base_url=f"{address}/v1", api_key="anything", max_retries=0, timeout=5.0) as client:
        stream = client.chat.completions.create(
            model=f"{model}--tokens=60", messages=[{"role": "user", "content": "Hi"}], stream=True
        )
        with pytest.raises(Exception, match=r"(?i)peer closed|incomplete|timed out|connection"):
            words += [chunk.choices[0].delta.content for chunk in stream if chunk.choices]


def test_what_flaps_heals(address):
    """M23: 60 s in real time, 0.6 s here; the user's retries see it through."""
    with openai.OpenAI(base_url=f"{address}/v1", api_key="anything", max_retries=8, timeout=5.0) as client:
        answer = client.chat.completions.create(model="s15--run=flapping", messages=[{"role": "user", "content": "Hi"}])

    assert answer.choices[0].message.content
