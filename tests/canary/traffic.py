"""The calls of the canary run: every dialect, whole and streamed, with a canary in every place that holds content."""

from collections.abc import Iterator

import msgspec

from .canaries import Content, Secrets


class Shot(msgspec.Struct, frozen=True):
    """One request."""

    method: str
    path: str
    body: object
    fields: dict[str, str]


def calls(provider: str, model: str, content: Content, secrets: Secrets, *, stream: bool) -> Iterator[Shot]:
    """The dialects that a provider of that name speaks, each with its own way to show the key."""
    named = f"{provider}/{model}"
    extra = {"cookie": f"session={secrets.cookie}", "x-forward-me": secrets.foreign_header, "referer": content.path}
    if "anthropic" in provider:
        key = {"x-api-key": secrets.caller, "anthropic-version": "2023-06-01"}
        yield Shot("POST", "/v1/messages", messages(named, content, stream=stream), key | extra)
    elif "gemini" in provider:
        verb = "streamGenerateContent?alt=sse&" if stream else "generateContent?"
        path = f"/v1beta/models/{named}:{verb}"
        yield Shot("POST", f"{path}key={secrets.caller_plain}", generate(content), extra)
        yield Shot("POST", path, generate(content), {"x-goog-api-key": secrets.caller} | extra)
    else:
        key = {"authorization": f"Bearer {secrets.caller_plain}"}
        yield Shot("POST", "/v1/chat/completions", chat(named, content, stream=stream), key | extra)
        if provider.startswith("mock"):
            key = {"authorization": f"Bearer {secrets.caller}"}
            yield Shot("POST", "/v1/responses", responses(named, content, stream=stream), key | extra)
            if not stream:
                yield Shot("POST", "/v1/embeddings", {"model": named, "input": content.prompt}, key | extra)


def translated(model: str, content: Content, secrets: Secrets, *, stream: bool) -> Iterator[Shot]:
    """A caller of every dialect, whatever the model's provider speaks; in each body a member that nobody knows."""
    key, odd = {"authorization": f"Bearer {secrets.caller}"}, {content.member: content.user, "top_k": 3}
    verb = "streamGenerateContent?alt=sse" if stream else "generateContent"
    yield Shot("POST", "/v1/chat/completions", chat(model, content, stream=stream) | odd, key)
    yield Shot("POST", "/v1/responses", responses(model, content, stream=stream) | odd, key)
    yield Shot("POST", "/v1/messages", messages(model, content, stream=stream) | odd, key)
    yield Shot("POST", f"/v1beta/models/{model}:{verb}", generate(content) | {content.member: content.user}, key)


def chat(model: str, content: Content, *, stream: bool = False) -> dict[str, object]:
    """A chat body with everything in it."""
    url = f"data:image/png;base64,{content.image_base64}"
    file = {"filename": content.file_name, "file_data": f"data:text/plain;base64,{content.image_base64}"}
    call = {
        "id": "c1",
        "type": "function",
        "function": {"name": "f", "arguments": f'{{"a":"{content.tool_arguments}"}}'},
    }
    return {
        "model": model, "stream": stream, "user": content.user, "metadata": {"note": content.user},
        "messages": [
            {"role": "system", "content": content.system},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c1", "content": content.tool_arguments},
            {"role": "user", "content": [
                {"type": "text", "text": content.prompt}, {"type": "image_url", "image_url": {"url": url}},
                {"type": "file", "file": file},
            ]},
        ],
    }  # fmt: skip


def messages(model: str, content: Content, *, stream: bool = False) -> dict[str, object]:
    """The same for Anthropic."""
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": content.image_base64}}
    use = {"type": "tool_use", "id": "t1", "name": "f", "input": {"a": content.tool_arguments}}
    return {
        "model": model, "stream": stream, "max_tokens": 100, "system": content.system,
        "metadata": {"user_id": content.user},
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": content.prompt}, image]},
            {"role": "assistant", "content": [use]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": content.file_name}]},
        ],
    }  # fmt: skip


def generate(content: Content) -> dict[str, object]:
    """The same for Gemini, whose model is in the path."""
    inline = {"mimeType": "image/png", "data": content.image_base64, "displayName": content.file_name}
    call = {"functionCall": {"name": "f", "args": {"a": content.tool_arguments}}}
    return {
        "systemInstruction": {"parts": [{"text": content.system}]},
        "contents": [
            {"role": "user", "parts": [{"text": content.prompt}, {"inlineData": inline}]},
            {"role": "model", "parts": [call]},
            {"role": "user", "parts": [{"functionResponse": {"name": "f", "response": {"a": content.user}}}]},
        ],
    }


