"""`dreamc init`: whatever it writes passes `dreamc check`, and nothing is ever overwritten by surprise."""

from __future__ import annotations

import subprocess
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from dreamc.cli import init, starter
from dreamc.document.read import read
from dreamc.document.types import Source
from dreamc.knowledge.gpus import gpu, gpu_names
from dreamc.sizing.types import GIB
from tests.unit.cli.verbs import run

Capture = pytest.CaptureFixture[str]
TODAY = date(2026, 11, 20)


def written(file: Path) -> Any:
    document, findings = read(Source(file.name, file.read_text(encoding="utf-8")))
    assert document is not None
    assert findings == ()
    return document.value


def card(name: str) -> starter.Card:
    found = gpu(name)
    assert found is not None
    return starter.Card(found.name, found.title, 1, int(found.visible_gib * GIB), found.capability)


@cache
def proposed(name: str) -> tuple[starter.Pick, ...]:
    return starter.picks(card(name), 1)[:1]


@pytest.mark.parametrize("name", gpu_names())
def test_every_card_of_the_table_gets_a_model_that_fits_it(name: str) -> None:
    assert proposed(name)
    text = starter.text(starter.Starter("lab", "", "local", card(name), proposed(name), (), ()))
    assert starter.errors(text, TODAY) == ()


@pytest.mark.parametrize("name", ["gtx-1080-ti", "rtx-4070", "h200"])
@pytest.mark.parametrize("kind", init.PROVIDERS)
def test_a_card_and_a_cloud_go_together(name: str, kind: str) -> None:
    model, clouds = proposed(name), (starter.cloud_pick(kind),)
    text = starter.text(starter.Starter("lab", "balanced", "hybrid", card(name), model, clouds, ("open-webui",)))
    assert starter.errors(text, TODAY) == ()


@pytest.mark.parametrize("kind", init.PROVIDERS)
def test_a_cloud_alone_is_enough(kind: str) -> None:
    text = starter.text(starter.Starter("lab", "", "cloud", None, (), (starter.cloud_pick(kind),), ()))
    assert starter.errors(text, TODAY) == ()


def test_a_pascal_card_gets_ollama_because_vllm_does_not_run_on_it() -> None:
    assert all(one.source.startswith("ollama:") for one in starter.picks(card("gtx-1080-ti")))


def test_a_mistake_in_a_starter_would_be_seen() -> None:
    big = starter.Pick("hf:meta-llama/Llama-3.1-405B-Instruct", 405, 8192, "too large")
    text = starter.text(starter.Starter("lab", "", "local", card("rtx-4070"), (big,), (), ()))
    assert [one.code for one in starter.errors(text, TODAY)] == ["DRM301"]


def test_flags_alone_write_a_file_that_says_why(capsys: Capture, tmp_path: Path) -> None:
    file = tmp_path / "dream.yaml"
    said = run(
        capsys, "init", "-o", str(file), "--name", "lab", "--gpu", "2 x rtx-4090", "--provider", "anthropic",
        "--service", "open-webui", "--service", "qdrant", "--profile", "none",
    )  # fmt: skip
    assert said.code == 0
    assert file.read_text(encoding="utf-8").startswith("# yaml-language-server: $schema=dream.schema.json\n")
    value = written(file)
    assert value["hardware"]["box"]["gpus"] == "2 x rtx-4090"
    assert list(value["services"]) == ["open-webui", "qdrant"]
    assert value["mode"] == "hybrid"
    assert "billion parameters" in file.read_text(encoding="utf-8")
    assert run(capsys, "check", "-f", str(file), "--today", "2026-11-20").code == 0


def test_without_a_terminal_the_defaults_are_stated_and_nobody_is_asked(capsys: Capture, tmp_path: Path) -> None:
    folder = tmp_path / "My Stack"
    folder.mkdir()
    said = run(capsys, "init", "-o", str(folder / "dream.yaml"))
    assert said.code == 0
    assert "rtx-4070 (not said; this is the default)" in said.err
    assert written(folder / "dream.yaml")["name"] == "my-stack"


