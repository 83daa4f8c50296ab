"""What of a loss may stand in a header and in a log."""

import pytest

from octogate.core.conversation import Loss, shown_losses


@pytest.mark.parametrize(
    ("field", "shown"),
    [
        ("metadata", "metadata"),
        ("messages[0].content[12].cache_control", "messages[0].content[12].cache_control"),
        ("generationConfig.topK", "generationConfig.topK"),
        ("safetySettings[3]", "safetySettings[3]"),
        ("$schema", "$schema"),
        ("tools[0].a1b2c3d4", "tools[0].?"),
        ("sk-og-0123456789-secret", "?"),
        ("Alice Miller", "?"),
        ("a\r\nset-cookie: b", "?"),
        ("alice@example.org", "?.org"),
        ("x" * 49, "?"),
        ("größe", "?"),
        ("", "?"),
        (".".join("abcdefghijklmnop"), "a.b.c.d.e.f.g.h.i.j.k.l.?"),
    ],
)
def test_only_words_of_apis_are_shown(field: str, shown: str) -> None:
    """T-57: a member that nobody knows could be the caller's own words."""
    assert Loss(field, "why").shown == shown


def test_many_losses_are_counted() -> None:
    losses = [Loss(f"messages[{number}]", "why") for number in range(25)]

    assert shown_losses(losses)[19:] == ("messages[19]", "+5 more")
    assert shown_losses(losses[:20])[-1] == "messages[19]"
