"""Pictures, recordings and documents between content parts of chat messages and the hub."""

from octogate.core.conversation import Media, MediaKind
from octogate.dialects.findings import AT_PROVIDER, Findings, Table
from octogate.dialects.media import (
    audio_of,
    data_url,
    document_words,
    extension_of,
    from_url,
    named_document,
    split_data_url,
    write_audio,
)


def image(part: Table, path: str, findings: Findings) -> Media | None:
    """An `image_url` part; a bare URL in place of the object is taken too."""
    return linked(part, "image_url", "image", path, findings)


def linked(part: Table, name: str, kind: MediaKind, path: str, findings: Findings) -> Media | None:
    """A part that holds an URL, or a data URL, under `name`: `image_url`, or `video_url` of several relatives."""
    source, path = part.get(name), f"{path}.{name}"
    if isinstance(source, str):
        return from_url(source, kind)
    table = findings.table(source, path, needed=True)
    if table is None:
        return None
    url = findings.needed(table.get("url"), f"{path}.url")
    return from_url(url, kind, detail=findings.text(table.get("detail"), f"{path}.detail"))


def audio(part: Table, path: str, findings: Findings) -> Media | None:
    """An `input_audio` part: base64, perhaps in a data URL, and the name of a format."""
    path = f"{path}.input_audio"
    table = findings.table(part.get("input_audio"), path, needed=True)
    if table is None:
        return None
    data = findings.needed(table.get("data"), f"{path}.data")
    found = split_data_url(data)
    return audio_of(found[1] if found else data, findings.needed(table.get("format"), f"{path}.format"))


def file(part: Table, path: str, findings: Findings) -> Media | None:
    """A `file` part: a data URL, bare base64, or an URL (OpenRouter). An uploaded file is a loss that ends the call."""
    path = f"{path}.file"
    table = findings.table(part.get("file"), path, needed=True)
    if table is None:
        return None
    name = findings.text(table.get("filename"), f"{path}.filename")
    data = findings.text(table.get("file_data"), f"{path}.file_data")
    if data is not None:
        return from_url(data, "document", name=name) if ":" in data[:16] else named_document(data, name)
    if findings.text(table.get("file_id"), f"{path}.file_id") is not None:
        findings.lose(f"{path}.file_id", AT_PROVIDER, fatal=True)
    elif "file_data" not in table and "file_id" not in table:
        findings.faults.rule(f"{path}.file_data", "is required")
    return None


def write(media: Media) -> dict[str, object] | str:
    """A content part that says the same, or the reason why there is none."""
    if media.file_id is not None:
        return AT_PROVIDER
    if media.kind == "image":
        picture = {"url": data_url(media)} | ({"detail": media.detail} if media.detail else {})
        return {"type": "image_url", "image_url": picture}
    if media.kind == "audio":
        return write_audio(media)
    return _write_document(media) if media.kind == "document" else "this target does not take it"


def _write_document(media: Media) -> dict[str, object] | str:
    """Plain text becomes a text part, which every model can read; all else is sent as a file."""
    if media.url is not None:
        return "this target takes documents as data only, not by URL"
    words = document_words(media)
    if words is not None:
        return {"type": "text", "text": words}
    extension = extension_of(media.media_type)
    name = media.name or (f"document.{extension}" if extension else "document")
    return {"type": "file", "file": {"filename": name, "file_data": data_url(media)}}
