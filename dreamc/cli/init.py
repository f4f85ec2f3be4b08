"""`dreamc init`: a starter dream.yaml. Asks on a terminal, takes flags in scripts, never waits for what cannot come."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec import Struct

from dreamc.errors import DreamError

if TYPE_CHECKING:
    from dreamc.cli.starter import Card, Pick

PROVIDERS = ("anthropic", "openai", "google", "together", "ollama-cloud")
MODES = ("cloud", "local", "hybrid")
EXAMPLE = "rtx-4070"
"""Assumed where nothing is said and nobody can be asked."""

_SMI = ("nvidia-smi", "--query-gpu=name,memory.total,compute_cap", "--format=csv,noheader,nounits")
_COUNTED = re.compile(r"(?:(\d+)\s*x\s*)?(.+)", re.IGNORECASE)
NONE = "none"


class Wish(Struct, frozen=True):
    """What was said on the command line; None and () where nothing was."""

    name: str | None
    gpu: str | None
    detect: bool
    models: tuple[str, ...]
    providers: tuple[str, ...]
    services: tuple[str, ...]
    mode: str | None
    profile: str | None


@click.command("init")
@click.option("--name", default=None, help="Name of the stack. Default: the folder's.")
@click.option("--gpu", default=None, help="GPU such as rtx-4070 or '2 x h200'; 'none' for a machine without one.")
@click.option("--detect", is_flag=True, help="Read this machine's GPUs with nvidia-smi.")
@click.option(
    "--model",
    "models",
    multiple=True,
    metavar="SOURCE",
    help="hf:ORG/REPO or ollama:TAG. Default: the largest that fits.",
)
@click.option(
    "--provider", "providers", multiple=True, metavar="KIND[=MODEL]", help=f"Cloud: {', '.join(PROVIDERS)}; or none."
)
@click.option("--service", "services", multiple=True, help="What runs beside the models, such as open-webui; or none.")
@click.option("--mode", type=click.Choice(MODES), default=None, help="Mode in which a new host starts.")
@click.option("--profile", default=None, help="conservative, balanced, performance, or none.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("dream.yaml"),
    show_default=True,
    help="The file to write.",
)
@click.option("--force", is_flag=True, help="Overwrite the file.")
def command(output: Path, force: bool, **said: object) -> None:
    """Write a starter dream.yaml that passes `dreamc check`."""
    if output.exists() and not force:
        raise DreamError(
            f"{output} is there already",
            "it was left as it is",
            "name another file with -o, or overwrite it with --force",
        )
    wish = Wish(**said)  # type: ignore[arg-type]
    text = _text(wish, output, _can_ask())
    _write(output, text)
    click.echo(f"{output} is written. Next: dreamc check -f {output}", err=True)


def _can_ask() -> bool:
    """Whether somebody sits there."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def _text(wish: Wish, output: Path, asking: bool) -> str:
    from dreamc.cli import starter

    name = wish.name or _asked("Name of the stack", _folder(output), asking)
    card = _card(wish, asking)
    models = _models(wish.models, card, asking)
    kinds = _several("Clouds (none, or: " + ", ".join(PROVIDERS) + ")", wish.providers, NONE, asking)
    clouds = tuple(starter.cloud_pick(*_provider(kind)) for kind in kinds)
    services = _several(
        "Services beside the models (none, or: " + ", ".join(_services()) + ")", wish.services, "open-webui", asking
    )
    for service in services:
        _known("service", service, _services())
    if not models and not clouds:
        raise click.UsageError("neither a model here nor a cloud: give --gpu, --detect or --provider")
    mode = wish.mode or ("hybrid" if models and clouds else "local" if models else "cloud")
    profile = wish.profile or _asked("Profile (none, conservative, balanced, performance)", NONE, asking)
    made = starter.Starter(name, "" if profile == NONE else profile, mode, card, models, clouds, services)
    text = starter.text(made)
    _checked(text)
    return text


def _checked(text: str) -> None:
    """A starter with a mistake in it would teach the mistake."""
    from dreamc.cli.starter import errors

    found = errors(text, datetime.now(UTC).date())
    if found:
        said = "; ".join(f"{one.code}: {one.message}" for one in found[:3])
        raise DreamError(said, "nothing was written", found[0].help or "choose something else")


def _card(wish: Wish, asking: bool) -> Card | None:
    if wish.detect:
        return _detected()
    assumed = NONE if wish.providers and not wish.models else EXAMPLE
    given = wish.gpu or _asked("GPU of the first machine ('none' without one)", assumed, asking)
    if given == NONE:
        return None
    return _named(given)


def _named(given: str) -> Card:
    from dreamc.cli.starter import Card
    from dreamc.knowledge.gpus import gpu, nearest_gpus
    from dreamc.sizing.types import GIB

    found = _COUNTED.fullmatch(given.strip())
    known = gpu(found[2]) if found else None
    if found is None or known is None:
        close = nearest_gpus(given, 3)
        hint = f" Did you mean {' or '.join(close)}?" if close else " A card that the table does not know: --detect."
        raise click.UsageError(f"no card named '{given}' is known.{hint}")
    count = int(found[1] or 1)
    written = known.name if count == 1 else f"{count} x {known.name}"
    return Card(written, known.title, count, int(known.visible_gib * GIB), known.capability)


