"""`octogate serve` as a real process."""

import http.client
import json
import signal
import socket


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def test_it_says_which_file_it_took_serves_and_ends_on_ctrl_c(start, config_file, tmp_path):
    """S2-20: started from a sub-folder it finds the file above."""
    below = tmp_path / "below"
    below.mkdir()
    port = free_port()
    process = start("serve", "--port", str(port), cwd=below)
    process.line()  # the log's first line: it listens

    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/health")
    assert json.load(connection.getresponse()) == {"status": "healthy", "providers": 1}
    connection.close()
    ran = process.stop(signal.SIGINT)

    assert ran.code == 0
    assert ran.err == "octogate: configuration ../octogate.yaml\n"


def test_an_invalid_configuration_lists_its_faults_and_does_not_start(start, config_file):
    config_file.write_text("version: 1\nlimits: {}\nprovider: {}\n")

    ran = start("serve", "--config", str(config_file)).finish()

    assert ran.code == 1
    assert f"{config_file}:2:1: limits:" in ran.err
    assert "did you mean 'providers'?" in ran.err
    assert "Traceback" not in ran.err


def test_a_busy_port_is_one_sentence(start, config_file):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = start("serve", "--port", str(port), "--host", "127.0.0.1").finish()

    assert ran.code == 1
    assert ran.err.splitlines()[-1] == f"octogate: port {port} on 127.0.0.1 is in use; choose another with --port"


def test_without_a_configuration_it_leaves_with_2(start, tmp_path):
    deep = tmp_path / "a" / "b" / "c"
    deep.mkdir(parents=True)

    ran = start("serve", cwd=deep).finish()

    assert ran.code == 2
    assert "no configuration found" in ran.err
