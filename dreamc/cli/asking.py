"""What the verbs that only look at hosts have in common: all hosts at once, and those that did not answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import click

from dreamc.errors import DreamError
from dreamc.provision.session import Session

T = TypeVar("T")


def each(
    sessions: Mapping[str, Session], ask: Callable[[str, Session], T], parallel: int
) -> tuple[dict[str, T], dict[str, DreamError]]:
    """What each host answered, in their order, and why others did not."""

    def one(name: str) -> tuple[T | None, DreamError | None]:
        try:
            return ask(name, sessions[name]), None
        except DreamError as error:
            return None, error

    found = at_once(tuple(sessions), one, parallel)
    failed = {name: error for name, (_, error) in found.items() if error is not None}
    return {name: value for name, (value, _) in found.items() if name not in failed}, failed  # type: ignore[misc]


def at_once(names: tuple[str, ...], work: Callable[[str], T], parallel: int) -> dict[str, T]:
    """The work of each, in their order; one alone is done here, without threads and what they need."""
    if len(names) < 2:
        return {name: work(name) for name in names}
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(max_workers=min(parallel, len(names))) as pool:
        return dict(zip(names, pool.map(work, names), strict=True))


def tell(errors: Iterable[DreamError]) -> None:
    """What did not work and what to do about it, on stderr."""
    for error in errors:
        click.echo(f"dreamc: {error.what}", err=True)
        if error.remedy:
            click.echo(f"  to do: {error.remedy}", err=True)


def as_json(value: Any) -> str:
    """Two spaces deep, keys in the order of their types."""
    from msgspec import json

    return json.format(json.encode(value), indent=2).decode()


def unreachable(errors: Mapping[str, DreamError]) -> list[dict[str, str]]:
    """The same for programs."""
    return [{"host": name, "what": error.what, "remedy": error.remedy} for name, error in errors.items()]


def looking(names: Iterable[str]) -> str:
    """Hosts in a sentence."""
    found = tuple(names)
    return ", ".join(found[:5]) + (f" and {len(found) - 5} more" if len(found) > 5 else "")
