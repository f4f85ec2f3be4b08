"""`dreamc cost estimate` as a user meets it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dreamc.cli.cost import VERBS
from tests.unit.cli.verbs import example, run

Capture = pytest.CaptureFixture[str]
DAY = ("--today", "2026-11-20")
COSTS = """
costs:
  electricity: 0.30 EUR/kWh
  exchange: {EUR: 1.08 USD}
  hosts: {box: {busy: 700 W, idle: 90 W, price: 2400 EUR, lifetime: 4y}}
  models: {codestral: {prefill: 1800 tok/s, decode: 40 tok/s}, phi3-mini: {prefill: 9000 tok/s, decode: 150 tok/s}}
  traffic:
    requests_per_day: 100
    input: 1500
    output: 300
    actions: {write_memory: 30%, read_file: 20%, spawn_daemon: {share: 10%, input: 8k, output: 2k}}
"""


@pytest.fixture
def file(tmp_path: Path, root: Path) -> tuple[str, str]:
    """The daemon's example with costs."""
    text = (root / "examples" / "daemon-tiers" / "dream.yaml").read_text(encoding="utf-8")
    path = tmp_path / "dream.yaml"
    path.write_text(text + COSTS, encoding="utf-8")
    return ("-f", str(path))


def estimate(capsys: Capture, *words: str) -> tuple[str, str, int]:
    said = run(capsys, "cost", "estimate", *DAY, *words)
    return said.out, said.err, said.code


def test_a_month_is_said_per_mode_expected_and_at_most(capsys: Capture, file: tuple[str, str]) -> None:
    out, err, code = estimate(capsys, *file)
    assert (code, err) == (0, "")
    assert [line.partition(" mode")[0] for line in out.splitlines() if " mode, " in line] == [
        "cloud",
        "local",
        "hybrid",
    ]
    assert "a month      11.06 USD  310.00 USD" in out
    assert "machine box:" in out
    assert "Taken for granted:" in out


def test_the_same_as_json(capsys: Capture, file: tuple[str, str]) -> None:
    out, _, _ = estimate(capsys, *file, "--json", "--mode", "hybrid")
    (mode,) = json.loads(out)["modes"]
    (chain,) = mode["chains"]
    assert chain["expected"]["usd"] == pytest.approx(30 * 10 * (8192 * 2 + 2048 * 10) / 1e6)
    assert chain["worst"] == {"day": 10.0, "month": 310.0}
    assert mode["month"] > chain["expected"]["usd"]


def test_more_requests_than_the_budget_pays_say_from_when_on(capsys: Capture, file: tuple[str, str]) -> None:
    out, _, _ = estimate(capsys, *file, "--mode", "hybrid", "--requests-per-day", "30000")
    assert "from day 1, after 9 % of its requests (30 days in all): spawn_daemon goes to codestral" in out
    assert "it cannot keep up" in out


def test_a_file_without_traffic_says_what_to_add_and_prices_requests_of_some_sizes(capsys: Capture) -> None:
    out, err, code = estimate(capsys, *example("hybrid-4070"))
    assert code == 0
    assert "requests_per_day: 100" in err
    assert "1,000 of 1,500 + 300 tok" in out
    assert "50.00 USD" in out


def test_traffic_may_be_stated_on_the_command_line(capsys: Capture) -> None:
    words = ("--requests-per-day", "100", "--input", "1500", "--output", "300", "--alias", "code")
    out, err, _ = estimate(capsys, *example("hybrid-4070"), *words)
    assert "ask for code" in out
    assert err == ""


def test_what_nothing_limits_is_said_so(capsys: Capture) -> None:
    out, _, _ = estimate(capsys, *example("rtx5000-lab"), "--mode", "hybrid")
    assert "no limit" in out
    assert "no price" in out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--alias", "coed"), "did you mean 'code'?"),
        (("--requests-per-day", "-1"), "--requests-per-day"),
        (("--mode", "fast"), "--mode"),
    ],
)
def test_wrong_usage_is_64_with_the_place(capsys: Capture, words: tuple[str, ...], told: str) -> None:
    out, err, code = estimate(capsys, *example("hybrid-4070"), *words)
    assert (out, code) == ("", 64)
    assert told in err


def test_a_mode_that_is_not_compiled_says_why(capsys: Capture) -> None:
    _, err, code = estimate(capsys, *example("zero-cloud"), "--mode", "cloud")
    assert code == 64
    assert "cloud mode is not compiled" in err


def test_sizes_on_the_command_line_do_not_silently_lose_against_the_file(
    capsys: Capture, file: tuple[str, str]
) -> None:
    assert estimate(capsys, *file, "--input", "9")[2] == 64


def test_a_file_with_errors_is_not_estimated(capsys: Capture, file: tuple[str, str]) -> None:
    Path(file[1]).write_text(Path(file[1]).read_text(encoding="utf-8").replace("30%", "95%"), encoding="utf-8")
    out, err, code = estimate(capsys, *file)
    assert (out, code) == ("", 1)
    assert "DRM437" in err


def test_the_group_lists_its_verbs_and_suggests_the_nearest(capsys: Capture) -> None:
    assert all(f"  {verb} " in run(capsys, "cost", "--help").out for verb, _, _ in VERBS)
    said = run(capsys, "cost", "estimat")
    assert said.code == 64
    assert "Did you mean 'estimate'?" in said.err


def test_a_number_of_requests_that_is_none_is_refused(capsys: Capture, file: tuple[str, str]) -> None:
    out, err, code = estimate(capsys, *file, "--requests-per-day", "nan")
    assert (out, code) == ("", 64)
    assert "'nan' is not a number" in err


def test_a_few_requests_a_day_are_not_shown_as_none(capsys: Capture, file: tuple[str, str]) -> None:
    out, _, _ = estimate(capsys, *file, "--requests-per-day", "0.001")
    assert out.startswith("0.001 requests a day")


def test_a_cloud_model_without_a_price_is_named_and_no_tokens_are_made_up(capsys: Capture) -> None:
    sizes = ("--requests-per-day", "10", "--input", "1500", "--output", "300")
    out, _, code = estimate(capsys, *example("rtx5000-lab"), *sizes, "--mode", "cloud")
    assert code == 0
    assert "without a price: qwen3-coder:480b-cloud" in out
    assert "a request at most:" not in out
