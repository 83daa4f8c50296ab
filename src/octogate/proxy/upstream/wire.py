"""In which dialect a target is asked: the caller's own where it can be, else another one, through a bridge."""

from collections.abc import Sequence
from typing import Final

from octogate.core.call import Call
from octogate.core.conversation import Loss
from octogate.core.errors import Fault, Untranslatable
from octogate.core.plan import spoken
from octogate.core.snapshot import Target
from octogate.dialects import HUBS
from octogate.dialects.base import Dialect
from octogate.dialects.bridge import Bridge
from octogate.dialects.hub import Destination, Heading
from octogate.proxy.progress import Progress

FALLBACK_MAX_TOKENS: Final = 8_192
"""What a dialect that insists on a cap is told when neither caller, configuration nor catalogue names one."""


def wire(target: Target, call: Call, dialect: Dialect, progress: Progress, wall: float) -> Dialect | Bridge:
    """What writes the request to `target` and reads its answer; keeps in `progress` what could not be told.

    Raises Untranslatable when leaving that out is not allowed, BadRequest when the body makes no sense.
    """
    if call.shape is None and dialect.name in target.provider.dialects:
        progress.losses = ()
        return dialect
    bridge = _bridge(target, call, progress, wall)
    strict = progress.plan is not None and progress.plan.group.on_unsupported == "reject"
    refused = [loss for loss in bridge.losses if strict or loss.fatal]
    if refused:
        raise _untranslatable(refused)
    progress.losses = bridge.losses
    return bridge


def _bridge(target: Target, call: Call, progress: Progress, wall: float) -> Bridge:
    caller, provider = HUBS[call.endpoint.dialect], target.provider
    language = spoken(caller.name, call.endpoint.operation, provider.dialects)
    if language is None:
        raise _untranslatable([Loss("model", "this model's provider has no such endpoint")])
    if progress.prompt is None:
        progress.prompt = HUBS[call.shape or caller.name].read_prompt(call)
    to = Destination(
        model=target.model,
        stream=call.stream,
        stream_usage=provider.supports_stream_usage,
        max_tokens=provider.default_max_tokens or target.max_output_tokens or FALLBACK_MAX_TOKENS,
        plain=provider.plain_chat,
        effort=provider.takes_effort,
    )
    heading = Heading(progress.request_id.removeprefix("req_"), int(wall))
    return Bridge(call, progress.prompt, caller, HUBS[language], to, heading)


def _untranslatable(losses: Sequence[Loss]) -> Untranslatable:
    faults = tuple(Fault(loss.field, loss.reason) for loss in losses)
    first = faults[0]
    rest = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    return Untranslatable(f"This model cannot be told {first.field!r}: {first.message}{rest}", faults=faults)
