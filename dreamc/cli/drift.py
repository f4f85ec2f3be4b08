"""`dreamc drift`: what on the hosts is not as it was applied; nothing is changed anywhere."""

from __future__ import annotations

from pathlib import Path

import click

from dreamc.artifact.release import Release
from dreamc.cli.asking import as_json as encoded
from dreamc.cli.asking import each, tell, unreachable
from dreamc.cli.change import known_secrets, wished
from dreamc.cli.hosts import Ways, reach, scene
from dreamc.cli.options import coloured, source
from dreamc.provision.compare import Compared, Inside, compare
from dreamc.provision.session import Session
from dreamc.provision.show.text import Paint


@click.command("drift")
@source
@reach
@click.option("--json", "as_json", is_flag=True, envvar="DREAMC_JSON", help="For programs.")
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
    plain: bool,
) -> None:
    """Files, containers, images, .env, mode and loaded models that differ from what was applied. Exit 1 if any does."""
    ways = Ways(inventories, patterns, parallel, ask_pass, ask_become_pass, close)
    with scene(ctx, file, overlay, today, ways, with_strangers=False) as here:
        secrets, wish, within = known_secrets(here), wished(here), inside()

        def one(name: str, session: Session) -> Compared:
            return compare(session, wish(name, here.bundles.get(name)), secrets, within)

        found, failed = each(here.sessions, one, parallel)
    if as_json:
        rows = [_row(name, each_) for name, each_ in found.items()]
        click.echo(secrets.mask(encoded({"hosts": rows, "unreachable": unreachable(failed)})))
    else:
        click.echo(secrets.mask(text(found, Paint(coloured(plain)))), nl=False)
    tell(failed.values())
    ctx.exit(1 if failed or any(each_.differences for each_ in found.values()) else 0)


def inside() -> Inside:
    """Where every gateway of ours listens and reads."""
    from dreamc.stack.types import MODES
    from dreamc.workloads.paths import LITELLM, litellm_config
    from dreamc.workloads.reach import GATEWAY_PORT

    return Inside(GATEWAY_PORT, LITELLM, {mode: litellm_config(mode) for mode in MODES})


def _row(name: str, found: Compared) -> dict[str, object]:
    facts = found.facts
    whole = {"host": name, "release": facts.release, "mode": facts.mode}
    return {**whole, "differences": found.differences, "notes": found.notes}


def text(found: dict[str, Compared], paint: Paint) -> str:
    """A line per difference, and what to do once for all that have the same remedy."""
    return "".join(f"{line}\n" for name, one in found.items() for line in _host(name, one, paint))


def _host(name: str, found: Compared, paint: Paint) -> list[str]:
    count = len(found.differences)
    verdict = f"{count} difference{'s' * (count > 1)}" if count else "as it was applied"
    lines = [f"{paint('bold', name)}  {_where(found.release, found)}  {paint('red' if count else 'green', verdict)}"]
    for remedy in dict.fromkeys(one.remedy for one in found.differences):
        alike = (one for one in found.differences if one.remedy == remedy)
        lines += [f"  {paint('yellow', one.id)}: {one.what}" for one in alike]
        lines.append(f"    {paint('dim', remedy)}")
    return [*lines, *(f"  {paint('dim', note)}" for note in found.notes)]


def _where(release: Release | None, found: Compared) -> str:
    facts = found.facts
    return f"release {facts.release} in {facts.mode or 'no recorded'} mode" if release else "no known release"
