"""The wire formats: one module per dialect, all pure, each knowing nothing of the others."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from octogate.core.call import DialectName
from octogate.dialects.anthropic_messages.dialect import AnthropicMessages
from octogate.dialects.base import Dialect
from octogate.dialects.gemini_generate.dialect import GeminiGenerate
from octogate.dialects.hub import Hub
from octogate.dialects.openai_chat.dialect import OpenAIChat
from octogate.dialects.openai_embeddings import OpenAIEmbeddings
from octogate.dialects.openai_responses.dialect import OpenAIResponses

_TRANSLATED: Final[tuple[Hub, ...]] = (OpenAIChat(), OpenAIResponses(), AnthropicMessages(), GeminiGenerate())
_ALL: Final[tuple[Dialect, ...]] = (*_TRANSLATED, OpenAIEmbeddings())

DIALECTS: Final[Mapping[DialectName, Dialect]] = MappingProxyType({dialect.name: dialect for dialect in _ALL})
"""Every dialect by its name. They hold no state: one instance serves all calls."""

HUBS: Final[Mapping[DialectName, Hub]] = MappingProxyType({dialect.name: dialect for dialect in _TRANSLATED})
"""Those of them that are translated into each other."""
