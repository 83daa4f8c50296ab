"""What Gemini refuses in a generateContent request, in its words.

https://ai.google.dev/gemini-api/docs/function-calling, …/thought-signatures and …/api/generate-content.
"""

from collections.abc import Iterator

from octogate.mock.lints.violation import Violation
from octogate.mock.question import Object, as_object, as_objects
from octogate.mock.seals import signs_thought

_ROLES = ("user", "model", "function", None, "")
_DATA = (
    *("text", "inlineData", "inline_data", "fileData", "file_data", "functionCall", "functionResponse"),
    *("executableCode", "codeExecutionResult"),
)
# The members of a Schema; JSON Schema in full belongs to parametersJsonSchema and responseJsonSchema.
_SCHEMA_MEMBERS = frozenset(
    {
        *("type", "format", "title", "description", "nullable", "enum", "default", "example", "anyOf", "pattern"),
        *("items", "minItems", "maxItems", "properties", "required", "minProperties", "maxProperties"),
        *("propertyOrdering", "minLength", "maxLength", "minimum", "maximum"),
        *("any_of", "min_items", "max_items", "min_properties", "max_properties", "min_length", "max_length"),
        "property_ordering",
    }
)
_MAX_SCHEMAS = 1_000


def violations(body: Object) -> Iterator[Violation]:
    """Every rule that the request breaks, in the order in which they are looked at."""
    contents = as_objects(body.get("contents"))
    for at, content in enumerate(contents):
        yield from _content(content, f"contents[{at}]")
    yield from _pairs(contents)
    yield from _signatures(contents)
    yield from _schemas(body)
    thinking = as_object(as_object(body.get("generationConfig")).get("thinkingConfig"))
    if thinking.get("thinkingBudget") is not None and thinking.get("thinkingLevel") is not None:
        yield Violation("thinking", "You can only set only one of thinking budget and thinking level.")


def _content(content: Object, where: str) -> Iterator[Violation]:
    parts = as_objects(content.get("parts"))
    if content.get("role") not in _ROLES:
        yield Violation("role", "Please use a valid role: user, model.")
    if not parts:
        said = f"* GenerateContentRequest.{where}.parts: contents.parts must not be empty.\n"
        yield Violation("empty_parts", said)
    for at, part in enumerate(parts):
        if not any(name in part for name in _DATA):
            said = (
                f"* GenerateContentRequest.{where}.parts[{at}].data: required oneof field 'data' must have one "
                "initialized field\n"
            )
            yield Violation("empty_part", said)
        yield from _function(part, f"{where}.parts[{at}]")


def _function(part: Object, where: str) -> Iterator[Violation]:
    for member, spelled in (("functionCall", "function_call"), ("functionResponse", "function_response")):
        if member not in part:
            continue
        function = as_object(part[member])
        if not function.get("name"):
            said = f"* GenerateContentRequest.{where}.{spelled}.name: Name cannot be empty.\n"
            yield Violation("function_name", said)
        held = function.get("args" if member == "functionCall" else "response")
        is_missing = held is None and member == "functionResponse"
        if is_missing or (held is not None and not isinstance(held, dict)):
            said = f"Invalid value at '{where}.{spelled}' (type.googleapis.com/google.protobuf.Struct)"
            yield Violation("function_struct", said)


def _named(content: Object, member: str) -> list[str]:
    """The functions called or answered in one turn, in a fixed order."""
    parts = [as_object(part[member]) for part in as_objects(content.get("parts")) if member in part]
    return sorted(str(part.get("name")) for part in parts)


def _pairs(contents: list[Object]) -> Iterator[Violation]:
    """A turn with calls is followed by a turn with as many responses to the same functions."""
    called: list[str] = []
    last_role: object = "model"
    for content in contents:
        calls, answers = _named(content, "functionCall"), _named(content, "functionResponse")
        if len(answers) != len(called):
            said = (
                "Please ensure that the number of function response parts is equal to the number of function call "
                "parts of the function call turn."
            )
            if not called:
                said = "Please ensure that function response turn comes immediately after a function call turn."
            yield Violation("function_response", said)
        elif answers != called:
            said = f"Function response for {answers[0]!r} does not answer a function call of the turn before."
            yield Violation("function_response_name", said)
        if calls and last_role == "model":
            said = (
                "Please ensure that function call turn comes immediately after a user turn or after a function "
                "response turn."
            )
            yield Violation("function_call_turn", said)
        called, last_role = calls, content.get("role")
    if called:
        said = "Please ensure that function call turn is followed by a function response turn."
        yield Violation("function_response", said)


def _signatures(contents: list[Object]) -> Iterator[Violation]:
    """In the current loop the first call of each turn carries its signature; whatever is signed is the mock's own."""
    loop_start = max((at for at, content in enumerate(contents) if _begins_loop(content)), default=-1)
    for at, content in enumerate(contents):
        calls_seen = 0
        for place, part in enumerate(as_objects(content.get("parts"))):
            signature = part.get("thoughtSignature", part.get("thought_signature"))
            if signature is not None and not signs_thought(signature):
                yield Violation("signature", "Corrupted thought signature.")
            if "functionCall" not in part:
                continue
            calls_seen += 1
            if at > loop_start and calls_seen == 1 and signature is None:
                name = as_object(part["functionCall"]).get("name")
                said = (
                    "Function call is missing a thought_signature in functionCall parts. This is required for tools "
                    "to work correctly."
                )
                data = f"Additional data, function call `default_api:{name}`, position {at + place + 1}."
                yield Violation("signature_missing", f"{said} {data}")


def _begins_loop(content: Object) -> bool:
    """The user says something, other than with the responses of functions."""
    return content.get("role") != "model" and not _named(content, "functionResponse")


def _schemas(body: Object) -> Iterator[Violation]:
    for at, tool in enumerate(as_objects(body.get("tools"))):
        for place, function in enumerate(as_objects(tool.get("functionDeclarations"))):
            where = f"tools[{at}].function_declarations[{place}].parameters"
            yield from _schema(function.get("parameters"), where)
    yield from _schema(
        as_object(body.get("generationConfig")).get("responseSchema"), "generation_config.response_schema"
    )


def _schema(schema: object, where: str) -> Iterator[Violation]:
    waiting = as_objects([schema])
    for _ in range(_MAX_SCHEMAS):
        if not waiting:
            return
        here = waiting.pop()
        for name in here:
            if name not in _SCHEMA_MEMBERS:
                said = f"Invalid JSON payload received. Unknown name \"{name}\" at '{where}': Cannot find field."
                yield Violation("schema", said)
        inner = [*as_object(here.get("properties")).values(), here.get("items")]
        waiting += as_objects(inner) + as_objects(here.get("anyOf"))
