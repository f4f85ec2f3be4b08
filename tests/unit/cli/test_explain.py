"""`dreamc explain` on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.cli.verbs import example, run

Capture = pytest.CaptureFixture[str]
PLACE = "desk/docker-compose.hybrid.yml:services.vllm-quality.command[--max-model-len]"


def test_a_code_is_explained_without_any_file(capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    said = run(capsys, "explain", "drm301")
    assert said.code == 0
    assert said.out.startswith("DRM301: error: ")


def test_all_codes_are_listed(capsys: Capture) -> None:
    lines = run(capsys, "explain", "--list").out.splitlines()
    assert len(lines) > 50
    assert lines == sorted(lines)
    assert json.loads(run(capsys, "explain", "--list", "--json").out)[0]["code"] == lines[0][:6]


def test_an_unknown_code_is_an_error_with_a_suggestion(capsys: Capture) -> None:
    said = run(capsys, "explain", "DRM3011")
    assert said.code == 1
    assert "DRM301" in said.err
    assert said.out == ""


def test_a_value_shows_its_line_its_formula_and_its_tables(capsys: Capture) -> None:
    said = run(capsys, "explain", *example("hybrid-4070"), "--today", "2026-11-20", PLACE)
    assert said.code == 0
    for part in (
        PLACE,
        "dream.yaml:18:14",
        "context: 8k..32k",
        "formula",
        "weights",
        "exact",
        "gpus: rtx-4070",
        "checked 20",
    ):
        assert part in said.out
    assert max(map(len, said.out.splitlines())) < 260


def test_a_value_as_json_has_the_same_parts(capsys: Capture) -> None:
    found = json.loads(run(capsys, "explain", *example("hybrid-4070"), "--today", "2026-11-20", "--json", PLACE).out)
    assert found["by"] == "rule"
    assert found["pointer"] == PLACE.partition(":")[2]
    assert {one["name"] for one in found["inputs"]} >= {"weights", "activation", "margin"}


def test_a_wrong_place_suggests_the_right_one(capsys: Capture) -> None:
    said = run(capsys, "explain", *example("hybrid-4070"), PLACE.replace("quality", "qualty"))
    assert said.code == 1
    assert PLACE in said.err


def test_a_route_is_told_step_by_step(capsys: Capture) -> None:
    asked = ("route", "auto", "--action", "edit_file", "--tokens", "9000", "--budget-left", "0")
    said = run(capsys, "explain", *example("daemon-tiers"), *asked)
    assert said.code == 0
    assert said.out.startswith("auto in hybrid mode: tier local_quality")
    assert "the budget is used up" in said.out


def test_money_takes_its_currency_and_nothing_else(capsys: Capture) -> None:
    base = ("explain", *example("daemon-tiers"), "route", "auto", "--budget-left")
    assert run(capsys, *base, "0.50 USD").code == 0
    assert run(capsys, *base, "much").code == 64


def test_a_file_with_errors_explains_nothing_and_shows_them(capsys: Capture, tmp_path: Path) -> None:
    file = tmp_path / "dream.yaml"
    file.write_text("dream: 1\nname: x\nhardware: {a: {gpu: rtx-4070}}\n", encoding="utf-8")
    said = run(capsys, "explain", "-f", str(file), "a/policy.json:x")
    assert said.code == 1
    assert "DRM101" in said.err
    assert "nothing to explain" in said.err


@pytest.mark.parametrize("arguments", [(), ("a", "b"), ("route", "a", "b")])
def test_wrong_usage_is_64(capsys: Capture, arguments: tuple[str, ...]) -> None:
    assert run(capsys, "explain", *arguments).code == 64
