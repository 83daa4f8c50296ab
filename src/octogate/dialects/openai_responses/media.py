"""Pictures, files and recordings between Responses content parts and the hub."""

import base64
import binascii
import re
from collections.abc import Callable
from typing import Final

from octogate.core.conversation import Media, MediaKind, Text
from octogate.dialects.openai_responses.reading import AT_PROVIDER, Members, Reading

_DATA_URL: Final = re.compile(r"data:([^;,]*)((?:;[^;,]*)*),", re.I)
_TYPES: Final = {
    "csv": "text/csv",
    "html": "text/html",
    "json": "application/json",
    "md": "text/markdown",
    "pdf": "application/pdf",
    "txt": "text/plain",
}
_EXTENSIONS: Final = {media_type: extension for extension, media_type in _TYPES.items()}
_AUDIO_TYPES: Final = {"mp3": "audio/mpeg", "wav": "audio/wav"}
_AUDIO_FORMATS: Final = {"audio/mpeg": "mp3", "audio/mp3": "mp3", "audio/wav": "wav", "audio/x-wav": "wav"}


def read_image(part: Members, path: str, reading: Reading) -> Media | None:
    """`input_image`: an address or data URL, bare or (as Chat has it) in an object with its `detail`."""
    source: object = part.get("image_url")
    detail: object = part.get("detail")
    if isinstance(source, dict):
        detail = source.get("detail", detail)
        source = source.get("url")
    if source is None and part.get("file_id") is not None:
        reading.lose(f"{path}.file_id", AT_PROVIDER, fatal=True)
        return None
    url = reading.needed(source, f"{path}.image_url")
    return from_url("image", url, detail=reading.text(detail, f"{path}.detail"))


def read_file(part: Members, path: str, reading: Reading) -> Media | None:
    """`input_file`: data (a data URL, or bare base64 with a name), an address, or a file at the provider."""
    name = reading.text(part.get("filename"), f"{path}.filename")
    data = reading.text(part.get("file_data"), f"{path}.file_data")
    if data is not None:
        if data[:5].lower() == "data:":
            return from_url("document", data, name=name)
        return Media("document", _type_of(name), data=data, name=name)
    if part.get("file_url") is not None:
        url = reading.needed(part["file_url"], f"{path}.file_url")
        return from_url("document", url, name=name)
    if part.get("file_id") is not None:
        reading.lose(f"{path}.file_id", AT_PROVIDER, fatal=True)
    else:
        reading.faults.rule(f"{path}.file_data", "is required")
    return None


def read_audio(part: Members, path: str, reading: Reading) -> Media | None:
    """`input_audio`: base64 data and the name of its format."""
    inner = reading.members(part.get("input_audio", part), f"{path}.input_audio") or {}
    data = reading.needed(inner.get("data"), f"{path}.input_audio.data")
    form = reading.needed(inner.get("format"), f"{path}.input_audio.format")
    return Media("audio", _AUDIO_TYPES.get(form, f"audio/{form}"), data=data)


def from_url(kind: MediaKind, url: str, *, name: str | None = None, detail: str | None = None) -> Media:
    """A data URL as its data, which also says what it is; any other as an address."""
    found = _DATA_URL.match(url)
    if found is None:
        return Media(kind, url=url, name=name, detail=detail)
    data = url[found.end() :]
    if "base64" not in found[2].lower():
        data = base64.b64encode(data.encode()).decode()
    return Media(kind, found[1].lower(), data=data, name=name, detail=detail)


def write_media(media: Media) -> dict[str, object] | str:
    """The content part that says the same, or the reason why there is none."""
    if media.file_id is not None:
        return AT_PROVIDER
    return _WRITERS[media.kind](media)


def _write_image(media: Media) -> dict[str, object] | str:
    return {"type": "input_image", "image_url": data_url(media), "detail": media.detail or "auto"}


def _write_document(media: Media) -> dict[str, object] | str:
    """Plain text goes as text, which every model can read; all else as a file."""
    plain = media.text if media.text is not None else plain_text(media)
    if plain is not None:
        return {"type": "input_text", "text": f"{media.name}\n\n{plain}" if media.name else plain}
    if media.url is not None:
        return {"type": "input_file", "file_url": media.url}
    name = media.name or f"document.{_EXTENSIONS.get(media.media_type, 'bin')}"
    return {"type": "input_file", "filename": name, "file_data": data_url(media)}


def _write_audio(media: Media) -> dict[str, object] | str:
    form = _AUDIO_FORMATS.get(media.media_type.partition(";")[0])
    if media.data is None or form is None:
        return "this target takes recordings as wav or mp3 data only"
    return {"type": "input_audio", "input_audio": {"data": media.data, "format": form}}


def _write_video(_: Media) -> str:
    return "this target takes no video"


_WRITERS: Final[dict[MediaKind, Callable[[Media], dict[str, object] | str]]] = {
    "image": _write_image,
    "document": _write_document,
    "audio": _write_audio,
    "video": _write_video,
}


def data_url(media: Media) -> str:
    """Its address, or a data URL of its bytes."""
    return media.url if media.url is not None else f"data:{media.media_type};base64,{media.data or ''}"


def plain_text(media: Media) -> str | None:
    """The words of a document whose bytes are text."""
    if media.data is None or not media.media_type.startswith("text/"):
        return None
    try:
        return base64.b64decode(media.data, validate=True).decode()
    except (binascii.Error, ValueError):
        return None


def write_part(part: Text | Media) -> dict[str, object] | str:
    """The content part of an input message or a tool's output; a reason where there is none."""
    return {"type": "input_text", "text": part.text} if isinstance(part, Text) else write_media(part)


def _type_of(name: str | None) -> str:
    return _TYPES.get((name or "").rpartition(".")[2].lower(), "application/pdf")
