"""Fails when a file or a function has outgrown the house rule: 400 lines a file, 60 a function."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 60
FOLDERS = ("src", "tests", "tools", "bench")


def main(root: Path) -> int:
    """Print every offender, largest first; 1 if there is any."""
    offenders = sorted((fault for path in sources(root) for fault in oversized(path)), reverse=True)
    for lines, where, limit in offenders:
        print(f"{where}: {lines} lines, at most {limit} are allowed: split it by what it is about")
    return 1 if offenders else 0


def sources(root: Path) -> Iterator[Path]:
    """Every Python file that is ours."""
    for folder in FOLDERS:
        yield from sorted(path for path in (root / folder).rglob("*.py") if "node_modules" not in path.parts)


def oversized(path: Path) -> Iterator[tuple[int, str, int]]:
    """(lines, where, limit) of the file itself and of each function in it that is too long."""
    text = path.read_text(encoding="utf-8")
    if (lines := text.count("\n")) > MAX_FILE_LINES:
        yield lines, str(path), MAX_FILE_LINES
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > MAX_FUNCTION_LINES:
                yield length, f"{path}:{node.lineno} {node.name}", MAX_FUNCTION_LINES


if __name__ == "__main__":
    sys.exit(main(Path(__file__).resolve().parent.parent))
