"""A model's thoughts between the members that chat messages have for them and the hub.

They have four names: `reasoning_content` (DeepSeek, vLLM), `reasoning` (Groq, Ollama, OpenRouter), `reasoning_details`
(OpenRouter: with signatures) and `thinking_blocks` (LiteLLM). The same thoughts often stand under two of them.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from zlib import crc32

from octogate.core.call import DialectName
from octogate.core.conversation import Reasoning
from octogate.core.seals import seal, unseal

OWN: Final[DialectName] = "openai_chat"


def read_reasoning(message: Mapping[str, object]) -> list[Reasoning]:
    """The thoughts in a message; the names that can say more win, and no text is read twice."""
    details = message.get("reasoning_details")
    parts = _read_each(details) or _read_each(message.get("thinking_blocks"))
    text = plain_reasoning(message)
    if text and not any(part.text for part in parts):
        parts = [Reasoning(text, parts[0].signature), *parts[1:]] if _is_open(parts) else [Reasoning(text), *parts]
    return _unharmed(parts, details)


def plain_reasoning(message: Mapping[str, object]) -> str:
    """The thoughts where they are plain text."""
    for name in ("reasoning_content", "reasoning"):
        text = message.get(name)
        if isinstance(text, str) and text:
            return text
    return ""


def read_block(block: object) -> Reasoning | None:
    """One entry of `reasoning_details` or `thinking_blocks`, or a `thinking` part (Mistral); None for anything else."""
    if not isinstance(block, dict):
        return None
    match block.get("type"):
        case "reasoning.text":
            return _shown(_words(block.get("text")), block.get("signature"))
        case "reasoning.summary":
            return _shown(_words(block.get("summary")), block.get("signature"))
        case "thinking":
            return _shown(_words(block.get("thinking")), block.get("signature"))
        case "reasoning.encrypted" | "redacted_thinking":
            data = block.get("data")
            signature = unseal(data, OWN) if isinstance(data, str) else None
            return Reasoning(signature=signature, hidden=True) if signature is not None else None
    return None


def write_reasoning(parts: Iterable[Reasoning]) -> dict[str, object]:
    """The members for an answer: the text, and all of it with its signatures where there are some."""
    thoughts = list(parts)
    members: dict[str, object] = {}
    if text := "".join(part.text for part in thoughts):
        members["reasoning_content"] = text
    if any(part.signature is not None for part in thoughts):
        members["reasoning_details"] = [write_block(part, at) for at, part in enumerate(thoughts)]
    return members


def write_block(part: Reasoning, index: int) -> dict[str, object]:
    """One entry of `reasoning_details`."""
    sealed = seal(part.signature, OWN) if part.signature is not None else None
    if part.hidden:
        return {"type": "reasoning.encrypted", "data": sealed or "", "index": index}
    return {"type": "reasoning.text", "text": part.text, "signature": sealed, "index": index}


def checksum(text: str, so_far: int = 0) -> int:
    """Tells thoughts from others, and from a part of themselves."""
    return crc32(text.encode("utf-8", "surrogatepass"), so_far)


def _is_open(parts: list[Reasoning]) -> bool:
    return bool(parts) and not parts[0].hidden


def _unharmed(parts: list[Reasoning], details: object) -> list[Reasoning]:
    """The same parts, but the seal of a stream's thoughts only with these thoughts.

    Some clients keep nothing of a member that they do not know but its last piece.
    """
    blocks = [block for block in details if isinstance(block, dict)] if isinstance(details, list) else []
    sums = {block["checksum"] for block in blocks if isinstance(block.get("checksum"), int)}
    if not sums:
        return parts
    return [part if part.hidden or checksum(part.text) in sums else Reasoning(part.text) for part in parts]


def _read_each(blocks: object) -> list[Reasoning]:
    """Entries under one index are one part: clients keep the pieces of a stream as they came."""
    groups: list[list[Reasoning]] = []
    latest: object = None
    for block in blocks if isinstance(blocks, list) else ():
        part = read_block(block)
        if part is None:
            continue
        index = block.get("index")
        continues = bool(groups) and index is not None and index == latest and not part.hidden
        if continues and groups[-1][-1].signature is None:
            groups[-1].append(part)
        else:
            groups.append([part])
        latest = index
    return list(map(_whole, groups))


def _whole(pieces: Sequence[Reasoning]) -> Reasoning:
    if len(pieces) == 1:
        return pieces[0]
    return Reasoning("".join(piece.text for piece in pieces), pieces[-1].signature)


def _shown(text: str, signature: object) -> Reasoning:
    return Reasoning(text, unseal(signature, OWN) if isinstance(signature, str) else None)


def _words(value: object) -> str:
    """A text, or the texts in a list of parts."""
    if isinstance(value, str):
        return value
    if not isinstance(value, list):
        return ""
    texts = (part.get("text") for part in value if isinstance(part, dict))
    return "".join(text for text in texts if isinstance(text, str))
