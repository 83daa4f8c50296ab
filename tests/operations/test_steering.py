"""Nobody but the operator says where calls go: steering members are refused, and no other host is ever reached."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from .upstream import Provider
from .wire import Line, ask, bearer, chat

# Written out here and not imported: whoever takes one out of the list must come here, too.
MEMBERS = (
    "api_base", "base_url", "api_key", "api_version", "headers", "extra_headers", "extra_body", "extra_query", "proxy",
    "proxies", "router_settings_override", "mock_response", "callbacks", "user_config", "fallbacks",
)  # fmt: skip
BODIES = {
    "/v1/chat/completions": chat("chat"),
    "/v1/messages": {"model": "chat", "max_tokens": 5, "messages": [{"role": "user", "content": "hi"}]},
    "/v1/messages/count_tokens": {"model": "chat", "messages": [{"role": "user", "content": "hi"}]},
    "/v1/responses": {"model": "chat", "input": "hi"},
    "/v1/embeddings": {"model": "chat", "input": "hi"},
    "/v1beta/models/chat:generateContent": {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]},
    "/v1beta/models/chat:streamGenerateContent": {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]},
}


@pytest.fixture
async def stranger() -> AsyncIterator[Provider]:
    """Where a caller would like the call, and our credential, to go."""
    stranger = await Provider().start()
    yield stranger
    await stranger.stop()


def wishes(stranger: Provider) -> dict[str, object]:
    """A value for every member that would lead to the stranger in a gateway that obeys."""
    url = f"http://127.0.0.1:{stranger.port}/v1"
    values: dict[str, object] = dict.fromkeys(MEMBERS, url)
    values |= {"headers": {"host": url, "x": url}, "extra_headers": {"x": url}, "extra_body": {"api_base": url}}
    values |= {"fallbacks": [{"api_base": url, "model": "openai/m"}], "callbacks": [url], "proxies": {"http": url}}
    return values | {"router_settings_override": {"fallbacks": [{"chat": [url]}]}, "user_config": {"model_list": [url]}}


async def test_every_steering_member_is_refused_in_every_dialect_and_leads_nowhere(
    serve, configured, provider, stranger, key
):
    """T-20: 400 with the member's name, before anything is sent anywhere."""
    gateway = await serve(configured())
    wished = wishes(stranger)
    asked = [(path, member) for path in BODIES for member in MEMBERS]

    answers = [
        await ask(gateway.port, "POST", path, {**BODIES[path], member: wished[member]}, bearer(key))
        for path, member in asked
    ]

    wrong = [(at, answer.status) for at, answer in zip(asked, answers, strict=True) if answer.status != 400]
    assert wrong == []
    unnamed = [member for (_, member), answer in zip(asked, answers, strict=True) if member.encode() not in answer.body]
    assert unnamed == []
    assert (stranger.connections, provider.connections) == (0, 0)


@pytest.mark.parametrize(
    "fields",
    [
        {"x-api-base": "{url}"}, {"helicone-target-url": "{url}"}, {"x-forwarded-host": "127.0.0.1:{port}"},
        {"host": "127.0.0.1:{port}"}, {"x-litellm-api-base": "{url}"}, {"x-portkey-custom-host": "{url}"},
        {"x-octogate-target": "{url}"}, {"proxy-authorization": "Basic eDp5"}, {"x-original-url": "{url}"},
    ],
    ids=lambda fields: next(iter(fields)),
)  # fmt: skip
async def test_no_header_steers_a_call_or_reaches_the_provider(serve, configured, provider, stranger, key, fields):
    """T-20: such a header is not an error, for proxies add what they like; it is just nothing to us."""
    gateway = await serve(configured())
    url = f"http://127.0.0.1:{stranger.port}"
    told = {name: value.format(url=url, port=stranger.port) for name, value in fields.items()}

    answer = await ask(gateway.port, "POST", "/v1/chat/completions", chat("chat"), bearer(key) | told)

    assert answer.status == 200
    assert stranger.connections == 0
    seen = provider.asked[0].fields
    assert seen["host"] == f"127.0.0.1:{provider.port}"
    assert not [name for name in told if name != "host" and name in seen]
    assert str(stranger.port) not in str(seen)


async def test_no_query_no_metadata_and_no_model_name_steers_a_call(serve, configured, provider, stranger, key):
    """T-20: the query is not forwarded, metadata is content, and a model's name is looked up and never connected."""
    gateway = await serve(configured())
    url = f"http://127.0.0.1:{stranger.port}/v1"
    metadata = {"guardrails": {"all": False}, "api_base": url}

    asked = f"/v1/chat/completions?api_base={url}&base_url={url}"
    with_query = await ask(gateway.port, "POST", asked, chat("chat", metadata=metadata), bearer(key))
    names = (url, f"openai/{url}", f"up@{url}/m", f"../{url}", f"http:{url}/up/m0")
    by_name = [await ask(gateway.port, "POST", "/v1/chat/completions", chat(name), bearer(key)) for name in names]
    redirecting = await redirected(gateway, provider, stranger, key)

    assert with_query.status == 200
    assert provider.asked[0].path == "/v1/chat/completions"
    assert [answer.status for answer in by_name] == [404] * len(names)
    assert redirecting.status == 502
    assert stranger.connections == 0


async def redirected(gateway, provider, stranger, key):
    """A call whose provider points elsewhere: our credential would follow."""

    async def elsewhere(asked, writer: asyncio.StreamWriter) -> None:
        where = f"location: http://127.0.0.1:{stranger.port}/v1/chat/completions\r\n"
        writer.write(f"HTTP/1.1 307 X\r\n{where}content-length: 0\r\n\r\n".encode())

    provider.answer = elsewhere
    return await ask(gateway.port, "POST", "/v1/chat/completions", chat("chat"), bearer(key))


async def test_the_cap_on_connections_of_one_address_is_a_setting(serve, configured):
    """A third connection of the same address is told why it is closed; the two before it go on."""
    gateway = await serve(configured(server="drain_delay: 0s, max_connections_per_ip: 2"))
    first, second = [await Line.open(gateway.port) for _ in range(2)]
    assert [(await line.ask("GET", "/healthz")).status for line in (first, second)] == [200, 200]

    third = await ask(gateway.port, "GET", "/healthz")

    assert third.status in (429, 503)
    assert (await first.ask("GET", "/healthz")).status == 200
