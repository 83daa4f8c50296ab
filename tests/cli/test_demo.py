"""`octogate demo` as a real process: what it prints, keeps and cleans up."""

import http.client
import json
import os
import re
import signal
import socket
import stat
import subprocess
import time
from urllib.parse import urlsplit

import pytest

NAMES = {
    "OPENAI_BASE_URL", "OPENAI_API_KEY", "ANTHROPIC_BASE_URL", "ANTHROPIC_API_KEY", "GOOGLE_GEMINI_BASE_URL",
    "GEMINI_API_KEY",
}  # fmt: skip


def ask(url: str, method: str = "GET", body: object = None, **fields: str) -> tuple[int, bytes]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=10)
    try:
        connection.request(method, parts.path, json.dumps(body) if body else None, fields)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def test_the_first_line_is_json_and_every_address_and_key_in_it_works(start):
    """S2-26: from one command to an answer in each dialect."""
    demo = start("demo", "--json", "--port", "0")
    facts = json.loads(demo.line())

    assert set(facts) == NAMES | {"pid", "mock_url"}
    assert facts["pid"] == demo.process.pid
    assert ask(facts["ANTHROPIC_BASE_URL"] + "/health") == (200, b'{"status":"healthy","providers":3}')
    question = {"messages": [{"role": "user", "content": "Hi."}], "max_tokens": 64}
    openai = ask(
        facts["OPENAI_BASE_URL"] + "/chat/completions", "POST", {"model": "gpt-4o-mini", **question},
        authorization=f"Bearer {facts['OPENAI_API_KEY']}",
    )  # fmt: skip
    anthropic = ask(
        facts["ANTHROPIC_BASE_URL"] + "/v1/messages", "POST", {"model": "claude-haiku-4-5", **question},
        **{"x-api-key": facts["ANTHROPIC_API_KEY"]},
    )  # fmt: skip
    gemini = ask(
        facts["GOOGLE_GEMINI_BASE_URL"] + "/v1beta/models/gemini-2.5-flash:generateContent", "POST",
        {"contents": [{"role": "user", "parts": [{"text": "Hi."}]}]}, **{"x-goog-api-key": facts["GEMINI_API_KEY"]},
    )  # fmt: skip
    for status, body in (openai, anthropic, gemini):
        assert status == 200, body
        assert b"Hi." in body
    left = demo.stop()
    assert left.code == 0
    assert left.out == "", "nothing but the one line ever goes to standard output"


def test_a_call_that_names_no_model_is_served_in_its_own_dialect(start):
    facts = json.loads(start("demo", "--json", "--port", "0").line())

    for model in ({}, {"model": "auto"}):
        status, body = ask(
            facts["ANTHROPIC_BASE_URL"] + "/v1/messages", "POST",
            {**model, "max_tokens": 64, "messages": [{"role": "user", "content": "Hi."}]},
            **{"x-api-key": facts["ANTHROPIC_API_KEY"]},
        )  # fmt: skip
        assert status == 200, body
        assert json.loads(body)["type"] == "message"


def test_the_demos_key_may_read_metrics_and_nobody_else(start):
    facts = json.loads(start("demo", "--json", "--port", "0").line())
    url = facts["ANTHROPIC_BASE_URL"] + "/metrics"

    assert ask(url)[0] == 401
    status, text = ask(url, authorization=f"Bearer {facts['OPENAI_API_KEY']}")
    assert status == 200
    assert b"octogate_" in text


def test_it_is_ready_soon(start):
    """Start of the interpreter, mock and gateway included. Two attempts: the machine may be busy."""
    took = []
    for _ in range(2):
        began = time.monotonic()
        demo = start("demo", "--json", "--port", "0")
        demo.line()
        took.append(time.monotonic() - began)
        demo.stop()

    assert min(took) < 1.5


def test_the_key_survives_a_restart_and_a_kill_and_is_another_one_elsewhere(start, tmp_path):
    first = start("demo", "--json", "--port", "0")
    key = json.loads(first.line())["OPENAI_API_KEY"]
    first.stop(signal.SIGKILL)
    again = json.loads(start("demo", "--json", "--port", "0").line())
    elsewhere = json.loads(start("demo", "--json", "--port", "0", environ={"OCTOGATE_DATA": "other"}).line())

    assert again["OPENAI_API_KEY"] == key
    assert elsewhere["OPENAI_API_KEY"] != key
    assert (tmp_path / "other" / "demo.json").exists()


def test_its_files_are_for_their_owner_only(start, tmp_path):
    start("demo", "--json", "--port", "0").line()

    folder = tmp_path / "octogate-data"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert modes == {"demo.json": 0o600, "octogate.yaml": 0o600, "octogate.log": 0o600}


