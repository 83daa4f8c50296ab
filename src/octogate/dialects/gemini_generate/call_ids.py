"""Ids for function calls that came without one, as most of this dialect's do."""

from hashlib import blake2b


def call_id(*place: object) -> str:
    """An id made of where the call stands, and so always the same for the same call."""
    text = "/".join(map(str, place)).encode("utf-8", "surrogatepass")
    return f"call_{blake2b(text, digest_size=12).hexdigest()}"
