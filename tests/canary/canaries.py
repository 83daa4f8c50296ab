"""What must not come out: one unique value for every secret and every piece of content that goes into a gateway."""

import base64
import secrets
import string

import msgspec

from octogate.core.keys import mint_key

from .scanner import Canary

_ALPHABET = string.ascii_letters + string.digits


def unique(length: int = 40) -> str:
    """Random letters and digits: nothing that a pattern for keys would know."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


class Secrets(msgspec.Struct, frozen=True):
    """Everything that opens something, as it goes on the wire or into the environment."""

    caller: str = msgspec.field(default_factory=lambda: mint_key()[1])
    caller_plain: str = msgspec.field(default_factory=unique)
    caller_expired: str = msgspec.field(default_factory=unique)
    caller_blocked: str = msgspec.field(default_factory=unique)
    caller_metrics: str = msgspec.field(default_factory=unique)
    caller_unknown: str = msgspec.field(default_factory=unique)
    openai: str = msgspec.field(default_factory=unique)
    anthropic: str = msgspec.field(default_factory=lambda: "sk-ant-" + unique())
    gemini: str = msgspec.field(default_factory=lambda: "AIza" + unique())
    header: str = msgspec.field(default_factory=unique)
    cookie: str = msgspec.field(default_factory=unique)
    foreign_header: str = msgspec.field(default_factory=unique)
    dotenv: str = msgspec.field(default_factory=unique)
    in_invalid_file: str = msgspec.field(default_factory=unique)

    def canaries(self) -> list[Canary]:
        """Without the parts that are public: the id of a minted key, and prefixes."""
        return [Canary(name, _private(getattr(self, name)), "secret") for name in self.__struct_fields__]


class Content(msgspec.Struct, frozen=True):
    """What callers say; `image` is raw bytes that travel as base64."""

    prompt: str = msgspec.field(default_factory=lambda: f'Zürich "{unique(24)}" plan')
    system: str = msgspec.field(default_factory=lambda: unique(24))
    tool_arguments: str = msgspec.field(default_factory=lambda: unique(24))
    file_name: str = msgspec.field(default_factory=lambda: unique(24))
    user: str = msgspec.field(default_factory=lambda: unique(24))
    member: str = msgspec.field(default_factory=lambda: "a1" + unique(24))
    broken: str = msgspec.field(default_factory=lambda: unique(24))
    path: str = msgspec.field(default_factory=lambda: unique(24))
    image: str = msgspec.field(default_factory=lambda: unique(48))

    @property
    def image_base64(self) -> str:
        """The image as a body carries it."""
        return base64.b64encode(self.image.encode()).decode()

    def canaries(self) -> list[Canary]:
        """All of them; of what has framing characters the unique middle too."""
        return [Canary(name, getattr(self, name), "content") for name in self.__struct_fields__]


def _private(secret: str) -> str:
    if secret.startswith("sk-og-"):
        return secret.split("-")[3]
    return secret.removeprefix("sk-ant-").removeprefix("AIza")
