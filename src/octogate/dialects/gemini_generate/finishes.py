"""Why an answer ended: Gemini's words, and the numbers that older servers send for them, and the hub's."""

from typing import Final

from octogate.core.conversation import Finish

# Numbers of the API's enumeration.
_NUMBERS: Final = {
    1: "STOP",
    2: "MAX_TOKENS",
    3: "SAFETY",
    4: "RECITATION",
    5: "OTHER",
    6: "BLOCKLIST",
    7: "PROHIBITED_CONTENT",
    8: "SPII",
    9: "MALFORMED_FUNCTION_CALL",
}
_READ: Final[dict[str, Finish]] = {
    "STOP": "stop",
    "FINISH_REASON_UNSPECIFIED": "stop",
    "MAX_TOKENS": "length",
    **dict.fromkeys(
        "SAFETY RECITATION LANGUAGE BLOCKLIST PROHIBITED_CONTENT SPII IMAGE_SAFETY IMAGE_PROHIBITED_CONTENT"
        " IMAGE_RECITATION MODEL_ARMOR ESCALATION PUP_LIMITED_DISABLED JAILBREAK".split(),
        "content_filter",
    ),
    "CONTINUATION": "pause",
}
_WRITTEN: Final[dict[Finish, str]] = {
    "stop": "STOP",
    "length": "MAX_TOKENS",
    "tool_calls": "STOP",
    "content_filter": "SAFETY",
    "refusal": "SAFETY",
    "pause": "STOP",
    "error": "OTHER",
}

MALFORMED: Final = "MALFORMED_FUNCTION_CALL"
"""Gemini's reason for a function call whose arguments are no JSON object."""


def read_finish(reason: object, *, has_calls: bool) -> Finish:
    """The hub's word for a `finishReason`; an unknown one is an error. A stop behind function calls is for them."""
    word = _NUMBERS.get(reason, "") if isinstance(reason, int) else str(reason)
    finish = _READ.get(word, "error")
    return "tool_calls" if finish == "stop" and has_calls else finish


def write_finish(finish: Finish, *, refused: bool = False, malformed: bool = False) -> str:
    """Gemini's word. `refused`: the answer has a refusal; `malformed`: a function call had to be left out."""
    if malformed and finish in ("stop", "tool_calls"):
        return MALFORMED
    return _WRITTEN["refusal" if refused and finish == "stop" else finish]
