"""The tables under test, and every row of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from dreamc.knowledge.table import Row, Table, table

ROOM = Path(__file__).parents[3] / "dreamc" / "knowledge"
FILES = (
    "bands.yaml",
    "gpus.yaml",
    "images.yaml",
    "ollama.yaml",
    "prices/anthropic.yaml",
    "prices/google.yaml",
    "prices/ollama-cloud.yaml",
    "prices/openai.yaml",
    "prices/together.yaml",
    "providers.yaml",
    "rentals.yaml",
    "secrets.yaml",
    "services.yaml",
    "symptoms.yaml",
    "vllm/capabilities.yaml",
)


def every_row() -> Iterator[tuple[str, str, str, Row]]:
    """(file, section, key, row) of all tables."""
    for name in FILES:
        known: Table = table(name)
        for section in known.sections:
            for key, row in known.rows(section):
                yield name, section, key, row
