"""`dreamc doctor`: why something does not work, the likeliest cause first, and the command that mends it."""

from __future__ import annotations

import time
from pathlib import Path

import click

from dreamc.cli.asking import as_json as encoded
from dreamc.cli.asking import each, tell
from dreamc.cli.change import known_secrets, look, planned, wished
from dreamc.cli.drift import inside
from dreamc.cli.hosts import Scene, Ways, reach, scene
from dreamc.cli.options import coloured, source
from dreamc.errors import DreamError
from dreamc.knowledge.symptoms import symptoms
from dreamc.provision.doctor.archive import archive, cleaned, facts_text
from dreamc.provision.doctor.causes import causes, unreachable
from dreamc.provision.doctor.examine import Examined, examine
from dreamc.provision.doctor.types import Cause, Sign
from dreamc.provision.session import Session
from dreamc.provision.show import saved
from dreamc.provision.show.text import Paint
from dreamc.provision.survey import Secrets

Found = dict[str, tuple[Cause, ...]]


@click.command("doctor")
@source
@reach
@click.option("--json", "as_json", is_flag=True, envvar="DREAMC_JSON", help="For programs.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write a support archive (tar.gz): facts, plan, journals, compose files, logs; no secrets.",
)
@click.option("--no-color", "plain", is_flag=True, envvar="DREAMC_NO_COLOR", help="No colours; so does NO_COLOR.")
@click.pass_context
def command(
    ctx: click.Context,
    file: Path,
    overlay: str | None,
    today: str | None,
    inventories: tuple[Path, ...],
    patterns: tuple[str, ...],
    parallel: int,
    ask_pass: bool,
    ask_become_pass: bool,
    close: bool,
    as_json: bool,
    output: Path | None,
    plain: bool,
) -> None:
    """Look for the causes of what does not work, and say what mends each. Exit 1 where there is one."""
    ways = Ways(inventories, patterns, parallel, ask_pass, ask_become_pass, close)
    with scene(ctx, file, overlay, today, ways, with_strangers=False) as here:
        secrets, wish, within = known_secrets(here), wished(here), inside()

        def one(name: str, session: Session) -> Examined:
            whole = output is not None
            return examine(session, wish(name, here.bundles.get(name)), secrets, within, time.time(), whole)

        examined, failed = each(here.sessions, one, parallel)
        found = _found(examined, failed)
        if output is not None:
            _write(output, here, examined, found, secrets, parallel)
    shown = encoded({"hosts": found}) + "\n" if as_json else text(found, Paint(coloured(plain)))
    click.echo(cleaned(shown, secrets.mask), nl=False)
    ctx.exit(1 if any(found.values()) else 0)


def _found(examined: dict[str, Examined], failed: dict[str, DreamError]) -> Found:
    signs = tuple(Sign(one.id, one.rank, one.pattern, one.of, one.what, one.remedy) for one in symptoms())
    found = {name: causes(one.case, signs) for name, one in examined.items()}
    return found | {name: (unreachable(error.what, error.remedy),) for name, error in failed.items()}


def _write(
    output: Path, here: Scene, examined: dict[str, Examined], found: Found, secrets: Secrets, parallel: int
) -> None:
    """Readable for whoever made it, and for nobody else."""
    made = planned(here, look(here, wished(here), secrets, parallel))
    files = {"causes.json": encoded(found) + "\n", "plan.json": saved(made)}
    for name, one in examined.items():
        files[f"{name}/facts.json"] = facts_text(one.case.facts)
        files |= {f"{name}/{path}": body for path, body in one.files.items()}
    try:
        output.touch(mode=0o600)
        output.chmod(0o600)
        output.write_bytes(archive(files, secrets.mask))
    except OSError as error:
        tell([DreamError(f"{output} cannot be written: {error.strerror}", "", "name another place with -o")])
        raise click.exceptions.Exit(1) from error
    click.echo(f"dreamc: {output} holds what was found ({output.stat().st_size // 1024} KiB); read it first", err=True)


def text(found: Found, paint: Paint) -> str:
    """The causes of each host, numbered."""
    return "".join(f"{line}\n" for name, one in found.items() for line in _host(name, one, paint))


def _host(name: str, found: tuple[Cause, ...], paint: Paint) -> list[str]:
    if not found:
        return [f"{paint('bold', name)}  {paint('green', 'nothing found')}"]
    lines = [f"{paint('bold', name)}  {paint('red', f'{len(found)} found, the likeliest first')}"]
    for number, one in enumerate(found, 1):
        lines.append(f"  {number}. {paint('yellow', one.id)}: {one.what}")
        lines += [f"     | {paint('dim', line)}" for line in one.evidence]
        lines.append(f"     to do: {one.remedy}")
    return lines
