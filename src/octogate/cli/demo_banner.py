"""What the demo prints once it takes calls: for people, or one line of JSON."""

import json
import sys

from rich.console import Console
from rich.text import Text

from octogate import __version__
from octogate.cli.demo_config import LOG_FILE
from octogate.cli.demo_run import Ready
from octogate.cli.demo_state import client_variables, export_line

_CURL = """\
curl {base_url}/v1/chat/completions \\
  -H "authorization: Bearer {key}" \\
  -H "content-type: application/json" \\
  -d '{{"model": "{model}", "messages": [{{"role": "user", "content": "Hello!"}}]}}'"""

_PYTHON = """\
from openai import OpenAI

client = OpenAI(base_url="{base_url}/v1", api_key="{key}")
answer = client.chat.completions.create(model="{model}", messages=[{{"role": "user", "content": "Hello!"}}])
print(answer.choices[0].message.content)"""

_OTHER_DIALECTS = {
    "anthropic": """\
curl {base_url}/v1/messages \\
  -H "x-api-key: {key}" \\
  -H "content-type: application/json" \\
  -d '{{"model": "{model}", "max_tokens": 256, "messages": [{{"role": "user", "content": "Hello!"}}]}}'""",
    "gemini": """\
curl {base_url}/v1beta/models/{model}:generateContent \\
  -H "x-goog-api-key: {key}" \\
  -H "content-type: application/json" \\
  -d '{{"contents": [{{"role": "user", "parts": [{{"text": "Hello!"}}]}}]}}'""",
}


def print_json(ready: Ready) -> None:
    """One JSON object on one line: the clients' variables, `pid` and `mock_url`."""
    facts = {**client_variables(ready.state), "pid": ready.state.pid, "mock_url": ready.state.mock_url}
    print(json.dumps(facts), flush=True)


def print_banner(ready: Ready) -> None:
    """Where it is, who answers, and what to paste."""
    console = Console(file=sys.stdout, soft_wrap=True, highlight=False)
    url = ready.state.base_url
    console.print(Text.assemble(("Octogate", "bold magenta"), f" {__version__} takes calls at ", (url, "bold cyan")))
    console.print()
    for label, text in (
        ("answers", _who_answers(ready)),
        ("health", f"{url}/health"),
        ("config", str(ready.config)),
        ("log", str(ready.config.with_name(LOG_FILE))),
    ):
        console.print(Text.assemble((f"  {label:<9}", "dim"), text))
    values = {"base_url": url, "key": ready.state.key.reveal(), "model": ready.routes[0].vendor.models[0]}
    first = ready.routes[0].vendor.name
    _block(console, "Call it", _OTHER_DIALECTS.get(first, _CURL).format(**values))
    if first == "openai":
        _block(console, "With the OpenAI SDK", _PYTHON.format(**values))
    _block(console, 'Every SDK of a shell (or: eval "$(octogate env)")', export_line(client_variables(ready.state)))
    console.print()
    console.print(Text("Ctrl-C stops it; the key stays the same next time.", "dim"))
    console.file.flush()


def _block(console: Console, title: str, code: str) -> None:
    """A title and lines that begin at the margin, so that a copied line is a working line."""
    console.print()
    console.print(Text(title, "bold"))
    console.print()
    console.print(Text(code, "green"))


def _who_answers(ready: Ready) -> str:
    names = ", ".join(route.vendor.name for route in ready.routes)
    if ready.state.mock_url:
        return f"{names}: played by the built-in mock, no key needed, no cost"
    keys = ", ".join(str(route.key_variable) for route in ready.routes)
    return f"{names}: the real thing, with {keys} of this shell; calls cost what they cost there"
