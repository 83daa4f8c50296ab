"""OpenAI embeddings."""

from typing import Any

import pytest

from octogate.core.usage import Usage
from octogate.dialects import DIALECTS

from .callers import EMBEDDINGS, faults, raw, read
from .streams import a_call

DIALECT = DIALECTS["openai_embeddings"]


@pytest.mark.parametrize("given", ["hi", ["a", "b"], [1, 2, 3], [[1, 2], [3]], [""]])
def test_every_form_of_input_is_accepted(given: Any) -> None:
    call = read(EMBEDDINGS, {"model": "m", "input": given, "stream": True})

    assert (call.model, call.stream) == ("m", False)
    assert DIALECT.target_path(call, model="x") == "/embeddings"


@pytest.mark.parametrize("given", [None, "", [], [[]], 7, {}, ["a", 1], [1, "a"], [[1], []], [-1], [1.5], ["a", None]])
def test_any_other_input_is_refused(given: Any) -> None:
    """S2-37."""
    assert list(faults(EMBEDDINGS, {"model": "m", "input": given})) == ["input"]


def test_the_number_of_inputs_has_a_bound_but_one_input_may_have_many_tokens() -> None:
    assert faults(EMBEDDINGS, {"input": ["a"] * 4}, max_messages=3) == {"input": "Input must have at most 3 items"}
    assert faults(EMBEDDINGS, {"input": [1] * 4}, max_messages=3) == {}


def test_the_encoding_that_the_sdks_ask_for_stays() -> None:
    body = b'{"input": ["a"],"model":"m","encoding_format":"base64"}'

    assert raw(read(EMBEDDINGS, body), model="t") == b'{"input":["a"],"model":"t","encoding_format":"base64"}'


def test_usage_is_what_was_read() -> None:
    assert DIALECT.read_usage(b'{"data":[],"usage":{"prompt_tokens":5,"total_tokens":5}}') == Usage(input_tokens=5)
    assert DIALECT.read_usage(b'{"data":[],"usage":{"total_tokens":5}}') == Usage(input_tokens=5)
    assert DIALECT.read_usage(b'{"data":[]}') is None


@pytest.mark.parametrize(
    ("body", "is_answer"), [(b'{"data":[]}', True), (b"{}", False), (b'{"data":[{"embedding":[0.1,', False)]
)
def test_an_answer_is_told_from_what_is_none(body: bytes, is_answer: bool) -> None:
    assert (DIALECT.check_answer(body) is None) is is_answer


def test_a_stream_is_never_an_answer() -> None:
    reader = DIALECT.reader(a_call("openai_embeddings"))

    assert reader.feed(b"data: {}\n\n") == b""
    assert reader.failure is not None
