"""What the operator has said of a model, put into a call that is otherwise passed on byte for byte."""

from typing import Final

import msgspec

from octogate.core.call import Call
from octogate.core.conversation import Loss
from octogate.core.traits import Traits

_OPENAI: Final = frozenset({"openai_chat", "openai_responses"})
_CAPS: Final = ("max_tokens", "max_completion_tokens")  # of both, chat's older name wins
_FALSE: Final = msgspec.Raw(b"false")


def adapted(call: Call, traits: Traits) -> tuple[Call, tuple[Loss, ...]]:
    """The same call, but for the members that `traits` speak of; and what had to be left out."""
    if call.endpoint.operation != "generate" or call.endpoint.dialect not in _OPENAI:
        return call, ()
    fields, losses = dict(call.fields), []
    if traits.force_store_false:
        fields["store"] = _FALSE
        if fields.pop("metadata", None) is not None:
            losses.append(Loss("metadata", "this model's answers are not stored"))
    if traits.output_token_field is not None and call.endpoint.dialect == "openai_chat":
        _rename_cap(fields, traits.output_token_field)
    return msgspec.structs.replace(call, fields=fields), tuple(losses)


def _rename_cap(fields: dict[str, msgspec.Raw], name: str) -> None:
    caps = [cap for cap in (fields.pop(each, None) for each in _CAPS) if cap is not None]
    if caps:
        fields[name] = caps[0]
