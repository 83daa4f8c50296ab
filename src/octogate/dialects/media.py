"""Pictures, recordings and documents as several dialects tell them: data URLs, media types, formats of sound."""

import base64
import binascii
import re
from typing import Final
from urllib.parse import unquote_to_bytes

from octogate.core.conversation import Media, MediaKind

DOCUMENT_TYPES: Final = {
    "csv": "text/csv",
    "html": "text/html",
    "json": "application/json",
    "md": "text/markdown",
    "pdf": "application/pdf",
    "txt": "text/plain",
}
"""Media types of documents by the ends of their names."""

_EXTENSIONS: Final = {media_type: extension for extension, media_type in DOCUMENT_TYPES.items()}
_KINDS: Final[dict[str, MediaKind]] = {"image": "image", "audio": "audio", "video": "video"}
_AUDIO_TYPES: Final = {"wav": "audio/wav", "mp3": "audio/mpeg", "pcm16": "audio/pcm"}
_AUDIO_FORMATS: Final = {
    "audio/wav": "wav",
    "audio/x-wav": "wav",
    "audio/wave": "wav",
    "audio/mpeg": "mp3",
    "audio/mp3": "mp3",
}
# Possessive: without a comma at the end there is nothing to go back to, and no memory is spent on the way.
_DATA_URL: Final = re.compile(r"data:([^;,]*+)((?:;[^;,]*+)*+),", re.I)
_MAX_ESCAPED: Final = 2**20
"""Of a data URL in percent escapes, as pages have small drawings: taking them apart costs hundreds of times as much."""


def kind_of(media_type: str, otherwise: MediaKind = "document") -> MediaKind:
    """What a media type is of; `otherwise` for all that is no picture, sound or film."""
    return _KINDS.get(media_type.partition("/")[0].lower(), otherwise)


def split_data_url(url: str) -> tuple[str, str] | None:
    """Media type and base64 of a data URL (RFC 2397); None for any other text, and for long ones without base64."""
    found = _DATA_URL.match(url)
    if found is None:
        return None
    data = url[found.end() :]
    if "base64" not in found[2].lower():
        if len(data) > _MAX_ESCAPED:
            return None
        data = base64.b64encode(unquote_to_bytes(data)).decode()
    return found[1].lower(), data


def from_url(url: str, kind: MediaKind, *, name: str | None = None, detail: str | None = None) -> Media:
    """A data URL as its data, any other URL as itself; what a data URL says of its type decides the kind."""
    found = split_data_url(url)
    if found is None:
        return Media(kind, url=url, name=name, detail=detail)
    media_type, data = found
    return Media(kind_of(media_type, kind), media_type, data=data, name=name, detail=detail)


def data_url(media: Media) -> str:
    """Where its bytes are: its URL, or a data URL of them."""
    return media.url if media.url is not None else f"data:{media.media_type};base64,{media.data or ''}"


def named_document(data: str, name: str | None) -> Media:
    """A document of bare base64, of the type that its name tells; PDF where it tells none."""
    media_type = DOCUMENT_TYPES.get((name or "").rpartition(".")[2].lower(), "application/pdf")
    return Media("document", media_type, data=data, name=name)


def extension_of(media_type: str) -> str | None:
    """How the names of documents of a type end."""
    return _EXTENSIONS.get(media_type)


def document_words(media: Media) -> str | None:
    """The words of a document that is plain text, behind its name; None for any other."""
    words = media.text if media.text is not None else _plain_text(media)
    return f"{media.name}\n\n{words}" if media.name and words is not None else words


def audio_of(data: str, form: str) -> Media:
    """A recording, by the name that the OpenAI dialects have for its format."""
    return Media("audio", _AUDIO_TYPES.get(form, f"audio/{form}"), data=data)


def write_audio(media: Media) -> dict[str, object] | str:
    """The `input_audio` part of the OpenAI dialects, or the reason why there is none."""
    form = _AUDIO_FORMATS.get(media.media_type.partition(";")[0].lower())
    if media.data is None or form is None:
        return "this target takes recordings as wav or mp3 data only"
    return {"type": "input_audio", "input_audio": {"data": media.data, "format": form}}


def _plain_text(media: Media) -> str | None:
    if media.data is None or not media.media_type.startswith("text/"):
        return None
    try:
        return base64.b64decode(media.data, validate=True).decode()
    except (binascii.Error, ValueError):
        return None
