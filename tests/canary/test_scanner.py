"""The scanner sees: whatever the form of a leak, it is found; what only looks similar is not."""

import base64
import gzip
import json
import random
import string
import zlib
from urllib.parse import quote

import pytest

from .scanner import Canary, folder_sinks, scan

SECRET = Canary("a key", "q7Zk2VwXc9RtLm4NbHs8PdYf3GjKa6Ue", "secret")
WORDS = Canary("a prompt", 'Zürich "quoted" plan 84c1f0', "content")
FORMS = {
    "raw": lambda text: text.encode(),
    "base64": lambda text: base64.b64encode(text.encode()),
    "base64 behind one byte": lambda text: base64.b64encode(b":" + text.encode()),
    "base64 behind a user name": lambda text: base64.b64encode(b"user1:" + text.encode() + b"tail"),
    "base64url": lambda text: base64.urlsafe_b64encode(text.encode()),
    "hex": lambda text: text.encode().hex().encode(),
    "upper-case hex": lambda text: text.encode().hex().upper().encode(),
    "url": lambda text: quote(text, safe="").encode(),
    "every byte percent-encoded": lambda text: "".join(f"%{byte:02x}" for byte in text.encode()).encode(),
    "json": lambda text: json.dumps({"m": text}).encode(),
    "json in json": lambda text: json.dumps(json.dumps(text)).encode(),
    "every character escaped": lambda text: "".join(f"\\u{ord(one):04x}" for one in text).encode(),
    "repr": lambda text: repr({"m": text}).encode(),
    "repr of bytes": lambda text: repr(text.encode()).encode(),
    "gzip": lambda text: b"head" + gzip.compress(text.encode()),
    "zlib": lambda text: b"head" + zlib.compress(text.encode()),
    "gzip as base64": lambda text: base64.b64encode(gzip.compress(text.encode())),
    "gzip as hex": lambda text: gzip.compress(text.encode()).hex().encode(),
    "gzip cut short": lambda text: gzip.compress(text.encode())[:-9],
    "reversed": lambda text: text[::-1].encode(),
    "twelve characters of it": lambda text: b"..." + text[7:19].encode() + b"...",
    "the last twelve characters": lambda text: text[-12:].encode(),
    "wide characters": lambda text: text.encode("utf-16-le"),
}


@pytest.mark.parametrize("canary", [SECRET, WORDS], ids=lambda canary: canary.kind)
@pytest.mark.parametrize("form", FORMS)
def test_a_leak_is_found_in_whatever_form_it_is_written(form, canary):
    """T-57."""
    leak = b'{"event": "call", "detail": "' + FORMS[form](canary.text) + b'"}'

    hits = scan({"clean": b"nothing here", "the log": leak}, [canary])

    assert [(hit.canary, hit.sink) for hit in hits] == [(canary.name, "the log")]


def test_eleven_characters_and_random_text_are_no_leak():
    noise = "".join(random.Random(7).choices(string.ascii_letters + string.digits, k=500_000))

    assert scan({"part": SECRET.text[3:14].encode(), "noise": noise.encode()}, [SECRET, WORDS]) == []


def test_a_folder_is_read_file_by_file_with_its_names_but_not_what_the_test_wrote(tmp_path):
    (tmp_path / "octogate.yaml").write_text(SECRET.text)
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "one.log").write_text("fine")
    (tmp_path / "logs" / f"{SECRET.text}.txt").write_text("the name gives it away")

    hits = scan(folder_sinks(tmp_path, but=[tmp_path / "octogate.yaml"]), [SECRET])

    assert [hit.sink for hit in hits] == [f"file logs/{SECRET.text}.txt"]
