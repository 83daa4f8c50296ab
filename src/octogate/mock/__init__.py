"""The built-in upstream for demos, tests and chaos: answers like the providers do, and fails like them on request."""

from octogate.mock.behaviour import Behaviour
from octogate.mock.refusals import Refused
from octogate.mock.server import MockConfig, MockServer, run

__all__ = ["Behaviour", "MockConfig", "MockServer", "Refused", "run"]
