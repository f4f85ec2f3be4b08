"""Cloud providers: how LiteLLM addresses them, where their keys live, and how their secrets look."""

from __future__ import annotations

import re
from functools import cache
from typing import Literal

from msgspec import Struct

from dreamc.knowledge.table import Row, table


class Provider(Struct, frozen=True):
    """One provider kind of dream.yaml.

    `v1` says whether an api_base must end in /v1 (required), must not (forbidden), or is not checked (any).
    `base_url` is where its API is; empty for openai-compatible, where the user gives it.
    `cools_down` is False where LiteLLM never cools a deployment down that refuses connections.
    """

    kind: str
    title: str
    prefix: str
    base_url: str
    v1: Literal["required", "forbidden", "any"]
    domain: str
    key_env: tuple[str, ...]
    key_prefixes: tuple[str, ...]
    cools_down: bool
    custom_price: bool
    note: str
    source: str
    checked: str


class SecretPattern(Struct, frozen=True):
    """What a written-out secret looks like: a regular expression that matches the whole token."""

    name: str
    title: str
    pattern: re.Pattern[str]
    source: str
    checked: str


def provider_kinds() -> tuple[str, ...]:
    """Kinds in the order of the table."""
    return table("providers.yaml").keys()


@cache
def provider(kind: str) -> Provider | None:
    """The provider of that kind; None if the table has none."""
    row = table("providers.yaml").row(kind)
    return None if row is None else _provider(kind, row)


@cache
def secret_patterns() -> tuple[SecretPattern, ...]:
    """Patterns of secrets, the most specific first."""
    return tuple(
        SecretPattern(name, row["title"], re.compile(row["pattern"]), row["source"], row["checked"])
        for name, row in table("secrets.yaml").rows()
    )


def secret_in(text: str) -> SecretPattern | None:
    """The first pattern that `text`, a scalar of the file, holds; None if it looks like no secret."""
    if not any(hint in text for hint in _hints()):
        return None
    return next((secret for secret in secret_patterns() if secret.pattern.search(text)), None)


@cache
def _hints() -> tuple[str, ...]:
    return tuple(table("secrets.yaml").header["hints"].split())


def _provider(kind: str, row: Row) -> Provider:
    return Provider(
        kind=kind,
        title=row["title"],
        prefix=row["prefix"],
        base_url=row["base_url"],
        v1=row["v1"],
        domain=row["domain"],
        key_env=tuple(row["key_env"]),
        key_prefixes=tuple(row["key_prefixes"]),
        cools_down=row["cools_down"],
        custom_price=row["custom_price"],
        note=row.get("note", ""),
        source=row["source"],
        checked=row["checked"],
    )
