"""`dreamc size DIRECTORY`: the weights that lie there are compared with their config.json."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hub_server.made import TOTAL, repository
from tests.unit.cli.verbs import Said, run

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    for name, data in repository(2).items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    return tmp_path


def size(capsys: Capture, model: Path) -> Said:
    return run(capsys, "size", str(model), "--gpu", "rtx-3090", "--context", "2k")


def test_both_figures_are_shown(model: Path, capsys: Capture) -> None:
    said = size(capsys, model)
    assert (said.code, "context 2,048" in said.out) == (0, True)
    assert said.err == f"headers of 2 file(s): {TOTAL:,} bytes in BF16; the config.json makes {TOTAL:,}\n"


def test_an_unknown_architecture_is_refused_but_its_weights_are_told(model: Path, capsys: Capture) -> None:
    text = (model / "config.json").read_text(encoding="utf-8").replace('"llama"', '"bamba"')
    (model / "config.json").write_text(text, encoding="utf-8")
    said = size(capsys, model)
    assert (said.code, said.out) == (1, "")
    assert "the model type 'bamba' is not modelled" in said.err
    assert "state: its weights take 0.0 GiB by their headers" in said.err


def test_a_torn_file_is_named(model: Path, capsys: Capture) -> None:
    shard = model / "model-00002-of-00002.safetensors"
    shard.write_bytes(shard.read_bytes()[:100])
    said = size(capsys, model)
    assert said.code == 1
    assert "model-00002-of-00002.safetensors: says that its header has" in said.err
