"""What is large is translated beside the event loop: other calls go on meanwhile."""

import asyncio
import threading

import pytest

from octogate.core.errors import BadRequest, Untranslatable
from octogate.proxy.upstream import attempts
from octogate.proxy.upstream.aside import LARGE_BYTES, aside

from .playbook import HELLO, Story, says
from .voices import CLAUDE, MESSAGE, stage

LONG = "word " * (LARGE_BYTES // 4)


@pytest.fixture
def threads(monkeypatch) -> list[str]:
    """The threads in which `wire` was at work."""
    seen: list[str] = []
    real = attempts.wire

    def watched(*args):
        seen.append(threading.current_thread().name)
        return real(*args)

    monkeypatch.setattr(attempts, "wire", watched)
    return seen


@pytest.mark.parametrize(
    ("name", "text", "beside"), [("claude", LONG, True), ("claude", "hi", False), ("chat", LONG, False)]
)
async def test_only_large_bodies_that_are_translated_are_read_beside_the_loop(threads, name, text, beside):
    story = Story(stage(name), **{name: [CLAUDE if name == "claude" else HELLO]})

    caller = await story.chat(text)

    assert caller.status == 200
    assert [thread.startswith("octogate-translate") for thread in threads] == [beside]


async def test_a_large_answer_is_translated_whole():
    content = [{"type": "text", "text": LONG}]
    story = Story(stage("claude"), claude=[says({**MESSAGE, "content": content})])

    caller = await story.chat("hi")

    assert caller.json["choices"][0]["message"]["content"] == LONG


async def test_what_goes_wrong_beside_the_loop_is_told_like_everything_else():
    story = Story(stage("claude", on_unsupported="reject"), claude=[CLAUDE])

    untold = await story.chat(LONG, seed=1)
    broken = await story.chat(LONG, reasoning_effort="huge")

    assert (untold.status, untold.json["error"]["code"]) == (400, Untranslatable.code)
    assert (broken.status, broken.json["error"]["code"]) == (400, BadRequest.code)
    assert story.defects == []


async def test_the_loop_goes_on_while_something_large_is_read():
    begun, done = threading.Event(), threading.Event()

    def work() -> str:
        begun.set()
        assert done.wait(10)
        return "read"

    task = asyncio.ensure_future(aside(work))
    while not begun.is_set():
        await asyncio.sleep(0)
    for _ in range(100):
        await asyncio.sleep(0)
    assert not task.done()
    done.set()

    assert await task == "read"


async def test_a_caller_who_leaves_meanwhile_leaves_nothing_behind(threads):
    story = Story(stage("claude"), claude=[CLAUDE])
    caller = story.caller({"model": "chat", "messages": [{"role": "user", "content": LONG}]})
    running = asyncio.ensure_future(story.pipeline.handle(caller))
    for _ in range(3):
        await asyncio.sleep(0)

    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await aside(lambda: None)  # behind the one that was under way

    assert story.providers.opened == story.providers.released
    assert story.providers.calls == []
    assert (await story.chat("hi")).status == 200
