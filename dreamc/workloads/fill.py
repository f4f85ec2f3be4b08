"""Placeholders of the service table, filled for one service on one host."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping

from msgspec import Struct

from dreamc.knowledge.services import Service
from dreamc.stack.types import Extra, Stack
from dreamc.workloads.reach import gateway_url
from dreamc.workloads.types import SecretUse

_BRACES = re.compile(r"\{([a-z_]+)(?::([A-Za-z0-9_-]+))?\}")


class Filled(Struct, frozen=True):
    """Environment of one container: plain values, and variables that the host keeps."""

    environment: tuple[tuple[str, str], ...]
    secrets: tuple[SecretUse, ...]


def environment(stack: Stack, extra: Extra, row: Service, values: Mapping[str, str]) -> Filled:
    """Values that are a secret become references; KeyError for a placeholder that nobody knows."""
    found = {name: _secret(stack, text) for name, text in values.items()}
    plain = ((name, words(stack, extra, row, (values[name],))[0]) for name, kept in found.items() if kept is None)
    secrets = (SecretUse(name, kept) for name, kept in found.items() if kept is not None)
    return Filled(tuple(sorted(plain)), tuple(sorted(secrets, key=lambda use: use.name)))


def words(stack: Stack, extra: Extra, row: Service, given: Iterable[str]) -> tuple[str, ...]:
    """The words of a command, filled."""
    return tuple(_BRACES.sub(lambda match: _word(stack, extra, row, match), text) for text in given)


def generated(name: str) -> str:
    """The host's variable of a secret that is made up at the first start."""
    return f"DREAM_{name}"


def option(extra: Extra, row: Service, key: str) -> str:
    """An option of the service: the file's, else the table's."""
    value = dict(extra.options).get(key, row.options.get(key))
    if value is None:
        raise KeyError(f"{extra.name} has no option {key}")
    return str(value).lower() if isinstance(value, bool) else str(value)


def _secret(stack: Stack, value: str) -> str | None:
    """The host's variable where the whole value is a secret."""
    match = _BRACES.fullmatch(value)
    if match and match[1] == "gateway_key":
        return stack.gateway.secret.variable
    return generated(match[2]) if match and match[1] == "secret" else None


def _domains(stack: Stack) -> str:
    """The whitelist's domains as a JSON list; an empty one means all of them to Open WebUI."""
    listed = (stack.policy.whitelist or {}).get("domains", ())
    return json.dumps(list(listed) if isinstance(listed, (list, tuple)) else [])


def _word(stack: Stack, extra: Extra, row: Service, match: re.Match[str]) -> str:
    kind, name = match[1], match[2]
    if kind == "gateway_url":
        return gateway_url(stack, extra.host)
    if kind == "domains":
        return _domains(stack)
    if kind == "option":
        return option(extra, row, name)
    if kind == "weights":
        return row.weights[option(extra, row, "model")]
    raise KeyError(f"{extra.name}: nobody knows {match[0]}")
