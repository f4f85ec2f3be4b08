"""`dreamc cost break-even` as a user meets it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.cli.cost_files import COSTS, DAY, written
from tests.unit.cli.verbs import Said, run

pytest.importorskip("genai_prices")
Capture = pytest.CaptureFixture[str]


def even(capsys: Capture, *words: str) -> Said:
    return run(capsys, "cost", "break-even", *DAY, *words)


def test_it_says_who_is_cheapest_where_and_what_that_rests_on(capsys: Capture, tmp_path: Path) -> None:
    said = even(capsys, *written(tmp_path))
    assert (said.code, said.err) == (0, "")
    # The desk: 0.072 USD an hour at rest, 51.84 a month, and 0.00003 a request; claude-haiku-4-5: 0.00225 a request.
    assert "0 to 778        API: claude" in said.out
    assert "USD per month" in said.out
    for line in (
        "rent: RunPod Secure Cloud, RTX 4090, 0.74 USD per GPU and hour (0.29 to 0.74 elsewhere); offers of 2026-09-25",
        "'quality' (qwen2.5-coder:7b) and claude-haiku-4-5 are different models: only money is compared here",
        "API: claude-haiku-4-5, 1 USD in and 5 out per million tokens; price from our price table",
        "a month of 30 days",
    ):
        assert line in said.out


def test_json_has_the_exact_crossings(capsys: Capture, tmp_path: Path) -> None:
    found = json.loads(even(capsys, *written(tmp_path), "--json").out)
    (crossing,) = found["crossings"]
    assert crossing["kind"] == "meet"
    assert crossing["per_day"] == pytest.approx(51.84 / 30 / (0.00225 - 0.00003))
    assert crossing["before_costs"] == pytest.approx(crossing["after_costs"], rel=1e-9)
    assert found["server"]["host"] == "desk"
    assert any("only money is compared" in line for line in found["assumed"])


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("sonnet", "claude-sonnet-5-5, 2 USD in and 10 out"),
        ("large", "mistral-large-latest, 2 USD in and 6 out per million tokens; price from genai-prices"),
        ("openai:gpt-5.4", "gpt-5.4, "),
    ],
)
def test_any_priced_model_can_be_compared(capsys: Capture, tmp_path: Path, name: str, told: str) -> None:
    said = even(capsys, *written(tmp_path), "--compare", name)
    assert told in said.out


def test_the_same_weights_in_the_cloud_are_like_with_like(capsys: Capture, tmp_path: Path) -> None:
    file = written(tmp_path)
    path = Path(file[1])
    own = "hf:Qwen/Qwen2.5-7B-Instruct-AWQ, engine: vllm"
    path.write_text(path.read_text(encoding="utf-8").replace('"ollama:qwen2.5-coder:7b"', own), encoding="utf-8")
    said = even(capsys, *file, "--compare", "together:Qwen/Qwen2.5-7B-Instruct-Turbo")
    assert "have the same weights" in said.out
    assert "only money is compared" not in said.out


def test_a_rent_of_ones_own_is_taken_in_its_currency(capsys: Capture, tmp_path: Path) -> None:
    found = json.loads(even(capsys, *written(tmp_path), "--rent", "0.40 EUR/h", "--json").out)
    assert found["choices"][1]["way"]["fixed"] == pytest.approx(0.48 * 720)


def test_a_rented_machine_of_the_file_is_compared_with_its_own_hours(capsys: Capture, tmp_path: Path) -> None:
    costs = COSTS.replace("{busy: 400 W, idle: 40 W, price: 1752 EUR, lifetime: 4y}", "{rent: 0.50 USD/h}")
    found = json.loads(even(capsys, *written(tmp_path, costs), "--json").out)
    names = [one["way"]["name"] for one in found["choices"]]
    assert names == ["rented: desk", "rented, by the hour", "API: claude"]


def test_a_picture_is_drawn_and_is_the_same_twice(capsys: Capture, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    first, again = tmp_path / "a.svg", tmp_path / "b.svg"
    said = even(capsys, *written(tmp_path), "-o", str(first))
    assert said.err == f"dreamc: wrote {first}\n"
    even(capsys, *written(tmp_path), "-o", str(again))
    assert first.read_bytes() == again.read_bytes()


def test_tokens_on_the_command_line_do_for_a_file_without_traffic(capsys: Capture, tmp_path: Path) -> None:
    costs = "".join(line for line in COSTS.splitlines(keepends=True) if "traffic" not in line)
    refused = even(capsys, *written(tmp_path, costs))
    assert refused.code == 1
    assert "--input TOKENS and --output TOKENS" in refused.err
    said = even(capsys, *written(tmp_path, costs), "--input", "1000", "--output", "250")
    assert said.code == 0
    assert "1,000 tokens in and 250 out per request; the command line" in said.out


def test_a_card_without_an_offer_and_a_file_without_clouds_say_so(capsys: Capture, tmp_path: Path) -> None:
    file = written(tmp_path)
    path = Path(file[1])
    text = path.read_text(encoding="utf-8").replace("rtx-4090", "rtx-4070").replace("hybrid\nhard", "local\nhard")
    head, _, rest = text.partition("providers:")
    path.write_text(head + rest[rest.index("fallbacks:") :].replace(", claude, sonnet, large", ""), encoding="utf-8")
    said = even(capsys, *file)
    assert said.code == 0
    assert "no offer of 'rtx-4070' is known; say one with --rent" in said.out
    assert "no cloud model is compared" in said.out


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("--compare", "claud"), 64, "did you mean claude?"),
        (("--compare", "anthropic:claude-haiku-4-6"), 64, "did you mean claude-haiku-4-5"),
        (("--compare", "ollama-cloud:gpt-oss:20b-cloud"), 64, "has no price per token"),
        (("--compare", "nobody:x"), 64, "name one of the file, or KIND:ID"),
        (("--rent", "5"), 64, "5 is missing its currency and its unit: write 5 USD/h"),
        (("--rent", "$2/day"), 64, "write 0.0833 USD/h"),
        (("--upto", "1e9"), 64, "more than 500 such servers"),
        (("--requests-per-day", "1e9"), 64, "more than 500 such servers"),
        (("-o", "a.pdf"), 64, "let it end in .svg or .png"),
    ],
)
def test_what_cannot_be_is_said_without_a_traceback(
    capsys: Capture, tmp_path: Path, words: tuple[str, ...], code: int, told: str
) -> None:
    said = even(capsys, *written(tmp_path), *words)
    assert (said.code, said.out) == (code, "")
    assert told in said.err
