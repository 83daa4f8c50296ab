"""How an answer is given: the parameters that a model name, a header or an instance can set."""

import re
from typing import Annotated, Any, Literal

import msgspec

from octogate.mock.refusals import Refused

_Milliseconds = Annotated[float, msgspec.Meta(ge=0, le=600_000)]

_SEGMENT = re.compile(r"(?P<key>[a-z_]+)=(?P<value>.+)")
_SCENARIO = re.compile(r"s\d\d(-[a-z0-9-]+)?|fault-[a-z0-9-]+")


class Behaviour(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of one answer.

    `scenario` is a scenario's or a fault's name; `times` is for how many calls of a run it lasts, `run` separates
    runs. `latency_ms` is before the first byte, `delay_ms` between the pieces of a stream, `tokens` the length of the
    text, `chunking` "event", "all" or a number of bytes, `retry_after` the seconds in that header. `lint` says what
    becomes of a request that the real provider would refuse: it is only counted, refused, or not looked at.
    """

    scenario: str = ""
    latency_ms: _Milliseconds = 0
    delay_ms: _Milliseconds = 0
    tokens: Annotated[int, msgspec.Meta(ge=1, le=200_000)] | None = None
    chunking: Annotated[str, msgspec.Meta(pattern=r"^(event|all|[1-9][0-9]{0,6})$")] = "event"
    retry_after: Annotated[float, msgspec.Meta(ge=0, le=86_400)] | None = None
    times: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] | None = None
    lint: Literal["count", "refuse", "off"] = "count"
    run: Annotated[str, msgspec.Meta(max_length=200)] = ""


Settings = dict[str, Any]

PARAMETERS: tuple[str, ...] = Behaviour.__struct_fields__


def header_of(parameter: str) -> str:
    """The request header that sets a parameter."""
    return f"x-mock-{parameter.replace('_', '-')}"


def settings_in_headers(headers: dict[str, str]) -> Settings:
    """What the `x-mock-*` headers set."""
    return {name: headers[header] for name in PARAMETERS if (header := header_of(name)) in headers}


def settings_in_model(model: str) -> Settings:
    """What the segments of a model name set: "any--s04--delay_ms=5"; a provider prefix ("x/") is skipped."""
    settings: Settings = {}
    for segment in model.rsplit("/", 1)[-1].split("--"):
        if _SCENARIO.fullmatch(segment):
            settings["scenario"] = segment
        elif parameter := _SEGMENT.fullmatch(segment):
            settings[parameter["key"]] = parameter["value"]
    return settings


def behave(*layers: Settings) -> Behaviour:
    """Join the layers, later ones first in rank. Raises Refused when a value is wrong."""
    settings = {key: value for layer in layers for key, value in layer.items()}
    try:
        return msgspec.convert(settings, Behaviour, strict=False)
    except msgspec.ValidationError as error:
        raise Refused(400, f"A parameter of the mock is wrong: {error}") from error
