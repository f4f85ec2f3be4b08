"""`dreamc schema`: the JSON Schema of dream.yaml."""

from __future__ import annotations

import click

from dreamc import resources


@click.command("schema")
@click.option("--target", default="dream", show_default=True, help="Which file's schema: dream, policy, providers, …")
@click.option("--list", "listing", is_flag=True, help="Print the targets.")
def command(target: str, listing: bool) -> None:
    """Print a JSON Schema (draft-07), for editors and CI."""
    suffix = ".schema.json"
    known = tuple(name.removesuffix(suffix) for name in resources.names("schemas") if name.endswith(suffix))
    if listing:
        click.echo("\n".join(known))
    elif target not in known:
        raise click.UsageError(f"there is no schema '{target}'; known: {', '.join(known)}")
    else:
        click.echo(resources.text("schemas", f"{target}{suffix}").encode(), nl=False)
