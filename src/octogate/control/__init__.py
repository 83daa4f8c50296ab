"""The control pages beside the data plane: start page, health, readiness, version and metrics."""

from typing import TYPE_CHECKING

from octogate.control.build import build_facts

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from octogate.control.facts import ControlFacts

__all__ = ["build_control", "build_facts"]


def build_control(facts: "ControlFacts") -> "ASGIApp":
    """The ASGI application of the control pages; HTTP only, no lifespan, no state of its own."""
    # Starlette costs 80 ms to import; `octogate version`, which reads control.build, has 150.
    from octogate.control.application import control_application

    return control_application(facts)
