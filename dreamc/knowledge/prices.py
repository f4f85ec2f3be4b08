"""Cloud models: price in US dollars per million tokens, context window, abilities and end of life."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from typing import Any, Literal

from msgspec import Struct

from dreamc.knowledge.nearest import nearest
from dreamc.knowledge.table import Row, Table, table

KINDS = ("anthropic", "google", "ollama-cloud", "openai", "together")


class Price(Struct, frozen=True):
    """US dollars per million tokens. Prompts above `above_tokens` are charged at `above`; None: no such tariff."""

    input: Decimal
    output: Decimal
    cache_read: Decimal | None
    cache_write: Decimal | None
    above_tokens: int | None
    above: Price | None


class CloudModel(Struct, frozen=True):
    """One model of a provider. `price` None: no public price per token. `deprecated`: ISO date of its end, or empty.

    `context` and `max_output` are tokens; `abilities` are among tools, vision, json, reasoning, caching, pdf, audio.
    """

    provider: str
    id: str
    mode: Literal["chat", "responses", "embedding"]
    price: Price | None
    context: int | None
    max_output: int | None
    abilities: tuple[str, ...]
    deprecated: str
    note: str
    source: str
    checked: str


def cloud_model_ids(kind: str) -> tuple[str, ...]:
    """Ids known for a provider kind, sorted; empty for a kind without a table."""
    known = _table(kind)
    return known.keys() if known else ()


@cache
def cloud_model(kind: str, model_id: str) -> CloudModel | None:
    """The model `model_id` of the provider `kind`, or None. Ollama Cloud's ids may lack their -cloud suffix."""
    known = _table(kind)
    spellings = (model_id, f"{model_id}-cloud", f"{model_id}:cloud") if kind == "ollama-cloud" else (model_id,)
    row = next((found for name in spellings if known and (found := known.row(name))), None)
    return None if row is None else _model(kind, model_id, row)


def price(kind: str, model_id: str) -> Price | None:
    """What the model costs; None if it is unknown or has no public price."""
    found = cloud_model(kind, model_id)
    return found.price if found else None


def nearest_cloud_models(kind: str, model_id: str, n: int = 3) -> tuple[str, ...]:
    """Ids of that provider most like `model_id`."""
    return nearest(model_id, cloud_model_ids(kind), n)


def _table(kind: str) -> Table | None:
    return table(f"prices/{kind}.yaml") if kind in KINDS else None


def _model(kind: str, model_id: str, row: Row) -> CloudModel:
    return CloudModel(
        provider=kind,
        id=model_id,
        mode=row.get("mode", "chat"),
        price=_price(row["usd_per_mtok"]),
        context=row["context"],
        max_output=row.get("max_output"),
        abilities=tuple(row.get("abilities", ())),
        deprecated=row.get("deprecated", ""),
        note=row.get("note", ""),
        source=row["source"],
        checked=row["checked"],
    )


def _price(tariff: dict[str, Any] | None) -> Price | None:
    if tariff is None:
        return None
    return Price(
        input=Decimal(str(tariff["input"])),
        output=Decimal(str(tariff["output"])),
        cache_read=_money(tariff.get("cache_read")),
        cache_write=_money(tariff.get("cache_write")),
        above_tokens=tariff.get("above_tokens"),
        above=_price(tariff.get("above")),
    )


def _money(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(str(value))
