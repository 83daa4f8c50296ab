"""Data URLs and media types, which several dialects tell in the same way."""

import base64

import pytest

from octogate.core.conversation import Media
from octogate.dialects.media import data_url, document_words, from_url, named_document, split_data_url


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("url", "media_type", "data"),
    [
        ("data:image/png;base64,AAAA", "image/png", "AAAA"),
        ("DATA:Image/PNG;Base64,AAAA", "image/png", "AAAA"),
        ("data:text/plain;charset=utf-8;base64,aGk=", "text/plain", "aGk="),
        ("data:text/plain,hi", "text/plain", encoded("hi")),
        ("data:text/plain,a%20b%C3%A9", "text/plain", encoded("a bé")),
        ("data:,hi", "", encoded("hi")),
    ],
)
def test_a_data_url_is_its_type_and_its_bytes(url: str, media_type: str, data: str) -> None:
    assert split_data_url(url) == (media_type, data)


@pytest.mark.parametrize("text", ["https://example.com/data:a,b", "data:image/png;base64", "", "AAAA"])
def test_any_other_text_is_no_data_url(text: str) -> None:
    assert split_data_url(text) is None


def test_what_a_data_url_says_of_its_type_decides_the_kind() -> None:
    assert from_url("data:image/png;base64,AAAA", "document", name="a") == Media(
        "image", "image/png", data="AAAA", name="a"
    )
    assert from_url("data:application/pdf;base64,AAAA", "image").kind == "image"
    assert from_url("https://example.com/a.png", "document") == Media("document", url="https://example.com/a.png")


def test_media_come_back_as_the_url_that_they_came_from() -> None:
    for url in ("data:image/png;base64,AAAA", "https://example.com/a.png"):
        assert data_url(from_url(url, "image")) == url


def test_bare_data_are_what_their_name_tells() -> None:
    assert named_document("aGk=", "notes.TXT").media_type == "text/plain"
    assert named_document("aGk=", None).media_type == "application/pdf"


def test_a_document_of_plain_text_has_words_and_any_other_has_none() -> None:
    assert document_words(Media("document", "text/plain", text="hi", name="a.txt")) == "a.txt\n\nhi"
    assert document_words(Media("document", "text/csv", data=encoded("a,b"))) == "a,b"
    assert document_words(Media("document", "text/plain", data="no base64!")) is None
    assert document_words(Media("document", "application/pdf", data="AAAA", name="a.pdf")) is None
