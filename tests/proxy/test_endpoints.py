"""Paths of the data plane, in all the spellings that clients use."""

import pytest

from octogate.core.call import Endpoint
from octogate.core.errors import BadRequest, MethodNotAllowed
from octogate.proxy.endpoints import ModelList, match


def route(path: str, *, method: str = "POST", query: str = "", **fields: str):
    return match(
        method, path, query, {name.replace("_", "-").encode(): value.encode() for name, value in fields.items()}
    )


@pytest.mark.parametrize(
    ("path", "dialect", "operation"),
    [
        ("/v1/chat/completions", "openai_chat", "generate"),
        ("/chat/completions", "openai_chat", "generate"),
        ("/v1/v1/chat/completions", "openai_chat", "generate"),
        ("//v1//chat/completions/", "openai_chat", "generate"),
        ("/v1/responses", "openai_responses", "generate"),
        ("/v1/responses/compact", "openai_responses", "compact"),
        ("/v1/embeddings", "openai_embeddings", "embed"),
        ("/v1/messages", "anthropic_messages", "generate"),
        ("/anthropic/v1/messages", "anthropic_messages", "generate"),
        ("/v1/messages/count_tokens", "anthropic_messages", "count_tokens"),
        ("/messages/count_tokens/", "anthropic_messages", "count_tokens"),
    ],
)
def test_every_spelling_of_a_base_url_means_the_same_endpoint(path, dialect, operation):
    found = route(path)

    assert isinstance(found, Endpoint)
    assert (found.dialect, found.operation) == (dialect, operation)


@pytest.mark.parametrize(
    ("path", "query", "expected"),
    [
        ("/v1beta/models/gemini-2.5-flash:generateContent", "", ("gemini-2.5-flash", False, False, "v1beta")),
        ("/v1/models/gemini-2.5-flash:generateContent", "", ("gemini-2.5-flash", False, False, "v1")),
        ("/v1beta/models/a:streamGenerateContent", "alt=sse", ("a", True, True, "v1beta")),
        ("/v1beta/models/a:streamGenerateContent", "key=x&alt=sse", ("a", True, True, "v1beta")),
        ("/v1beta/models/a:streamGenerateContent", "", ("a", True, False, "v1beta")),
        ("/v1beta/models/team/model/x:generateContent", "", ("team/model/x", False, False, "v1beta")),
        ("/v1beta/models/team%2Fx:generateContent", "", ("team/x", False, False, "v1beta")),
        ("/v1beta/models/models/x:generateContent", "", ("x", False, False, "v1beta")),
        ("/v1beta/models/a:b:generateContent", "", ("a:b", False, False, "v1beta")),
        ("/models/x:generateContent", "", ("x", False, False, "v1beta")),
    ],
)
def test_googles_model_and_verb_are_in_the_path(path, query, expected):
    found = route(path, query=query)

    assert isinstance(found, Endpoint)
    assert (found.model, found.stream, found.sse, found.version) == expected


def test_counting_tokens_is_a_verb_too():
    found = route("/v1beta/models/x:countTokens")

    assert isinstance(found, Endpoint)
    assert found.operation == "count_tokens"


@pytest.mark.parametrize(
    "path",
    [
        "/v1beta/models/x%0d%0ay:generateContent",
        "/v1beta/models/%ff:generateContent",
        "/v1beta/models/" + "m" * 300 + ":generateContent",
        "/v1beta/models/%00:generateContent",
    ],
)
def test_an_impossible_model_in_the_path_is_a_bad_request(path):
    with pytest.raises(BadRequest):
        route(path)


def test_lists_come_in_the_shape_of_whoever_asks():
    """S3-22, S3-23."""
    assert route("/v1/models", method="GET") == ModelList("openai_chat")
    assert route("/models/", method="GET") == ModelList("openai_chat")
    assert route("/v1/models", method="GET", anthropic_version="2023-06-01") == ModelList("anthropic_messages")
    assert route("/v1beta/models", method="GET") == ModelList("gemini_generate")
    assert route("/v1/models", method="GET", x_goog_api_key="k") == ModelList("gemini_generate")
    assert route("/v1/models/a/b", method="GET") == ModelList("openai_chat", "a/b")


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/v1/chat/completions"), ("DELETE", "/v1/models"), ("GET", "/v1beta/models/x:generateContent")],
)
def test_a_known_path_with_another_method_names_the_right_one(method, path):
    """S3-30."""
    with pytest.raises(MethodNotAllowed) as refused:
        route(path, method=method)
    assert refused.value.reason in ("GET", "POST")


@pytest.mark.parametrize(
    "path", ["/", "/health", "/v1", "/v1/unknown", "/admin", "/v1/chat/completions/x", "/v1/models/x:unknownVerb/y/.."]
)
def test_other_paths_are_not_of_the_data_plane(path):
    try:
        found = route(path)
    except MethodNotAllowed:
        return
    assert found is None
