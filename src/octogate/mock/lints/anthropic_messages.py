"""What Anthropic refuses in a messages request, in its words.

https://docs.claude.com/en/api/messages, …/build-with-claude/extended-thinking and …/agents-and-tools/tool-use.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

from octogate.mock.lints.violation import Violation
from octogate.mock.question import Object, as_object, as_objects, as_texts
from octogate.mock.seals import signs_thinking

_TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
_ID = re.compile(r"[a-zA-Z0-9_-]+")
_IMAGE_TYPES = ("image/jpeg", "image/png", "image/gif", "image/webp")
_THOUGHTS = ("thinking", "redacted_thinking")
_LEAST_BUDGET, _MOST_CACHE_MARKS = 1_024, 4


def violations(body: Object) -> Iterator[Violation]:
    """Every rule that the request breaks, in the order in which they are looked at."""
    messages = as_objects(body.get("messages"))
    # What the provider remembers of a thread, the mock cannot see.
    is_whole = as_object(body.get("thread")).get("type") != "continue"
    yield from _roles(messages)
    yield from _texts(body, messages)
    yield from _tools(body)
    if is_whole:
        yield from _pairs(messages)
    yield from _settings(body)
    yield from _thinking(body, messages)
    yield from _cache_marks(body, messages)


def _roles(messages: list[Object]) -> Iterator[Violation]:
    for at, message in enumerate(messages):
        role = message.get("role")
        if role not in ("user", "assistant"):
            said = f'messages.{at}.role: Unexpected role "{role}". Allowed roles are "user" or "assistant"'
            yield Violation("role", said)
    for before, after in pairwise(messages):
        if before.get("role") == after.get("role"):
            said = (
                'messages: roles must alternate between "user" and "assistant", but found multiple '
                f'"{after.get("role")}" roles in a row'
            )
            yield Violation("alternation", said)
    if messages and messages[0].get("role") != "user":
        yield Violation("first_role", 'messages: first message must use the "user" role')


def _blocks(message: Object) -> list[Object]:
    content = message.get("content")
    return [{"type": "text", "text": content}] if isinstance(content, str) else as_objects(content)


def _texts(body: Object, messages: list[Object]) -> Iterator[Violation]:
    for block in as_objects(body.get("system")):
        if not block.get("text"):
            yield Violation("empty_text", "system: text content blocks must be non-empty")
    for at, message in enumerate(messages):
        blocks, is_last = _blocks(message), at == len(messages) - 1
        is_prefill = is_last and message.get("role") == "assistant"
        if not message.get("content") and not is_prefill:
            said = "all messages must have non-empty content except for the optional final assistant message"
            yield Violation("empty_content", f"messages.{at}: {said}")
        for block in blocks:
            if block.get("type") == "text" and not str(block.get("text") or "").strip():
                yield Violation("empty_text", "messages: text content blocks must contain non-whitespace text")
            yield from _image(block, at)
        if is_prefill and blocks and str(blocks[-1].get("text") or "x")[-1].isspace():
            said = "messages: final assistant content cannot end with trailing whitespace"
            yield Violation("trailing_whitespace", said)


def _image(block: Object, at: int) -> Iterator[Violation]:
    source = as_object(block.get("source"))
    if block.get("type") == "image" and source.get("type") == "base64" and source.get("media_type") not in _IMAGE_TYPES:
        allowed = ", ".join(f"'{kind}'" for kind in _IMAGE_TYPES)
        said = f"messages.{at}.content.0.image.source.base64.media_type: Input should be {allowed}"
        yield Violation("image_type", said)


def _tools(body: Object) -> Iterator[Violation]:
    own = [
        (at, tool) for at, tool in enumerate(as_objects(body.get("tools"))) if tool.get("type", "custom") == "custom"
    ]
    for at, tool in own:
        if not _TOOL_NAME.fullmatch(str(tool.get("name", ""))):
            said = "String should match pattern '^[a-zA-Z0-9_-]{1,128}$'"
            yield Violation("tool_name", f"tools.{at}.custom.name: {said}")
        if as_object(tool.get("input_schema")).get("type") != "object":
            yield Violation("tool_schema", f"tools.{at}.custom.input_schema.type: Input should be 'object'")
    names = [tool.get("name") for tool in as_objects(body.get("tools"))]
    if len(set(map(str, names))) < len(names):
        yield Violation("tool_name", "tools: Tool names must be unique.")
    choice = as_object(body.get("tool_choice"))
    if choice.get("type") == "tool" and choice.get("name") not in names:
        yield Violation("tool_choice", f"Tool '{choice.get('name')}' not found in provided tools")


def _pairs(messages: list[Object]) -> Iterator[Violation]:
    """Results stand first in the message behind their calls, all of them and no others."""
    seen: set[str] = set()
    called: list[str] = []
    for at, message in enumerate(messages):
        blocks = _blocks(message)
        leading = _leading_results(blocks)
        missing = [call for call in called if call not in leading]
        if missing:
            said = "`tool_use` ids were found without `tool_result` blocks immediately after: "
            rule = "Each `tool_use` block must have a corresponding `tool_result` block in the next message."
            yield Violation("tool_result_missing", f"messages.{at - 1}: {said}{', '.join(missing)}. {rule}")
        yield from _unexpected_results(blocks, called, at)
        called = [str(block.get("id")) for block in blocks if block.get("type") == "tool_use"]
        for call in called:
            if call in seen:
                yield Violation("tool_use_id", f"messages.{at}: `tool_use` ids must be unique")
            if not _ID.fullmatch(call):
                said = "String should match pattern '^[a-zA-Z0-9_-]+$'"
                yield Violation("tool_use_id", f"messages.{at}.content.0.tool_use.id: {said}")
            seen.add(call)
    if called:
        said = "`tool_use` ids were found without `tool_result` blocks immediately after: "
        yield Violation("tool_result_missing", f"messages.{len(messages) - 1}: {said}{', '.join(called)}.")


def _leading_results(blocks: list[Object]) -> list[str]:
    leading = []
    for block in blocks:
        if block.get("type") != "tool_result":
            break
        leading.append(str(block.get("tool_use_id")))
    return leading


def _unexpected_results(blocks: list[Object], called: list[str], at: int) -> Iterator[Violation]:
    answered: set[str] = set()
    for place, block in enumerate(blocks):
        if block.get("type") != "tool_result":
            continue
        call = str(block.get("tool_use_id"))
        if call not in called:
            said = f"unexpected `tool_use_id` found in `tool_result` blocks: {call}."
            rule = "Each `tool_result` block must have a corresponding `tool_use` block in the previous message."
            yield Violation("tool_result_unexpected", f"messages.{at}.content.{place}: {said} {rule}")
        elif call in answered:
            said = f"each tool_use must have a single result. Found multiple `tool_result` blocks with id: {call}"
            yield Violation("tool_result_unexpected", f"messages.{at}.content.{place}: {said}")
        answered.add(call)


def _settings(body: Object) -> Iterator[Violation]:
    temperature = body.get("temperature")
    if isinstance(temperature, int | float) and not 0 <= temperature <= 1:
        yield Violation("temperature", "temperature: range: 0..1")
    if any(not sequence.strip() for sequence in as_texts(body.get("stop_sequences"))):
        said = "stop_sequences: each stop sequence must contain non-whitespace"
        yield Violation("stop_sequence", said)


def _thinking(body: Object, messages: list[Object]) -> Iterator[Violation]:
    for at, message in enumerate(messages):
        for place, block in enumerate(_blocks(message)):
            where = f"messages.{at}.content.{place}"
            if block.get("type") == "redacted_thinking":
                # The mock hides nothing, so this block is somebody else's.
                yield Violation("signature", f"{where}: Invalid `data` in `redacted_thinking` block")
            thought = str(block.get("thinking", ""))
            if block.get("type") == "thinking" and not signs_thinking(block.get("signature"), thought):
                yield Violation("signature", f"{where}: Invalid `signature` in `thinking` block")
    thinking = as_object(body.get("thinking"))
    if thinking.get("type") == "enabled":
        yield from _budget(body, thinking)
        yield from _thought_first(messages)


def _budget(body: Object, thinking: Object) -> Iterator[Violation]:
    budget, most = thinking.get("budget_tokens"), body.get("max_tokens")
    if not isinstance(budget, int):
        yield Violation("budget", "thinking.enabled.budget_tokens: Field required")
    elif budget < _LEAST_BUDGET:
        said = f"Input should be greater than or equal to {_LEAST_BUDGET}"
        yield Violation("budget", f"thinking.enabled.budget_tokens: {said}")
    elif isinstance(most, int) and most <= budget:
        yield Violation("budget", "`max_tokens` must be greater than `thinking.budget_tokens`.")
    if body.get("temperature", 1) != 1:
        yield Violation("thinking_settings", "`temperature` may only be set to 1 when thinking is enabled.")
    if body.get("top_k") is not None:
        yield Violation("thinking_settings", "`top_k` must be unset when thinking is enabled.")
    if as_object(body.get("tool_choice")).get("type") in ("any", "tool"):
        yield Violation("thinking_settings", "Thinking may not be enabled when tool_choice forces tool use.")


def _thought_first(messages: list[Object]) -> Iterator[Violation]:
    """Within a tool loop the assistant's last message begins with what it thought."""
    if len(messages) < 2 or not _leading_results(_blocks(messages[-1])):
        return
    blocks = _blocks(messages[-2])
    if blocks and blocks[0].get("type") not in _THOUGHTS:
        said = f"Expected `thinking` or `redacted_thinking`, but found `{blocks[0].get('type')}`."
        rule = "When `thinking` is enabled, a final `assistant` message must start with a thinking block."
        yield Violation("thinking_missing", f"messages.{len(messages) - 2}.content.0.type: {said} {rule}")


def _cache_marks(body: Object, messages: list[Object]) -> Iterator[Violation]:
    marked = [*as_objects(body.get("system")), *as_objects(body.get("tools"))]
    marked += [block for message in messages for block in _blocks(message)]
    marks = sum(1 for block in marked if block.get("cache_control") is not None)
    if marks > _MOST_CACHE_MARKS:
        said = f"A maximum of {_MOST_CACHE_MARKS} blocks with cache_control may be provided. Found {marks}."
        yield Violation("cache_control", said)
