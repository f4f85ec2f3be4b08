"""`dreamc models` and `dreamc bundle`, from dream.yaml to files on a host that is this machine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dreamc.cli.bundle import command as bundle
from dreamc.cli.models import command as models
from dreamc.errors import DreamError
from tests.hub_server.server import HubServer

DREAM = """\
dream: 1
name: lab
mode: local
hardware:
  den: {{gpus: rtx-4070, ram: 32 GiB, disk: 500 GiB}}
models:
  fast:
    source: ollama:qwen2.5-coder:3b
    context: 8k
  quality:
    source: hf:Qwen/Qwen2.5-Coder-7B-Instruct-AWQ
    engine: vllm
    context: 8k..16k
data:
  root: {root}
"""
REPO = "Qwen/Qwen2.5-Coder-7B-Instruct-AWQ"


@pytest.fixture
def folder(hub: HubServer, tmp_path: Path, docker: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with dream.yaml and an inventory that says: this machine."""
    (tmp_path / "dream.yaml").write_text(DREAM.format(root=tmp_path / "host"))
    (tmp_path / "hosts.yaml").write_text("all: {hosts: {den: {ansible_connection: local}}}\n")
    hub.add_model(REPO, {"config.json": b"{}", "model.safetensors": b"weights" * 1000})
    hub.add_ollama("qwen2.5-coder:3b", {"application/vnd.ollama.image.model": b"GGUF" * 1000})
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    monkeypatch.setenv("HF_TOKEN", "hf_canary_51ab")
    monkeypatch.setenv("DREAMC_OLLAMA_REGISTRY", hub.url)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("OLLAMA_MODELS", str(tmp_path / "no-ollama-here"))
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache" / "hub"))
    monkeypatch.setattr("dreamc.supply.deliver.SPARE_LEAST", 0)
    return tmp_path


def run(group: object, *words: str) -> Result:
    done = CliRunner().invoke(group, words)  # type: ignore[arg-type]
    if done.exception is not None and not isinstance(done.exception, SystemExit | DreamError):
        raise done.exception
    assert "hf_canary_51ab" not in done.output
    return done


def rows(folder: Path) -> dict[str, str]:
    done = run(models, "ls", "-i", "hosts.yaml", "--json")
    return {row["model"]: row["why"] for row in json.loads(done.output)}


def test_pull_brings_everything_and_ls_shows_it(folder: Path) -> None:
    assert rows(folder).keys() == {REPO, "ollama:qwen2.5-coder:3b"}
    assert all(rows(folder).values())
    done = run(models, "pull", "-i", "hosts.yaml", "--via", "push", "-q")
    assert done.exit_code == 0, done.output
    assert f"den: {REPO}: fetched to the controller's Hugging Face cache and pushed; not pinned" in done.output
    assert not any(rows(folder).values())
    assert "den: every model is complete" in run(models, "pull", "-i", "hosts.yaml").output
    table = run(models, "ls", "-i", "hosts.yaml").output.splitlines()
    assert table[0].split() == ["HOST", "MODEL", "REVISION", "THERE", "OF", "STATE"]
    assert table[2].endswith("complete; not pinned")


def test_verify_exits_1_and_names_the_file_that_is_wrong(folder: Path) -> None:
    run(models, "pull", "-i", "hosts.yaml", "--via", "push", "-q")
    assert run(models, "verify", "-i", "hosts.yaml", "-q").exit_code == 0
    (blob,) = (path for path in (folder / "host").rglob("blobs/*") if path.stat().st_size == 7000)
    blob.write_bytes(b"w" * 7000)
    done = run(models, "verify", "-i", "hosts.yaml", "-q")
    assert done.exit_code == 1
    assert f"  wrong: blobs/{blob.name}" in done.output


def test_gc_asks_and_never_hangs_without_a_terminal(folder: Path) -> None:
    run(models, "pull", "-i", "hosts.yaml", "--via", "push", "-q")
    lone = next((folder / "host").rglob("manifests")).parent / "blobs" / f"sha256-{'b' * 64}"
    lone.write_bytes(b"lone")
    refused = run(models, "gc", "-i", "hosts.yaml")
    assert refused.exit_code == 2
    assert "--yes" in refused.output
    assert lone.exists()
    done = run(models, "gc", "-i", "hosts.yaml", "-y")
    assert "den: 4 B freed" in done.output
    assert not lone.exists()
    assert not any(rows(folder).values())


def test_a_host_that_nobody_knows_is_wrong_usage(folder: Path) -> None:
    done = run(models, "ls", "-i", "hosts.yaml", "-H", "dem")
    assert done.exit_code == 2
    assert "did you mean den?" in done.output


def test_an_archive_carries_everything_to_a_host_without_a_network(
    folder: Path, hub: HubServer, docker: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = run(bundle, "save", "lab.dream", "-q")
    assert saved.exit_code == 0, saved.output
    assert "dreamc: not pinned:" in saved.output
    id_ = saved.output.split(" id ")[1].strip()
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    hub.heal()
    loaded = run(bundle, "load", "lab.dream", "-q", "--id", id_)
    assert loaded.exit_code == 0, loaded.output
    assert (folder / "build" / "den" / "docker-compose.local.yml").exists()
    done = run(models, "pull", "-i", "hosts.yaml", "--archive", "lab.dream", "-q")
    assert done.exit_code == 0, done.output
    assert not any(rows(folder).values())
    assert hub.requests == []
    other = run(bundle, "load", "lab.dream", "-q", "--id", "0" * 64)
    assert isinstance(other.exception, DreamError)
    assert "nothing was written" in str(other.exception)
