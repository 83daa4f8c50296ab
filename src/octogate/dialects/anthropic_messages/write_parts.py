"""Parts of the hub → content blocks that Anthropic takes."""

import base64
import binascii
from typing import Final

from octogate.core.conversation import CacheMark, Loss, Media, Reasoning, Refusal, Text
from octogate.dialects.anthropic_messages.identity import OWN
from octogate.dialects.findings import AT_PROVIDER

Block = dict[str, object]

_IMAGES: Final = {
    "image/jpeg": "image/jpeg",
    "image/jpg": "image/jpeg",
    "image/png": "image/png",
    "image/gif": "image/gif",
    "image/webp": "image/webp",
}
_PDF: Final = "application/pdf"
_MAX_TITLE_CHARS: Final = 500


def write_text(text: str, cache: CacheMark | None = None) -> Block | None:
    """A text block; None for an empty one, which Anthropic refuses."""
    return _marked({"type": "text", "text": text}, cache) if text else None


def write_content(part: Text | Media | Refusal, path: str, losses: list[Loss]) -> Block | None:
    """The block of a part that either side can say; None, and perhaps a loss, when it cannot be told."""
    if isinstance(part, Text):
        return write_text(part.text, part.cache)
    return write_media(part, path, losses) if isinstance(part, Media) else write_text(part.text)


def write_reasoning(part: Reasoning) -> Block | None:
    """A thought of Anthropic's own, byte for byte; those of others mean nothing there."""
    signature = part.signature
    if signature is None or signature.origin != OWN:
        return None
    if part.hidden:
        return {"type": "redacted_thinking", "data": signature.value}
    return {"type": "thinking", "thinking": part.text, "signature": signature.value}


def write_media(media: Media, path: str, losses: list[Loss]) -> Block | None:
    """An image or document block; sounds, films and foreign files are losses."""
    if media.file_id is not None:
        losses.append(Loss(path, AT_PROVIDER, fatal=True))
        return None
    block: Block | str | None = "this provider takes neither sounds nor films"
    if media.kind == "image":
        block = _image(media)
    elif media.kind == "document":
        block = _document(media)
    if isinstance(block, str):
        losses.append(Loss(path, block))
        return None
    if block is None:
        return None
    if media.detail not in (None, "auto"):
        losses.append(Loss(f"{path}.detail", "this provider knows no levels of detail"))
    return _marked(block, media.cache)


def cache_control(mark: CacheMark) -> dict[str, str]:
    """A mark as this dialect writes it; five minutes go without saying."""
    return {"type": "ephemeral", "ttl": "1h"} if mark == "1h" else {"type": "ephemeral"}


def _marked(block: Block, cache: CacheMark | None) -> Block:
    if cache is not None:
        block["cache_control"] = cache_control(cache)
    return block


def _image(media: Media) -> Block | str:
    """The block, or why there is none."""
    if media.url is not None:
        return {"type": "image", "source": {"type": "url", "url": media.url}}
    media_type = _IMAGES.get(media.media_type.lower())
    if media_type is None:
        return f"this provider takes no images of the type {media.media_type!r}"
    return {"type": "image", "source": {"type": "base64", "media_type": media_type, "data": media.data or ""}}


def _document(media: Media) -> Block | str | None:
    """The block, why there is none, or None for a document without a word."""
    source = _document_source(media)
    if source is None or isinstance(source, str):
        return source
    block: Block = {"type": "document", "source": source}
    if media.name:
        block["title"] = media.name[:_MAX_TITLE_CHARS]
    return block


def _document_source(media: Media) -> dict[str, str] | str | None:
    media_type = media.media_type.lower().partition(";")[0].strip()
    if media.text is not None:
        return _text_source(media.text)
    if media.url is not None:
        if media_type in ("", _PDF):
            return {"type": "url", "url": media.url}
        return f"this provider fetches no documents of the type {media.media_type!r}"
    if media_type == _PDF:
        return {"type": "base64", "media_type": _PDF, "data": media.data or ""}
    if media_type.startswith("text/") or media_type == "application/json":
        text = _decoded(media.data or "")
        return "the document is not the text that it says to be" if text is None else _text_source(text)
    return f"this provider takes no documents of the type {media.media_type!r}"


def _text_source(text: str) -> dict[str, str] | None:
    return {"type": "text", "media_type": "text/plain", "data": text} if text else None


def _decoded(data: str) -> str | None:
    try:
        return base64.b64decode(data, validate=False).decode()
    except (binascii.Error, ValueError):
        return None
