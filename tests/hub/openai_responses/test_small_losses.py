"""What is easily lost without a word: members of items, parts and tools that came after us."""

from .responses import lost


def test_members_that_came_after_us_are_lost_by_their_path():
    said = lost(
        input=[
            {"role": "user", "content": [{"type": "input_text", "text": "hi", "tone": "kind"}], "urgency": 1},
            {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}", "caller": {"type": "program"}},
            {"type": "function_call_output", "call_id": "c", "output": "r", "novel": None},
            {"type": "novel_call", "tone": "kind"},
        ],
        tools=[
            {"type": "function", "name": "f", "parameters": {}, "defer_loading": True},
            {"type": "function", "function": {"name": "g", "novel": [1]}},
            {"type": "web_search", "filters": {"allowed_domains": ["x"]}},
        ],
    )

    assert said == dict.fromkeys(
        [
            "input[0].urgency",
            "input[0].content[0].tone",
            "input[1].caller",
            "input[3]",
            "tools[0].defer_loading",
            "tools[1].function.novel",
            "tools[2]",
        ],
        False,
    )


def test_the_bookkeeping_of_an_earlier_answer_is_no_loss():
    assert not lost(
        input=[
            {"role": "user", "content": "hi"},
            {"type": "reasoning", "id": "rs_1", "status": "completed", "summary": [], "encrypted_content": "gAAA"},
            {
                "type": "message",
                "id": "msg_1",
                "status": "completed",
                "phase": "commentary",
                "role": "assistant",
                "content": [{"type": "output_text", "text": "a", "annotations": [], "logprobs": [{"token": "a"}]}],
            },
            {"type": "image_generation_call", "id": "ig_1", "status": "completed", "result": "AAAA", "quality": "high"},
            {
                "type": "function_call",
                "id": "fc_1",
                "status": "completed",
                "call_id": "c",
                "name": "f",
                "arguments": "{}",
            },
            {"type": "function_call_output", "id": "fo_1", "status": "completed", "call_id": "c", "output": "r"},
        ]
    )
