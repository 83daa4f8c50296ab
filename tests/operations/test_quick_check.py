"""The first thing that anybody types."""

import asyncio
import shlex
from typing import Any

import orjson

QUICK_CHECK = (
    'curl http://localhost:8000/v1/chat/completions -H "Authorization: Bearer {key}" '
    '-H "Content-Type: application/json" '
    """-d '{{"model": "chat", "messages": [{{"role": "user", "content": "Hello"}}]}}'"""
)


async def test_the_quick_check_works_as_it_is_written(serve, configured, key, unused_tcp_port):
    """S0-31: `serve --port` as documented, then the command word for word; only the port is a free one."""
    await serve(configured(), "--port", str(unused_tcp_port))
    command = QUICK_CHECK.format(key=key).replace(":8000", f":{unused_tcp_port}")

    answer = await run(command)

    assert answer["object"] == "chat.completion"
    assert answer["choices"][0]["message"]["role"] == "assistant"


async def test_the_quick_check_with_a_wrong_key_says_what_is_wrong(serve, configured, unused_tcp_port):
    """S0-31"""
    await serve(configured(), "--port", str(unused_tcp_port))

    answer = await run(QUICK_CHECK.format(key="sk-wrong").replace(":8000", f":{unused_tcp_port}"))

    assert answer["error"]["code"] == "invalid_api_key"


async def run(command: str) -> Any:
    """The command as a shell would run it, without the proxy of the machine."""
    name, *arguments = shlex.split(command)
    process = await asyncio.create_subprocess_exec(
        name, "--silent", "--noproxy", "*", *arguments, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await asyncio.wait_for(process.communicate(), 20)
    assert process.returncode == 0
    return orjson.loads(out)
