"""Patience for proofs: the guard against tests that hang stays, with a longer time."""

import faulthandler
import sys

import pytest

PATIENCE_SECONDS = 900.0


@pytest.fixture(autouse=True)
def _patience(request: pytest.FixtureRequest) -> None:
    """The runner's own guard is set before every test and taken back behind it; this one takes its place between."""
    if request.node.get_closest_marker("prove"):
        faulthandler.dump_traceback_later(PATIENCE_SECONDS, exit=True, file=sys.__stderr__)
