"""What the mock remembers: requests, counts, disconnects; and how it can be told to behave."""

import asyncio
from typing import Any

import pytest

from octogate.mock import MockConfig, MockServer, Refused


async def test_a_request_is_kept_with_its_body_and_without_its_credential(wire: Any) -> None:
    await wire.chat("mock--s04", path="/p/a/v1/chat/completions", headers={"x-api-key": "short", "x-note": "kept"})

    kept = (await wire.ask("GET", "/__mock/requests?instance=a")).json["requests"][0]
    assert kept["headers"]["authorization"] == "***6789"
    assert kept["headers"]["x-api-key"] == "***"
    assert kept["headers"]["x-note"] == "kept"
    assert kept["body"]["messages"][0]["content"] == "hello"
    assert (kept["method"], kept["path"]) == ("POST", "/p/a/v1/chat/completions")
    assert (kept["scenario"], kept["status"], kept["outcome"]) == ("s04", 503, "refused")
    assert kept["at"] > 0
    assert b"sk-test" not in (await wire.ask("GET", "/__mock/requests")).body


async def test_a_client_that_leaves_is_seen_with_the_events_it_got(wire: Any, eventually: Any) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", wire.server.port)
    writer.write(wire.request("mock--delay_ms=30--tokens=100", stream=True))
    await asyncio.wait_for(reader.readuntil(b" the"), 5)
    assert wire.server.stats().open_calls == 1
    writer.close()
    await eventually(lambda: wire.server.stats().open_calls == 0)

    kept = (await wire.ask("GET", "/__mock/requests")).json["requests"][0]
    assert (kept["outcome"], kept["disconnected"]) == ("disconnected", True)
    assert 3 <= kept["events"] < 20
    assert kept["output_tokens"] == kept["events"]
    stats = (await wire.ask("GET", "/__mock/stats")).json["instances"]["default"]
    assert (stats["disconnected"], stats["open_calls"]) == (1, 0)


async def test_a_client_that_leaves_during_silence_is_seen_at_once(wire: Any, eventually: Any) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", wire.server.port)
    writer.write(wire.request("fault-hang-60000"))
    await eventually(lambda: wire.server.stats().open_calls == 1)
    writer.close()

    await eventually(lambda: wire.server.stats().outcomes["disconnected"] == 1)


async def test_usage_adds_up_per_request_id(wire: Any) -> None:
    await wire.chat("mock", headers={"x-request-id": "one"})
    await wire.chat("mock", stream=True, headers={"x-request-id": "one"})
    await wire.chat("fault-http-500", headers={"x-request-id": "one"})
    await wire.chat("fault-cut-2", stream=True, headers={"x-request-id": "two"})

    stats = (await wire.ask("GET", "/__mock/stats?instance=default")).json["instances"]["default"]
    assert stats["by_request_id"]["one"] == {"calls": 3, "input_tokens": 2, "output_tokens": 14}
    assert stats["by_request_id"]["two"] == {"calls": 1, "input_tokens": 1, "output_tokens": 2}
    assert (stats["input_tokens"], stats["output_tokens"]) == (3, 16)
    assert stats["statuses"] == {"200": 3, "500": 1}


async def test_instances_do_not_see_each_other(wire: Any) -> None:
    await wire.chat("mock", path="/p/a/v1/chat/completions")
    await wire.chat("mock", path="/p/b/openai/v1/chat/completions")

    assert len((await wire.ask("GET", "/p/a/__mock/requests")).json["requests"]) == 1
    assert wire.server.stats("a").calls == wire.server.stats("b").calls == 1
    assert wire.server.stats().calls == 0

    await wire.ask("DELETE", "/p/a/__mock/requests")

    assert (len(wire.server.requests("a")), len(wire.server.requests("b"))) == (0, 1)
    assert wire.server.stats("a").calls == 1


async def test_an_instance_can_be_made_ill_and_well_again(wire: Any) -> None:
    path = "/p/a/v1/chat/completions"
    await wire.ask("PUT", "/p/a/__mock/behaviour", {"scenario": "fault-http-503", "retry_after": 3})
    ill = await wire.chat("mock", path=path)
    other = await wire.chat("mock")
    shown = (await wire.ask("GET", "/p/a/__mock/behaviour")).json
    await wire.ask("PUT", "/p/a/__mock/behaviour", {})
    well = await wire.chat("mock", path=path)

    assert (ill.status, ill.headers["retry-after"], other.status, well.status) == (503, "3", 200, 200)
    assert shown == {"scenario": "fault-http-503", "retry_after": 3}


async def test_a_test_in_the_same_process_does_it_in_python(wire: Any, mock: MockServer) -> None:
    mock.behave("a", scenario="s04")
    assert (await wire.chat("mock", path="/p/a/v1/chat/completions")).status == 503
    mock.behave("a")
    assert (await wire.chat("mock", path="/p/a/v1/chat/completions")).status == 200

    with pytest.raises(Refused, match="colour"):
        mock.behave("a", colour="red")


async def test_wrong_behaviour_is_refused_and_nothing_changes(wire: Any) -> None:
    refused = await wire.ask("PUT", "/__mock/behaviour", {"delay_ms": -1})
    garbage = await wire.ask("PUT", "/__mock/behaviour", b"[1]")
    absent = await wire.ask("GET", "/__mock/nothing")

    assert [refused.status, garbage.status, absent.status] == [400, 400, 404]
    assert (await wire.chat("mock")).status == 200


