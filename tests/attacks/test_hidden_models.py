"""A group that hides what serves it changes the answer's model and nothing that was said."""

import json

import pytest

from octogate.proxy.response_model import renamed

ARGUMENTS = {"model": "a-car-of-1999", "modelVersion": "3", "message": {"model": "x"}}


@pytest.mark.parametrize(
    ("answer", "hidden"),
    [
        ({"id": "c", "model": "secret-1", "choices": [{"message": {"model": "said"}}]}, 1),
        ({"type": "message", "model": "secret-1", "content": [{"type": "tool_use", "input": ARGUMENTS}]}, 1),
        ({"type": "message_start", "message": {"model": "secret-1", "content": [{"input": ARGUMENTS}]}}, 1),
        ({"type": "response.completed", "response": {"model": "secret-1", "output": [ARGUMENTS]}}, 1),
        ({"candidates": [{"functionCall": {"args": ARGUMENTS}}], "modelVersion": "secret-1"}, 1),
        ({"type": "content_block_start", "content_block": {"input": ARGUMENTS}}, 0),
        ({"text": 'he said {"model":"x"} and { "', "model": "secret-1"}, 1),
    ],
)
@pytest.mark.parametrize(
    "frame", [b"%b", b"event: x\r\ndata: %b\r\n\r\n", b': half a "quote\n\ndata: %b\n\n', b"[%b", b",\r\n%b]"]
)
def test_only_the_answers_own_model_is_replaced(answer, hidden, frame):
    plain = json.dumps(answer).encode()
    expected = plain.replace(b"secret-1", b"chat")

    assert expected.count(b"chat") == hidden
    assert renamed(frame % plain, "chat") == frame % expected
    assert renamed((frame % plain) * 3, "chat") == (frame % expected) * 3


def test_a_name_with_quotes_cannot_add_members():
    got = json.loads(renamed(b'{"model":"secret"}', 'a","admin":true,"b":"'))

    assert got == {"model": 'a","admin":true,"b":"'}
