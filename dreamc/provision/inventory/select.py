"""Which hosts are meant: patterns of names and groups, and hosts of dream.yaml that no inventory names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase

from dreamc.diagnostics.nearest import nearest
from dreamc.provision.types import Address


def complete(hosts: Mapping[str, str], known: Iterable[Address]) -> tuple[Address, ...]:
    """One address for each of `hosts` (name -> address in dream.yaml, or nothing), in their order.

    A host that no inventory names is looked for by its address in dream.yaml, else by its name, and everything else is
    left to ~/.ssh/config.
    """
    named = {address.name: address for address in known}
    return tuple(named.get(name) or Address(name, host or name) for name, host in hosts.items())


def select(addresses: Sequence[Address], patterns: Sequence[str]) -> tuple[tuple[Address, ...], tuple[str, ...]]:
    """The addresses that `patterns` mean, in the order of `addresses`; no pattern means all. And what is wrong.

    A pattern is a name, a group, a glob over both, `all`, or `!` before one of these, which takes away. Several in one
    text stand between commas.
    """
    words = [word.strip() for pattern in patterns for word in pattern.split(",") if word.strip()]
    wanted = [word for word in words if not word.startswith("!")] or ["all"]
    refused = [word.removeprefix("!") for word in words if word.startswith("!")]
    problems = tuple(dict.fromkeys(filter(None, (_unknown(addresses, word) for word in (*wanted, *refused)))))
    chosen = tuple(address for address in addresses if _meant(address, wanted) and not _meant(address, refused))
    if not problems and not chosen:
        problems = (f"no host is left of {', '.join(words) or 'all'}",)
    return ((), problems) if problems else (chosen, ())


def _meant(address: Address, words: Iterable[str]) -> bool:
    return any(_matches(address, word) for word in words)


def _matches(address: Address, word: str) -> bool:
    return word == "all" or any(fnmatchcase(name, word) for name in (address.name, *address.groups))


def _unknown(addresses: Sequence[Address], word: str) -> str:
    if word == "all" or any(_matches(address, word) for address in addresses):
        return ""
    names = tuple(dict.fromkeys(address.name for address in addresses))
    groups = tuple(sorted({group for address in addresses for group in address.groups}))
    near = nearest(word, (*names, *groups))
    if near:
        return f"no host or group is called {word!r}: did you mean {near}?"
    return f"no host or group is called {word!r}: there are {_listed((*names, *groups))}"


def _listed(names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:8])
    return f"{shown} and {len(names) - 8} more" if len(names) > 8 else shown or "none"
