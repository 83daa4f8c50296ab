"""The list of commands; the one that is asked for is imported, the others only when help or completion needs them."""

from collections.abc import Sequence
from importlib import import_module

import msgspec
import typer

ABOUT = "A self-hosted LLM gateway: exact limits and money, honest streams, the speed of a proxy."


class Command(msgspec.Struct, frozen=True):
    """A command: its name, where its function is, and the example that stands under its help."""

    name: str
    module: str
    function: str
    example: str


COMMANDS = (
    Command("demo", "demo", "demo", "octogate demo --port 4001"),
    Command("serve", "serve", "serve", "octogate serve --config octogate.yaml"),
    Command("check", "check", "check", "octogate check --config octogate.yaml --key team-a"),
    Command("mock", "mock", "mock", "octogate mock --port 4010 --time-scale 0.01"),
    Command("try", "try_call", "try_call", 'octogate try "hello" -m gpt-4o-mini --stream'),
    Command("env", "env", "env", 'eval "$(octogate env)"'),
    Command("tokens", "tokens", "tokens", "octogate tokens -m gpt-4o-mini - < prompt.txt"),
    Command("health", "health", "health", "octogate health --url http://127.0.0.1:4000 --ready"),
    Command("version", "version", "version", "octogate version --json"),
)
KEY_COMMANDS = (Command("new", "keys", "new", "octogate keys new --id team-a --team research"),)
LIMITS_COMMANDS = (Command("draw", "limits_draw", "draw", 'octogate limits draw "100 requests / 1m" --compare'),)
GROUPS = (
    ("keys", "Make the keys that callers use.", KEY_COMMANDS),
    ("limits", "See what limits admit and refuse.", LIMITS_COMMANDS),
)


def build_application(arguments: Sequence[str] = ()) -> typer.Typer:
    """The typer application for `arguments`: all commands, or only the one that they name."""
    application = typer.Typer(
        name="octogate",
        no_args_is_help=True,
        rich_markup_mode="markdown",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    # With a callback, one command alone is still a sub-command.
    application.callback(epilog="Start here: octogate demo", help=ABOUT)(_nothing)
    named = [command for command in COMMANDS if arguments and command.name == arguments[0]]
    for command in named or COMMANDS:
        _add(application, command)
    if not named:
        for name, about, commands in GROUPS:
            group = typer.Typer(no_args_is_help=True, rich_markup_mode="markdown")
            group.callback(help=about)(_nothing)
            for command in commands:
                _add(group, command)
            application.add_typer(group, name=name)
    return application


def _add(application: typer.Typer, command: Command) -> None:
    function = getattr(import_module(f"octogate.cli.{command.module}"), command.function)
    application.command(command.name, epilog=f"Example: `{command.example}`")(function)


def _nothing() -> None:
    """A group of commands does nothing on its own."""
