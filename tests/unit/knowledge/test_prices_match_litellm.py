"""The price tables say what the map of the pinned LiteLLM says."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from importlib import metadata, util
from pathlib import Path
from typing import Any

import pytest

from dreamc.knowledge.prices import CloudModel, Price, cloud_model, cloud_model_ids

PINNED = "1.106.2"
PREFIXES = {"anthropic": "", "google": "gemini/", "openai": "", "together": "together_ai/"}
FIELDS = (
    ("input", "input_cost_per_token"),
    ("output", "output_cost_per_token"),
    ("cache_read", "cache_read_input_token_cost"),
    ("cache_write", "cache_creation_input_token_cost"),
)


@pytest.fixture(scope="module")
def entries() -> dict[str, dict[str, Any]]:
    spec = util.find_spec("litellm")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("litellm is not installed")
    if metadata.version("litellm") != PINNED:
        pytest.skip(f"litellm is {metadata.version('litellm')}, the tables are of {PINNED}")
    folder = Path(spec.submodule_search_locations[0])
    found: dict[str, dict[str, Any]] = json.loads((folder / "model_prices_and_context_window_backup.json").read_bytes())
    return found


@pytest.mark.parametrize("kind", PREFIXES)
def test_every_row_is_what_litellm_charges(kind: str, entries: dict[str, dict[str, Any]]) -> None:
    for model_id in cloud_model_ids(kind):
        ours, theirs = cloud_model(kind, model_id), entries[PREFIXES[kind] + model_id]
        assert ours is not None
        assert _facts(ours) == (theirs.get("max_input_tokens"), theirs["mode"])
        assert theirs.get("deprecation_date", ours.deprecated) == ours.deprecated
        if ours.price is None:
            assert not theirs.get("input_cost_per_token")
        else:
            _same(ours.price, theirs, "")


def _facts(model: CloudModel) -> tuple[int | None, str]:
    return model.context, model.mode


def _same(price: Price, entry: dict[str, Any], suffix: str) -> None:
    for ours, theirs in FIELDS:
        given = entry.get(theirs + suffix)
        assert getattr(price, ours) == (None if given is None else Decimal(str(given)) * 1_000_000)
    if price.above is not None and price.above_tokens is not None:
        _same(price.above, entry, f"_above_{price.above_tokens // 1000}k_tokens")
    elif not suffix:
        assert [name for name in entry if re.fullmatch(r"input_cost_per_token_above_\d+k_tokens", name)] == []
