"""What a provider quotes back to us of our own secrets goes nowhere."""

import json
from urllib.parse import quote

import pytest

from octogate.core.errors import UpstreamBroken
from octogate.core.secret import Secret
from octogate.core.snapshot import Origin, Provider
from octogate.proxy.upstream.withhold import clean_body, clean_error

SECRET = 'k9/Vx"2+Lm=Qw7rT'
PROVIDER = Provider(
    name="up", kind="openai", origin=Origin(scheme="https", host="up.test", port=443), base_path="/v1",
    dialects=frozenset({"openai_chat"}), auth_style="bearer", credential=Secret(SECRET),
    headers=(("authorization", Secret("Bearer inside-a-header")), ("x-flag", Secret("on"))),
)  # fmt: skip


@pytest.mark.parametrize(
    "quoted",
    [SECRET, json.dumps(SECRET)[1:-1], json.dumps(SECRET)[1:-1].replace("/", "\\/"), quote(SECRET, safe="")],
    ids=["as it is", "in json", "in json of php", "in a url"],
)
def test_a_body_loses_the_credential_however_it_is_spelled(quoted):
    assert clean_body(f'{{"message": "no {quoted} on"}}'.encode(), PROVIDER) == b'{"message": "no [secret] on"}'


def test_a_secret_header_is_withheld_in_parts_and_a_short_value_is_none():
    assert clean_body(b"token inside-a-header is on", PROVIDER) == b"token [secret] is on"


@pytest.mark.parametrize("length", range(8, len(SECRET)))
@pytest.mark.parametrize("mark", ["", "..."])
def test_what_a_cut_left_of_a_credential_goes_too(length, mark):
    error = UpstreamBroken(f"refused: {SECRET[:length]}{mark}", detail=f"saw {SECRET}", reason=SECRET)

    clean_error(error, PROVIDER)

    assert (error.message, error.detail, error.reason) == ("refused: [secret]", "saw [secret]", "[secret]")
    assert SECRET[:8] not in repr(error)
