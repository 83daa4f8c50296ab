"""What one attempt consumed, in the classes that providers price differently."""

import msgspec


class Usage(msgspec.Struct, frozen=True, omit_defaults=True):
    """Token counts of one attempt.

    `input_tokens` is everything that was read, cached or not; `output_tokens` is everything that was produced,
    reasoning included. The other fields are *parts* of these two, never additions to them.
    `exact` is false when we estimated because the provider did not say. `input_images` is no token count: the pictures
    in the call, as we counted them.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    cache_write_1h_tokens: int = 0
    reasoning_tokens: int = 0
    audio_input_tokens: int = 0
    audio_output_tokens: int = 0
    image_input_tokens: int = 0
    image_output_tokens: int = 0
    input_images: int = 0
    exact: bool = True
