"""The log: one record is one line, whatever is in the fields."""

import io
import json

import pytest

from octogate.core.receipt import Receipt
from octogate.telemetry.log import MAX_LINE_BYTES, Log, line


@pytest.mark.parametrize(
    "hostile",
    [
        "a\r\nb",
        "\x1b[31mred\x1b[0m",
        "line\u2028separator\u2029",
        "\u202eevil\u202c",
        "\x00\x7f",
        "x" * 10_000_000,
        "\ud83d",
    ],
)
def test_a_record_is_one_printable_line_of_bounded_length(hostile):
    """T-58."""
    text = line({"time": "t", "event": "call", "request_id": "req_1", "user": hostile, "tags": [hostile, hostile]})

    assert text.endswith(b"\n")
    assert text.count(b"\n") == 1
    assert len(text) <= MAX_LINE_BYTES
    assert text.isascii()
    assert all(32 <= byte < 127 for byte in text[:-1])
    json.loads(text)


def test_ten_thousand_fields_keep_what_identifies_the_record():
    text = line({"time": "t", "event": "call", "request_id": "req_1", **{f"f{n}": "v" * 100 for n in range(10_000)}})

    record = json.loads(text)
    assert record["request_id"] == "req_1"
    assert record["truncated"] is True
    assert len(text) <= MAX_LINE_BYTES


@pytest.mark.parametrize(
    "secret",
    ["sk-proj-abcdefghijklmnopqrstuvwxyz", "AIzaSyA-1234567890abcdefghijklmnop", "Bearer eyJhbGciOiJIUzI1NiJ9.x.y"],
)
def test_what_looks_like_a_credential_is_taken_out_even_where_a_defect_put_it(secret):
    assert secret.encode() not in line({"event": "defect", "detail": f"while sending {secret} to"})


def test_the_public_id_of_a_key_may_be_read():
    assert b"sk-og-0123456789" in line({"event": "call", "key_id": "sk-og-0123456789"})


def test_writes_to_a_file_that_only_its_owner_reads_and_rotates_it(tmp_path):
    """S3-114: files of at most the configured size, and no more of them than configured."""
    log = Log(file=tmp_path / "octogate.log", rotate_bytes=2_000, keep=3)
    for number in range(60):
        log.event("tick", number=number, padding="x" * 100)
    log.close()
    first = sorted(tmp_path.iterdir())
    for _ in range(8):  # one batch a log: each opens, writes and rotates
        again = Log(file=tmp_path / "octogate.log", rotate_bytes=2_000, keep=3)
        again.event("tick", padding="x" * 1_900)
        again.close()

    files = sorted(tmp_path.iterdir())
    assert first
    assert len(files) == 4
    assert all((file.stat().st_mode & 0o777) == 0o600 for file in files)


def test_a_full_disk_counts_what_it_loses_and_does_not_stop_anything():
    class Full(io.BytesIO):
        def write(self, _: object) -> int:
            raise OSError(28, "No space left on device")

    from octogate.telemetry import names

    before = names.log_dropped.values[()]
    log = Log(stream=Full())
    log.event("tick")
    log.close()

    assert names.log_dropped.values[()] == before + 1


def test_levels_below_the_configured_one_are_not_written():
    stream = io.BytesIO()
    log = Log(stream=stream, level="warning")
    log.event("quiet")
    log.event("loud", level="error")
    log.close()

    assert b"quiet" not in stream.getvalue()
    assert b"loud" in stream.getvalue()


def test_a_receipt_is_a_line_as_it_is():
    receipt = Receipt(
        time="t",
        event="call",
        request_id="req_1",
        status=200,
        code="ok",
        dialect="openai_chat",
        operation="generate",
        group="chat",
        stream=False,
        duration_ms=1.5,
        overhead_ms=0.1,
        phases_ms={"auth": 0.1},
        config_version=1,
    )

    assert json.loads(line(receipt))["status"] == 200