async def test_reset_forgets_everything(wire: Any) -> None:
    await wire.chat("s03")
    await wire.ask("PUT", "/__mock/behaviour", {"tokens": 3})
    await wire.ask("POST", "/__mock/reset")

    assert wire.server.requests() == []
    assert wire.server.stats().calls == 0
    assert (await wire.chat("s03")).status == 500, "the run is new"
    assert len((await wire.chat("mock", stream=True)).words) == 7


async def test_the_last_requests_are_kept_and_no_more(wire_of: Any) -> None:
    async with MockServer(config=MockConfig(max_records=3, max_request_ids=2)) as server:
        wire = wire_of(server)
        for number in range(5):
            await wire.chat(f"mock-{number}", headers={"x-request-id": str(number)})

        assert [record.model for record in server.requests()] == ["mock-2", "mock-3", "mock-4"]
        assert list(server.stats().by_request_id) == ["3", "4"]
        assert server.stats().calls == 5


async def test_a_large_body_is_kept_in_part(wire: Any) -> None:
    await wire.chat("mock", say="word " * 100_000)

    record = wire.server.requests()[-1]
    assert (len(record.body), record.body_size > 500_000, record.input_tokens) == (65_536, True, 100_000)


async def test_probes_and_health_answer_without_a_credential(wire: Any) -> None:
    assert (await wire.ask("GET", "/", headers={"authorization": ""})).status == 200
    assert (await wire.ask("GET", "/__mock/health", headers={"authorization": ""})).json == {"status": "ok"}
    assert wire.server.requests() == []


async def test_an_unknown_path_is_a_404_in_the_dialect_of_its_prefix(wire: Any) -> None:
    openai = await wire.ask("POST", "/openai/v1/nothing", {})
    anthropic = await wire.ask("POST", "/anthropic/v1/nothing", {})
    gemini = await wire.ask("POST", "/v1beta/nothing", {})

    assert [openai.status, anthropic.status, gemini.status] == [404] * 3
    assert anthropic.json["error"]["type"] == "not_found_error"
    assert gemini.json["error"]["status"] == "NOT_FOUND"


@pytest.mark.parametrize("path", ["/v1/chat/completions/", "//v1//chat/completions", "/chat/completions"])
async def test_sloppy_base_urls_work(wire: Any, path: str) -> None:
    assert (await wire.chat("mock", path=path)).status == 200


async def test_model_names_in_a_path_are_decoded(wire: Any) -> None:
    await wire.gemini("org%2Fmock%20name")

    assert wire.server.requests()[-1].model == "org/mock name"


async def test_garbage_and_oversized_requests_are_refused(wire_of: Any) -> None:
    async with MockServer(config=MockConfig(max_body_bytes=1_000)) as server:
        wire = wire_of(server)
        large = await wire.chat("mock", say="x" * 2_000)
        head = await wire.chat("mock", headers={"x-filler": "x" * 70_000})
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"NOT HTTP AT ALL\r\n\r\n")
        garbage = await asyncio.wait_for(reader.read(), 5)
        writer.close()
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"GET / HTTP/1.1\r\nx-endless: ")
        writer.write(b"x" * 600_000)
        endless = await asyncio.wait_for(_read_to_end(reader), 5)
        writer.close()

    assert endless in (b"", b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
    assert (large.status, head.status, garbage[:12]) == (413, 400, b"HTTP/1.1 400")


async def test_one_connection_serves_many_requests_even_pipelined(wire: Any) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", wire.server.port)
    writer.write(wire.request("mock") + wire.request("mock", stream=True) + wire.request("s04"))
    seen = await asyncio.wait_for(reader.readuntil(b"HTTP/1.1 503"), 5)
    writer.close()

    assert seen.count(b"HTTP/1.1 200 OK") == 2
    assert [record.status for record in wire.server.requests()] == [200, 200, 503]


async def test_a_connection_without_a_request_is_closed(wire_of: Any) -> None:
    async with MockServer(config=MockConfig(idle_seconds=0.05)) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        assert await asyncio.wait_for(_read_to_end(reader), 5) == b""
        writer.close()


async def test_five_hundred_streams_wait_at_once_without_a_task_each(wire: Any, eventually: Any) -> None:
    before = len(asyncio.all_tasks())
    writers = []
    for _ in range(500):
        _, writer = await asyncio.open_connection("127.0.0.1", wire.server.port)
        writer.write(wire.request("mock--delay_ms=60000", stream=True))
        writers.append(writer)
    await eventually(lambda: wire.server.stats().open_calls == 500)

    assert len(asyncio.all_tasks()) == before
    for writer in writers:
        writer.transport.abort()
    await eventually(lambda: wire.server.stats().outcomes["disconnected"] == 500)
    assert wire.server.open_connections == 0


async def test_stop_drops_every_connection(wire: Any) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", wire.server.port)
    writer.write(wire.request("mock--delay_ms=60000", stream=True))
    await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
    await wire.server.stop()

    await asyncio.wait_for(_read_to_end(reader), 5)
    writer.close()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", wire.server.port)


async def _read_to_end(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read()
    except ConnectionResetError:
        return b""
