"""Options of the verbs that reach hosts, and what they add up to: the stack, its bundles, and a session per host."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from msgspec import Struct

from dreamc.cli.options import coloured
from dreamc.provision.inventory.files import read_inventory
from dreamc.provision.inventory.select import complete, select
from dreamc.provision.prompts import Prompts, Silent, Terminal
from dreamc.provision.session import Session, open_session
from dreamc.provision.types import Address

if TYPE_CHECKING:
    from dreamc.artifact.types import Bundle
    from dreamc.cli.compiled import Compiled

F = TypeVar("F", bound=Callable[..., Any])
USUAL = ("inventories", "inventory.yaml", "inventory.yml")
"""Where an inventory is looked for beside dream.yaml when none is named."""


def reach(function: F) -> F:
    """`--inventory`, `--host`, `--parallel`, `--ask-pass`, `--ask-become-pass`, `--no-keep`."""
    for decorate in reversed(_OPTIONS):
        function = decorate(function)
    return function


def _option(*names: str, **settings: Any) -> Callable[[Any], Any]:
    return click.option(*names, show_envvar=True, **settings)


_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    _option(
        "-i",
        "--inventory",
        "inventories",
        multiple=True,
        type=click.Path(path_type=Path, exists=True),
        envvar="DREAMC_INVENTORY",
        help="Ansible YAML inventory, file or directory; repeatable. Default: inventories/ beside the file.",
    ),
    _option(
        "-H",
        "--host",
        "patterns",
        multiple=True,
        metavar="NAME",
        envvar="DREAMC_HOST",
        help="Only these hosts or groups; repeatable, globs, !NAME takes away.",
    ),
    _option(
        "--parallel",
        type=click.IntRange(1, 256),
        default=16,
        show_default=True,
        envvar="DREAMC_PARALLEL",
        help="Hosts at the same time.",
    ),
    _option("--ask-pass", is_flag=True, envvar="DREAMC_ASK_PASS", help="Ask for a login password."),
    _option("--ask-become-pass", is_flag=True, envvar="DREAMC_ASK_BECOME_PASS", help="Ask for a sudo password."),
    _option(
        "--no-keep",
        "close",
        is_flag=True,
        envvar="DREAMC_NO_KEEP",
        help="Do not leave SSH connections open for the next minute.",
    ),
)


class Ways(Struct, frozen=True):
    """How hosts are chosen and reached, as the options say."""

    inventories: tuple[Path, ...]
    patterns: tuple[str, ...]
    parallel: int
    ask_pass: bool
    ask_become_pass: bool
    close: bool


class Scene(Struct, frozen=True):
    """A stack and the hosts that were asked for, each with its bundle and a session that is connecting already.

    `strangers` are hosts of the inventory that the file does not name: they may still run what it once gave them.
    """

    stack: Compiled
    bundles: Mapping[str, Bundle]
    sessions: Mapping[str, Session]
    strangers: tuple[str, ...]
    folder: Path


@contextmanager
def scene(
    ctx: click.Context, file: Path, overlay: str | None, today: str | None, ways: Ways, with_strangers: bool = True
) -> Iterator[Scene]:
    """Opens the sessions first and compiles while they connect; closes them in the end."""
    known = inventory(ctx, file.parent, ways)
    sessions: dict[str, Session] = {}
    asking = prompts(ways)
    try:
        for address in _early(known, ways.patterns, with_strangers):
            sessions[address.name] = open_session(address, asking, keep=not ways.close)
        from dreamc.cli.compiled import compiled  # the handshakes go on meanwhile

        stack = compiled(ctx, file, overlay, today, "no host was asked anything")
        addresses = complete(stack.addresses, known)
        others = tuple(one for one in known if one.name not in stack.addresses) if with_strangers else ()
        chosen, problems = select((*addresses, *others), ways.patterns)
        if problems:
            raise click.UsageError("; ".join(problems))
        for address in chosen:
            if address.name not in sessions:
                sessions[address.name] = open_session(address, asking, keep=not ways.close)
        wanted = {address.name for address in chosen}
        bundles = {one.host: one for one in stack.bundles if one.host in wanted}
        mine = {name: session for name, session in sessions.items() if name in wanted}
        strangers = tuple(address.name for address in chosen if address.name not in stack.addresses)
        yield Scene(stack, bundles, mine, strangers, file.parent)
    finally:
        for session in sessions.values():
            session.close()


def _usual(folder: Path) -> tuple[Path, ...]:
    return tuple(folder / name for name in USUAL if (folder / name).exists())[:1]


def _early(known: tuple[Address, ...], patterns: tuple[str, ...], with_strangers: bool) -> tuple[Address, ...]:
    """Hosts that are certainly meant: those named by patterns that the inventory alone can answer, or all of it."""
    return select(known, patterns)[0] if patterns else known if with_strangers else ()


def inventory(ctx: click.Context, folder: Path, ways: Ways) -> tuple[Address, ...]:
    """The hosts of the inventories that were named, or of the one in `folder`; ends the command where one is wrong."""
    paths = ways.inventories or _usual(folder)
    found, findings = read_inventory(paths) if paths else (None, ())
    if findings and found is not None:
        from dreamc.diagnostics.render import render
        from dreamc.diagnostics.report import make_report

        report = make_report(findings, found.document, found.document.sources)
        click.echo(render(report, "text", coloured(False, err=True)), err=True, nl=False)
        if report.has_errors:
            click.echo("dreamc: no host was asked anything", err=True)
            ctx.exit(1)
    return found.addresses if found is not None else ()


def prompts(ways: Ways) -> Prompts:
    """Who gives a password that a host asks for."""
    asked = ways.ask_pass or ways.ask_become_pass
    if asked and not sys.stdin.isatty():
        raise click.UsageError("this is not a terminal, so nobody can be asked for a password")
    return Terminal(same=True) if asked else Terminal() if sys.stdin.isatty() else Silent()


def who() -> str:
    """Who works here, for locks and journals: user@machine, or what DREAMC_WHO says."""
    import getpass
    import socket

    said = os.environ.get("DREAMC_WHO")
    if said:
        return said
    try:
        return f"{getpass.getuser()}@{socket.gethostname()}"
    except (KeyError, OSError):
        return f"uid {os.getuid()}@{socket.gethostname()}"


def revision(folder: Path) -> str:
    """The commit of the infra repository, with -dirty behind it where files were changed; empty without one."""
    import subprocess

    command = ["git", "-C", str(folder), "describe", "--always", "--abbrev=12", "--dirty", "--match=NeVeR"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
