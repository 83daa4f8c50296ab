"""What a Gemini model's name tells about what it can be told."""

import re
from typing import Final

_GENERATION: Final = re.compile(r"(?:^|/)gemini-(\d+)(?:\.(\d+))?")
_PRO: Final = re.compile(r"-pro(?![a-z])")
# Google's open models at the same API: they neither think nor sign.
_OPEN: Final = re.compile(r"(?:^|/)gemma")


def generation(model: str) -> tuple[int, int] | None:
    """(2, 5) for `gemini-2.5-pro`; None for a name without a number, such as `gemini-flash-latest`."""
    if _OPEN.search(model):
        return 1, 0
    found = _GENERATION.search(model)
    return None if found is None else (int(found.group(1)), int(found.group(2) or 0))


def checks_signatures(model: str) -> bool:
    """Whether function calls without a thought signature are refused: since Gemini 3, and so by any unnumbered name."""
    known = generation(model)
    return known is None or known >= (3, 0)


def thinks(model: str) -> bool:
    """Whether the model can be told how to think: since Gemini 2.5."""
    known = generation(model)
    return known is None or known >= (2, 5)


def takes_levels(model: str) -> bool:
    """Whether thinking is measured in levels: since Gemini 3. An unnumbered name takes a budget, as all models do."""
    known = generation(model)
    return known is not None and known >= (3, 0)


def is_pro(model: str) -> bool:
    """Whether it is one of the large models, which always think."""
    return _PRO.search(model) is not None


def is_lite(model: str) -> bool:
    """Whether it is one of the smallest."""
    return "-lite" in model


def combines_format_and_tools(model: str) -> bool:
    """Whether structured output may be asked for beside functions: since Gemini 3; before, the call is refused."""
    return checks_signatures(model)
