"""Which gateway `octogate try` talks to, and with which key."""

from collections.abc import Mapping

import msgspec

from octogate.cli.demo_state import client_variables, data_folder, load_state
from octogate.cli.failure import Failed
from octogate.cli.try_dialects import Asker
from octogate.core.secret import Secret


class Destination(msgspec.Struct, frozen=True):
    """A base URL as the dialect's SDK takes it, and the key to show there."""

    base_url: str
    key: Secret


def destination(asker: Asker, environ: Mapping[str, str]) -> Destination:
    """The environment's, else the demo's.

    A key without a base URL is most likely a vendor's own: it is never sent to the demo. Raises Failed.
    """
    url, key = environ.get(asker.url_variable), environ.get(asker.key_variable)
    if url and key:
        return Destination(url, Secret(key))
    if url:
        raise Failed(f"{asker.url_variable} is set but {asker.key_variable} is not; set both, or neither for the demo")
    state = load_state(data_folder(environ))
    if state is None or not state.base_url:
        raise Failed(
            f"no gateway to talk to: set {asker.url_variable} and {asker.key_variable}, or start `octogate demo`"
        )
    return Destination(client_variables(state)[asker.url_variable], state.key)
