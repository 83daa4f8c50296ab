"""Pictures, documents and recordings between parts of Gemini contents and the hub."""

import base64
from typing import Final
from urllib.parse import urlsplit

from octogate.core.conversation import Media, MediaKind
from octogate.dialects.gemini_generate.spelling import Object
from octogate.dialects.media import DOCUMENT_TYPES, kind_of

# What stands in for a type that nobody named: the server looks at the bytes, but wants to be told some type.
_USUAL: Final[dict[MediaKind, str]] = {
    "image": "image/jpeg",
    "document": "application/pdf",
    "audio": "audio/mpeg",
    "video": "video/mp4",
}
_EXTENSIONS: Final = {
    **DOCUMENT_TYPES,
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "webp": "image/webp",
    "heic": "image/heic",
    "heif": "image/heif",
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
    "flac": "audio/flac",
    "ogg": "audio/ogg",
    "aac": "audio/aac",
    "mp4": "video/mp4",
    "mov": "video/quicktime",
    "webm": "video/webm",
    "mpeg": "video/mpeg",
}
_STANDARD: Final = str.maketrans("-_", "+/")
_STORES: Final = ("https://generativelanguage.googleapis.com/", "files/")


def read_inline(media_type: str, data: str, name: str | None = None) -> Media:
    """`inlineData`. The Python SDK sends base64 for URLs, which others do not take: it becomes the usual one."""
    if "-" in data or "_" in data:
        data = data.translate(_STANDARD)
    return Media(kind_of(media_type), media_type, data=data, name=name)


def read_file(media_type: str, uri: str, name: str | None = None) -> Media:
    """`fileData` at an address that others can reach."""
    return Media(kind_of(media_type or guess_type(uri) or "video/"), media_type, url=uri, name=name)


def lies_at_provider(uri: str) -> bool:
    """Whether a file was uploaded to the provider, and so means nothing elsewhere."""
    return uri.startswith(_STORES)


def guess_type(uri: str) -> str:
    """The media type that the last letters of an address tell; "" when they tell none."""
    try:
        name = urlsplit(uri).path.rpartition("/")[2]
    except ValueError:  # a bracket, or a letter, that no host has
        return ""
    return _EXTENSIONS.get(name.rpartition(".")[2].lower(), "") if "." in name else ""


def write_media(media: Media) -> Object | None:
    """The part for a medium; None for one that this API cannot be given."""
    if media.text is not None:
        data = base64.b64encode(media.text.encode("utf-8", "replace")).decode()
        return {"inlineData": {"mimeType": media.media_type or "text/plain", "data": data}}
    if media.data is not None:
        return {"inlineData": {"mimeType": media.media_type or _USUAL[media.kind], "data": media.data}}
    if media.url is not None and media.url.startswith(("https://", "gs://")):
        media_type = media.media_type or guess_type(media.url) or _USUAL[media.kind]
        return {"fileData": {"mimeType": media_type, "fileUri": media.url}}
    return None