def responses(model: str, content: Content, *, stream: bool = False) -> dict[str, object]:
    """The same for OpenAI's Responses."""
    parts = [
        {"type": "input_text", "text": content.prompt},
        {"type": "input_file", "filename": content.file_name, "file_data": content.image_base64},
    ]
    return {
        "model": model, "stream": stream, "instructions": content.system, "user": content.user,
        "input": [
            {"type": "message", "role": "user", "content": parts},
            {"type": "function_call", "call_id": "c1", "name": "f", "arguments": content.tool_arguments},
        ],
    }  # fmt: skip


def refused(content: Content, secrets: Secrets) -> Iterator[Shot]:
    """What the gateway itself refuses, each with canaries in the place that is wrong."""
    good = {"authorization": f"Bearer {secrets.caller_plain}"}
    body = chat("chat", content)
    post, path = "POST", "/v1/chat/completions"
    yield Shot(post, path, f'{{"model": "chat", "messages": [{{"content": "{content.broken}'.encode(), good)
    yield Shot(post, path, f'["{content.broken}"]'.encode(), good)
    yield Shot(post, path, b'{"model": "chat", "messages": "' + content.broken.encode() + b'\xff"}', good)
    yield Shot(post, path, body | {"temperature": content.broken, "max_tokens": content.broken}, good)
    yield Shot(post, path, body | {"messages": [{"role": content.broken, "content": [content.broken]}]}, good)
    yield Shot(post, path, body | {"api_key": secrets.caller_unknown, "base_url": content.broken}, good)
    yield Shot(post, "/v1/messages", messages("chat", content) | {"max_tokens": content.broken}, good)
    yield Shot(post, "/v1beta/models/chat:generateContent", {"contents": content.broken}, good)
    yield Shot(post, path, body | {"model": "nobody-serves-this"}, good)
    yield Shot(post, path, b"x" * (2**20 + 1) + content.broken.encode(), good)
    yield Shot(post, path, body, good | {"content-encoding": "gzip"})
    for fields in (
        {}, {"authorization": f"Bearer {secrets.caller_unknown}"}, {"authorization": f"Basic {secrets.caller_unknown}"},
        {"authorization": f"Bearer {secrets.caller_unknown} {secrets.caller}"},
        {"x-api-key": secrets.caller, "authorization": f"Bearer {secrets.caller_plain}"},
        {"api-key": secrets.caller_expired}, {"x-goog-api-key": secrets.caller_blocked},
        {"authorization": f"Bearer {secrets.caller_metrics}"},
    ):  # fmt: skip
        yield Shot(post, path, body, fields)
        yield Shot("GET", "/metrics", None, fields)
        yield Shot("GET", "/v1/models", None, fields)
    yield Shot(post, f"/v1beta/models/chat:generateContent?key={secrets.caller_unknown}", generate(content), {})
    for address in (f"/v1/{content.path}", f"/{content.path}", f"/v1/chat/{content.path}", f"/?q={content.path}"):
        for method in ("GET", "PUT", "DELETE", "POST"):
            yield Shot(method, address, body if method != "GET" else None, good)
    for page in ("/", "/health", "/healthz", "/readyz", "/health/readiness", "/version", "/favicon.svg"):
        yield Shot("GET", f"{page}?key={secrets.caller}", None, good | {"cookie": secrets.cookie})


def malformed(content: Content, secrets: Secrets) -> Iterator[bytes]:
    """Bytes that are no acceptable HTTP, with canaries where the parser complains."""
    key = f"authorization: Bearer {secrets.caller}\r\n"
    yield f"GET /{content.path} HTTP/9.9\r\n{key}\r\n".encode()
    yield f"{content.path} / HTTP/1.1\r\nhost: a\r\n{key}\r\n".encode()
    yield f"GET / HTTP/1.1\r\nhost: a\r\n{key}{content.path} {secrets.cookie}\r\n\r\n".encode()
    yield f"GET / HTTP/1.1\r\nhost: a\r\nhost: {content.path}\r\n{key}\r\n".encode()
    yield f"GET / HTTP/1.1\r\nhost: {content.path} x\r\n{key}\r\n".encode()
    yield f"GET http://{content.path}/ HTTP/1.1\r\nhost: a\r\n{key}\r\n".encode()
    yield f"POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\n{key}content-length: {content.path}\r\n\r\n".encode()
    yield (
        f"POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\n{key}transfer-encoding: chunked\r\n\r\n{content.broken}\r\n"
    ).encode()
    yield f"GET / HTTP/1.1\r\nhost: a\r\n{key}x: {'y' * 70_000}{content.path}\r\n\r\n".encode()
    yield f"GET /{'y' * 20_000}{content.path} HTTP/1.1\r\nhost: a\r\n{key}\r\n".encode()
