"""The facts about vendors and the reading of base URLs."""

import importlib
import pkgutil
from typing import get_args

import pytest

import octogate.providers
from octogate.core.call import DialectName
from octogate.providers import FACTS_BY_KIND, PROVIDERS, facts_for
from octogate.providers.base_url import read_base_url

NOT_VENDORS = {"facts", "base_url", "openai_models", "prices"}


def url(text, kind="openai"):
    found = read_base_url(text, FACTS_BY_KIND[kind])
    return f"{found.scheme}://{found.host}:{found.port}{found.path}"


def test_every_vendor_has_one_file_named_after_its_kind_and_is_listed():
    files = {module.name for module in pkgutil.iter_modules(octogate.providers.__path__)} - NOT_VENDORS

    assert files == set(FACTS_BY_KIND)
    assert len(PROVIDERS) == len(FACTS_BY_KIND)
    for name in files:
        assert importlib.import_module(f"octogate.providers.{name}").FACTS.kind == name


@pytest.mark.parametrize("facts", PROVIDERS, ids=lambda facts: facts.kind)
def test_the_facts_of_a_vendor_are_usable(facts):
    assert facts.dialects <= set(get_args(DialectName))
    assert facts.documentation.startswith("https://")
    if facts.base_url:
        found = read_base_url(facts.base_url, facts)
        assert found.scheme == ("https" if facts.needs_credential else "http")
        assert found.path == ("" if facts.kind in ("anthropic", "gemini") else found.path)
        # A default base URL is written as it is used.
        assert facts.base_url.endswith(found.path)
    if facts.needs_credential:
        assert facts.env_var
    else:
        assert facts.base_url is None or "127.0.0.1" in facts.base_url


def test_a_kind_is_found_however_it_is_hyphenated():
    assert facts_for("openai-compatible") is facts_for("OpenAI_Compatible") is FACTS_BY_KIND["openai_compatible"]
    assert facts_for("llama.cpp") is FACTS_BY_KIND["llamacpp"]
    assert facts_for("nobody") is None


@pytest.mark.parametrize(
    ("kind", "given", "meant"),
    [
        ("openai", "https://h", "https://h:443/v1"),
        ("openai", "https://h/", "https://h:443/v1"),
        ("openai", "https://h/v1/", "https://h:443/v1"),
        ("openai", "HTTPS://H.Example/api/V1", "https://h.example:443/api/V1"),
        ("openai", "http://h:8080/openai/v1", "http://h:8080/openai/v1"),
        ("groq", "https://api.groq.com/openai/v1", "https://api.groq.com:443/openai/v1"),
        ("anthropic", "https://h", "https://h:443"),
        ("anthropic", "https://h/v1/", "https://h:443"),
        ("anthropic", "https://h/anthropic/v1", "https://h:443/anthropic"),
        ("gemini", "https://h/v1beta", "https://h:443"),
        ("gemini", "https://h/v1", "https://h:443"),
        ("gemini", "https://h/google/v1beta/", "https://h:443/google"),
        ("vllm", "http://[::1]:8000", "http://::1:8000/v1"),
    ],
)
def test_base_urls_are_brought_to_one_form(kind, given, meant):
    assert url(given, kind) == meant


@pytest.mark.parametrize(
    "given",
    [
        "", "h", "//h", "ftp://h", "file:///etc/passwd", "http://", "http://:80", "http://h:0", "http://h:99999",
        "http://h:8a", "http://u@h", "http://u:p@h", "http://h/?q", "http://h/?", "http://h#f", "http://h/a b",
        "http://h\\@evil", "http://h\n.evil", "http://h\t", "http://h/..", "http://h/a/../b", "http://h/%2e%2e",
        "http://h//v1", "http://h_ü", "http://-h", "http://h..x", "http://[::1", "http://a,b",
    ],
)  # fmt: skip
def test_a_base_url_that_could_mean_something_else_is_refused_unquoted(given):
    with pytest.raises(ValueError, match=r"^(has|must) ") as caught:
        url(given)

    assert "u:p" not in str(caught.value)
    assert "evil" not in str(caught.value)
