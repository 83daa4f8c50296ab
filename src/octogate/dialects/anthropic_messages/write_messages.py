"""Turns → system blocks and messages by Anthropic's rules: roles alternate, and results follow their calls at once."""

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from octogate.core.conversation import Loss, Media, Part, Reasoning, Refusal, Text, ToolCall, ToolResult, Turn
from octogate.dialects.anthropic_messages.identity import legal_id
from octogate.dialects.anthropic_messages.tool_loop import THINKING
from octogate.dialects.anthropic_messages.write_parts import Block, cache_control, write_content, write_reasoning
from octogate.dialects.tool_calls import NO_RESULT, made_id, object_in, wrapped

_CONTINUE: Final = "Continue."


class Message(msgspec.Struct, frozen=True):
    """One message as it is sent."""

    role: str
    content: list[Block]

    def kinds(self) -> list[str]:
        """The types of its blocks."""
        return [str(block["type"]) for block in self.content]


class _Called(msgspec.Struct, frozen=True):
    """A call's block, still without an id, and the id by which its results know it."""

    call_id: str
    block: Block


class _Result(msgspec.Struct, frozen=True):
    """A result's block, still without an id, and the id of its call."""

    call_id: str
    block: Block


_Item = Block | _Called | _Result


class _Draft(msgspec.Struct, frozen=True):
    """A message whose calls and results have yet to find each other."""

    role: str
    items: list[_Item]


def write_system(turns: tuple[Turn, ...], losses: list[Loss]) -> list[Block]:
    """All words of system and developer, in order: those from the middle come to the front with the others."""
    blocks: list[Block] = []
    for at, turn in enumerate(turns):
        if turn.role not in ("system", "developer"):
            continue
        _lose_name(turn, at, losses)
        for number, part in enumerate(turn.parts):
            words = Text(part.text, cache=part.cache) if isinstance(part, Media) and part.text is not None else part
            path = f"messages[{at}].content[{number}]"
            if not isinstance(words, (Text, Refusal)):
                losses.append(Loss(path, "the instructions for this provider are text only"))
            elif (block := write_content(words, path, losses)) is not None:
                blocks.append(block)
    return blocks


def write_messages(turns: tuple[Turn, ...], losses: list[Loss]) -> list[Message]:
    """The words of user and assistant: at least one message, the first is the user's."""
    drafts = _merged(_draft(turn, at, losses) for at, turn in enumerate(turns) if turn.role in ("user", "assistant"))
    if any(_ends_in_thought(draft.items) for draft in drafts):
        drafts = _merged(map(_without_last_thoughts, drafts))
    if not drafts or drafts[0].role != "user":
        drafts.insert(0, _Draft("user", [_said(_CONTINUE)]))
    return _joined(drafts)


def end_properly(messages: list[Message], *, continues: bool, losses: list[Loss]) -> None:
    """What the assistant begins may not end in white space, and some models do not go on with it at all."""
    last = messages[-1]
    if last.role != "assistant":
        return
    while last.content and _ends_in_nothing(last.content[-1]):
        last.content.pop()
    if not last.content:
        messages.pop()
    elif not continues:
        messages.append(Message("user", [_said(_CONTINUE)]))
        losses.append(Loss("messages", "this model does not go on with words of its own; it was asked to continue"))


def _draft(turn: Turn, at: int, losses: list[Loss]) -> _Draft:
    _lose_name(turn, at, losses)
    items = (
        _item(part, turn.role, f"messages[{at}].content[{number}]", losses) for number, part in enumerate(turn.parts)
    )
    return _Draft(turn.role, [item for item in items if item is not None])


def _item(part: Part, role: str, path: str, losses: list[Loss]) -> _Item | None:
    if isinstance(part, (Text, Refusal)):
        return write_content(part, path, losses)
    if isinstance(part, ToolResult) and role == "user":
        return _result(part, path, losses)
    if isinstance(part, ToolCall) and role == "assistant":
        return _called(part, path, losses)
    if isinstance(part, Reasoning):
        return write_reasoning(part) if role == "assistant" else None
    if isinstance(part, Media) and role == "user":
        return write_content(part, path, losses)
    losses.append(Loss(path, f"this provider has no place for it in what the {role} said"))
    return None


def _called(call: ToolCall, path: str, losses: list[Loss]) -> _Called:
    arguments = object_in(call.arguments)
    if arguments is None:
        losses.append(Loss(path, "the arguments are no JSON object; their text was sent as one member of one"))
        arguments = wrapped(call.arguments)
    block: Block = {"type": "tool_use", "id": "", "name": call.name, "input": arguments}
    if call.cache is not None:
        block["cache_control"] = cache_control(call.cache)
    return _Called(call.id, block)


