"""What every client says and offers: the same story as in the Node clients."""

import base64
import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel

STORY: dict[str, Any] = json.loads((Path(__file__).parents[1] / "story.json").read_bytes())
GREETING: str = STORY["greeting"]
ASK_TOOL: str = STORY["ask_tool"]
ASK_AGAIN: str = STORY["ask_again"]
ASK_PICTURE: str = STORY["ask_picture"]
TOOL: dict[str, Any] = STORY["tool"]
RESULT: str = STORY["result"]
FAILURE: str = STORY["failure"]
PICTURE: str = STORY["picture"]
PICTURE_BYTES = base64.b64decode(PICTURE)
MAX_TOKENS: int = STORY["max_tokens"]
SHORT: int = STORY["short"]
BUDGET: int = STORY["budget"]


class City(BaseModel):
    """The structured output that is asked for."""

    city: str
    inhabitants: int
