"""The reference page is true: its tables are the schema's, its examples load."""

import re

import pytest

from config.reference_page import PAGE, refreshed, settings
from octogate.config.schema import Config

_EXAMPLES = re.findall(r"```yaml config\n(.*?)```", PAGE.read_text(), re.DOTALL)


def test_the_tables_are_those_of_the_schema():
    page = PAGE.read_text()

    assert page == refreshed(page), "run: python tests/config/reference_page.py"


def test_every_setting_has_a_row_and_a_meaning():
    rows = settings(Config, "")

    assert all(text for _, _, _, text in rows)
    assert all(f"| `{path}` |" in PAGE.read_text() for path, _, _, _ in rows)
    assert {path.partition(".")[0].partition("[")[0] for path, _, _, _ in rows} == set(Config.model_fields)


@pytest.mark.parametrize("text", _EXAMPLES, ids=range(len(_EXAMPLES)))
def test_an_example_of_the_page_loads_without_a_warning(configs, text):
    names = set(re.findall(r"\$\{([A-Z_]+)\}", text))
    env = {name: f"{name}-0a9s8d7f6g5h4j3k2l1q" for name in names}

    loaded = configs.load(text, env=env)

    assert loaded.warnings == ()
    assert loaded.snapshot.groups


def test_the_page_has_examples():
    assert len(_EXAMPLES) >= 5
