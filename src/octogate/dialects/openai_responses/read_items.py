"""Reads the items of `input` into turns."""

from collections.abc import Callable
from typing import Final

import msgspec

from octogate.core.conversation import Media, Part, Reasoning, Refusal, Role, Text, ToolCall, ToolResult, Turn
from octogate.core.seals import unpack_id, unseal
from octogate.dialects.findings import AT_PROVIDER, Findings, Table
from octogate.dialects.openai_responses.media import read_audio, read_file, read_image
from octogate.dialects.openai_responses.output import OWN, image_type, joined
from octogate.dialects.openai_responses.read_tools import HOSTED
from octogate.dialects.openai_responses.tool_names import Namespaces

_ROLES: Final[dict[str, Role]] = {
    "user": "user",
    "assistant": "assistant",
    "system": "system",
    "developer": "developer",
}
_TEXTS: Final = frozenset({"input_text", "output_text", "text", "summary_text", "reasoning_text"})
_MEDIA: Final[dict[str, Callable[[Table, str, Findings], Media | None]]] = {
    "input_image": read_image,
    "image_url": read_image,
    "input_file": read_file,
    "input_audio": read_audio,
}
# Names, states and phases of items, the sources of words: they concern the bookkeeping of an earlier answer.
_OF_ITEM: Final = frozenset(
    "type id status phase role content summary encrypted_content call_id name namespace arguments input output result"
    " output_format".split()
)
_OF_PART: Final = frozenset(
    "type text annotations logprobs refusal image_url detail file_id filename file_data file_url input_audio data"
    " format url".split()
)
# What a picture was drawn with is not asked for again.
_OF_PICTURE: Final = _OF_ITEM | frozenset("action background quality size revised_prompt".split())
# What stands for words that only the provider has: without them the conversation is another one.
_BOUND: Final = frozenset({"item_reference", "compaction", "compaction_summary", "compaction_trigger"})


