"""What `cost local` and `cost break-even` share: their options, the traffic, and a server with its speed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import click

from dreamc.errors import DreamError

if TYPE_CHECKING:
    from dreamc.cost.local import Server
    from dreamc.cost.machines import Speeds
    from dreamc.cost.types import Traffic
    from dreamc.stack.types import Local, Stack

F = TypeVar("F", bound=Callable[..., Any])
LARGEST = 64 * 2**20
"""Bytes of an answer."""
SECONDS = 10.0
TRAFFIC = """\
state the traffic with --input TOKENS and --output TOKENS (and --requests-per-day N), or in the file, with figures of
your own: costs: {traffic: {requests_per_day: 100, input: 1500, output: 300}}"""


class Number(click.FloatRange):
    """A number in a range; `nan` is none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        found = super().convert(value, param, ctx)
        if found != found:  # noqa: PLR0124 - only nan differs from itself
            self.fail(f"'{value}' is not a number", param, ctx)
        return found


class Picture(click.Path):
    """A file whose name says which picture it is."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        found = Path(str(super().convert(value, param, ctx)))
        if found.suffix.lower() not in (".svg", ".png"):
            self.fail(f"'{found.name}' does not say which picture it is; let it end in .svg or .png", param, ctx)
        return found


def machine(function: F) -> F:
    """Options about the server and its speed, the traffic and the currency."""
    options = (
        click.option("--model", default="", metavar="NAME",
                     help="The local model. Default: the first whose speed is stated."),
        click.option("--prefill", type=Number(0, 1e9, min_open=True), metavar="TOK/S",
                     help="Input tokens per second of the whole server under load."),
        click.option("--decode", type=Number(0, 1e9, min_open=True), metavar="TOK/S",
                     help="Output tokens per second, likewise."),
        click.option("--metrics", default=None, metavar="URL",
                     help="Measure both: http://HOST:PORT/metrics of the running vLLM, or a file saved from it."),
        click.option("--watch", type=Number(0, 86400), default=0.0, metavar="SECONDS",
                     help="With --metrics: look twice, so long apart. Default: over the life of the server."),
        click.option("--requests-per-day", "per_day", type=Number(0, 1e9), metavar="N",
                     help="Instead of those in the file."),
        click.option("--input", "read", type=Number(0, 1e9), metavar="TOKENS",
                     help="Mean tokens of a request, instead of those in the file."),
        click.option("--output", "written", type=Number(0, 1e9), metavar="TOKENS",
                     help="Mean tokens of an answer, likewise."),
        click.option("--currency", type=click.Choice(("USD", "EUR")), default="USD", show_default=True,
                     help="Of the answer."),
        click.option("--json", "as_json", is_flag=True, envvar="DREAMC_JSON", show_envvar=True, help="Answer as JSON."),
    )  # fmt: skip
    for option in reversed(options):
        function = option(function)
    return function


def traffic(stack: Stack, per_day: float | None, read: float | None, written: float | None) -> Traffic | None:
    """What the command line says, else the file; None where neither speaks of tokens."""
    from msgspec.structs import replace

    from dreamc.cost.traffic import traffic_of
    from dreamc.cost.types import Traffic, Work

    if (read is None) != (written is None):
        raise click.UsageError("--input and --output go together")
    stated = traffic_of(stack)
    if read is not None and written is not None:
        if read + written <= 0:
            raise click.UsageError("a request without tokens costs nothing anywhere")
        return Traffic(
            per_day if per_day is not None else stated.per_day if stated else 0.0,
            (Work(None, 1.0, read, written),), "the command line",
        )  # fmt: skip
    if stated is None or per_day is None:
        return stated
    return replace(stated, per_day=per_day, source=f"{stated.source}, with {per_day:g} requests a day instead")


def model(stack: Stack, name: str) -> Local:
    """The local model that is asked about."""
    from dreamc.cost.machines import generating
    from dreamc.knowledge.nearest import nearest

    found = generating(stack)
    if not found:
        raise DreamError("the file has no local model that answers chats", "", "add one under models:")
    if not name:
        return found[0]
    if known := next((one for one in found if one.name == name), None):
        return known
    names = tuple(one.name for one in found)
    close = nearest(name, names, 1)
    advice = f"did you mean '{close[0]}'?" if close else f"known: {', '.join(names)}"
    raise click.BadParameter(f"'{name}' is no local model that answers chats; {advice}", param_hint="--model")


def server(stack: Stack, asked: Local, currency: str, speeds: Speeds | None) -> Server:
    """The model's first server. DreamError: something is not known that its cost depends on."""
    from msgspec.structs import replace

    from dreamc.cost.machines import Missing, server_of

    found = server_of(stack, asked, asked.instances[0], currency, speeds)
    if isinstance(found, Missing):
        other = "USD" if currency == "EUR" else "EUR"
        able = not isinstance(server_of(stack, asked, asked.instances[0], other, speeds), Missing)
        raise DreamError(found.what, "", found.remedy + (f"; or ask for --currency {other}" if able else ""))
    if len(asked.instances) == 1:
        return found
    note = f"'{asked.name}' runs {len(asked.instances)} times; this is the one on {found.host}"
    return replace(found, assumed=(*found.assumed, note))


def speeds(prefill: float | None, decode: float | None, metrics: str | None, watch: float) -> Speeds | None:
    """Speeds that the command line states or has measured; None: those of the file."""
    from dreamc.cost.machines import Speeds

    if (prefill is None) != (decode is None):
        raise click.UsageError("--prefill and --decode go together")
    if prefill is not None and decode is not None:
        if metrics is not None:
            raise click.UsageError("--metrics and --prefill are two answers to one question")
        return Speeds(prefill, decode, "the command line")
    return None if metrics is None else _measured(metrics, watch)


def _measured(where: str, watch: float) -> Speeds:
    import time

    from dreamc.cost.machines import Speeds
    from dreamc.cost.measured import Counts, between, counts, note, since_start

    def look() -> Counts:
        at = time.time() if "://" in where else float("inf")
        found = counts(_text(where), at)
        if isinstance(found, str):
            raise DreamError(f"{_shown(where)} cannot be used: {found}")
        return found

    first = look()
    if watch and "://" in where:
        time.sleep(watch)
        found = between(first, look())
    else:
        found = since_start(first)
    if isinstance(found, str):
        raise DreamError(f"{_shown(where)} cannot be used: {found}")
    served = f" ({', '.join(found.names)})" if found.names else ""
    return Speeds(found.prefill, found.decode, f"measured at {_shown(where)}{served}", note(found))


def _text(where: str) -> str:
    import urllib.request
    from http.client import HTTPException

    try:
        if "://" not in where:
            with Path(where).open("rb") as stream:
                return stream.read(LARGEST).decode("utf-8", "replace")
        if urlsplit(where).scheme not in ("http", "https"):
            raise click.BadParameter("an address begins with http:// or https://", param_hint="--metrics")
        with urllib.request.urlopen(where, timeout=SECONDS) as answer:  # noqa: S310 - http and https only, see above
            return str(answer.read(LARGEST).decode("utf-8", "replace"))
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
        raise DreamError(
            f"{_shown(where)} cannot be read: {str(reason).lower()}", "nothing was measured",
            "give the address of a running vLLM, such as http://127.0.0.1:8000/metrics",
        ) from None  # fmt: skip


def _shown(where: str) -> str:
    """Without what a person may have put before the host."""
    parts = urlsplit(where)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}" if "://" in where else where
