"""Writes a whole answer for a Responses client."""

import msgspec

from octogate.core.call import Call
from octogate.core.conversation import Answer, Choice, Media, Reasoning, Refusal, Text, ToolCall
from octogate.core.usage import Usage
from octogate.dialects.hub import Heading
from octogate.dialects.openai_responses import write_output
from octogate.dialects.openai_responses.response_object import echo, end_of, response_object
from octogate.dialects.openai_responses.tool_names import Namespaces
from octogate.dialects.openai_responses.write_output import Item


def write_answer(answer: Answer, call: Call, heading: Heading) -> bytes:
    """The first of the choices as a response: this dialect has no others."""
    choice = answer.choices[0]
    output = write_items(choice, heading, Namespaces(call.fields))
    response = response_object(
        echo(call), heading, model=answer.model, status="completed", output=output, tier=answer.service_tier
    )
    refused = any(isinstance(part, Refusal) for part in choice.parts)
    return msgspec.json.encode(response | end_of(choice.finish, answer.usage or Usage(), refused=refused))


def write_items(choice: Choice, heading: Heading, names: Namespaces) -> list[Item]:
    """The parts as items: words and refusals that follow each other are one message."""
    output: list[Item] = []
    content: list[Item] | None = None
    logprobs = write_output.token_list(choice.logprobs)
    for part in choice.parts:
        item_id = f"{heading.request_id}_{len(output)}"
        if isinstance(part, Text | Refusal):
            if content is None:
                content = []
                output.append(write_output.message(f"msg_{item_id}", "completed", content))
            content.append(write_output.content_part(part, logprobs))
            logprobs = []
            continue
        item: Item | None = None
        if isinstance(part, Reasoning):
            item = write_output.thoughts(f"rs_{item_id}", part)
        elif isinstance(part, ToolCall):
            item = write_output.function_call(f"fc_{item_id}", "completed", part, names)
        elif isinstance(part, Media):
            item = write_output.picture(f"ig_{item_id}", part)
        if item is not None:
            output.append(item)
            content = None
    if content is not None and choice.finish == "length":
        output[-1]["status"] = "incomplete"
    return output
