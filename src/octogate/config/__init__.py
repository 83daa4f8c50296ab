"""The configuration file: read with its lines, checked as a whole, compiled to a snapshot, swapped when it changes."""

from octogate.config.compile import compile_snapshot
from octogate.config.explain_key import KeyRules, UnknownKey, explain_key
from octogate.config.faults import ConfigFault, ConfigInvalid
from octogate.config.holder import ReloadResult, SnapshotHolder
from octogate.config.load import Loaded, load
from octogate.config.schema import Config
from octogate.config.watch import watch

__all__ = [
    "Config",
    "ConfigFault",
    "ConfigInvalid",
    "KeyRules",
    "Loaded",
    "ReloadResult",
    "SnapshotHolder",
    "UnknownKey",
    "compile_snapshot",
    "explain_key",
    "load",
    "watch",
]
