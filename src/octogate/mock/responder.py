"""From a request to the steps of its answer: understand it, compose, apply the fault, pace it."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import orjson

from octogate.core.call import DialectName
from octogate.mock import anthropic_messages, gemini_generate, openai_chat, openai_embeddings, openai_responses
from octogate.mock.answer import Answer, compose
from octogate.mock.behaviour import Behaviour, Settings, behave, settings_in_headers, settings_in_model
from octogate.mock.catalogue import list_models
from octogate.mock.faults import Circumstances, applied
from octogate.mock.lints import Violation, first_violation
from octogate.mock.pacing import paced
from octogate.mock.question import Object, Question
from octogate.mock.refusals import FAMILIES, JSON_TYPE, Refused, refusal_steps
from octogate.mock.routes import Route, Work
from octogate.mock.scenarios import Runs, faults_of, scenario_of
from octogate.mock.steps import Data, End, Head, Steps, whole

CREDENTIAL_HEADERS = ("authorization", "x-api-key", "api-key", "x-goog-api-key")
REFUSED_CREDENTIAL = "bad-key"

_STREAM_HEADERS = (("content-type", "text/event-stream; charset=utf-8"), ("cache-control", "no-cache"))
_ARRAY_HEADERS = (("content-type", "application/json; charset=UTF-8"),)


_WRITERS: dict[DialectName, Callable[[Question, Answer], bytes]] = {
    "openai_chat": openai_chat.plain,
    "openai_responses": openai_responses.plain,
    "anthropic_messages": anthropic_messages.plain,
    "gemini_generate": gemini_generate.plain,
}
_STREAMERS: dict[DialectName, Callable[[Question, Answer], Iterator[Data]]] = {
    "openai_chat": openai_chat.stream,
    "openai_responses": openai_responses.stream,
    "anthropic_messages": anthropic_messages.stream,
    "gemini_generate": gemini_generate.stream,
}


_DIALECTS: dict[Work, DialectName] = {
    "chat": "openai_chat",
    "responses": "openai_responses",
    "messages": "anthropic_messages",
    "generate": "gemini_generate",
}


class Reply(msgspec.Struct, frozen=True):
    """The steps, and what the journal wants to know of them; `violation` is the provider's rule that was broken."""

    steps: Steps
    model: str = ""
    scenario: str = ""
    input_tokens: int = 0
    violation: Violation | None = None


class Responder:
    """Answers requests; owns the numbering of answers and the runs of scenarios."""

    def __init__(self, *, defaults: Settings, time_scale: float) -> None:
        self.runs = Runs()
        self._defaults = defaults
        self._time_scale = time_scale
        self._number = 0

    def reply(self, route: Route, target: str, headers: dict[str, str], body: bytes, settings: Settings) -> Reply:
        """The answer to one request; a refusal is an answer too. `settings` are the instance's own."""
        self._number += 1
        try:
            _check_route(route, headers)
            if route.work == "models":
                return Reply(list_models(route.family, route.model))
            parsed = _parse(body)
            question = _read(route, parsed)
            layers = (self._defaults, settings, settings_in_model(question.model), settings_in_headers(headers))
            behaviour = behave(*layers)
            violation = _violation(route, parsed, behaviour)
            if violation is not None and behaviour.lint == "refuse":
                return self._refused(route, question, violation)
            reply = self._answered(route, target, question, behaviour)
            return msgspec.structs.replace(reply, violation=violation)
        except Refused as refused:
            return Reply(refusal_steps(route.family, refused, self._number))

    def _refused(self, route: Route, question: Question, violation: Violation) -> Reply:
        refused = Refused(400, violation.message, code=violation.code, param=violation.param)
        steps = refusal_steps(route.family, refused, self._number)
        return Reply(steps, question.model, violation=violation)

    def _answered(self, route: Route, target: str, question: Question, behaviour: Behaviour) -> Reply:
        scenario = scenario_of(behaviour.scenario)
        now = time.monotonic()
        run = self.runs.count(route.instance, behaviour.scenario, behaviour.run or question.user, now=now)
        times = behaviour.times or scenario.times
        tokens = behaviour.tokens or scenario.tokens
        answer = compose(question, number=self._number, created_at=int(time.time()), tokens=tokens)
        steps = _written(route, question, answer)
        if times is None or run.calls <= times:
            circumstances = Circumstances(
                question=question,
                target=target,
                number=self._number,
                elapsed=now - run.first_at,
                scale=self._time_scale,
                retry_after=scenario.retry_after if behaviour.retry_after is None else behaviour.retry_after,
            )
            steps = applied(faults_of(scenario), steps, circumstances)
        is_billed = question.operation != "count_tokens"
        input_tokens = question.input_tokens if is_billed else 0
        return Reply(paced(steps, behaviour), question.model, behaviour.scenario, input_tokens)


