"""`dreamc facts`: what hosts are; with --write it stands under `hardware:` of dream.yaml afterwards."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click
from msgspec import Struct
from msgspec.structs import replace

from dreamc.backends.compose import project_name
from dreamc.cli.asking import as_json as encoded
from dreamc.cli.asking import each, tell, unreachable
from dreamc.cli.change import confirm
from dreamc.cli.facts_text import text, value
from dreamc.cli.findings import whole
from dreamc.cli.hardware import Value, as_hosts, changes
from dreamc.cli.hardware_text import rewritten
from dreamc.cli.hosts import Ways, inventory, prompts, reach
from dreamc.cli.options import coloured, request, source
from dreamc.compiler import Request, Result, resolve
from dreamc.errors import DreamError
from dreamc.provision.facts import Asked, Question, ask, gather
from dreamc.provision.inventory.select import complete, select
from dreamc.provision.session import Session, open_session
from dreamc.provision.show.text import Paint
from dreamc.provision.survey import Wish, salt
from dreamc.provision.types import Address, HostFacts
from dreamc.spec.operation import Data


class Place(Struct, frozen=True):
    """The hosts of a file that may be wrong otherwise: sizing against the wrong card is why someone asks."""

    result: Result
    sessions: Mapping[str, Session]

    @property
    def question(self) -> Question:
        """Where to look on every host; the models may lie on a disk of their own."""
        stack = self.result.stack
        wish = Wish(stack.root, project_name(stack)) if stack else Wish(Data().root, "dream")
        store = f"{wish.root}/models"
        models = (Asked("hf", f"{store}/huggingface/hub", store),)
        return replace(ask(wish.root, wish.project, salt(wish)), weights=models)


@click.command("facts")
@source
@reach
@click.option("--json", "as_json", is_flag=True, envvar="DREAMC_JSON", help="For programs: all facts.")
@click.option("--write", is_flag=True, help="Put GPUs, memory and disk under hardware: of the file.")
@click.option("-y", "--yes", is_flag=True, envvar="DREAMC_YES", show_envvar=True, help="Do not ask.")
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
    write: bool,
    yes: bool,
    plain: bool,
) -> None:
    """System, memory, disks, GPUs, driver, Docker and release of hosts. Hosts of the inventory are asked too."""
    if write and overlay:
        raise click.UsageError(f"--write changes {file}; leave out --env")
    ways = Ways(inventories, patterns, parallel, ask_pass, ask_become_pass, close)
    with _place(ctx, request(file, overlay, today), ways) as here:
        found, failed = each(here.sessions, lambda _name, session: gather(session, here.question), parallel)
    if as_json:
        shown = [value(facts) for facts in found.values()]
        click.echo(encoded({"hosts": shown, "unreachable": unreachable(failed)}))
    elif not write:
        click.echo(text(tuple(found.values()), Paint(coloured(plain))), nl=False)
    tell(failed.values())
    if write:
        _write(file, here.result, found, yes, Paint(coloured(plain, err=True)))
    ctx.exit(1 if failed else 0)


@contextmanager
def _place(ctx: click.Context, wanted: Request, ways: Ways) -> Iterator[Place]:
    known = inventory(ctx, wanted.file.parent, ways)
    result = resolve(wanted)
    if result.document is None:
        whole(ctx, wanted, "no host was asked anything")
    addresses = _addresses(result, known)
    chosen, problems = select(addresses, ways.patterns)
    if problems:
        raise click.UsageError("; ".join(problems))
    asking = prompts(ways)
    sessions = {one.name: open_session(one, asking, keep=not ways.close) for one in chosen}
    try:
        yield Place(result, sessions)
    finally:
        for session in sessions.values():
            session.close()


def _addresses(result: Result, known: tuple[Address, ...]) -> tuple[Address, ...]:
    """Hosts of the file, then those of the inventory that it does not name."""
    machines = as_hosts(_hardware(result))
    given = {str(name): one.get("address") if isinstance(one, dict) else None for name, one in machines.items()}
    mine = complete({name: text if isinstance(text, str) else "" for name, text in given.items()}, known)
    return (*mine, *(one for one in known if one.name not in given))


def _hardware(result: Result) -> object:
    top = result.document.value if result.document else None
    return top.get("hardware") if isinstance(top, dict) else None


def _write(file: Path, result: Result, found: Mapping[str, HostFacts], yes: bool, paint: Paint) -> None:
    """Shows what would change, asks, and writes it."""
    wanted = _changes(result, found)
    for facts in found.values():
        if facts.gpu_problem and not facts.gpus:
            click.echo(f"dreamc: {facts.host} shows no GPU ({facts.gpu_problem}); gpus: stays as it is", err=True)
    if not wanted:
        click.echo(f"dreamc: {file} says so already", err=True)
        return
    old = _read(file)
    new = rewritten(old, wanted, str(file))
    for line in difflib.unified_diff(old.splitlines(), new.splitlines(), str(file), str(file), "now", "then", 1, ""):
        style = {"+": "green", "-": "red", "@": "cyan"}.get(line[:1])
        click.echo(paint(style, line) if style else line, err=True)
    confirm(f"Write this to {file}?", yes)
    try:
        file.write_bytes(new.encode())
    except OSError as error:
        raise DreamError(f"{file} cannot be written: {error.strerror}", "nothing was written", "") from error
    click.echo(f"dreamc: {file} is written; dreamc check says what it means for the models", err=True)


def _changes(result: Result, found: Mapping[str, HostFacts]) -> dict[str, dict[str, Value]]:
    """By host; one of the file that could not be read whole is compared by nothing, and so written whole."""
    known = result.dream.hardware if result.dream else {}
    made = {name: changes(facts, known.get(name)) for name, facts in found.items()}
    return {name: keys for name, keys in made.items() if keys}


def _read(file: Path) -> str:
    try:
        return file.read_bytes().decode()
    except (OSError, UnicodeDecodeError) as error:
        raise DreamError(f"{file} cannot be read: {error}", "nothing was written", "") from error
