"""The start page: right addresses, nothing external, nothing injectable."""

import hashlib
import re
from base64 import b64encode

import pytest


async def test_the_page_shows_the_base_url_of_each_sdk_family_as_the_browser_sees_it(control):
    page = (await control.ask("/", fields={"host": "llm.example.com"})).text

    assert "export OPENAI_BASE_URL=http://llm.example.com/v1\n" in page
    assert "export ANTHROPIC_BASE_URL=http://llm.example.com\n" in page
    assert "export GOOGLE_GEMINI_BASE_URL=http://llm.example.com\n" in page
    assert "{{" not in page


@pytest.mark.parametrize(
    ("scheme", "fields"), [("https", {}), ("http", {"x-forwarded-proto": "https"})], ids=["own TLS", "behind a proxy"]
)
async def test_the_page_says_https_where_the_browser_used_it(control, scheme, fields):
    page = (await control.ask("/", scheme=scheme, fields=fields)).text

    assert "https://gateway.test:4000/v1" in page
    assert "http://gateway" not in page


@pytest.mark.parametrize("host", ['x"><script>alert(1)</script>', "a b", "<b>", "x" * 300, "[::1]/v1", "user@host"])
async def test_a_host_that_is_none_is_replaced_and_never_echoed(control, host):
    page = (await control.ask("/", fields={"host": host})).text

    assert host not in page
    assert "http://127.0.0.1:4000/v1" in page


async def test_an_ipv6_host_is_a_host(control):
    assert "http://[::1]:4000/v1" in (await control.ask("/", fields={"host": "[::1]:4000"})).text


async def test_the_page_tells_the_state_without_any_script(control):
    ready = (await control.ask("/")).text
    control.facts.error = "draining"
    control.facts.providers = 1
    draining = (await control.ask("/")).text

    assert "ready for calls · 3 providers" in ready
    assert "not ready · 1 provider<" in draining


async def test_whatever_stands_in_the_page_is_escaped(control):
    control.facts.version = lambda: {"version": "<b>1</b>", "commit": None, "build_date": None}

    page = (await control.ask("/")).text

    assert "&lt;b&gt;1&lt;/b&gt;" in page
    assert "<b>" not in page


async def test_only_the_pages_own_style_and_script_may_run(control):
    """S4-33"""
    answer = await control.ask("/")
    policy = answer.fields["content-security-policy"]

    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for element in ("style", "script"):
        (inline,) = re.findall(rf"<{element}>(.*?)</{element}>", answer.text, re.DOTALL)
        digest = b64encode(hashlib.sha256(inline.encode()).digest()).decode()
        assert f"{element}-src 'sha256-{digest}'" in policy


async def test_the_page_needs_nothing_from_outside(control):
    page = (await control.ask("/", fields={"host": "gateway.test"})).text

    addresses = re.findall(r"(?:src|href)=\"([^\"]+)\"", page)
    assert addresses
    assert all(address.startswith("/") for address in addresses)
    assert "style=" not in page, "an inline style attribute would need unsafe-inline"
    assert " onclick" not in page


@pytest.mark.parametrize("path", ["/", "/health", "/nothing", "/metrics", "/favicon.svg"])
async def test_every_answer_carries_the_security_headers(control, path):
    """S4-33"""
    plain, secure = await control.ask(path), await control.ask(path, scheme="https")

    for answer in (plain, secure):
        assert answer.fields["x-content-type-options"] == "nosniff"
        assert answer.fields["referrer-policy"] == "no-referrer"
        assert answer.fields["cache-control"] == "no-store"
        assert "frame-ancestors 'none'" in answer.fields["content-security-policy"]
        assert re.fullmatch(r"req_[0-9a-f]{32}", answer.fields["x-request-id"])
        assert "server" not in answer.fields
    assert "strict-transport-security" not in plain.fields, "over plain HTTP browsers must ignore it"
    assert secure.fields["strict-transport-security"].startswith("max-age=")