class ItemReader:
    """Takes items one by one, and puts together what is one turn.

    Items of the model that follow each other are one turn, unless thoughts or words follow words: then a new message
    has begun. Tool outputs that follow each other are one turn of the user.
    """

    __slots__ = ("_findings", "_has_calls", "_has_words", "_names", "_parts", "_role", "_tools", "turns")

    def __init__(self, findings: Findings, names: Namespaces) -> None:
        self._findings = findings
        self._names = names
        self._tools: dict[str, str] = {}
        self._role: Role | None = None
        self._parts: list[Part] = []
        self._has_words = self._has_calls = False  # among these parts, if the model said them
        self.turns: list[Turn] = []

    def read(self, item: Table, path: str) -> None:
        """One item; its `type` may be missing where it is a message."""
        kind = item.get("type", "message" if "role" in item else None)
        if not isinstance(kind, str):
            self._findings.faults.rule(f"{path}.type", "is required" if kind is None else "must be a string")
            return
        read = _ITEMS.get(kind)
        if read is not None:
            known = _OF_PICTURE if kind == "image_generation_call" else _OF_ITEM
            self._findings.lose_others(item, known, path)
            read(self, item, path)
        elif kind in _BOUND:
            self._findings.lose(path, AT_PROVIDER, fatal=True)
        elif kind != "additional_tools":
            self._findings.lose(path, HOSTED)

    def close(self) -> None:
        """End the turn that is being put together."""
        if self._role is not None:
            self.turns.append(Turn(self._role, tuple(self._parts)))
        self._role, self._parts = None, []
        self._has_words = self._has_calls = False

    def _message(self, item: Table, path: str) -> None:
        said = item.get("role")
        role = _ROLES.get(said) if isinstance(said, str) else None
        if role is None:
            self._findings.faults.rule(f"{path}.role", f"must be one of {', '.join(_ROLES.values())}")
            return
        content = read_content(item.get("content"), f"{path}.content", self._findings)
        if role != "assistant":
            self.close()
            self.turns.append(Turn(role, tuple(content)))
            return
        self._begin_message()
        self._add("assistant", *content)

    def _reasoning(self, item: Table, path: str) -> None:
        self._begin_message()
        sealed = self._findings.text(item.get("encrypted_content"), f"{path}.encrypted_content") or ""
        signature = unseal(sealed, OWN)
        texts = [
            self._findings.text(entry.get("text"), f"{where}.text") or ""
            for name in ("summary", "content")
            for where, entry in self._findings.tables(item.get(name), f"{path}.{name}")
        ]
        if texts or signature is not None:
            self._add("assistant", Reasoning(joined(texts), signature, hidden=not texts))

    def _function_call(self, item: Table, path: str) -> None:
        space = self._findings.text(item.get("namespace"), f"{path}.namespace")
        name = self._names.flat(space, self._findings.needed(item.get("name"), f"{path}.name"))
        arguments = item.get("arguments")
        if isinstance(arguments, dict):
            arguments = msgspec.json.encode(arguments).decode()
        self._call(item, path, name, self._findings.text(arguments, f"{path}.arguments") or "{}")

    def _custom_call(self, item: Table, path: str) -> None:
        """A call with free-form input, told as one of a function with a single text argument."""
        name = self._findings.needed(item.get("name"), f"{path}.name")
        said = self._findings.text(item.get("input"), f"{path}.input") or ""
        self._call(item, path, name, msgspec.json.encode({"input": said}).decode())

    def _call(self, item: Table, path: str, name: str, arguments: str) -> None:
        call_id, signature = unpack_id(self._findings.needed(item.get("call_id"), f"{path}.call_id"))
        self._tools[call_id] = name
        self._add("assistant", ToolCall(call_id, name, arguments, signature))

    def _output(self, item: Table, path: str) -> None:
        call_id, _ = unpack_id(self._findings.needed(item.get("call_id"), f"{path}.call_id"))
        parts = read_content(item.get("output"), f"{path}.output", self._findings)
        said = tuple(part for part in parts if isinstance(part, (Text, Media)))
        self._add("user", ToolResult(call_id, said, self._tools.get(call_id)))

    def _image(self, item: Table, path: str) -> None:
        """A picture that the model made; without its data it is only a name for one at the provider."""
        data = self._findings.text(item.get("result"), f"{path}.result")
        if data:
            self._add("assistant", Media("image", image_type(item.get("output_format")), data=data))
        else:
            self._findings.lose(path, AT_PROVIDER)

    def _add(self, role: Role, *parts: Part) -> None:
        if self._role != role:
            self.close()
        self._role = role
        self._parts += parts
        if role == "assistant":
            self._has_words = self._has_words or any(not isinstance(part, Reasoning) for part in parts)
            self._has_calls = self._has_calls or any(isinstance(part, ToolCall) for part in parts)

    def _begin_message(self) -> None:
        """Words, or thoughts, behind words of the model begin a new message."""
        if self._has_words and not self._has_calls:
            self.close()


_ITEMS: Final[dict[str, Callable[[ItemReader, Table, str], None]]] = {
    "message": ItemReader._message,
    "reasoning": ItemReader._reasoning,
    "function_call": ItemReader._function_call,
    "function_call_output": ItemReader._output,
    "custom_tool_call": ItemReader._custom_call,
    "custom_tool_call_output": ItemReader._output,
    "image_generation_call": ItemReader._image,
}


def read_content(value: object, path: str, findings: Findings) -> list[Part]:
    """The content of a message or a tool's output: a string, or a list of parts."""
    if isinstance(value, str):
        return [Text(value)] if value else []
    if value is not None and not isinstance(value, list):
        findings.faults.rule(path, "must be a string or an array")
        return []
    parts = (_read_part(part, where, findings) for where, part in findings.tables(value, path))
    return [part for part in parts if part is not None]


def _read_part(part: Table, path: str, findings: Findings) -> Part | None:
    kind = part.get("type")
    if not isinstance(kind, str):
        findings.faults.rule(f"{path}.type", "is required" if kind is None else "must be a string")
        return None
    if kind in _TEXTS or kind == "refusal" or kind in _MEDIA:
        findings.lose_others(part, _OF_PART, path)
    if kind in _TEXTS:
        return Text(findings.needed(part.get("text"), f"{path}.text"))
    if kind == "refusal":
        return Refusal(findings.needed(part.get("refusal"), f"{path}.refusal"))
    read = _MEDIA.get(kind)
    if read is not None:
        return read(part, path, findings)
    findings.lose(path, "no other target knows content of this type")
    return None
