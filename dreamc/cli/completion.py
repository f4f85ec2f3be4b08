"""`dreamc completion`: the completion script of a shell."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class


@click.command("completion")
@click.argument("shell", type=click.Choice(("bash", "zsh", "fish")))
def command(shell: str) -> None:
    """Print the script; add `eval "$(dreamc completion bash)"` to your shell's start-up file."""
    from dreamc.cli import dreamc

    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"no completion for {shell}")
    click.echo(kind(dreamc, {}, "dreamc", "_DREAMC_COMPLETE").source())
