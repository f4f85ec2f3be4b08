"""`dreamc lock`: asks for commits, digests and sizes, and writes dream.lock.yaml; the only verb that goes online."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from difflib import unified_diff
from pathlib import Path

import click
from msgspec.structs import replace

import dreamc
from dreamc.artifact.commit import sync_directory
from dreamc.cli.findings import told
from dreamc.cli.internet import internet
from dreamc.cli.lock_plan import Part, Wish, fetched, merged, wishes
from dreamc.cli.lock_text import table
from dreamc.cli.options import coloured, request, source
from dreamc.cli.progress import going_on
from dreamc.compiler import LOCK, Request, resolve
from dreamc.diagnostics.codes import has_error
from dreamc.errors import DreamError
from dreamc.hub.lock import lock_text
from dreamc.hub.pins import Lock
from dreamc.inputs import lock, lock_path
from dreamc.spec import Dream
from dreamc.stack.remembered import placement_of
from dreamc.stack.types import Stack

PARTS: tuple[Part, ...] = ("models", "images", "placement")


@click.command("lock")
@source
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--only", type=click.Choice(PARTS), default=None, help="Only this part of the file.")
@click.option("--check", "only_check", is_flag=True, help="Write nothing; exit 1 and show what would change.")
@click.option("--prune", is_flag=True, help="Remove rows that dream.yaml has no use for.")
@click.option(
    "--offline", is_flag=True, envvar="DREAMC_OFFLINE", show_envvar=True, help="Ask nobody; what is missing fails."
)
@click.option(
    "--timeout", type=click.FloatRange(1, 3600), default=30, show_default=True, metavar="SECONDS",
    envvar="DREAMC_TIMEOUT", show_envvar=True, help="How long a server may be silent.",
)  # fmt: skip
@click.option("-q", "--quiet", is_flag=True, envvar="DREAMC_QUIET", show_envvar=True, help="Print no table.")
@click.pass_context
def command(
    ctx: click.Context,
    names: tuple[str, ...],
    file: Path,
    overlay: str | None,
    today: str | None,
    only: Part | None,
    only_check: bool,
    prune: bool,
    offline: bool,
    timeout: float,
    quiet: bool,
) -> None:
    """Pin model revisions, file digests, Ollama and image digests, and places on GPUs into dream.lock.yaml.

    NAME is a model or image of the file; without one everything is asked for anew. Rows that are not asked for stay as
    they are. HF_TOKEN opens gated repositories; HF_ENDPOINT, DREAMC_OLLAMA_REGISTRY and DREAMC_IMAGE_REGISTRY name
    mirrors. When one question fails, nothing is written.
    """
    wanted = request(file, overlay, today)
    spec, stack, old = _read(ctx, wanted)
    parts: tuple[Part, ...] = (only,) if only else PARTS
    asked = wishes(spec, names, parts)
    path = lock_path(file)
    answers = _answers(asked, old or Lock(), path, offline, timeout, quiet)
    new = merged(old or Lock(), replace(answers, placement=_placement(stack, parts, names)), spec, prune)
    before = path.read_text(encoding="utf-8") if old is not None else ""
    text = lock_text(new, _header())
    if not quiet:
        click.echo(table(old or Lock(), new), nl=False)
    if only_check:
        ctx.exit(_shown(before, text, path))
    if text != before:
        _write(path, text)
    if stack is None:  # what no table knew can be placed now that it is locked
        placed = replace(new, placement={**new.placement, **_placement(resolve(wanted).stack, parts, names)})
        text = lock_text(placed, _header())
        _write(path, text)
    click.echo(f"dreamc: {path.as_posix()} {'written' if text != before else 'is up to date'}", err=True)


def _placement(stack: Stack | None, parts: tuple[Part, ...], names: tuple[str, ...]) -> dict[str, list[str]]:
    """Where models stand now, so that they stay there; nothing of a file that cannot be placed yet."""
    seats = placement_of(stack) if stack is not None and "placement" in parts else {}
    return {name: where for name, where in seats.items() if not names or name in names}


def _read(ctx: click.Context, wanted: Request) -> tuple[Dream, Stack | None, Lock | None]:
    """The file, and the lock beside it. What keeps it from being compiled may be what a lock mends."""
    result = resolve(wanted)
    old, _, _, problems = lock(wanted.file, LOCK)
    if result.dream is None or has_error(problems):
        told(result, "text", coloured(False, err=True), err=True)
        bad = result.dream is not None
        click.echo(f"dreamc: nothing was written{'; delete the lock file to begin anew' if bad else ''}", err=True)
        ctx.exit(1)
    return result.dream, result.stack, old


def _answers(asked: tuple[Wish, ...], old: Lock, path: Path, offline: bool, timeout: float, quiet: bool) -> Lock:
    """What the Internet says; with `offline` what is there already."""
    if offline:
        missing = [one.key for one in asked if one.key not in (old.models if one.part == "models" else old.images)]
        if missing:
            what = f"--offline, and {path.name} has no row for {', '.join(missing)}"
            raise DreamError(what, _unchanged(path), "run it once where the Internet can be reached")
        return old
    failed: list[DreamError] = []
    with going_on(f"asks about {len(asked)} models and images", quiet or not asked):
        answers = fetched(asked, internet(timeout), failed)
    if failed:
        *others, last = {one.what: one for one in failed}.values()
        for one in others:
            click.echo(f"dreamc: {one.what}\n  to do: {one.remedy}", err=True)
        raise DreamError(last.what, _unchanged(path), last.remedy)
    return answers


def _unchanged(path: Path) -> str:
    return f"nothing was written; {path.name} {'is as it was' if path.exists() else 'is not there yet'}"


def _header() -> str:
    return (
        f"Written by dreamc {dreamc.__version__}: `dreamc lock` changes it, do not edit. Commit it beside dream.yaml."
    )


def _shown(before: str, after: str, path: Path) -> int:
    lines = tuple(_difference(before, after, path.name))
    click.echo("".join(lines), nl=False)
    if lines:
        click.echo(f"dreamc: {path.as_posix()} is not what would be written", err=True)
    return 1 if lines else 0


def _difference(before: str, after: str, name: str) -> Iterator[str]:
    return unified_diff(before.splitlines(True), after.splitlines(True), f"{name} (is)", f"{name} (would be)")


def _write(path: Path, text: str) -> None:
    """Old or new, never half: a new file takes the place of the old one in one step."""
    target = Path(os.path.realpath(path))
    part = target.with_name(f".{target.name}.{os.getpid()}.new")
    try:
        mode = target.stat().st_mode & 0o777 if target.exists() else 0o644
        with part.open("wb") as file:
            file.write(text.encode())
            os.fchmod(file.fileno(), mode)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, target)
        sync_directory(target.parent)
    except OSError as error:
        with suppress(OSError):
            part.unlink()
        reason = (error.strerror or "unknown error").lower()
        raise DreamError(
            f"{path} cannot be written: {reason}", _unchanged(path), "mend that, and run it again"
        ) from None
