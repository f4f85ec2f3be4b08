"""`dreamc cost prices` as a user meets it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dreamc.knowledge.prices import KINDS, cloud_model_ids
from tests.unit.cli.cost_files import DAY, STACK, written
from tests.unit.cli.verbs import Said, example, run

pytest.importorskip("genai_prices")
Capture = pytest.CaptureFixture[str]


def prices(capsys: Capture, *words: str) -> Said:
    return run(capsys, "cost", "prices", *DAY, *words)


def test_three_sources_stand_side_by_side(capsys: Capture, tmp_path: Path) -> None:
    said = prices(capsys, *written(tmp_path))
    assert (said.code, said.err) == (0, "")
    rows = [line.split() for line in said.out.splitlines()]
    assert ["claude@anthropic", "claude-haiku-4-5", "-", "1/5", "1/5", "table"] in rows
    assert ["large@mistral", "mistral-large-latest", "-", "-", "2/6", "genai-prices"] in rows


def test_the_lines_it_prints_make_the_price_count(capsys: Capture, tmp_path: Path) -> None:
    file = written(tmp_path)
    said = prices(capsys, *file)
    (line,) = [line for line in said.out.splitlines() if line.strip().startswith("large:")]
    stated = line.strip().removeprefix("large: {id: mistral-large-latest, ").removesuffix("}")
    assert stated == "usd_per_mtok: {input: 2, output: 6}"
    path = Path(file[1])
    text = path.read_text(encoding="utf-8").replace("context: 100k}", f"context: 100k, {stated}}}")
    path.write_text(text, encoding="utf-8")
    assert ["large@mistral", "mistral-large-latest", "2/6", "-", "2/6", "file"] in [
        line.split() for line in prices(capsys, *file).out.splitlines()
    ]


def test_a_price_of_the_file_is_compared_with_both(capsys: Capture, tmp_path: Path) -> None:
    file = written(tmp_path)
    path = Path(file[1])
    mine = "{id: claude-sonnet-5-5, usd_per_mtok: {input: 2, output: 11}}"
    path.write_text(STACK.replace("{id: claude-sonnet-5-5}", mine), encoding="utf-8")
    said = prices(capsys, *file)
    assert "claude-sonnet-5-5: table: output 11 against 10" in said.out
    assert "claude-sonnet-5-5: genai-prices: output 11 against 10" in said.out


def test_a_price_for_a_thousand_tokens_is_seen_even_where_only_genai_prices_knows_the_model(
    capsys: Capture, tmp_path: Path
) -> None:
    file = written(tmp_path)
    path = Path(file[1])
    text = STACK.replace("context: 100k}", "context: 100k, usd_per_mtok: {input: 0.002, output: 0.006}}")
    path.write_text(text, encoding="utf-8")
    assert "genai-prices: input 0.002 against 2, 1,000 times" in prices(capsys, *file).out


def test_all_needs_no_file_and_json_has_every_shipped_model(capsys: Capture, tmp_path: Path) -> None:
    missing = ("-f", str(tmp_path / "none.yaml"))
    found = json.loads(prices(capsys, *missing, "--all", "--json").out)
    assert len(found["models"]) == sum(len(cloud_model_ids(kind)) for kind in KINDS)
    assert found["day"] == "2026-11-20"
    assert "No second price:" in prices(capsys, *missing, "--all").out
    assert prices(capsys, *missing).code == 1


def test_a_file_without_clouds_says_so(capsys: Capture) -> None:
    assert prices(capsys, *example("zero-cloud")).out == "The file has no cloud model.\n"
