"""Events that stand between the pieces of an answer: broken ones, pings and errors, in the dialect of the stream."""

from octogate.mock import anthropic_messages, gemini_generate, openai_chat, openai_responses
from octogate.mock.question import Question
from octogate.mock.refusals import Family, Refused, error_body
from octogate.mock.sse import event


def broken_event(question: Question) -> bytes:
    """A content event cut in the middle of its JSON."""
    if question.dialect == "gemini_generate":
        return gemini_generate.BROKEN_EVENT if question.sse else gemini_generate.BROKEN_ELEMENT
    if question.dialect == "anthropic_messages":
        return anthropic_messages.BROKEN_EVENT
    return openai_responses.BROKEN_EVENT if question.dialect == "openai_responses" else openai_chat.BROKEN_EVENT


def ping_event(question: Question) -> bytes:
    """What keeps a silent stream alive without saying anything."""
    if question.dialect == "gemini_generate":
        return gemini_generate.BLANK_LINE
    return anthropic_messages.PING if question.dialect == "anthropic_messages" else openai_chat.COMMENT


def error_event(question: Question, family: Family, number: int) -> bytes:
    """The provider's own error in a stream."""
    body = error_body(family, Refused(529 if family == "anthropic" else 503), number)
    if question.dialect == "gemini_generate":
        return b"data: %s\r\n\r\n" % body if question.sse else b",\r\n%s]" % body
    if question.dialect == "anthropic_messages":
        return b"event: error\ndata: %s\n\n" % body
    if question.dialect == "openai_responses":
        said = Refused(503).message
        fields = {"type": "error", "sequence_number": 999_999, "code": "server_error", "message": said, "param": None}
        return event(fields, "error")
    return b"data: %s\n\n" % body