def _detected() -> Card:
    """The cards that nvidia-smi lists; the first kind of them, where there are several."""
    from dreamc.cli.starter import Card
    from dreamc.knowledge.gpus import normal
    from dreamc.sizing.types import GIB, MIB

    rows = _listed()
    name, mebibytes, grade = rows[0]
    alike = [row for row in rows if row == rows[0]]
    for other in rows:
        if other not in alike:
            click.echo(f"also there, and left out: {other[0]}; add it to `gpus:` yourself", err=True)
    known = _in_table(name, mebibytes)
    if known is not None:
        return _named(f"{len(alike)} x {known}")
    major, _, minor = grade.partition(".")
    memory = f"{mebibytes * MIB / GIB:.1f} GiB"
    written = f"{{model: {normal(name)}, count: {len(alike)}, memory: {memory}, capability: '{grade}'}}"
    return Card(written, name, len(alike), int(float(memory.split(maxsplit=1)[0]) * GIB), (int(major), int(minor or 0)))


def _in_table(name: str, mebibytes: int) -> str | None:
    """The row of a card; two cards of one name differ by their memory."""
    from dreamc.knowledge.gpus import gpu
    from dreamc.stack.machines import FAR_OFF

    known = gpu(f"{name} {round(mebibytes / 1024)}GB") or gpu(name)
    if known is None or abs(mebibytes / 1024 / known.memory_gib - 1) > FAR_OFF:
        return None
    return known.name


def _listed() -> list[tuple[str, int, str]]:
    """(name, MiB, compute capability) of each GPU."""
    remedy = "name the card: --gpu rtx-4070, or --gpu none"
    try:
        done = subprocess.run(_SMI, capture_output=True, text=True, timeout=30, check=False)
    except FileNotFoundError:
        raise DreamError("nvidia-smi is not installed here", "nothing was written", remedy) from None
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DreamError(f"nvidia-smi does not answer: {error}", "nothing was written", remedy) from None
    rows = [tuple(part.strip() for part in line.split(",")) for line in done.stdout.splitlines() if line.strip()]
    found = [(row[0], int(row[1]), row[2]) for row in rows if len(row) == 3 and row[1].isdigit()]
    if done.returncode or not found:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise DreamError(f"nvidia-smi lists no GPU: {said[0] if said else 'no output'}", "nothing was written", remedy)
    return found


def _models(sources: tuple[str, ...], card: Card | None, asking: bool) -> tuple[Pick, ...]:
    from dreamc.cli.starter import pick, picks

    if card is None:
        if sources:
            raise click.UsageError("--model runs on a GPU of yours: give --gpu or --detect")
        return ()
    if sources:
        return tuple(pick(source, card) for source in sources)
    found = picks(card)
    if not found:
        raise DreamError(
            f"no model of the tables fits a {card.title}",
            "nothing was written",
            "use a cloud: --gpu none --provider anthropic",
        )
    if not asking:
        click.echo(f"model: {found[0].source} ({found[0].why})", err=True)
        return found[:1]
    for number, one in enumerate(found, 1):
        click.echo(f"  {number}. {one.source}: {one.why}", err=True)
    chosen = click.prompt("Model", type=click.IntRange(1, len(found)), default=1, err=True)
    return (found[chosen - 1],)


def _provider(given: str) -> tuple[str, str]:
    kind, _, model = given.partition("=")
    _known("provider", kind, PROVIDERS)
    return kind, model


def _known(what: str, given: str, known: tuple[str, ...]) -> None:
    from dreamc.knowledge.nearest import nearest

    if given not in known:
        close = nearest(given, known, 1)
        hint = f"Did you mean '{close[0]}'?" if close else f"Known: {', '.join(known)}."
        raise click.UsageError(f"there is no {what} '{given}'. {hint}")


def _services() -> tuple[str, ...]:
    from dreamc.knowledge.services import service_names

    return service_names()


def _several(question: str, given: tuple[str, ...], default: str, asking: bool) -> tuple[str, ...]:
    """A list, by commas or spaces when it is asked for; `none` is an empty one."""
    words = given or tuple(re.split(r"[\s,]+", _asked(question, default, asking).strip()))
    return tuple(dict.fromkeys(word for word in words if word and word != NONE))


def _asked(question: str, default: str, asking: bool) -> str:
    """The answer, or the default with a word about it where nobody can be asked."""
    if asking:
        return str(click.prompt(question, default=default, err=True))
    click.echo(f"{question.partition(' (')[0].lower()}: {default} (not said; this is the default)", err=True)
    return default


def _folder(output: Path) -> str:
    """The folder's name as the name of a stack."""
    name = re.sub(r"[^a-z0-9]+", "-", output.resolve().parent.name.lower()).strip("-")[:40]
    return name or "stack"


def _write(output: Path, text: str) -> None:
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        remedy = "name a file in a folder that is there, with -o"
        raise DreamError(f"{output} cannot be written: {error.strerror}", "nothing was written", remedy) from None
