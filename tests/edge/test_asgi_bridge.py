"""ASGI applications behind the edge."""

import asyncio

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route

from octogate.proxy.edge.asgi import serve_asgi

HOST = b"Host: a:4000\r\n"


def request(method: str, target: str, *lines: bytes, body: bytes = b"") -> bytes:
    head = b"".join(line + b"\r\n" for line in lines)
    return b"%b %b HTTP/1.1\r\nHost: a:4000\r\n%bContent-Length: %d\r\n\r\n%b" % (
        method.encode(),
        target.encode(),
        head,
        len(body),
        body,
    )


async def echo(request: Request) -> Response:
    body = await request.body()
    return JSONResponse(
        {
            "path": request.url.path,
            "query": dict(request.query_params),
            "body": body.decode(),
            "client": request.client.host,
            "scheme": request.url.scheme,
            "host": request.headers["host"],
            "method": request.method,
        },
        headers={"x-custom": "yes"},
    )


async def stream(request: Request) -> Response:
    async def parts():
        for number in range(3):
            yield f"part {number} "
            await asyncio.sleep(0)

    return StreamingResponse(parts(), media_type="text/event-stream")


@pytest.fixture
async def bridge(edge_with, tmp_path):
    """A factory: an edge in front of a Starlette application with these routes."""

    async def start(*routes: Route, **limits):
        app = Starlette(
            routes=[Route("/echo/{rest:path}", echo, methods=["GET", "POST"]), Route("/s", stream), *routes]
        )

        async def handle(exchange):
            await serve_asgi(app, exchange)

        return await edge_with(handle, **limits)

    return start


async def test_an_application_sees_the_request_and_its_answer_arrives(bridge):
    edge = await bridge()
    wire = await edge.call(request("POST", "/echo/a%20b?x=1&y=%C3%A9", body=b"hello") * 2)

    for _ in range(2):
        answer = await wire.answer()
        assert answer.status == 200
        assert answer.fields[b"x-custom"] == b"yes"
        assert answer.fields[b"content-type"] == b"application/json"
        assert answer.body == (
            b'{"path":"/echo/a b","query":{"x":"1","y":"\xc3\xa9"},"body":"hello","client":"127.0.0.1",'
            b'"scheme":"http","host":"a:4000","method":"POST"}'
        )


async def test_a_stream_is_passed_on_part_by_part(bridge):
    edge = await bridge()
    wire = await edge.call(request("GET", "/s"))
    answer = await wire.answer()

    assert answer.fields[b"transfer-encoding"] == b"chunked"
    assert answer.body == b"part 0 part 1 part 2 "


async def test_statuses_of_the_application_are_kept(bridge):
    edge = await bridge()
    wire = await edge.call(request("GET", "/absent") + request("DELETE", "/echo/"))

    assert await wire.answers(2) == [404, 405]


async def test_a_file_is_sent_and_head_tells_about_it(bridge, tmp_path):
    page = tmp_path / "page.html"
    page.write_bytes(b"<p>" * 100_000)

    async def file(request: Request) -> Response:
        return FileResponse(page)

    edge = await bridge(Route("/page", file))
    wire = await edge.call(request("HEAD", "/page") + request("GET", "/page"))

    about = await wire.answer(to="HEAD")
    assert (about.status, about.fields[b"content-type"]) == (200, b"text/html; charset=utf-8")
    assert (await wire.answer()).body == b"<p>" * 100_000


async def test_a_redirect_keeps_its_location(bridge):
    edge = await bridge(Mount("/ui", routes=[Route("/", echo)]))
    wire = await edge.call(request("GET", "/ui"))
    answer = await wire.answer()

    assert (answer.status, answer.fields[b"location"]) == (307, b"http://a:4000/ui/")


async def test_a_caller_that_leaves_cancels_the_application(bridge):
    running, cancelled = asyncio.Event(), asyncio.Event()

    async def wait(request: Request) -> Response:
        running.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()
        raise AssertionError

    edge = await bridge(Route("/wait", wait))
    wire = await edge.call(request("GET", "/wait"))
    await running.wait()
    wire.hang_up()

    await asyncio.wait_for(cancelled.wait(), 1)


async def test_an_application_that_fails_is_a_500_and_is_reported(bridge):
    async def fail(request: Request) -> Response:
        raise ValueError("secret")

    edge = await bridge(Route("/fail", fail))
    wire = await edge.call(request("GET", "/fail"))
    answer = await wire.answer()

    assert answer.status == 500
    assert b"secret" not in answer.body
    assert [type(error) for error in edge.errors] == [ValueError]


async def test_a_body_that_is_refused_never_reaches_the_application(bridge):
    edge = await bridge(max_body=100)
    wire = await edge.call(request("POST", "/echo/", b"Content-Encoding: gzip", body=b"x"))
    assert (await wire.answer()).status == 415

    wire.say(b"POST /echo/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
    wire.say(b"ff\r\n" + b"a" * 255 + b"\r\n")
    assert (await wire.answer()).status == 413
    assert edge.errors == []


async def test_a_slow_reader_slows_the_application_down(bridge):
    sent = 0

    async def flood(request: Request) -> Response:
        async def parts():
            nonlocal sent
            while sent < 64 * 2**20:
                sent += 2**16
                yield b"a" * 2**16

        return StreamingResponse(parts())

    edge = await bridge(Route("/flood", flood))
    wire = await edge.call(request("GET", "/flood"), limit=2**10)
    await edge.until(lambda: any(exchange.congested for exchange in edge.server.in_flight))
    held = sent
    await asyncio.sleep(0.1)
    assert sent - held < 2**20
    assert sent < 32 * 2**20

    wire.reader._limit = 2**26
    assert len((await wire.answer()).body) == 64 * 2**20


async def test_a_field_that_would_break_the_answer_apart_is_left_out(edge_with):
    async def app(scope, receive, send):
        headers = [(b"x-good", b"yes"), (b"x-evil", b"a\r\nset-cookie: b"), (b"content-length", b"99")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"ok"})

    edge = await edge_with(lambda exchange: serve_asgi(app, exchange))
    wire = await edge.call(request("GET", "/"))
    answer = await wire.answer()

    assert answer.body == b"ok"
    assert answer.fields[b"x-good"] == b"yes"
    assert b"set-cookie" not in answer.fields
    assert b"x-evil" not in answer.fields


async def test_an_application_hears_of_the_end_after_its_answer(edge_with):
    heard = []

    async def app(scope, receive, send):
        heard.append(await receive())
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})
        heard.append(await receive())

    edge = await edge_with(lambda exchange: serve_asgi(app, exchange))
    wire = await edge.call(request("POST", "/", body=b"x"))

    assert (await wire.answer()).status == 204
    await edge.until(lambda: len(heard) == 2)
    assert heard[0] == {"type": "http.request", "body": b"x", "more_body": False}
    assert heard[1] == {"type": "http.disconnect"}


async def test_an_application_that_does_not_finish_truncates_its_answer(edge_with):
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})

    edge = await edge_with(lambda exchange: serve_asgi(app, exchange))
    wire = await edge.call(request("GET", "/"))

    answer = await wire.answer()
    assert (answer.body, answer.whole) == (b"half", False)
