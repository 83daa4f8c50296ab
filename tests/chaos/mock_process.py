"""Mock upstreams as a process of their own: so many ports, the parameters of every answer as JSON, until it is killed."""

import asyncio
import json
import sys

import uvloop

from octogate.mock import MockConfig, MockServer


async def serve(count: int, defaults: dict[str, object], time_scale: float) -> None:
    """Open the ports, say which, and stay; every line on standard input is answered with the number of open calls."""
    servers = [MockServer(config=MockConfig(defaults=defaults, time_scale=time_scale)) for _ in range(count)]
    for server in servers:
        await server.start()
    print(json.dumps([server.port for server in servers]), flush=True)
    loop = asyncio.get_running_loop()
    while await loop.run_in_executor(None, sys.stdin.readline):
        calls = [server.stats(name).open_calls for server in servers for name in server.journal.instances()]
        print(sum(calls), flush=True)


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), json.loads(sys.argv[2]), float(sys.argv[3])))
