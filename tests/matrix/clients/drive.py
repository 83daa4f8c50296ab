"""Plays the cells of one or more clients against a gateway; prints what each client saw, one JSON object a line.

Standard input is {"keys": {client: key}, "jobs": [[client, upstream, cell, model]]}. It runs in any environment that has
the client's packages, without Octogate: nothing here knows what is right, judgement.py does.
"""

import importlib
import json
import sys
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

AT_ONCE = 4


def main(url: str) -> None:
    """Play every cell that standard input asks for."""
    warnings.simplefilter("ignore")
    asked = json.load(sys.stdin)
    jobs: list[list[str]] = asked["jobs"]
    clients: dict[str, Any] = {}
    for name, key in asked["keys"].items():
        module, *variant = name.split("/")
        clients[name] = importlib.import_module(module.replace("-", "_")).client(url, key, *variant)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for line in pool.map(lambda job: played(clients[job[0]], job), jobs):
            print(line, flush=True)


def played(client: Any, job: list[str]) -> str:
    """One cell as a line."""
    name, upstream, cell, model = job
    if cell.startswith("error_"):
        saw = failure_of(lambda: client.plain(model))
    elif cell == "cut":
        saw = broken_stream(client, model)
    else:
        saw = whole(lambda: getattr(client, cell)(model))
    return json.dumps([name, upstream, cell, saw], default=str)


def whole(play: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What was seen, or why the client gave up."""
    try:
        return play()
    except Exception as error:
        return {"gave_up": f"{type(error).__name__}: {error}"[:2000]}


def failure_of(play: Callable[[], object]) -> dict[str, Any]:
    """What was raised: its class with all above it, and the status it tells."""
    try:
        play()
    except Exception as error:
        return raised(error)
    return {}


def broken_stream(client: Any, model: str) -> dict[str, Any]:
    """The pieces before a stream broke, and what it raised."""
    pieces: list[str] = []
    return failure_of(lambda: pieces.extend(client.pieces(model))) | {"pieces": pieces}


def raised(error: BaseException) -> dict[str, Any]:
    """An exception as facts; frameworks wrap the SDK's own, so causes count too."""
    lineage: list[str] = []
    status = None
    at: BaseException | None = error
    while at is not None:
        lineage += [kind.__name__ for kind in type(at).__mro__[:-3]]
        codes = (getattr(at, name, None) for name in ("status_code", "code"))
        status = status or next((code for code in codes if isinstance(code, int)), None)
        at = at.__cause__ or at.__context__
    return {"raised": lineage, "status": status, "message": str(error)[:500]}


if __name__ == "__main__":
    main(sys.argv[1])
