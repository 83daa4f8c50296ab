"""Pictures, files and recordings between Responses content parts and the hub."""

from collections.abc import Callable
from typing import Final

from octogate.core.conversation import Media, MediaKind, Text
from octogate.dialects.findings import AT_PROVIDER, Findings, Table
from octogate.dialects.media import (
    audio_of,
    data_url,
    document_words,
    extension_of,
    from_url,
    named_document,
    write_audio,
)


def read_image(part: Table, path: str, findings: Findings) -> Media | None:
    """`input_image`: an address or data URL, bare or (as Chat has it) in an object with its `detail`."""
    source: object = part.get("image_url")
    detail: object = part.get("detail")
    if isinstance(source, dict):
        detail = source.get("detail", detail)
        source = source.get("url")
    if source is None and part.get("file_id") is not None:
        findings.lose(f"{path}.file_id", AT_PROVIDER, fatal=True)
        return None
    url = findings.needed(source, f"{path}.image_url")
    return from_url(url, "image", detail=findings.text(detail, f"{path}.detail"))


def read_file(part: Table, path: str, findings: Findings) -> Media | None:
    """`input_file`: data (a data URL, or bare base64 with a name), an address, or a file at the provider."""
    name = findings.text(part.get("filename"), f"{path}.filename")
    data = findings.text(part.get("file_data"), f"{path}.file_data")
    if data is not None:
        is_url = data[:5].lower() == "data:"
        return from_url(data, "document", name=name) if is_url else named_document(data, name)
    if part.get("file_url") is not None:
        return from_url(findings.needed(part["file_url"], f"{path}.file_url"), "document", name=name)
    if part.get("file_id") is not None:
        findings.lose(f"{path}.file_id", AT_PROVIDER, fatal=True)
    else:
        findings.faults.rule(f"{path}.file_data", "is required")
    return None


def read_audio(part: Table, path: str, findings: Findings) -> Media | None:
    """`input_audio`: base64 data and the name of its format."""
    inner = findings.table(part.get("input_audio", part), f"{path}.input_audio") or {}
    data = findings.needed(inner.get("data"), f"{path}.input_audio.data")
    return audio_of(data, findings.needed(inner.get("format"), f"{path}.input_audio.format"))


def write_media(media: Media) -> dict[str, object] | str:
    """The content part that says the same, or the reason why there is none."""
    if media.file_id is not None:
        return AT_PROVIDER
    return _WRITERS[media.kind](media)


def _write_image(media: Media) -> dict[str, object] | str:
    return {"type": "input_image", "image_url": data_url(media), "detail": media.detail or "auto"}


def _write_document(media: Media) -> dict[str, object] | str:
    """Plain text goes as text, which every model can read; all else as a file."""
    words = document_words(media)
    if words is not None:
        return {"type": "input_text", "text": words}
    if media.url is not None:
        return {"type": "input_file", "file_url": media.url}
    name = media.name or f"document.{extension_of(media.media_type) or 'bin'}"
    return {"type": "input_file", "filename": name, "file_data": data_url(media)}


def _write_video(_: Media) -> str:
    return "this target takes no video"


_WRITERS: Final[dict[MediaKind, Callable[[Media], dict[str, object] | str]]] = {
    "image": _write_image,
    "document": _write_document,
    "audio": write_audio,
    "video": _write_video,
}


def write_part(part: Text | Media) -> dict[str, object] | str:
    """The content part of an input message or a tool's output; a reason where there is none."""
    return {"type": "input_text", "text": part.text} if isinstance(part, Text) else write_media(part)
