"""A key is found by its digest: the number of keys does not matter."""

import time

import pytest

from octogate.core.errors import Unauthenticated
from octogate.core.snapshot import Key
from octogate.proxy.auth import authenticate

from .builders import group, key, snapshot, target

HUNDRED_THOUSAND = 100_000


class Counted(dict[bytes, Key]):
    """A table that counts look-ups and cannot be walked."""

    looked_up = 0

    def get(self, *arguments):
        self.looked_up += 1
        return super().get(*arguments)

    def __iter__(self):
        raise AssertionError("the table of keys was walked")

    keys = values = items = __iter__  # type: ignore[assignment]  # every way to walk it


@pytest.fixture(scope="module")
def crowded():
    everyone = tuple(key(f"caller-{number}") for number in range(HUNDRED_THOUSAND))
    return snapshot(group(target()), keys=everyone)


def test_one_look_up_finds_one_key_among_a_hundred_thousand(crowded):
    """S3-11"""
    import msgspec

    table = Counted(crowded.keys)
    watched = msgspec.structs.replace(crowded, keys=table)

    authenticate({b"x-api-key": b"caller-99999"}, "", watched, now=0.0)
    with pytest.raises(Unauthenticated):
        authenticate({b"x-api-key": b"nobody"}, "", watched, now=0.0)

    assert table.looked_up == 2


def test_among_a_hundred_thousand_keys_a_caller_is_known_within_a_millisecond(crowded):
    """S3-11"""
    times = []
    for number in range(0, HUNDRED_THOUSAND, 50):
        began = time.perf_counter()
        authenticate({b"x-api-key": f"caller-{number}".encode()}, "", crowded, now=0.0)
        times.append(time.perf_counter() - began)

    assert sorted(times)[len(times) * 9 // 10] < 0.001
