"""Gemini: `POST /v1beta/models/{model}:generateContent`, `:streamGenerateContent` and `:countTokens`."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final
from urllib.parse import quote

import msgspec

from octogate.core.call import Call, DialectName, Endpoint
from octogate.core.conversation import Answer, Prompt
from octogate.core.errors import GatewayError, UpstreamError
from octogate.core.usage import Usage
from octogate.dialects import body as bodies
from octogate.dialects import faults
from octogate.dialects.base import ProviderFault, StreamReader
from octogate.dialects.checks import is_null
from octogate.dialects.gemini_generate.decoder import GeminiDecoder
from octogate.dialects.gemini_generate.encoder import GeminiEncoder
from octogate.dialects.gemini_generate.own_history import own_history
from octogate.dialects.gemini_generate.read_answer import read_answer
from octogate.dialects.gemini_generate.read_call import COUNTED, SETTINGS, read_call
from octogate.dialects.gemini_generate.read_prompt import read_prompt
from octogate.dialects.gemini_generate.stream import GeminiReader
from octogate.dialects.gemini_generate.usage import read_usage
from octogate.dialects.gemini_generate.write_answer import write_answer
from octogate.dialects.gemini_generate.write_prompt import write_prompt
from octogate.dialects.hub import Decoder, Destination, Encoder, Heading, Written
from octogate.dialects.rendering import shown_code, writable

_ABSENT: Final = msgspec.Raw()
_STATUSES: Final = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    405: "UNIMPLEMENTED",
    408: "DEADLINE_EXCEEDED",
    409: "ABORTED",
    413: "INVALID_ARGUMENT",
    415: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    502: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
    529: "UNAVAILABLE",
}


_FIELD_NAMES: Final = {
    "tool_choice": "toolConfig.functionCallingConfig",
    "service_tier": "serviceTier",
    "metadata": "labels",
    "format": "generationConfig.responseMimeType",
    "thinking": "generationConfig.thinkingConfig",
    "choices": "generationConfig.candidateCount",
    "logprobs": "generationConfig.responseLogprobs",
    "top_logprobs": "generationConfig.logprobs",
    "stop": "generationConfig.stopSequences",
    "seed": "generationConfig.seed",
    "temperature": "generationConfig.temperature",
    "top_p": "generationConfig.topP",
    "top_k": "generationConfig.topK",
    "max_output_tokens": "generationConfig.maxOutputTokens",
    "frequency_penalty": "generationConfig.frequencyPenalty",
    "presence_penalty": "generationConfig.presencePenalty",
}


class _Answer(msgspec.Struct, rename="camel", gc=False):
    candidates: list[msgspec.Raw] | None = None
    prompt_feedback: msgspec.Raw = _ABSENT
    usage_metadata: msgspec.Raw = _ABSENT
    total_tokens: int | None = None
    error: msgspec.Raw = _ABSENT


_ANSWER: Final = msgspec.json.Decoder(_Answer)


class GeminiGenerate:
    """The Gemini dialect. Model, streaming and the form of the stream are in the path."""

    name: DialectName = "gemini_generate"
    # One empty line: this family's Python SDK reads neither comments nor named events.
    keep_alive = b"\r\n"
    tool_name: re.Pattern[str] = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,63}")
    field_names: Mapping[str, str] = MappingProxyType(_FIELD_NAMES)

    def read_call(self, body: bytes, endpoint: Endpoint, *, max_output_tokens: int, max_messages: int) -> Call:
        """See Dialect. Members are accepted in both spellings, as the API accepts them, but never in both at once."""
        return read_call(body, endpoint, max_output_tokens=max_output_tokens, max_messages=max_messages)

    def write_call(self, call: Call, *, model: str, stream_usage: bool, default_max_tokens: int | None) -> bytes:
        """See Dialect. A model inside the body is replaced too, so that it cannot contradict the path."""
        members = dict(own_history(call.fields, model))
        named = bodies.to_raw(f"models/{model.removeprefix('models/')}")
        if "model" in members:
            members["model"] = named
        for name in COUNTED:
            nested = None if is_null(members.get(name)) else bodies.read_members(members[name], name)
            if nested is not None:
                members[name] = bodies.to_raw({**nested, "model": named})
        if default_max_tokens is not None and call.max_output_tokens is None and call.endpoint.operation == "generate":
            name = next((name for name in SETTINGS if not is_null(members.get(name))), SETTINGS[0])
            settings = {} if is_null(members.get(name)) else bodies.read_members(members[name], name) or {}
            cap = "maxOutputTokens" if "max_output_tokens" not in settings else "max_output_tokens"
            members[name] = bodies.to_raw({**settings, cap: default_max_tokens})
        return bodies.write_object(members)

    def target_path(self, call: Call, *, model: str) -> str:
        """See Dialect. Everything but unreserved characters is encoded: any model is one segment of the path."""
        endpoint = call.endpoint
        if endpoint.operation == "count_tokens":
            verb = "countTokens"
        elif call.stream:
            verb = "streamGenerateContent?alt=sse" if endpoint.sse else "streamGenerateContent"
        else:
            verb = "generateContent"
        return f"/{quote(endpoint.version, safe='')}/models/{quote(model.removeprefix('models/'), safe='')}:{verb}"

    def read_usage(self, body: bytes) -> Usage | None:
        """Usage of a plain answer."""
        try:
            return read_usage(_ANSWER.decode(body).usage_metadata)
        except faults.UNREADABLE:
            return None

    def read_fault(self, status: int, body: bytes) -> ProviderFault:
        """See Dialect."""
        return faults.read_fault(status, body)

    def check_answer(self, body: bytes) -> ProviderFault | None:
        """A whole answer has candidates, the reason why it has none, or a count of tokens."""
        try:
            answer = _ANSWER.decode(body)
        except faults.UNREADABLE:
            return faults.find_fault(body) or faults.NO_ANSWER
        says_something = answer.candidates is not None or answer.total_tokens is not None
        is_answer = says_something or answer.prompt_feedback is not _ABSENT or answer.usage_metadata is not _ABSENT
        if is_answer and is_null(answer.error):
            return None
        return faults.find_fault(body) or faults.NO_ANSWER

    def reader(self, call: Call) -> StreamReader:
        """See Dialect."""
        return GeminiReader(call)

    def write_error(self, error: GatewayError, request_id: str) -> bytes:
        """Google's error object; our code is the `reason` of an ErrorInfo, faults are the field violations."""
        details: list[dict[str, object]] = []
        if error.faults:
            violations = [{"field": fault.field, "description": fault.message} for fault in error.faults]
            details.append({"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": violations})
        metadata = {"request_id": request_id, "source": error.source}
        if isinstance(error, UpstreamError) and error.attempts:
            metadata["attempts"] = ",".join(error.attempts)  # ErrorInfo.metadata is a map of strings
        details.append(
            {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": shown_code(error),
                "domain": "octogate",
                "metadata": metadata,
            }
        )
        status = _STATUSES.get(error.status, "INVALID_ARGUMENT" if error.status < 500 else "INTERNAL")
        value = {"code": error.status, "message": writable(error.message), "status": status, "details": details}
        return msgspec.json.encode({"error": value})

    def write_stream_error(
        self, error: GatewayError, request_id: str, *, call: Call, first: bool, sequence: int = 0
    ) -> bytes:
        """An error object as the last event, or as the last element of the array, which it closes."""
        value = self.write_error(error, request_id)
        if call.endpoint.sse:
            return b"data: " + value + b"\r\n\r\n"
        return (b"[" if first else b",\r\n") + value + b"]"

    def read_prompt(self, call: Call) -> Prompt:
        """See Hub."""
        return read_prompt(call)

    def write_prompt(self, prompt: Prompt, to: Destination) -> Written:
        """See Hub."""
        return write_prompt(prompt, to)

    def read_answer(self, body: bytes) -> Answer:
        """See Hub."""
        return read_answer(body)

    def write_answer(self, answer: Answer, call: Call, heading: Heading) -> bytes:
        """See Hub."""
        return write_answer(answer, heading)

    def decoder(self) -> Decoder:
        """See Hub."""
        return GeminiDecoder()

    def encoder(self, call: Call, heading: Heading) -> Encoder:
        """See Hub."""
        return GeminiEncoder(call, heading)

    def keep_alive_for(self, call: Call) -> bytes:
        """White space between elements where the stream is an array."""
        return self.keep_alive if call.endpoint.sse else b" "
