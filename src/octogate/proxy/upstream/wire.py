"""In which dialect a target is asked: the caller's own where it can be, else another one, through a bridge."""

from collections.abc import Sequence
from typing import Final

from octogate.core.call import Call, DialectName
from octogate.core.conversation import Loss, Prompt
from octogate.core.errors import BadRequest, Fault, Untranslatable
from octogate.core.plan import spoken
from octogate.core.snapshot import Provider, Target
from octogate.core.traits import USUAL
from octogate.dialects import HUBS
from octogate.dialects.adapted import adapted
from octogate.dialects.base import Dialect
from octogate.dialects.bridge import Bridge
from octogate.dialects.checks import MAX_FAULTS
from octogate.dialects.extent import MAX_ITEMS, is_translatable
from octogate.dialects.fitting import fitted
from octogate.dialects.hub import Destination, Heading
from octogate.proxy.progress import Progress

FALLBACK_MAX_TOKENS: Final = 8_192
"""What a dialect that insists on a cap is told when neither caller, configuration nor catalogue names one."""
_MAX_REASON_CHARS: Final = 200
"""A reason may quote a word of the caller's, of any length."""


def speaks_natively(target: Target, call: Call, dialect: Dialect) -> bool:
    """Whether the call passes through as it is."""
    return call.shape is None and dialect.name in target.provider.dialects


def wire(
    target: Target, call: Call, dialect: Dialect, progress: Progress, wall: float
) -> tuple[Dialect | Bridge, Call]:
    """What writes the request to `target` and reads its answer, and the call as it may be written.

    Keeps in `progress` what could not be told. Raises Untranslatable when leaving that out is not allowed, BadRequest
    when the body makes no sense.
    """
    progress.losses = ()
    if speaks_natively(target, call, dialect):
        if target.traits is not USUAL:
            call, progress.losses = adapted(call, target.traits)
        return dialect, call
    try:
        bridge = _bridge(target, call, progress, wall)
    except RecursionError:  # values that could be read may be too deep to be written, a few calls further down
        raise BadRequest("The body is nested too deeply.") from None
    strict = progress.plan is not None and progress.plan.group.on_unsupported == "reject"
    refused = [loss for loss in bridge.losses if strict or loss.fatal]
    if refused:
        raise _untranslatable(refused)
    progress.losses = bridge.losses
    return bridge, call


def _bridge(target: Target, call: Call, progress: Progress, wall: float) -> Bridge:
    caller, provider = HUBS[call.endpoint.dialect], target.provider
    if progress.prompt is None:
        if not is_translatable(call.fields):
            raise BadRequest(f"The body has more than {MAX_ITEMS} items, too many to be told this model's provider.")
        progress.prompt = HUBS[call.shape or caller.name].read_prompt(call)
    traits = target.traits
    prompt = fitted(progress.prompt, traits.reasoning)
    language = _language(caller.name, call, prompt, provider)
    to = Destination(
        model=target.model,
        stream=call.stream,
        stream_usage=provider.supports_stream_usage,
        max_tokens=provider.default_max_tokens or target.max_output_tokens or FALLBACK_MAX_TOKENS,
        plain=provider.plain_chat,
        effort=provider.takes_effort,
        schema=provider.takes_schema,
        cap_field=traits.output_token_field,
        store=False if traits.force_store_false else None,
    )
    heading = Heading(progress.request_id.removeprefix("req_"), int(wall))
    return Bridge(call, prompt, caller, HUBS[language], to, heading)


def _language(caller: DialectName, call: Call, prompt: Prompt, provider: Provider) -> DialectName:
    """What the provider is asked in. OpenAI tells its thoughts, and lets a thinking model call tools, in one only."""
    language = spoken(caller, call.endpoint.operation, provider.dialects)
    if language is None:
        raise _untranslatable([Loss("model", "this model's provider has no such endpoint")])
    thinking = prompt.settings.thinking
    if language != "openai_chat" or provider.plain_chat or thinking is None or thinking.off:
        return language
    only_chat = prompt.settings.choices > 1 or prompt.settings.stop
    return "openai_responses" if "openai_responses" in provider.dialects and not only_chat else language


def _untranslatable(losses: Sequence[Loss]) -> Untranslatable:
    faults = tuple(Fault(loss.shown, loss.reason[:_MAX_REASON_CHARS]) for loss in losses[:MAX_FAULTS])
    first = faults[0]
    rest = f" (and {len(losses) - 1} more)" if len(losses) > 1 else ""
    return Untranslatable(f"This model cannot be told {first.field!r}: {first.message}{rest}", faults=faults)
