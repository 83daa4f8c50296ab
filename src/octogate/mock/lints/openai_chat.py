"""What OpenAI refuses in a chat request, in its words.

https://platform.openai.com/docs/api-reference/chat/create
"""

from collections.abc import Iterator

from octogate.mock.lints.violation import TOOL_NAME, Violation
from octogate.mock.question import Object, as_object, as_objects, as_texts

_ROLES = ("system", "assistant", "user", "function", "tool", "developer")
_PARTS = {
    "user": ("text", "image_url", "input_audio", "file"),
    "assistant": ("text", "refusal"),
}
_MOST_ID_CHARACTERS, _MOST_STOPS = 40, 4


def violations(body: Object) -> Iterator[Violation]:
    """Every rule that the request breaks, in the order in which they are looked at."""
    messages = as_objects(body.get("messages"))
    for at, message in enumerate(messages):
        yield from _message(message, f"messages[{at}]")
    yield from _pairs(messages)
    yield from _tools(body)
    yield from _settings(body, messages)


def _message(message: Object, where: str) -> Iterator[Violation]:
    role, content = message.get("role"), message.get("content")
    if role not in _ROLES:
        said = f"Invalid value: '{role}'. Supported values are: {_listed(_ROLES)}."
        yield Violation("role", said, f"{where}.role", "invalid_value")
        return
    if content is None and not message.get("tool_calls") and not message.get("function_call"):
        said = "Invalid value for 'content': expected a string, got null."
        if message.get("refusal") is None and message.get("audio") is None:
            yield Violation("content", said, f"{where}.content")
    allowed = _PARTS.get(str(role), ("text",))
    for place, part in enumerate(as_objects(content)):
        if part.get("type") not in allowed:
            said = f"Invalid value: '{part.get('type')}'. Supported values are: {_listed(allowed)}."
            yield Violation("content_type", said, f"{where}.content[{place}].type", "invalid_value")
    for place, call in enumerate(as_objects(message.get("tool_calls"))):
        yield from _call(call, f"{where}.tool_calls[{place}]")


def _call(call: Object, where: str) -> Iterator[Violation]:
    call_id, function = call.get("id"), as_object(call.get("function"))
    if not isinstance(call_id, str) or not call_id:
        yield Violation("call_id", f"Missing required parameter: '{where}.id'.", f"{where}.id")
    elif len(call_id) > _MOST_ID_CHARACTERS:
        said = (
            f"Expected a string with maximum length {_MOST_ID_CHARACTERS}, but got a string with length "
            f"{len(call_id)} instead."
        )
        yield Violation(
            "call_id", f"Invalid '{where}.id': string too long. {said}", f"{where}.id", "string_above_max_length"
        )
    if call.get("type") == "custom":
        return
    if not TOOL_NAME.fullmatch(str(function.get("name", ""))):
        yield _bad_name(f"{where}.function.name")
    if not isinstance(function.get("arguments"), str):
        place = f"{where}.function.arguments"
        yield Violation("arguments", f"Invalid type for '{place}': expected a string.", place, "invalid_type")


def _pairs(messages: list[Object]) -> Iterator[Violation]:
    """Tool messages stand behind the calls that they answer, and every call has one."""
    open_calls: list[str] = []
    for at, message in enumerate(messages):
        if message.get("role") == "tool":
            call = str(message.get("tool_call_id"))
            if call not in open_calls:
                said = (
                    "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with "
                    "'tool_calls'."
                )
                yield Violation("tool_message", said, f"messages.[{at}].role")
            open_calls = [other for other in open_calls if other != call]
            continue
        if open_calls:
            yield _unanswered(open_calls, at)
        open_calls = [str(call.get("id")) for call in as_objects(message.get("tool_calls"))]
    if open_calls:
        yield _unanswered(open_calls, len(messages))


def _unanswered(calls: list[str], at: int) -> Violation:
    said = "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'."
    named = f"The following tool_call_ids did not have response messages: {', '.join(calls)}"
    return Violation("tool_message_missing", f"{said} {named}", f"messages.[{at}].role")


def _tools(body: Object) -> Iterator[Violation]:
    tools = as_objects(body.get("tools"))
    if isinstance(body.get("tools"), list) and not tools:
        said = "Invalid 'tools': empty array. Expected an array with minimum length 1, but got an empty array instead."
        yield Violation("tools", said, "tools", "empty_array")
    for at, tool in enumerate(tools):
        function = as_object(tool.get("function"))
        if tool.get("type") == "function" and not TOOL_NAME.fullmatch(str(function.get("name", ""))):
            yield _bad_name(f"tools[{at}].function.name")
    choice = body.get("tool_choice")
    if choice not in (None, "none") and not tools:
        said = "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified."
        yield Violation("tool_choice", said, "tool_choice")
    named = as_object(as_object(choice).get("function")).get("name")
    if named is not None and named not in [as_object(tool.get("function")).get("name") for tool in tools]:
        said = f"Invalid value for 'tool_choice': tool choice function '{named}' not found in 'tools' parameter."
        yield Violation("tool_choice", said, "tool_choice")


def _settings(body: Object, messages: list[Object]) -> Iterator[Violation]:
    if len(as_texts(body.get("stop"))) > _MOST_STOPS:
        said = f"Invalid 'stop': array too long. Expected an array with maximum length {_MOST_STOPS}."
        yield Violation("stop", said, "stop", "array_above_max_length")
    temperature = body.get("temperature")
    if isinstance(temperature, int | float) and not 0 <= temperature <= 2:
        said = "Invalid 'temperature': decimal out of range. Expected a value between 0 and 2."
        yield Violation("temperature", said, "temperature")
    output = as_object(body.get("response_format"))
    if output.get("type") == "json_object" and "json" not in str([one.get("content") for one in messages]).lower():
        said = "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'."
        yield Violation("json_word", said, "messages")
    yield from strict_schema(as_object(output.get("json_schema")), "response_format")
    if body.get("metadata") and body.get("store") is not True:
        said = "The 'metadata' parameter is only allowed when 'store' is enabled."
        yield Violation("metadata", said, "metadata")


def strict_schema(output: Object, where: str) -> Iterator[Violation]:
    """A strict format closes its objects and requires all their properties; looked at on the top level."""
    schema = as_object(output.get("schema"))
    if output.get("strict") is not True or "$ref" in schema:
        return
    begins = f"Invalid schema for {where} '{output.get('name')}': In context=(),"
    if schema.get("additionalProperties") is not False:
        said = f"{begins} 'additionalProperties' is required to be supplied and to be false."
        yield Violation("strict_schema", said, where, "invalid_json_schema")
    missing = set(as_object(schema.get("properties"))) - set(as_texts(schema.get("required")))
    if missing:
        said = (
            f"{begins} 'required' is required to be supplied and to be an array including every key in properties. "
            f"Missing '{min(missing)}'."
        )
        yield Violation("strict_schema", said, where, "invalid_json_schema")


def _bad_name(where: str) -> Violation:
    said = "string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'."
    return Violation("tool_name", f"Invalid '{where}': {said}", where, "invalid_value")


def _listed(values: tuple[str, ...]) -> str:
    return ", ".join(f"'{value}'" for value in values)
