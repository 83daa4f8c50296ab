"""What OpenAI refuses in a responses request, in its words.

https://platform.openai.com/docs/api-reference/responses
"""

from collections.abc import Iterator
from itertools import zip_longest

from octogate.mock.lints.openai_chat import strict_schema
from octogate.mock.lints.violation import TOOL_NAME, Violation
from octogate.mock.question import Object, as_object, as_objects
from octogate.mock.seals import seals_reasoning

_ROLES = ("assistant", "system", "developer", "user")
_MOST_ID_CHARACTERS = 64
_INPUT_PARTS = ("input_text", "input_image", "input_file", "input_audio")
_OUTPUT_PARTS = ("output_text", "refusal")
# Ids say by their beginning what they are of.
_ID_BEGINNINGS = {"message": "msg", "function_call": "fc", "reasoning": "rs"}
_OF_CHAT = (
    "messages",
    "max_tokens",
    "max_completion_tokens",
    "stop",
    "n",
    "reasoning_effort",
    "response_format",
    "seed",
)


def violations(body: Object) -> Iterator[Violation]:
    """Every rule that the request breaks, in the order in which they are looked at."""
    for name in _OF_CHAT:
        if name in body:
            yield Violation("parameter", f"Unknown parameter: '{name}'.", name, "unknown_parameter")
    items = as_objects(body.get("input"))
    for at, item in enumerate(items):
        yield from _item(item, f"input[{at}]")
    if not body.get("previous_response_id") and not body.get("conversation"):
        yield from _pairs(items)
    yield from _reasoning(items)
    yield from _tools(body)
    yield from strict_schema(as_object(as_object(body.get("text")).get("format")), "response_format")


def _item(item: Object, where: str) -> Iterator[Violation]:
    kind = str(item.get("type", "message"))
    beginning, item_id = _ID_BEGINNINGS.get(kind), item.get("id")
    if beginning and isinstance(item_id, str) and not item_id.startswith(beginning):
        said = f"Invalid '{where}.id': '{item_id}'. Expected an ID that begins with '{beginning}'."
        yield Violation("item_id", said, f"{where}.id", "invalid_value")
    if kind == "message":
        yield from _message(item, where)
    elif kind == "function_call":
        yield from _call(item, where)
    elif kind == "function_call_output":
        yield from _call_id(item, where)
        if not isinstance(item.get("output"), str | list):
            said = f"Invalid type for '{where}.output': expected one of an array of objects or string."
            yield Violation("output", said, f"{where}.output", "invalid_type")


def _message(item: Object, where: str) -> Iterator[Violation]:
    role = item.get("role")
    if role not in _ROLES:
        said = f"Invalid value: '{role}'. Supported values are: {_listed(_ROLES)}."
        yield Violation("role", said, f"{where}.role", "invalid_value")
    allowed = _OUTPUT_PARTS if role == "assistant" else _INPUT_PARTS
    for place, part in enumerate(as_objects(item.get("content"))):
        if part.get("type") not in allowed:
            said = f"Invalid value: '{part.get('type')}'. Supported values are: {_listed(allowed)}."
            yield Violation("content_type", said, f"{where}.content[{place}]", "invalid_value")


def _call(item: Object, where: str) -> Iterator[Violation]:
    yield from _call_id(item, where)
    if not TOOL_NAME.fullmatch(str(item.get("name", ""))):
        said = "string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'."
        yield Violation("tool_name", f"Invalid '{where}.name': {said}", f"{where}.name", "invalid_value")
    if not isinstance(item.get("arguments"), str):
        said = f"Invalid type for '{where}.arguments': expected a string."
        yield Violation("arguments", said, f"{where}.arguments", "invalid_type")


def _call_id(item: Object, where: str) -> Iterator[Violation]:
    call_id = item.get("call_id")
    if not isinstance(call_id, str) or not call_id:
        said = f"Missing required parameter: '{where}.call_id'."
        yield Violation("call_id", said, f"{where}.call_id", "missing_required_parameter")
    elif len(call_id) > _MOST_ID_CHARACTERS:
        said = (
            f"Expected a string with maximum length {_MOST_ID_CHARACTERS}, but got a string with length "
            f"{len(call_id)} instead."
        )
        said = f"Invalid '{where}.call_id': string too long. {said}"
        yield Violation("call_id", said, f"{where}.call_id", "string_above_max_length")


def _pairs(items: list[Object]) -> Iterator[Violation]:
    """Every output has its call before it, every call its output behind it."""
    open_calls: dict[str, None] = {}
    for item in items:
        call = str(item.get("call_id"))
        if item.get("type") == "function_call":
            open_calls[call] = None
        elif item.get("type") == "function_call_output":
            if call not in open_calls:
                said = f"No tool call found for function call output with call_id {call}."
                yield Violation("call_missing", said, "input")
            open_calls.pop(call, None)
    for call in open_calls:
        yield Violation("output_missing", f"No tool output found for function call {call}.", "input")


def _reasoning(items: list[Object]) -> Iterator[Violation]:
    for item, after in zip_longest(items, items[1:]):
        if item.get("type") != "reasoning":
            continue
        sealed = item.get("encrypted_content")
        if sealed is not None and not seals_reasoning(sealed):
            said = (
                "The encrypted content could not be verified. Reason: Encrypted content could not be decrypted or "
                "parsed."
            )
            yield Violation("encrypted_content", said, None, "invalid_encrypted_content")
        following = as_object(after)
        # What follows a piece of reasoning is what came of it, never the caller's turn.
        is_callers = following.get("role") in ("user", "system", "developer")
        if not following or is_callers or following.get("type") == "function_call_output":
            said = f"Item '{item.get('id')}' of type 'reasoning' was provided without its required following item."
            yield Violation("reasoning_alone", said, "input")


def _tools(body: Object) -> Iterator[Violation]:
    tools = as_objects(body.get("tools"))
    for at, tool in enumerate(tools):
        if tool.get("type") == "function" and not TOOL_NAME.fullmatch(str(tool.get("name", ""))):
            said = f"Missing required parameter: 'tools[{at}].name'."
            yield Violation("tool_name", said, f"tools[{at}].name", "missing_required_parameter")
    choice = as_object(body.get("tool_choice"))
    names = [tool.get("name") for tool in tools]
    if choice.get("type") == "function" and choice.get("name") not in names:
        said = f"Tool choice 'function' not found in 'tools' parameter: '{choice.get('name')}'."
        yield Violation("tool_choice", said, "tool_choice")


def _listed(values: tuple[str, ...]) -> str:
    return ", ".join(f"'{value}'" for value in values)