def _check_route(route: Route, headers: dict[str, str]) -> None:
    given = [headers[name] for name in CREDENTIAL_HEADERS if headers.get(name)]
    if route.query_key:
        given.append(route.query_key)
    secrets = [value.removeprefix("Bearer ").strip() for value in given]
    if not any(secrets) or REFUSED_CREDENTIAL in secrets:
        raise Refused(401)
    if route.work is None:
        raise Refused(404, "The mock serves nothing at this path.", code="not_found")


def _parse(body: bytes) -> Object:
    try:
        parsed: Any = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Refused(400, "We could not parse the JSON body of your request.") from error
    if not isinstance(parsed, dict):
        raise Refused(400, "The JSON body of your request is not an object.")
    return parsed


def _read(route: Route, parsed: Object) -> Question:
    if route.family == "gemini":
        counting = route.work == "count"
        return gemini_generate.read(parsed, route.model or "", stream=route.stream, sse=route.sse, counting=counting)
    if not isinstance(parsed.get("model"), str) or not parsed["model"]:
        raise Refused(400, "you must provide a model parameter", param="model")
    if route.family == "anthropic":
        return anthropic_messages.read(parsed, counting=route.work == "count_tokens")
    if route.work in ("responses", "compact"):
        question = openai_responses.read(parsed)
        return question if route.work == "responses" else msgspec.structs.replace(question, stream=False)
    return openai_embeddings.read(parsed) if route.work == "embeddings" else openai_chat.read(parsed)


def _violation(route: Route, parsed: Object, behaviour: Behaviour) -> Violation | None:
    """Only what asks for an answer is held to the rules of one."""
    if behaviour.lint == "off" or route.work not in _DIALECTS:
        return None
    return first_violation(_DIALECTS[route.work], parsed)


def _written(route: Route, question: Question, answer: Answer) -> Steps:
    if question.stream:
        return _streamed(question, answer)
    headers = (JSON_TYPE, *_id_headers(question, answer))
    tokens = answer.usage.output_tokens
    match route.work:
        case "embeddings":
            return whole(200, headers, openai_embeddings.plain(question))
        case "count_tokens":
            return whole(200, headers, anthropic_messages.counted(question))
        case "count":
            return whole(200, headers, gemini_generate.counted(question))
        case "compact":
            return whole(200, headers, openai_responses.compacted(answer), tokens=tokens)
    return whole(200, headers, _WRITERS[question.dialect](question, answer), tokens=tokens)


def _streamed(question: Question, answer: Answer) -> Steps:
    headers = _STREAM_HEADERS if question.sse else _ARRAY_HEADERS
    yield Head(200, headers + _id_headers(question, answer))
    yield from _STREAMERS[question.dialect](question, answer)
    yield End()


def _id_headers(question: Question, answer: Answer) -> tuple[tuple[str, str], ...]:
    family = FAMILIES[question.dialect]
    if family == "gemini":
        return ()
    return (("request-id" if family == "anthropic" else "x-request-id", f"req_mock{answer.number:06d}"),)
