"""What clients really asked, asked of providers of every other dialect: none of them would refuse it."""

import base64
import contextlib
import json
from collections.abc import Iterator
from typing import Any

import pytest

from octogate.core.call import Call, DialectName, Endpoint
from octogate.core.conversation import Media, Prompt, Text, ToolResult
from octogate.dialects import HUBS
from octogate.dialects.hub import Destination

from ..recorded.cases import Case, load
from .callers import NAMES
from .lint import LINT, violations

REFUSED = ("vertex.generateContent_err400_03",)
"""Refused by its own provider for a role that no dialect has; we refuse it before anybody is asked."""

ASKED = [
    case
    for case in load()
    if case.operation == "generate" and case.name not in REFUSED and (case.folder / "request.json").exists()
]
PAIRS = [(target, case) for case in ASKED for target in NAMES if target != case.dialect]

pytestmark = pytest.mark.skipif(LINT is None or not ASKED, reason="OCTOGATE_FIXTURES is not set")
each_pair = pytest.mark.parametrize(
    ("target", "case"), PAIRS, ids=[f"{case.name}-at-{target}" for target, case in PAIRS]
)


def call_of(case: Case) -> Call:
    """The recorded call as its dialect reads it."""
    gemini = case.dialect == "gemini_generate"
    stream = case.is_stream if gemini else None
    endpoint = Endpoint(case.dialect, "generate", model="m" if gemini else None, stream=stream, version="v1beta")
    body = (case.folder / "request.json").read_bytes()
    return HUBS[case.dialect].read_call(body, endpoint, max_output_tokens=10**6, max_messages=10**5)


@each_pair
def test_a_recorded_request_is_one_that_no_other_provider_would_refuse(target: DialectName, case: Case) -> None:
    call = call_of(case)
    prompt = HUBS[case.dialect].read_prompt(call)

    for plain in (False, True):
        to = Destination(model="m", stream=call.stream, plain=plain)
        assert violations(target, HUBS[target].write_prompt(prompt, to).body) == []


@each_pair
def test_a_recorded_request_loses_no_word_and_no_byte_of_a_file_in_silence(target: DialectName, case: Case) -> None:
    """S3-87: words and files reach the provider as they are and in their order, or the loss is named."""
    prompt = HUBS[case.dialect].read_prompt(call_of(case))

    written = HUBS[target].write_prompt(prompt, Destination(model="m"))

    lost = tuple(loss.field for loss in written.losses)
    sent = list(values(json.loads(written.body)))
    for place, said in contents(prompt):
        if not place.startswith(lost):
            assert any(found in value for found in spellings(said) for value in sent), f"{place} is gone"


def contents(prompt: Prompt) -> Iterator[tuple[str, str]]:
    """Every word and every file of a prompt, and where it is."""
    for number, turn in enumerate(prompt.turns):
        for at, part in enumerate(turn.parts):
            for piece in part.parts if isinstance(part, ToolResult) else (part,):
                said = piece.text if isinstance(piece, Text) else ""
                if isinstance(piece, Media):
                    said = piece.data or piece.url or piece.file_id or piece.text or ""
                if said.strip():
                    yield f"messages[{number}].content[{at}]", said


def spellings(said: str) -> list[str]:
    """How the same may be told: a file of words as these words, the result of a tool as the object that it is."""
    found = [said, base64.b64encode(said.encode()).decode()]
    with contextlib.suppress(ValueError):
        found.append(json.dumps(json.loads(said), sort_keys=True))
    with contextlib.suppress(ValueError):
        found.append(base64.b64decode(said, validate=True).decode())
    return found


def values(body: Any) -> Iterator[str]:
    """Every string and every object in a JSON value."""
    if isinstance(body, str):
        yield body
    elif isinstance(body, dict | list):
        yield json.dumps(body, sort_keys=True)
        for inside in body.values() if isinstance(body, dict) else body:
            yield from values(inside)
