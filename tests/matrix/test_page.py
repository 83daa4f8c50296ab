"""The page and the judge themselves: a ✓ is earned, and a lost seal is seen."""

import json
from typing import Any

import pytest

from .page import rendered
from .results import Results
from .sealing import PLACEHOLDER, unsealed
from .subjects import SUBJECTS, UPSTREAMS


def found(*, failed: tuple[str, str, str] | None = None) -> Results:
    """A whole run, in which one cell failed."""
    cells = {
        subject.id: {up: {cell: (subject.id, up, cell) != failed for cell in subject.cells} for up in UPSTREAMS}
        for subject in SUBJECTS
    }
    return Results({f"{each.home}/{name}": "1.2.3" for each in SUBJECTS for name in each.packages}, cells)


def line(page: str, heading: str, client: str) -> str:
    """The line of a client in the table behind a heading."""
    return next(row for row in page.partition(f"## {heading}\n")[2].splitlines() if row.startswith(f"| {client} "))


def test_a_cell_that_failed_is_no_tick_and_the_overview_counts_it() -> None:
    whole, holed = rendered(found()), rendered(found(failed=("anthropic-messages", "gemini_generate", "tools")))

    assert holed.count("✗") == whole.count("✗") + 1 == 2  # the legend has one
    assert line(holed, "Overview", "anthropic").endswith("| ✓ | ✓ | ✓ | ✓ | 15 of 16 |")


def test_what_a_client_cannot_do_is_a_dash_and_what_it_forgets_has_a_note() -> None:
    page = rendered(found())

    assert "–" in line(page, "Before Anthropic messages", "Instructor (Python)")
    assert line(page, "Before Anthropic messages", "LangChain, OpenAI (Python)").count("✓¹") == 2
    assert "✓¹" not in line(page, "Before Gemini generate", "LangChain, OpenAI (Python)")


CALL: Any = {"type": "function_call", "call_id": "1", "name": "f", "arguments": "{}"}
LOST: dict[str, tuple[Any, Any]] = {
    "anthropic_messages": (
        {"thinking": {"type": "enabled"}, "messages": [{"role": "assistant", "content": [{"type": "tool_use"}]}]},
        {"thinking": {"type": "enabled"}, "messages": [
            {"role": "assistant", "content": [{"type": "thinking"}, {"type": "tool_use"}]},
        ]},
    ),
    "gemini_generate": (
        {"contents": [{"parts": [{"functionCall": {}, "thoughtSignature": PLACEHOLDER}]}]},
        {"contents": [{"parts": [{"functionCall": {}, "thoughtSignature": "its own"}]}]},
    ),
    "openai_responses": (
        {"input": [CALL]},
        {"input": [{"type": "reasoning", "encrypted_content": "its own"}, CALL]},
    ),
}  # fmt: skip


@pytest.mark.parametrize("upstream", LOST)
def test_a_history_without_the_provider_s_seals_is_noticed(upstream: str) -> None:
    lost, kept = (json.dumps(body).encode() for body in LOST[upstream])

    assert list(unsealed(upstream, lost)) != []
    assert list(unsealed(upstream, kept)) == []


def test_a_model_that_may_not_think_has_lost_its_seals_too() -> None:
    assert list(unsealed("anthropic_messages", b'{"messages": []}')) == ["the model was asked not to think"]
