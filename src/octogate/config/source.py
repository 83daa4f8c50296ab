"""A configuration file as a tree of plain values in which every node still knows its line."""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import yaml

from octogate.config.environment import UnresolvedReference, expand, refers
from octogate.config.faults import ConfigFault, ConfigInvalid, Path, Position, spell

MAX_BYTES = 1 << 20
MAX_ALIASES = 100
MAX_DEPTH = 32
MAX_NODES = 100_000

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEAN = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_WHOLE = re.compile(r"[-+]?[0-9]{1,18}")
_DECIMAL = re.compile(r"[-+]?([0-9]{1,18}\.[0-9]{0,18}|\.[0-9]{1,18})")


class Document:
    """The values of a file (`tree`) with their places.

    `tree` holds only dict, list, str, int, Decimal, bool and None. `faults` are what was found while reading; the
    paths of `foreign` values came out of the environment and are never quoted, for they may be secrets.
    """

    def __init__(self, file: str) -> None:
        self.file = file
        self.tree: Any = {}
        self.faults: list[ConfigFault] = []
        self.faulty: set[Path] = set()
        self.foreign: set[Path] = set()
        self._positions: dict[Path, Position] = {(): Position(1, 1)}

    def place(self, path: Path, mark: Any) -> None:
        """Remember where the node at `path` stands (a PyYAML mark counts from 0)."""
        self._positions[path] = Position(mark.line + 1, mark.column + 1)

    def position(self, path: Path) -> Position:
        """Where `path` is, or the nearest thing around it that is in the file."""
        while path not in self._positions:
            path = path[:-1]
        return self._positions[path]

    def value(self, path: Path) -> Any:
        """The value at `path`; None when there is none."""
        node = self.tree
        for part in path:
            try:
                node = node[part]
            except (KeyError, IndexError, TypeError):
                return None
        return node

    def quote(self, path: Path, value: object) -> str:
        """`value` for a message, unless it came out of the environment."""
        return "this value from the environment" if path in self.foreign else repr(value)

    def fault(
        self, path: Path, message: str, *, allowed: tuple[str, ...] = (), suggestion: str | None = None
    ) -> ConfigFault:
        """A fault at `path` of this file."""
        at = self.position(path)
        return ConfigFault(self.file, at.line, at.column, spell(path), message, allowed, suggestion)

    def add(self, path: Path, message: str) -> None:
        """Record a fault found while reading."""
        self.faults.append(self.fault(path, message))
        self.faulty.add(path)


def read_document(text: str, *, file: str, variables: Mapping[str, str]) -> Document:
    """Parse YAML text and expand its references. Raises ConfigInvalid if it is not YAML or not within bounds."""
    document = Document(file)
    try:
        _check_bounds(text, document)
        root = yaml.compose(text, _Loader)
    except yaml.YAMLError as error:
        raise _syntax_fault(error, file) from None
    if root is not None:
        document.tree = _Reader(document, variables).read(root, (), 0)
    return document


def _check_bounds(text: str, document: Document) -> None:
    """Walk the events first: they need no recursion, so that no file can exhaust the stack or the memory."""
    depth = aliases = 0
    for event in yaml.parse(text, _Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.AliasEvent):
            aliases += 1
        if depth > MAX_DEPTH or aliases > MAX_ALIASES:
            limit = f"more than {MAX_DEPTH} levels" if depth > MAX_DEPTH else f"more than {MAX_ALIASES} aliases"
            document.place((), event.start_mark)
            raise ConfigInvalid([document.fault((), f"is nested or repeated too much: {limit}")])


def _syntax_fault(error: yaml.YAMLError, file: str) -> ConfigInvalid:
    mark = getattr(error, "problem_mark", None)
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    # `problem` names what the parser met, never the values around it.
    problem = getattr(error, "problem", None) or "a character that YAML does not allow"
    return ConfigInvalid([ConfigFault(file, line, column, "", f"is not valid YAML: {problem}")])


class _Reader:
    """Turns YAML nodes into plain values, depth first, in the order of the file."""

    def __init__(self, document: Document, variables: Mapping[str, str]) -> None:
        self._document = document
        self._variables = variables
        self._nodes = 0

    def read(self, node: yaml.Node, path: Path, depth: int) -> Any:
        self._nodes += 1
        # Aliases repeat whole subtrees (and can contain themselves), so that the walk needs bounds of its own.
        if self._nodes > MAX_NODES or depth > MAX_DEPTH:
            raise ConfigInvalid([self._document.fault(path, "is nested or repeated too much by aliases")])
        # The place of a member is that of its key, which `_entries` has noted already.
        if not path or isinstance(path[-1], int):
            self._document.place(path, node.start_mark)
        if node.tag.startswith("!") or ":python/" in node.tag:
            self._document.add(path, "has a YAML tag; tags are not supported")
            return None
        if isinstance(node, yaml.MappingNode):
            return {key: self.read(value, (*path, key), depth + 1) for key, value in self._entries(node, path)}
        if isinstance(node, yaml.SequenceNode):
            return [self.read(item, (*path, index), depth + 1) for index, item in enumerate(node.value)]
        return self._scalar(str(node.value), path, quoted=bool(getattr(node, "style", None)))

    def _entries(self, node: yaml.MappingNode, path: Path) -> Iterator[tuple[str, yaml.Node]]:
        seen: set[str] = set()
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag == "tag:yaml.org,2002:merge":
                self._document.add(path, "has a key that is not plain text (merge keys are not supported)")
                continue
            here = (*path, key.value)
            if key.value in seen:
                self._document.faults.append(self._duplicate(here, key))
                continue
            seen.add(key.value)
            self._document.place(here, key.start_mark)
            yield key.value, value

    def _duplicate(self, path: Path, key: yaml.Node) -> ConfigFault:
        line, column = key.start_mark.line + 1, key.start_mark.column + 1
        first = self._document.position(path)
        return ConfigFault(
            self._document.file, line, column, spell(path), f"is here twice; the first one is in line {first.line}"
        )

    def _scalar(self, text: str, path: Path, *, quoted: bool) -> Any:
        if refers(text):
            try:
                expanded = expand(text, self._variables)
            except UnresolvedReference as reason:
                self._document.add(path, str(reason))
                return "unresolved"  # stands in for the value; its path is marked faulty and reported once
            if expanded != text.replace("$${", "${"):
                self._document.foreign.add(path)
            return expanded
        return text if quoted else _plain(text)


def _plain(text: str) -> str | int | bool | Decimal | None:
    """An unquoted scalar by YAML 1.2's core rules: `no`, `1:30` and `2026-11-01` stay text."""
    if text in _NULL:
        return None
    if text in _BOOLEAN:
        return _BOOLEAN[text]
    if _WHOLE.fullmatch(text):
        return int(text)
    return Decimal(text) if _DECIMAL.fullmatch(text) else text