def test_on_a_terminal_it_asks(capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter(["lab", "rtx-3090", 2, "openai, google", "none", "balanced"])
    asked: list[str] = []

    def prompt(question: str, **_: object) -> object:
        asked.append(question)
        return next(answers)

    monkeypatch.setattr(init, "_can_ask", lambda: True)
    monkeypatch.setattr("click.prompt", prompt)
    assert run(capsys, "init", "-o", str(tmp_path / "dream.yaml")).code == 0
    value = written(tmp_path / "dream.yaml")
    assert list(value["providers"]) == ["openai", "google"]
    assert value["profile"] == "balanced"
    assert value["fallbacks"]["chains"]["auto"] == "routed"
    assert "budget" not in value
    assert "services" not in value
    assert len(asked) == 6
    chosen = next(iter(value["models"].values()))["source"]
    assert chosen == starter.picks(card("rtx-3090"))[1].source


def test_a_file_that_is_there_stays_as_it_is(capsys: Capture, tmp_path: Path) -> None:
    file = tmp_path / "dream.yaml"
    file.write_text("mine\n", encoding="utf-8")
    said = run(capsys, "init", "-o", str(file))
    assert said.code == 1
    assert "--force" in said.err
    assert file.read_text(encoding="utf-8") == "mine\n"
    assert run(capsys, "init", "-o", str(file), "--force").code == 0
    assert file.read_text(encoding="utf-8") != "mine\n"


@pytest.mark.parametrize(
    ("flags", "hint"),
    [
        (("--gpu", "rtx-407"), "rtx-4070"),
        (("--provider", "antropic"), "anthropic"),
        (("--gpu", "rtx-4070", "--service", "open-web-ui"), "open-webui"),
        (("--gpu", "none"), "--provider"),
    ],
)
def test_wrong_flags_are_wrong_usage_with_a_hint(
    capsys: Capture, tmp_path: Path, flags: tuple[str, ...], hint: str
) -> None:
    said = run(capsys, "init", "-o", str(tmp_path / "dream.yaml"), *flags)
    assert said.code == 64
    assert hint in said.err
    assert list(tmp_path.iterdir()) == []


def test_a_model_that_does_not_fit_is_not_written_down(capsys: Capture, tmp_path: Path) -> None:
    flags = ("--gpu", "rtx-4070", "--model", "hf:Qwen/Qwen2.5-72B-Instruct")
    said = run(capsys, "init", "-o", str(tmp_path / "dream.yaml"), *flags)
    assert said.code == 1
    assert "DRM301" in said.err
    assert list(tmp_path.iterdir()) == []


def smi(monkeypatch: pytest.MonkeyPatch, out: str, code: int = 0) -> None:
    done = subprocess.CompletedProcess(init._SMI, code, out, "NVIDIA-SMI has failed" if code else "")
    monkeypatch.setattr("subprocess.run", lambda *_, **__: done)


def test_detect_counts_the_cards_of_this_machine(
    capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    smi(monkeypatch, "NVIDIA H200, 143771, 9.0\n" * 2)
    assert run(capsys, "init", "-o", str(tmp_path / "dream.yaml"), "--detect").code == 0
    assert written(tmp_path / "dream.yaml")["hardware"]["box"]["gpus"] == "2 x h200"


def test_detect_tells_two_cards_of_one_name_apart_by_their_memory(
    capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    smi(monkeypatch, "NVIDIA GeForce RTX 2060, 12288, 7.5\n")
    assert run(capsys, "init", "-o", str(tmp_path / "dream.yaml"), "--detect").code == 0
    assert written(tmp_path / "dream.yaml")["hardware"]["box"]["gpus"] == "rtx-2060-12gb"


def test_detect_describes_a_card_that_the_table_does_not_know(
    capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    smi(monkeypatch, "NVIDIA Future 9000, 65536, 12.0\n")
    assert run(capsys, "init", "-o", str(tmp_path / "dream.yaml"), "--detect").code == 0
    (found,) = written(tmp_path / "dream.yaml")["hardware"].values()
    assert found["gpus"] == {"model": "future-9000", "count": 1, "memory": "64.0 GiB", "capability": "12.0"}


def test_a_machine_without_nvidia_smi_gets_a_remedy(
    capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    said = run(capsys, "init", "-o", str(tmp_path / "dream.yaml"), "--detect")
    assert said.code == 1
    assert "--gpu" in said.err
    smi(monkeypatch, "", 9)
    assert "NVIDIA-SMI has failed" in run(capsys, "init", "-o", str(tmp_path / "dream.yaml"), "--detect").err


@pytest.mark.parametrize("profile", ["conservative", "balanced", "performance"])
def test_a_profile_has_an_effect_in_the_file_that_asks_for_it(capsys: Capture, tmp_path: Path, profile: str) -> None:
    file = tmp_path / "dream.yaml"
    words = ("--gpu", "rtx-4090", "--provider", "anthropic", "--service", "redis", "--profile", profile)
    assert run(capsys, "init", "--name", "lab", *words, "-o", str(file)).code == 0
    said = run(capsys, "check", "--strict", "-f", str(file), "--today", "2026-11-20")
    assert said.code == 0, said.out
