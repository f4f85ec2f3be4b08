"""`dreamc cost local` as a user meets it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.unit.cli.cost_files import COSTS, DAY, METRICS, written
from tests.unit.cli.verbs import Said, example, run

Capture = pytest.CaptureFixture[str]


def local(capsys: Capture, *words: str) -> Said:
    return run(capsys, "cost", "local", *DAY, *words)


def test_the_table_says_money_by_how_busy_the_machine_is(capsys: Capture, tmp_path: Path) -> None:
    said = local(capsys, *written(tmp_path))
    assert (said.code, said.err) == (0, "")
    # 1752 EUR over 4 years are 0.05 EUR an hour, 0.06 USD; 400 W at 0.30 USD are 0.12: 0.18 for 7.2 Mtok in.
    (full,) = [line for line in said.out.splitlines() if line.startswith("at 100%")]
    assert full.split()[2:] == ["100", "%", "86,400", "0.18", "0.025", "0.1", "5.00e-05"]
    assert "stated traffic  0.116 %" in said.out
    assert "400 W at work (dream.yaml), 40 W at rest, at 0.3 USD/kWh" in said.out
    assert "Taken for granted:" in said.out


def test_euros_need_no_rate_and_json_says_the_currency(capsys: Capture, tmp_path: Path) -> None:
    said = local(capsys, *written(tmp_path, COSTS.replace("  exchange: {EUR: 1.20 USD}\n", "")), "--currency", "EUR",
                 "--json")  # fmt: skip
    found = json.loads(said.out)
    assert found["server"]["machine"] == pytest.approx(0.05)
    assert found["rows"][3]["hour"] == {"value": pytest.approx(0.15), "currency": "EUR", "low": pytest.approx(0.15),
                                        "high": pytest.approx(0.15)}  # fmt: skip


def test_without_a_rate_dollars_are_refused_with_the_line_to_write(capsys: Capture, tmp_path: Path) -> None:
    said = local(capsys, *written(tmp_path, COSTS.replace("  exchange: {EUR: 1.20 USD}\n", "")))
    assert said.code == 1
    assert "is in EUR, and what that is in USD is not stated" in said.err
    assert "exchange: {EUR: 1.08 USD}" in said.err


def test_a_saved_scrape_gives_the_speed(capsys: Capture, tmp_path: Path) -> None:
    (tmp_path / "m.txt").write_text(METRICS, encoding="utf-8")
    said = local(capsys, *written(tmp_path), "--metrics", str(tmp_path / "m.txt"))
    assert "8,000 tok/s in, 500 tok/s out" in said.out
    assert "measured with room left" in said.out


@pytest.fixture
def server() -> Iterator[str]:
    """The address of a vLLM's metrics, which count on at every look."""
    looks: list[int] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            looks.append(1)
            text = METRICS.replace("160000.0", f"{160000.0 * len(looks)}").replace("40000.0", f"{40000.0 * len(looks)}")
            text = text.replace(" 20.0", f" {20.0 * len(looks)}").replace(" 80.0", f" {80.0 * len(looks)}")
            self.send_response(200)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: object) -> None:
            """Silence."""

    with HTTPServer(("127.0.0.1", 0), Handler) as serving:
        thread = Thread(target=serving.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://someone:secret@127.0.0.1:{serving.server_port}/metrics"
        serving.shutdown()
        thread.join()


def test_a_running_server_is_asked_once_or_twice_and_no_password_is_shown(
    capsys: Capture, tmp_path: Path, server: str
) -> None:
    address = server.replace("someone:secret@", "")
    once = local(capsys, *written(tmp_path), "--metrics", address)
    assert "8,000 tok/s in, 500 tok/s out" in once.out
    assert f"measured at {address} (quality)" in once.out
    twice = json.loads(local(capsys, *written(tmp_path), "--metrics", address, "--watch", "0.01", "--json").out)
    assert twice["server"]["prefill"]["value"] > 8000
    refused = local(capsys, *written(tmp_path), "--metrics", server.replace("http:", "ftp:"))
    assert refused.code == 64
    assert "secret" not in refused.err + local(capsys, *written(tmp_path), "--metrics", server + "x").err


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("--model", "qualty"), 64, "did you mean 'quality'?"),
        (("--prefill", "5"), 64, "--prefill and --decode go together"),
        (("--prefill", "nan", "--decode", "5"), 64, "'nan' is not a number"),
        (("--prefill", "-1", "--decode", "5"), 64, "-1"),
        (("--prefill", "1", "--decode", "5", "--metrics", "x"), 64, "two answers"),
        (("--input", "5"), 64, "--input and --output go together"),
        (("--input", "0", "--output", "0"), 64, "a request without tokens"),
        (("--currency", "GBP"), 64, "'GBP' is not one of"),
        (("--metrics", "no-such-file"), 1, "no-such-file cannot be read: no such file"),
        (("--metrics", "http://127.0.0.1:9/metrics"), 1, "nothing was measured"),
    ],
)
def test_what_cannot_be_is_said_without_a_traceback(
    capsys: Capture, tmp_path: Path, words: tuple[str, ...], code: int, told: str
) -> None:
    said = local(capsys, *written(tmp_path), *words)
    assert (said.code, said.out) == (code, "")
    assert told in said.err


def test_a_file_without_costs_says_what_to_write(capsys: Capture) -> None:
    said = local(capsys, *example("zero-cloud"))
    assert said.code == 1
    assert "--metrics http://HOST:PORT/metrics" in said.err


def test_a_model_that_runs_twice_is_reckoned_once_and_that_is_said(capsys: Capture, tmp_path: Path) -> None:
    file = written(tmp_path)
    path = Path(file[1])
    text = path.read_text(encoding="utf-8").replace("gpus: rtx-4090", "gpus: 2 x rtx-4090")
    text = text.replace(
        '"ollama:qwen2.5-coder:7b", context: 8k', "hf:Qwen/Qwen3-4B, engine: vllm, context: 8k, replicas: 2"
    )
    path.write_text(text, encoding="utf-8")
    said = local(capsys, *file)
    assert said.code == 0, said.err
    assert "'quality' runs 2 times; this is the one on desk" in said.out


def test_a_file_in_euros_alone_is_told_of_the_option(capsys: Capture, tmp_path: Path) -> None:
    said = local(capsys, *written(tmp_path, COSTS.replace("  exchange: {EUR: 1.20 USD}\n", "")))
    assert said.code == 1
    assert "or ask for --currency EUR" in said.err


def test_a_few_requests_a_day_are_not_shown_as_none(capsys: Capture, tmp_path: Path) -> None:
    said = local(capsys, *written(tmp_path), "--requests-per-day", "0.5")
    (stated,) = [line for line in said.out.splitlines() if line.startswith("stated traffic")]
    assert stated.split()[4] == "0.5"
