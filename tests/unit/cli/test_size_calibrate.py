"""`dreamc size --calibrate`: a start-up becomes a row, and the next compile reckons with it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.unit.cli.verbs import Said, run
from tests.unit.sizing.logs import METRICS, joined, log, parted

Capture = pytest.CaptureFixture[str]
LLAMA = "meta-llama/Llama-3.1-8B-Instruct"
DREAM = f"""\
dream: 1
name: one
mode: local
hardware: {{box: {{gpus: rtx-4090}}}}
models:
  quality: {{source: "hf:{LLAMA}", context: 4k..64k, concurrency: 16}}
fallbacks: {{chains: {{chat: [quality]}}}}
"""


class Metrics(BaseHTTPRequestHandler):
    """A server of one model, at `/metrics` and `/version`."""

    def do_GET(self) -> None:
        text = {"/metrics": METRICS.replace("2048", "3000"), "/version": '{"version":"0.33.0"}'}.get(self.path)
        self.send_response(200 if text else 404)
        self.end_headers()
        self.wfile.write((text or "").encode())

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Metrics) as found:
        thread = threading.Thread(target=found.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{found.server_address[1]}/metrics"
        found.shutdown()
        thread.join()


@pytest.fixture
def dream(tmp_path: Path) -> Path:
    path = tmp_path / "dream.yaml"
    path.write_text(DREAM, encoding="utf-8")
    return path


def calibrated(capsys: Capture, dream: Path, text: str, *more: str) -> Said:
    path = dream.with_name("boot.log")
    path.write_text(text, encoding="utf-8")
    return run(capsys, "size", "--calibrate", str(path), "-f", str(dream), "--today", "2026-11-20", *more)


def of_llama(used: str, version: str = "0.19.0") -> str:
    return log(version, used, LLAMA)


def tokens(capsys: Capture, dream: Path) -> tuple[int, str]:
    """Context of the compiled model, and the digest of what it was compiled from."""
    out = dream.with_name("out")
    said = run(capsys, "compile", "-f", str(dream), "-o", str(out), "--today", "2026-11-20")
    assert said.code == 0, said.err
    arguments = (out / "box" / "config" / "vllm" / "quality.args").read_text(encoding="utf-8").split()
    digest = json.loads((out / "box" / "MANIFEST.json").read_text(encoding="utf-8"))["input_sha256"]
    return next(int(one.partition("=")[2]) for one in arguments if one.startswith("--kv-cache-memory-bytes")), digest


def test_before_and_after_are_shown_and_the_row_is_written(capsys: Capture, dream: Path) -> None:
    said = calibrated(capsys, dream, of_llama(parted(14.99, 0.6, 0.24, 0.9)), "--gpu", "h100")
    assert (said.code, said.err) == (0, "")
    assert "graphs           0.60      0.90  assumed -> calibrated     0.90" in said.out
    assert "KV cache of this start: " in said.out
    assert "the log says 58.11" in said.out
    row = dream.with_name("dream.calibration.yaml").read_text(encoding="utf-8")
    assert "gpu: h100\n" in row
    assert 'source: boot.log\n    checked: "2026-11-20"\n' in row
    assert 'cuda_graphs: "0.9 GiB"' in row


def test_the_same_start_again_replaces_its_row(capsys: Capture, dream: Path) -> None:
    text = of_llama(parted(14.99, 0.6, 0.24, 0.9))
    assert "added to " in calibrated(capsys, dream, text, "--gpu", "h100").out
    before = dream.with_name("dream.calibration.yaml").read_bytes()
    assert "replaced in " in calibrated(capsys, dream, text, "--gpu", "h100").out
    assert dream.with_name("dream.calibration.yaml").read_bytes() == before


def test_the_next_compile_reads_it_and_its_digest_changes(capsys: Capture, dream: Path) -> None:
    (size, digest), text = tokens(capsys, dream), of_llama(joined(15.1, 0.2, 0.1), "0.33.0").replace("79.19", "23.52")
    said = calibrated(capsys, dream, text.replace("75.23", "22.34"))
    assert (said.code, " on 1 x rtx-4090 " in said.out) == (0, True)
    more, other = tokens(capsys, dream)
    assert more > size
    assert other != digest
    explained = run(capsys, "explain", "box/config/vllm/quality.args:[--kv-cache-memory-bytes]", "-f", str(dream))
    assert f"calibrated  start-up log boot.log of {LLAMA}, 2026-11-20" in " ".join(explained.out.split("\n"))


def test_a_running_server_is_calibrated_by_its_blocks(capsys: Capture, dream: Path, server: str) -> None:
    said = run(capsys, "size", "--calibrate", server, "-f", str(dream), "--today", "2026-11-20")
    assert (said.code, said.err) == (0, "")
    row = dream.with_name("dream.calibration.yaml").read_text(encoding="utf-8")
    assert "taken: " in row
    assert f'model: {LLAMA}\n    gpu: rtx-4090\n    vllm: "0.33"' in row


def test_a_log_without_what_is_needed_names_the_lines(capsys: Capture, dream: Path) -> None:
    said = calibrated(capsys, dream, "INFO Model loading took 5.0 GiB memory\n", "--gpu", "h100")
    assert said.code == 1
    assert "boot.log lacks what has to be read:\n  Initializing a V1 LLM engine" in said.err
    assert not dream.with_name("dream.calibration.yaml").exists()


def test_the_log_of_another_model_is_refused(capsys: Capture, dream: Path) -> None:
    said = calibrated(capsys, dream, log("0.19.0", parted(14.99, 1, 1, 1), "Qwen/Qwen3-0.6B"), "--gpu", "h100")
    assert (said.code, "is it another model?" in said.err) == (1, True)


def test_a_model_that_nobody_knows_can_be_named(capsys: Capture, dream: Path) -> None:
    text = log("0.19.0", parted(14.99, 0.6, 0.24, 0.9), "/models/mine")
    said = calibrated(capsys, dream, text, "--gpu", "h100")
    assert (said.code, "name it: dreamc size MODEL --calibrate" in said.err) == (1, True)
    assert (
        run(
            capsys, "size", LLAMA, "--calibrate", str(dream.with_name("boot.log")), "--gpu", "h100", "-f", str(dream)
        ).code
        == 0
    )


def test_pipeline_stages_and_draft_models_are_not_compared(capsys: Capture, dream: Path) -> None:
    text = of_llama(parted(14.99, 0.6, 0.24, 0.9))
    staged = calibrated(
        capsys, dream, text.replace("pipeline_parallel_size=1", "pipeline_parallel_size=2"), "--gpu", "h100"
    )
    drafted = calibrated(
        capsys, dream, text.replace("speculative_config=None", "speculative_config=X()"), "--gpu", "h100"
    )
    assert (staged.code, "pipeline stages" in staged.err) == (1, True)
    assert (drafted.code, "a draft model" in drafted.err) == (1, True)


def test_without_a_card_one_is_asked_for(capsys: Capture, tmp_path: Path) -> None:
    said = calibrated(capsys, tmp_path / "dream.yaml", of_llama(parted(14.99, 0.6, 0.24, 0.9)))
    assert (said.code, "add --gpu NAME" in said.err) == (64, True)


def test_a_damaged_file_of_rows_is_not_overwritten(capsys: Capture, dream: Path) -> None:
    rows = dream.with_name("dream.calibration.yaml")
    rows.write_text("rows: 7\n", encoding="utf-8")
    said = calibrated(capsys, dream, of_llama(parted(14.99, 0.6, 0.24, 0.9)), "--gpu", "h100")
    assert (said.code, "no row was written" in said.err) == (1, True)
    assert rows.read_text(encoding="utf-8") == "rows: 7\n"


@pytest.mark.parametrize(
    ("where", "code", "why"),
    [
        ("ftp://127.0.0.1/metrics", 64, "http:// or https://"),
        ("file:///etc/hostname", 64, "http:// or https://"),
        ("http://user:secret@127.0.0.1:1/metrics", 1, "http://127.0.0.1:1/metrics does not answer"),
        ("/nowhere/boot.log", 1, "cannot be read: no such file"),
    ],
)
def test_what_cannot_be_read_is_one_line(capsys: Capture, dream: Path, where: str, code: int, why: str) -> None:
    said = run(capsys, "size", "--calibrate", where, "-f", str(dream))
    assert said.code == code
    assert why in said.err
    assert "secret" not in said.err


def test_a_log_and_a_batch_are_two_questions(capsys: Capture, tmp_path: Path) -> None:
    (tmp_path / "q").write_text("{}\n", encoding="utf-8")
    assert run(capsys, "size", "--batch", str(tmp_path / "q"), "--calibrate", "x.log").code == 64