def _result(result: ToolResult, path: str, losses: list[Loss]) -> _Result:
    block: Block = {"type": "tool_result", "tool_use_id": ""}
    content = [written for part in result.parts if (written := write_content(part, path, losses)) is not None]
    if content:
        block["content"] = content
    if result.is_error:
        block["is_error"] = True
    if result.cache is not None:
        block["cache_control"] = cache_control(result.cache)
    return _Result(result.call_id, block)


def _merged(drafts: Iterable[_Draft]) -> list[_Draft]:
    """Neighbours of one role as one; those without a word are left out."""
    merged: list[_Draft] = []
    for draft in drafts:
        if not draft.items:
            continue
        if merged and merged[-1].role == draft.role:
            merged[-1].items.extend(draft.items)
        else:
            merged.append(_Draft(draft.role, list(draft.items)))
    return merged


def _without_last_thoughts(draft: _Draft) -> _Draft:
    """What the assistant said may not end with a thought, and a thought alone is nothing said."""
    items = list(draft.items)
    while _ends_in_thought(items):
        items.pop()
    return _Draft(draft.role, items)


def _ends_in_thought(items: list[_Item]) -> bool:
    return bool(items) and isinstance(last := items[-1], dict) and last["type"] in THINKING


def _joined(drafts: list[_Draft]) -> list[Message]:
    """The drafts as messages: ids are given out, results stand first behind their calls, and none is missing."""
    messages: list[Message] = []
    used: set[str] = set()
    pending: list[tuple[str, str]] = []
    for draft in drafts:
        if draft.role == "user":
            messages.append(Message("user", _answered(draft, pending)))
            pending = []
        else:
            pending = _identify(draft, used)
            messages.append(Message("assistant", [_block(item) for item in draft.items]))
    if pending:
        messages.append(Message("user", [_missing(wire_id) for _, wire_id in pending]))
    return messages


def _identify(draft: _Draft, used: set[str]) -> list[tuple[str, str]]:
    """Give each call an id that nobody else has; pairs of the caller's ids and these."""
    pairs: list[tuple[str, str]] = []
    for item in draft.items:
        if isinstance(item, _Called):
            wire_id = legal_id(item.call_id)
            if wire_id in used:
                wire_id = made_id(f"{item.call_id} {len(used)}")
            used.add(wire_id)
            item.block["id"] = wire_id
            pairs.append((item.call_id, wire_id))
    return pairs


def _answered(draft: _Draft, pending: list[tuple[str, str]]) -> list[Block]:
    """The user's blocks behind the calls in `pending`; a result of no such call is words of the user."""
    results: list[Block] = []
    others: list[Block] = []
    waiting: dict[str, deque[str]] = {}  # several calls may have one id: their results come in their order
    for call_id, wire_id in pending:
        waiting.setdefault(call_id, deque()).append(wire_id)
    answered: set[str] = set()
    for item in draft.items:
        if not isinstance(item, _Result):
            others.append(_block(item))
        elif wire_ids := waiting.get(item.call_id):
            answered.add(wire_ids[0])
            results.append({**item.block, "tool_use_id": wire_ids.popleft()})
        else:
            others += _orphaned(item)
    results += [_missing(wire_id) for _, wire_id in pending if wire_id not in answered]
    return [*results, *others] or [_said(_CONTINUE)]


def _orphaned(result: _Result) -> Iterator[Block]:
    content = result.block.get("content")
    if isinstance(content, list):
        yield from content


def _missing(wire_id: str) -> Block:
    return {"type": "tool_result", "tool_use_id": wire_id, "content": [_said(NO_RESULT)], "is_error": True}


def _block(item: _Item) -> Block:
    return item if isinstance(item, dict) else item.block


def _ends_in_nothing(block: Block) -> bool:
    """Whether nothing is left of a last block without its thoughts and the white space at its end, which it loses."""
    if block["type"] == "text":
        block["text"] = str(block["text"]).rstrip()
    return not block.get("text", True) or block["type"] in THINKING


def _said(text: str) -> Block:
    return {"type": "text", "text": text}


def _lose_name(turn: Turn, at: int, losses: list[Loss]) -> None:
    if turn.name is not None:
        losses.append(Loss(f"messages[{at}].name", "this provider knows no names of speakers"))
