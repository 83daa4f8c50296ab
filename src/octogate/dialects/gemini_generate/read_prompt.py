"""Reads what a Gemini caller wants into the hub's words, with every fault and everything that only Gemini can say."""

from collections.abc import Sequence
from typing import Final

from octogate.core.call import Call
from octogate.core.conversation import Part, Prompt, Reasoning, Role, Text, ToolResult, Turn
from octogate.dialects.body import read_value
from octogate.dialects.findings import Findings
from octogate.dialects.gemini_generate.node import Node, nodes
from octogate.dialects.gemini_generate.read_parts import History, read_part
from octogate.dialects.gemini_generate.read_settings import read_settings
from octogate.dialects.gemini_generate.read_tools import read_tool_choice, read_tools

_ROLES: Final[dict[str | None, Role]] = {
    None: "user",
    "": "user",
    "user": "user",
    "function": "user",
    "model": "assistant",
}
_KNOWN: Final = frozenset(
    "contents systemInstruction tools toolConfig generationConfig serviceTier labels model".split()
)
_LOST: Final = {
    "safetySettings": "only Gemini takes thresholds for harm",
    "modelArmorConfig": "only Google's cloud has it",
}


def read_prompt(call: Call) -> Prompt:
    """`contents`, `systemInstruction`, `tools`, `toolConfig`, `generationConfig` and the rest, in both spellings.

    Consecutive `model` contents are one turn, for SDKs keep every event of a streamed answer as a content of its own;
    so are consecutive contents with nothing but function responses.
    """
    found = Findings()
    body = Node({name: read_value(raw) for name, raw in call.fields.items()}, "", found)
    turns = (*_read_instructions(body), *_read_contents(body))
    tools = read_tools(body)
    choice = read_tool_choice(body)
    settings = read_settings(body)
    _lose_others(body)
    found.faults.raise_if_any()
    return Prompt(turns=turns, tools=tools, tool_choice=choice, settings=settings, losses=tuple(found.losses))


def _read_instructions(body: Node) -> tuple[Turn, ...]:
    """The system's turn: a content, or just a string or a list of parts in its place."""
    value = body.get("systemInstruction")
    path = body.at("systemInstruction")
    if value is None:
        return ()
    if isinstance(value, str):
        return (Turn("system", (Text(value),)),) if value else ()
    content = Node(value if isinstance(value, dict) else {"parts": value}, path, body.found)
    parts = _read_parts(content, History(), "s")
    return (Turn("system", parts),) if parts else ()


def _read_contents(body: Node) -> tuple[Turn, ...]:
    history = History()
    turns: list[tuple[Role, list[Part]]] = []
    only_results = False  # so far in the last turn
    for at, content in enumerate(nodes(body.get("contents"), body.at("contents"), body.found)):
        said = content.text("role")
        if said not in _ROLES:
            content.found.faults.rule(content.at("role"), "must be user, model or function")
            continue
        parts = _read_parts(content, history, str(at))
        role = _ROLES[said]
        are_results = bool(parts) and all(isinstance(part, ToolResult) for part in parts)
        if turns and turns[-1][0] == role and (role == "assistant" or (only_results and are_results)):
            turns[-1][1].extend(parts)
        else:
            turns.append((role, list(parts)))
        only_results = are_results
    return tuple(Turn(role, _joined(parts)) for role, parts in turns)


def _read_parts(content: Node, history: History, place: str) -> tuple[Part, ...]:
    """The parts of a content; a string stands for one text."""
    content.lose_others({"role", "parts"})
    value = content.get("parts")
    if isinstance(value, str):
        return (Text(value),)
    parts: list[Part] = []
    for at, node in enumerate(content.nodes("parts")):
        part = read_part(node, history, f"{place}.{at}")
        if part is not None:
            parts.append(part)
    return tuple(parts)


def _joined(parts: Sequence[Part]) -> tuple[Part, ...]:
    """Thoughts that came in several pieces, whole again: a seal is worthless on less than what it was made for.

    An empty text with a seal is the seal of the text before it; one without, the end of a stream, says nothing.
    """
    groups: list[list[Part]] = []  # the pieces of one thought, or anything else alone
    for part in parts:
        last = groups[-1][-1] if groups else None
        if isinstance(part, Reasoning) and isinstance(last, Reasoning) and last.signature is None:
            groups[-1].append(part)
        elif isinstance(part, Text) and not part.text:
            if isinstance(last, Text) and last.signature is None:
                groups[-1] = [Text(last.text, signature=part.signature)]
        else:
            groups.append([part])
    return tuple(map(_whole, groups)) or tuple(parts[:1])


def _whole(group: Sequence[Part]) -> Part:
    pieces = [part for part in group if isinstance(part, Reasoning)]
    return Reasoning("".join(piece.text for piece in pieces), pieces[-1].signature) if len(pieces) > 1 else group[0]


def _lose_others(body: Node) -> None:
    """What remains of the body's members: some are known to be Gemini's own, the others nobody knows."""
    for name, reason in _LOST.items():
        body.lose(name, reason)
    body.lose("cachedContent", "the cached content lies at the provider, and is part of the prompt", fatal=True)
    if body.get("store") is True:
        body.lose("store", "no answer is stored at another provider")
    body.lose_others({*_KNOWN, *_LOST, "cachedContent", "store"})
