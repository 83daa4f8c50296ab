"""OpenAI's own document accepts what its callers get of other providers' recorded answers."""

import json
from collections.abc import Sequence
from typing import Final

import pytest

from ..hub.openai_chat.referee import Referee
from ..recorded.cases import ROOT, Case
from .callers import FORMS, a_call
from .reading import events
from .test_recorded_answers import PLAIN, STREAMS, as_events, bridge, each

DOCUMENT = ROOT / "schemas" / "openai-openapi.json"
REFEREE = Referee(json.loads(DOCUMENT.read_bytes())) if DOCUMENT.exists() else Referee({"components": {"schemas": {}}})
SCHEMAS: Final = {
    "openai_chat": ("CreateChatCompletionResponse", "CreateChatCompletionStreamResponse"),
    "openai_responses": ("Response", "ResponseStreamEvent"),
}

pytestmark = pytest.mark.skipif(not DOCUMENT.exists(), reason="OCTOGATE_FIXTURES is not set")


def openai(told: Sequence[tuple[str, Case]]) -> pytest.MarkDecorator:
    return each([(form, case) for form, case in told if FORMS[form] in SCHEMAS])


@openai(PLAIN)
def test_every_translated_answer_is_one_by_the_document(form: str, case: Case) -> None:
    answer = json.loads(bridge(form, case).translate(case.body()))

    assert REFEREE.faults(answer, SCHEMAS[form][0]) == []


@openai(STREAMS)
def test_every_event_of_a_translated_stream_is_one_by_the_document(form: str, case: Case) -> None:
    reader = bridge(form, case).reader(a_call(form, stream=True))
    sent = reader.feed(as_events(case)) + reader.close()

    told = [json.loads(said) for _, said in events(sent) if said != "[DONE]"]

    assert len(told) > 2
    for event in told:
        assert REFEREE.faults(event, SCHEMAS[form][1]) == []
