"""`dreamc logs`: the logs of a service from every host that runs it, with the values of `.env` taken out there."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import click

from dreamc.cli.asking import tell
from dreamc.cli.hosts import Scene, Ways, reach, scene
from dreamc.cli.options import source
from dreamc.diagnostics.blot import blotted
from dreamc.errors import DreamError
from dreamc.provision.operations.logs import ABSENT, PULSE, logs

F = TypeVar("F", bound=Callable[..., Any])


def _long_file(function: F) -> F:
    """Here -f follows, as with every program that shows logs, `dream logs` on the host included; the file is --file."""
    for option in getattr(function, "__click_params__", ()):
        if option.name == "file":
            option.opts = ["--file"]
    return function


@click.command("logs")
@_long_file
@source
@reach
@click.argument("service")
@click.option("-f", "--follow", is_flag=True, help="Go on with what comes, until Ctrl-C.")
@click.option("-n", "--tail", type=click.IntRange(0), default=100, show_default=True, help="Lines of each service.")
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
    service: str,
    follow: bool,
    tail: int,
) -> None:
    """Show the logs of SERVICE, such as vllm-chat, or of a group: gateway, vllm, ollama, webui."""
    ways = Ways(inventories, patterns, parallel, ask_pass, ask_become_pass, close)
    with scene(ctx, file, overlay, today, ways, with_strangers=False) as here:
        readers = [_Reader(here, name, service, tail, follow) for name in here.sessions]
        for reader in readers:
            reader.start()
        with suppress(KeyboardInterrupt):  # how --follow ends
            for reader in readers:
                reader.join()
    tell(reader.error for reader in readers if reader.error)
    ctx.exit(_code(readers))


class _Reader(threading.Thread):
    """One host. A daemon: with Ctrl-C its session is closed under it, and nobody waits."""

    def __init__(self, here: Scene, host: str, service: str, tail: int, follow: bool) -> None:
        super().__init__(daemon=True)
        self.host, self.code, self.said = host, 0, False
        self.error: DreamError | None = None
        self._session = here.sessions[host]
        self._step = logs(here.stack.root, service, tail, follow)
        self._prefix = f"{host} | " if len(here.sessions) > 1 else ""
        self._held: list[str] = []

    def run(self) -> None:
        try:
            self.code = self._session.run(self._step, on_line=self._line).code
        except DreamError as error:
            self.error = error
            return
        if self.code != ABSENT:
            self._let_go()

    def _line(self, line: str) -> None:
        """What the host script itself says comes first, and is not for everybody: whether it counts, the code tells."""
        if line == PULSE:
            return
        if not self.said and line.startswith("dream"):
            self._held.append(line)
            return
        self._let_go()
        self._say(line)

    def _let_go(self) -> None:
        held, self._held, self.said = self._held, [], True
        for line in held:
            self._say(line)

    def _say(self, line: str) -> None:
        click.echo(f"{self._prefix}{blotted(line)}")

    @property
    def absence(self) -> str:
        """Why the host has no such service."""
        return self._held[0].removeprefix("dream: ") if self._held else ""


def _code(readers: list[_Reader]) -> int:
    """A service that some hosts run is not missed on the others."""
    codes = [reader.code for reader in readers if reader.error is None]
    if codes and all(code == ABSENT for code in codes):
        for reader in readers:
            click.echo(f"dreamc: {reader.host}: {reader.absence}", err=True)
        return ABSENT
    failed = any(code not in (0, ABSENT) for code in codes)
    return 1 if failed or any(reader.error for reader in readers) else 0
