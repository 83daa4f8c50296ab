"""The configuration file that the demo writes at every start."""

from collections.abc import Sequence
from pathlib import Path

import yaml

from octogate.cli.demo_state import DemoState
from octogate.cli.demo_vendors import Route

CONFIG_FILE = "octogate.yaml"
LOG_FILE = "octogate.log"
DEFAULT_GROUP = "auto"
# A group whose first target always fails: shows in one call that the next target answers instead.
FAILOVER_GROUP = "demo-failover"

_HEADER = """\
# Written by `octogate demo` at every start: copy it to change it.
# Then: octogate check --config FILE, octogate serve --config FILE
"""


def config_text(state: DemoState, routes: Sequence[Route], folder: Path, *, host: str, port: int) -> str:
    """The YAML text. It holds the demo's own key, never a vendor's: those stay in the environment."""
    return _HEADER + yaml.safe_dump(
        {
            "version": 1,
            "server": {"host": host, "port": port, "default_model": DEFAULT_GROUP},
            "auth": {
                "static_keys": [
                    {
                        "id": state.key_id,
                        "key": state.key.reveal(),
                        "user": "demo",
                        "scopes": ["llm", "metrics:read"],
                    }
                ]
            },
            "providers": {route.vendor.name: _provider(route) for route in routes},
            "models": _groups(routes),
            # Standard output belongs to what the demo prints.
            "logging": {"file": str((folder / LOG_FILE).resolve())},
        },
        sort_keys=False,
        width=120,
    )


def _provider(route: Route) -> dict[str, str]:
    entry = {"type": route.vendor.name}
    if route.base_url:
        entry["base_url"] = route.base_url
    # Any credential opens the mock; a vendor's key is named, not copied.
    entry["api_key"] = "${" + route.key_variable + "}" if route.key_variable else "mock"
    return entry


def _groups(routes: Sequence[Route]) -> dict[str, object]:
    """A group per well-known model, and one for calls that name none: the target that speaks the call's dialect."""
    groups: dict[str, object] = {
        model: {"targets": [f"{route.vendor.name}/{model}"]}
        for route in routes
        for model in (*route.vendor.models, *route.vendor.embedding_models)
    }
    groups[DEFAULT_GROUP] = {
        "strategy": "failover",
        "targets": [f"{route.vendor.name}/{route.vendor.models[0]}" for route in routes],
    }
    if routes and routes[0].key_variable is None:
        name = routes[0].vendor.name
        groups[FAILOVER_GROUP] = {"targets": [f"{name}/fault-http-503", f"{name}/{routes[0].vendor.models[0]}"]}
    return groups
