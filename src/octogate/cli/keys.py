"""`octogate keys new`: mint a key for a caller."""

from collections.abc import Mapping
from typing import Annotated

import typer


def new(
    name: Annotated[str | None, typer.Option("--id", help="Name of the key in logs; default: its public part.")] = None,
    user: Annotated[str | None, typer.Option(help="Who calls with it.")] = None,
    team: Annotated[str | None, typer.Option(help="The team that it belongs to.")] = None,
    groups: Annotated[
        str | None, typer.Option(help="Model groups that it may call, separated by commas; default: all.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Mint a key and show it once, with the lines to paste.

    The first line is the key as a variable for the gateway's environment or its `.env` file; the second goes under
    `auth.static_keys` and names that variable. The third is for there too, in its place: it holds the key's SHA-256,
    and the gateway needs no variable. So the configuration holds no secret either way.
    """
    import json
    import re

    from octogate.core.keys import hash_key, mint_key

    public_id, key = mint_key()
    variable = "OCTOGATE_KEY_" + re.sub(r"[^A-Z0-9]", "_", (name or public_id).upper())
    entry: dict[str, object] = {"id": name or public_id, "key": "${" + variable + "}", "user": user, "team": team}
    entry["groups"] = [group.strip() for group in (groups or "").split(",") if group.strip()]
    entry = {field: value for field, value in entry.items() if value}
    hashed = {"key_sha256" if field == "key" else field: value for field, value in entry.items()}
    hashed["key_sha256"] = hash_key(key).hex()
    if as_json:
        shown = {"static_key": entry, "static_key_hashed": hashed}
        print(json.dumps({"id": entry["id"], "key": key, "variable": variable, **shown}))
        return
    print("# The key, shown only now; for the gateway's environment or the .env beside its configuration:")
    print(f"{variable}={key}\n")
    print("# For the configuration, under auth.static_keys:")
    print(_yaml_item(entry))
    print("\n# Or, so that the gateway never holds the key itself:")
    print(_yaml_item(hashed))


def _yaml_item(entry: Mapping[str, object]) -> str:
    """One line of a YAML list. Values are in JSON: YAML reads them the same, whatever characters they have."""
    import json

    return "- {" + ", ".join(f"{field}: {json.dumps(value)}" for field, value in entry.items()) + "}"
