"""A folder with a configuration file in it, and short ways to load it."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from octogate.config import ConfigFault, ConfigInvalid, Loaded, load
from octogate.core.keys import mint_key

STRONG = mint_key()[1]
KEYS = f'auth: {{static_keys: [{{id: a, key: "{STRONG}"}}]}}\n'
VLLM = "providers: {vllm: {}}\n"
GROUP = "models: {default: {targets: [vllm/qwen]}}\n"
BASE = "version: 1\n" + KEYS + VLLM + GROUP


class ConfigFolder:
    """Writes texts to one file and loads them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "octogate.yaml"

    def load(self, text: str, *, env: Mapping[str, str] | None = None, host: str | None = None) -> Loaded:
        self.path.write_text(text)
        return load(self.path, env=env or {}, host=host)

    def faults(self, text: str, *, env: Mapping[str, str] | None = None, host: str | None = None) -> list[ConfigFault]:
        with pytest.raises(ConfigInvalid) as caught:
            self.load(text, env=env, host=host)
        return list(caught.value.faults)


@pytest.fixture
def configs(tmp_path: Path) -> ConfigFolder:
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    return ConfigFolder(folder)
