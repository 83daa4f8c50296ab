"""What we know of a vendor before anybody configures it."""

import msgspec

from octogate.core.call import DialectName
from octogate.core.snapshot import AuthStyle

CHAT_AND_EMBEDDINGS: frozenset[DialectName] = frozenset({"openai_chat", "openai_embeddings"})
ALL_OPENAI: frozenset[DialectName] = frozenset({"openai_chat", "openai_responses", "openai_embeddings"})


class ProviderFacts(msgspec.Struct, frozen=True, kw_only=True):
    """One vendor.

    `base_url` None means that there is no sensible default. `env_var` is where the vendor's own SDK looks for the
    credential. `default_path` completes a base URL without a path; `stripped_paths` are endings that people copy from
    SDK settings although our dialect adds them itself. `needs_credential` is false for servers that people run
    themselves. `plain_chat`: its chat dialect has `system` and `max_tokens`, but not `developer` and
    `max_completion_tokens`; `takes_effort`: it accepts `reasoning_effort`; `takes_schema`: it holds answers to a JSON
    schema. `documentation` is the vendor's page that the facts come from.
    """

    kind: str
    base_url: str | None
    documentation: str
    dialects: frozenset[DialectName] = CHAT_AND_EMBEDDINGS
    env_var: str | None = None
    auth_style: AuthStyle = "bearer"
    default_path: str = "/v1"
    stripped_paths: tuple[str, ...] = ()
    supports_stream_usage: bool = True
    plain_chat: bool = True
    takes_effort: bool = True
    takes_schema: bool = True
    counts_tokens: bool = False
    needs_credential: bool = True