def test_env_prints_a_line_that_a_shell_takes_over(start, tmp_path, octogate_command):
    facts = json.loads(start("demo", "--json", "--port", "0").line())

    line = octogate_command("env").out
    names = " ".join(f'"${name}"' for name in sorted(NAMES))
    shell = subprocess.run(
        ["sh", "-c", f'eval "$1"; printf "%s\\n" {names}', "sh", line],
        capture_output=True, text=True, check=True, env={},
    )  # fmt: skip

    assert line.count("\n") == 1
    assert shell.stdout.split() == [facts[name] for name in sorted(NAMES)]
    assert json.loads(octogate_command("env", "--json").out) == {name: facts[name] for name in NAMES}


def test_env_without_a_demo_says_how_to_start_one(octogate_command):
    ran = octogate_command("env")

    assert ran.code == 1
    assert ran.out == "", "eval of nothing changes nothing"
    assert "octogate demo" in ran.err


def test_a_demo_in_a_shell_that_points_at_the_demo_still_uses_the_mock(start):
    """Else it would take its own key for the vendors' and call itself without end."""
    first = start("demo", "--json", "--port", "0")
    facts = json.loads(first.line())
    first.stop()

    again = json.loads(start("demo", "--json", "--port", "0", environ={name: facts[name] for name in NAMES}).line())

    assert again["mock_url"] is not None


def test_a_real_key_means_real_vendors_unless_the_mock_is_asked_for(start, tmp_path):
    environ = {"ANTHROPIC_API_KEY": "sk-ant-not-a-real-one", "ANTHROPIC_BASE_URL": "http://127.0.0.1:9"}
    real = start("demo", "--json", "--port", "0", environ=environ)
    facts = json.loads(real.line())
    health = ask(facts["ANTHROPIC_BASE_URL"] + "/health")
    real.stop()
    mocked = json.loads(start("demo", "--mock", "--json", "--port", "0", environ=environ).line())

    assert facts["mock_url"] is None
    assert health == (200, b'{"status":"healthy","providers":1}')
    assert "not-a-real-one" not in (tmp_path / "octogate-data" / "octogate.yaml").read_text()
    assert mocked["mock_url"] is not None


def test_a_busy_port_is_one_sentence_that_names_it_and_the_way_out(start):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = start("demo", "--json", "--port", str(port)).finish()

    assert ran.code == 1
    assert ran.out == ""
    assert ran.err == f"octogate: port {port} on 127.0.0.1 is in use; choose another with --port\n"


def test_an_address_of_another_machine_is_one_sentence(start):
    ran = start("demo", "--json", "--port", "0", "--host", "192.0.2.1").finish()

    assert ran.code == 1
    assert "--host" in ran.err
    assert ran.err.count("\n") == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_every_usual_signal_ends_it_in_order(start, number):
    demo = start("demo", "--json", "--port", "0")
    facts = json.loads(demo.line())

    ran = demo.stop(number)

    assert ran.code == 0
    assert "Traceback" not in ran.err
    with pytest.raises(ConnectionRefusedError):
        ask(facts["ANTHROPIC_BASE_URL"] + "/health")
    with pytest.raises(ConnectionRefusedError):
        ask(facts["mock_url"] + "/__mock/stats")


def test_the_banner_has_what_one_pastes_each_on_lines_of_its_own(start, tmp_path):
    """The curl of the banner is run as it stands there."""
    demo = start("demo", "--port", "0", environ={"COLUMNS": "40"})
    lines = [demo.line()]
    while not lines[-1].startswith("Ctrl-C"):
        lines.append(demo.line())
    text = "\n".join(lines)

    curl = re.search(r"^curl .*?(?=\n\n)", text, re.MULTILINE | re.DOTALL)[0]
    done = subprocess.run(["sh", "-c", curl], capture_output=True, text=True, check=True, timeout=20)
    assert json.loads(done.stdout)["choices"][0]["message"]["content"]
    export = next(line for line in lines if line.startswith("export "))
    assert all(f"{name}=" in export for name in NAMES)
    assert "from openai import OpenAI" in text
    assert "/health" in text
    assert "mock" in text
    assert "\x1b" not in text, "no colours where nobody sees them"


def test_try_and_health_talk_to_the_demo_without_any_setting(start, octogate_command):
    facts = json.loads(start("demo", "--json", "--port", "0").line())

    for model in ("gpt-4o-mini", "claude-haiku-4-5", "gemini-2.5-flash", "openai/gpt-4o", "demo-failover"):
        ran = octogate_command("try", "good morning", "-m", model)
        assert ran.code == 0, ran.err
        assert "good morning" in ran.out
        assert re.search(r"\d+ in \+ \d+ out tokens · [0-9.]+ USD · .* · overhead [0-9.]+ ms · req_", ran.err)
    streamed = octogate_command("try", "good morning", "--stream")
    assert "good morning" in streamed.out
    assert "cost in the gateway's log" in streamed.err
    assert octogate_command("health", "--ready", "--url", facts["ANTHROPIC_BASE_URL"]).code == 0


def test_its_standard_output_may_be_closed_early(start):
    """`octogate demo | head -1` must not end in a traceback."""
    demo = start("demo", "--port", "0")
    os.close(demo.process.stdout.fileno())
    demo.process.stdout = None

    demo.process.wait(timeout=20)

    assert "Traceback" not in demo.process.stderr.read().decode()
