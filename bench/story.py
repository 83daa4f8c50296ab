"""What the upstream tells, as a caller of OpenAI's chat has to hear it, whoever passes it on."""

import http.client
import json
from typing import Any

from bench.load import CHUNKS, KEY, PATH, Cell, body_of
from bench.process import Failed

FIRST_WORDS = "A gateway passes on what it was given"
WORD = " word"
USAGE = (420, 50)
TIMEOUT_SECONDS = 60


def hear(port: int, cell: Cell) -> None:
    """Make one call of this situation. Raises Failed unless text, finish and usage all arrive."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
    try:
        connection.request("POST", PATH, body=body_of(cell), headers=headers)
        answer = connection.getresponse()
        body = answer.read()
    finally:
        connection.close()
    if answer.status != 200:
        raise Failed(f"it answered {answer.status}: {body[:200].decode(errors='replace')}")
    problem = _problem_of_stream(body) if cell.stream else _problem_of_answer(body)
    if problem:
        raise Failed(problem)


def _problem_of_answer(body: bytes) -> str | None:
    try:
        answer = json.loads(body)
        choice = answer["choices"][0]
        text, finish = choice["message"]["content"], choice["finish_reason"]
        usage = _usage(answer)
    except (LookupError, TypeError, ValueError):
        return "its answer is not a chat completion"
    return _problem(str(text).startswith(FIRST_WORDS), finish, usage)


def _problem_of_stream(body: bytes) -> str | None:
    lines = [line[6:] for line in body.splitlines() if line.startswith(b"data: ")]
    try:
        chunks = [json.loads(line) for line in lines if line != b"[DONE]"]
        choices = [choice for chunk in chunks for choice in chunk["choices"]]
        text = "".join(choice["delta"].get("content") or "" for choice in choices)
        finish = next((choice["finish_reason"] for choice in choices if choice.get("finish_reason")), None)
        usage = next((_usage(chunk) for chunk in chunks if chunk.get("usage")), None)
    except (LookupError, TypeError, ValueError, AttributeError):
        return "its stream is not one of chat completion chunks"
    if lines[-1:] != [b"[DONE]"]:
        return "its stream has no [DONE] at its end"
    return _problem(text == WORD * CHUNKS, finish, usage)


def _usage(answer: dict[str, Any]) -> tuple[int, int]:
    return answer["usage"]["prompt_tokens"], answer["usage"]["completion_tokens"]


def _problem(text_is_right: bool, finish: object, usage: tuple[int, int] | None) -> str | None:
    if not text_is_right:
        return "it does not pass on the text that the upstream sent"
    if finish != "stop":
        return f"it says that the answer finished with {finish!r}"
    return None if usage == USAGE else f"it reports other tokens than the upstream: {usage}"
