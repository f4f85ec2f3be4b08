"""The command line. Verbs are imported when they are asked for, so that `dreamc check` loads nothing else."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress
from io import TextIOWrapper
from typing import Any

import click

from dreamc import __version__
from dreamc.cli.loading import load
from dreamc.errors import DreamError

USAGE = 64
VERBS: tuple[tuple[str, str, str], ...] = (
    ("init", "dreamc.cli.init", "Write a starter dream.yaml."),
    ("import", "dreamc.cli.move_in", "Write a dream.yaml out of the configuration that is there."),
    ("check", "dreamc.cli.check", "Say everything that is wrong with the file."),
    ("compile", "dreamc.cli.compile", "Write a bundle per host."),
    ("plan", "dreamc.cli.plan", "Say what an apply would change on the hosts."),
    ("apply", "dreamc.cli.apply", "Bring hosts to what the file says, proven or put back."),
    ("rollback", "dreamc.cli.rollback", "Go back to an earlier release that is on the hosts."),
    ("mode", "dreamc.cli.mode", "Show or switch the mode of hosts: cloud, local, hybrid."),
    ("status", "dreamc.cli.status", "Say whether what should serve does."),
    ("drift", "dreamc.cli.drift", "Say what is not as it was applied."),
    ("doctor", "dreamc.cli.doctor", "Say why something does not work, and what mends it."),
    ("logs", "dreamc.cli.logs", "Show the logs of a service from all its hosts."),
    ("history", "dreamc.cli.history", "Show what was done to hosts, by whom and why."),
    ("facts", "dreamc.cli.facts", "Say what hosts are, and write it into the file."),
    ("down", "dreamc.cli.down", "Stop the stack on hosts; nothing is deleted."),
    ("models", "dreamc.cli.models", "Show, bring, verify or sweep the model files of hosts."),
    ("bundle", "dreamc.cli.bundle", "Save or load one archive for machines without a network."),
    ("explain", "dreamc.cli.explain", "Say where a code, a value or a route comes from."),
    ("route", "dreamc.cli.route", "Ask the gateway once and say who answered, or decide without asking."),
    ("size", "dreamc.cli.size", "Say what a model takes of a card, and how much context fits."),
    ("cost", "dreamc.cli.cost", "Say what a stack costs: estimated, simulated, and as it was."),
    ("lock", "dreamc.cli.lock", "Pin models and images by digest into dream.lock.yaml."),
    ("schema", "dreamc.cli.schema", "Print the JSON Schema of dream.yaml, for editors."),
    ("serve", "dreamc.cli.serve", "Run the compiled gateway here, as a process."),
    ("completion", "dreamc.cli.completion", "Print the completion script of a shell."),
)


SHORT = {"m": "mode"}
"""What is typed often."""


class _Verbs(click.Group):
    """Knows its verbs by name and loads them one by one."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name, _, _ in VERBS]

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        module = next((module for verb, module, _ in VERBS if verb == SHORT.get(name, name)), None)
        command: click.Command | None = load(module).command if module else None
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Verbs"):
            formatter.write_dl([(name, text) for name, _, text in VERBS])

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        name = args[0] if args else ""
        unknown = name and not name.startswith("-") and self.get_command(ctx, name) is None
        if unknown and not ctx.resilient_parsing:  # a shell that asks for completions is told nothing
            from dreamc.knowledge.nearest import nearest

            close = nearest(name, self.list_commands(ctx), 1)
            hint = f" Did you mean '{close[0]}'?" if close else " See 'dreamc --help'."
            ctx.fail(f"there is no verb '{name}'.{hint}")
        return super().resolve_command(ctx, args)


@click.command(
    cls=_Verbs,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, message="dreamc %(version)s")
def dreamc() -> None:
    """One dream.yaml for hardware, models, clouds and policy; files for every host."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a verb and exit: 64 for wrong usage, 1 for what the world refused, else what the verb says."""
    _readable()
    try:
        sys.exit(dreamc.main(args=arguments, prog_name="dreamc", standalone_mode=False) or 0)
    except click.UsageError as error:
        error.show()
        sys.exit(USAGE)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("dreamc: stopped; nothing more was written", err=True)
        sys.exit(130)
    except DreamError as error:
        _tell(error)
        sys.exit(1)
    except OSError as error:  # of a pipe that nobody reads any more, click has taken care
        _tell(_world(error))
        sys.exit(1)


def _readable() -> None:
    """What the character set of a terminal does not have is a question mark there, not a failure."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


def _world(error: OSError) -> DreamError:
    """What no verb expected: the working directory was removed, or the output cannot be written."""
    reason = (error.strerror or type(error).__name__).lower()
    if isinstance(error, FileNotFoundError) and error.filename is None:
        return DreamError("the working directory is not there any more", "nothing was written", "go to another one")
    try:
        sys.stdout.flush()
    except OSError:
        with suppress(OSError):  # closed, or Python tries once more when it ends
            sys.stdout.close()
    return DreamError(f"{error.filename or 'the output'} cannot be read or written: {reason}")


def _tell(error: DreamError) -> None:
    click.echo(f"dreamc: {error.what}", err=True)
    if error.state:
        click.echo(f"  state: {error.state}", err=True)
    if error.remedy:
        click.echo(f"  to do: {error.remedy}", err=True)
