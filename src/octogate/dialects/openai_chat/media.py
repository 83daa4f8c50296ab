"""Pictures, recordings and documents between content parts of chat messages and the hub."""

import base64
import binascii
import re
from typing import Final

from octogate.core.conversation import Media, MediaKind
from octogate.dialects.openai_chat.findings import Findings, Table

_DATA_URL: Final = re.compile(r"data:([^;,]*)(?:;[^;,]+)*?(;base64)?,", re.I)
_AUDIO_TYPES: Final = {"wav": "audio/wav", "mp3": "audio/mpeg", "pcm16": "audio/pcm"}
_AUDIO_FORMATS: Final = {
    "audio/wav": "wav",
    "audio/x-wav": "wav",
    "audio/wave": "wav",
    "audio/mpeg": "mp3",
    "audio/mp3": "mp3",
}
_KINDS: Final[dict[str, MediaKind]] = {"image": "image", "audio": "audio", "video": "video"}
_EXTENSIONS: Final[dict[str, str]] = {
    "application/pdf": ".pdf",
    "text/plain": ".txt",
    "text/html": ".html",
    "text/csv": ".csv",
    "text/markdown": ".md",
    "application/json": ".json",
}
_TYPES: Final = {extension: media_type for media_type, extension in _EXTENSIONS.items()}
_FILE_AT_PROVIDER: Final = "the file lies at the provider to which it was uploaded"
NO_PLACE: Final = "this target does not take it"


def image(part: Table, path: str, findings: Findings) -> Media | None:
    """An `image_url` part; a bare URL in place of the object is taken too."""
    return linked(part, "image_url", "image", path, findings)


def linked(part: Table, name: str, kind: MediaKind, path: str, findings: Findings) -> Media | None:
    """A part that holds an URL, or a data URL, under `name`: `image_url`, or `video_url` of several relatives."""
    if isinstance(part.get(name), str):
        return from_url(str(part[name]), kind)
    table = findings.table(part, name, path, needed=True)
    url = findings.text(table, "url", f"{path}{name}.", needed=True) if table is not None else None
    if table is None or url is None:
        return None
    return from_url(url, kind, detail=findings.text(table, "detail", f"{path}{name}."))


def audio(part: Table, path: str, findings: Findings) -> Media | None:
    """An `input_audio` part: base64 and the name of a format."""
    table = findings.table(part, "input_audio", path, needed=True)
    if table is None:
        return None
    data = findings.text(table, "data", f"{path}input_audio.", needed=True)
    form = findings.text(table, "format", f"{path}input_audio.", needed=True)
    if data is None or form is None:
        return None
    found = _split(data)
    return Media("audio", _AUDIO_TYPES.get(form, f"audio/{form}"), data=found[1] if found else data)


def file(part: Table, path: str, findings: Findings) -> Media | None:
    """A `file` part: a data URL, bare base64, or an URL (OpenRouter). An uploaded file is a loss that ends the call."""
    table = findings.table(part, "file", path, needed=True)
    if table is None:
        return None
    name = findings.text(table, "filename", f"{path}file.")
    data = findings.text(table, "file_data", f"{path}file.")
    if data is not None:
        return from_url(data, "document", name=name) if ":" in data[:16] else _bare(data, name)
    if findings.text(table, "file_id", f"{path}file.") is not None:
        findings.lose(f"{path}file.file_id", _FILE_AT_PROVIDER, fatal=True)
    elif "file_data" not in table and "file_id" not in table:
        findings.faults.rule(f"{path}file.file_data", "is required")
    return None


def from_url(url: str, kind: MediaKind, *, name: str | None = None, detail: str | None = None) -> Media:
    """A data URL as its data, any other URL as itself; what a data URL says of its type decides the kind."""
    found = _split(url)
    if found is None:
        return Media(kind, url=url, name=name, detail=detail)
    media_type, data = found
    kind = _KINDS.get(media_type.partition("/")[0], kind)
    return Media(kind, media_type, data=data, name=name, detail=detail)


def _split(url: str) -> tuple[str, str] | None:
    """Media type and base64 of a data URL; None for any other text."""
    found = _DATA_URL.match(url) if url[:5].lower() == "data:" else None
    if found is None:
        return None
    data = url[found.end() :]
    return found[1].lower(), data if found[2] else base64.b64encode(data.encode()).decode()


def _bare(data: str, name: str | None) -> Media:
    extension = f".{name.rpartition('.')[2].lower()}" if name else ""
    return Media("document", _TYPES.get(extension, "application/pdf"), data=data, name=name)


def data_url(media: Media) -> str:
    """Where its bytes are: its URL, or a data URL of them."""
    return media.url if media.url is not None else f"data:{media.media_type};base64,{media.data or ''}"


def write(media: Media) -> dict[str, object] | str:
    """A content part that says the same, or the reason why there is none."""
    if media.file_id is not None:
        return _FILE_AT_PROVIDER
    if media.kind == "image":
        picture = {"url": data_url(media)} | ({"detail": media.detail} if media.detail else {})
        return {"type": "image_url", "image_url": picture}
    if media.kind == "audio":
        return _write_audio(media)
    return _write_document(media) if media.kind == "document" else NO_PLACE


def _write_audio(media: Media) -> dict[str, object] | str:
    form = _AUDIO_FORMATS.get(media.media_type.partition(";")[0].lower())
    if media.data is None or form is None:
        return "this target takes recordings as wav or mp3 data only"
    return {"type": "input_audio", "input_audio": {"data": media.data, "format": form}}


def _write_document(media: Media) -> dict[str, object] | str:
    """Plain text becomes a text part, which every model can read; all else is sent as a file."""
    if media.url is not None:
        return "this target takes documents as data only, not by URL"
    text = media.text if media.text is not None else _plain_text(media)
    if text is not None:
        return {"type": "text", "text": f"{media.name}\n\n{text}" if media.name else text}
    name = media.name or f"document{_EXTENSIONS.get(media.media_type, '')}"
    return {"type": "file", "file": {"filename": name, "file_data": data_url(media)}}


def _plain_text(media: Media) -> str | None:
    if not media.media_type.startswith("text/"):
        return None
    try:
        return base64.b64decode(media.data or "", validate=True).decode()
    except (binascii.Error, ValueError):
        return None
