"""`dreamc lock`: from a dream.yaml and a hub to a lock file that compile uses, with nothing written when it fails."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from dreamc.stack.image_names import references, running
from tests.hub_server.made import CONFIG, TOTAL, repository
from tests.hub_server.server import HubServer
from tests.unit.cli.verbs import Said, run
from tests.unit.stack.files import dream

Capture = pytest.CaptureFixture[str]
TEXT = """\
dream: 1
name: t
mode: local
hardware: {box: {gpus: [rtx-3090, rtx-3090]}}
models:
  small: {source: "hf:acme/tiny", context: 2k}
  coder: {source: "ollama:qwen2.5-coder:3b", context: 4k}
fallbacks: {chains: {chat: [small, coder]}}
"""
GGUF = b"G" * 1000


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[HubServer]:
    """A world with one model, one tag and every image of the file; dream.yaml is alone in the working directory."""
    (tmp_path / "dream.yaml").write_text(TEXT, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with HubServer() as server:
        for name in ("HF_ENDPOINT", "DREAMC_OLLAMA_REGISTRY", "DREAMC_IMAGE_REGISTRY"):
            monkeypatch.setenv(name, server.url)
        monkeypatch.setenv("HF_TOKEN", "hf_verysecret")
        monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
        server.add_model("acme/tiny", repository(2))
        server.add_ollama("qwen2.5-coder:3b", {"application/vnd.ollama.image.model": GGUF})
        wanted = references(dream(TEXT))
        for name in running(dream(TEXT)):
            server.add_image(wanted[name].removeprefix("ghcr.io/"))
        yield server


def lock(capsys: Capture, *arguments: str) -> Said:
    said = run(capsys, "lock", *arguments)
    assert "hf_verysecret" not in said.out + said.err
    return said


def written() -> dict[str, Any]:
    value: dict[str, Any] = yaml.safe_load(Path("dream.lock.yaml").read_text(encoding="utf-8"))
    return value


def test_everything_is_pinned_and_compile_says_so(hub: HubServer, capsys: Capture) -> None:
    said = lock(capsys)
    assert (said.code, said.err.splitlines()[-1]) == (0, "dreamc: dream.lock.yaml written")
    assert said.out.splitlines()[0].split()[:2] == ["new", "hf:acme/tiny"]
    value = written()
    commit = next(iter(hub.models["acme/tiny"]))
    row = value["models"]["hf:acme/tiny"]
    assert (row["revision"], row["config"], row["tensors"]) == (commit, dict(CONFIG), {"BF16": TOTAL})
    assert (value["lock"], value["placement"], len(value["images"])) == (1, {"coder": ["box:1"], "small": ["box:0"]}, 4)
    assert run(capsys, "compile", "-q").code == 0
    compose = Path("build/box/docker-compose.local.yml").read_text(encoding="utf-8")
    assert f"--revision={commit}" in compose
    for reference, pin in value["images"].items():
        assert f"image: {reference}@{pin['digest']}" in compose


def test_the_same_world_gives_the_same_bytes(hub: HubServer, capsys: Capture) -> None:
    lock(capsys)
    before = Path("dream.lock.yaml").read_bytes()
    said = lock(capsys)
    assert (said.code, Path("dream.lock.yaml").read_bytes()) == (0, before)
    assert "is up to date" in said.err
    assert said.out.count("same ") == 6
    assert lock(capsys, "--check").code == 0


def test_check_shows_what_would_change_and_writes_nothing(hub: HubServer, capsys: Capture) -> None:
    assert lock(capsys, "--check").code == 1
    assert not Path("dream.lock.yaml").exists()
    lock(capsys)
    before = Path("dream.lock.yaml").read_bytes()
    commit = hub.add_model("acme/tiny", repository(2, vocab_size=512))
    said = lock(capsys, "--check")
    assert (said.code, Path("dream.lock.yaml").read_bytes()) == (1, before)
    assert f'+    revision: "{commit}"' in said.out
    assert "is not what would be written" in said.err


def test_only_what_is_named_is_asked_for(hub: HubServer, capsys: Capture) -> None:
    lock(capsys)
    hub.add_model("acme/tiny", repository(2, vocab_size=512))
    hub.heal()
    assert "same " in lock(capsys, "coder", "vllm").out
    assert not [one for one in hub.requests if "acme/tiny" in one.path]
    assert "changed" in lock(capsys, "small").out
    hub.heal()
    lock(capsys, "--only", "images")
    assert {one.path.split("/")[1] for one in hub.requests} == {"v2"}
    assert not [one for one in hub.requests if "qwen" in one.path]
    said = lock(capsys, "smal")
    assert (said.code, "did you mean 'small'" in said.err) == (64, True)


def test_when_one_question_fails_nothing_is_written(hub: HubServer, capsys: Capture) -> None:
    hub.gated.add("acme/tiny")
    said = lock(capsys)
    assert said.code == 1
    assert "dreamc: acme/tiny is gated" in said.err
    assert "state: nothing was written; dream.lock.yaml is not there yet" in said.err
    assert not Path("dream.lock.yaml").exists()
    hub.gated.clear()
    lock(capsys)
    before = Path("dream.lock.yaml").read_bytes()
    hub.fail("qwen2.5-coder", "error")
    hub.fail("vllm-openai", "busy")
    said = lock(capsys)
    assert (said.code, Path("dream.lock.yaml").read_bytes()) == (1, before)
    assert "dream.lock.yaml is as it was" in said.err
    assert "answered 503" in said.err
    assert "asks us to wait" in said.err


def test_placement_and_foreign_rows_stay_until_they_are_pruned(hub: HubServer, capsys: Capture) -> None:
    lock(capsys)
    value = written() | {"placement": {"small": ["box:1"], "gone": ["box:0"]}}
    value["images"]["old:1"] = {"digest": f"sha256:{'a' * 64}", "size": 1}
    Path("dream.lock.yaml").write_text(yaml.safe_dump(value), encoding="utf-8")
    assert "nothing uses 'old:1'" in run(capsys, "check").out
    lock(capsys)
    assert written()["placement"] == {"small": ["box:1"], "gone": ["box:0"], "coder": ["box:0"]}
    assert "old:1" in written()["images"]
    assert "removed" in lock(capsys, "--prune").out
    assert "old:1" not in written()["images"]
    assert written()["placement"] == {"small": ["box:1"], "coder": ["box:0"]}


def test_offline_asks_nobody(hub: HubServer, capsys: Capture) -> None:
    said = lock(capsys, "--offline")
    assert said.code == 1
    assert "--offline, and dream.lock.yaml has no row for hf:acme/tiny" in said.err
    lock(capsys)
    hub.heal()
    assert lock(capsys, "--offline", "--check").code == 0
    assert hub.requests == []


def test_a_model_that_no_table_knows_is_sized_by_what_is_locked(hub: HubServer, capsys: Capture) -> None:
    before = run(capsys, "check")
    assert (before.code, "DRM611" in before.out) == (1, True)
    assert "run `dreamc lock`" in before.out
    lock(capsys)
    after = run(capsys, "check")
    assert (after.code, {line[:12] for line in after.out.splitlines() if "[DRM" in line}) == (0, {"note[DRM401]"})


def test_a_broken_lock_is_shown_and_left_alone(hub: HubServer, capsys: Capture) -> None:
    Path("dream.lock.yaml").write_text("lock: 1\nmodels:\n  hf:acme/tiny: {revision: main}\n", encoding="utf-8")
    said = lock(capsys)
    assert said.code == 1
    assert "dream.lock.yaml:3:28" in said.err
    assert "delete the lock file to begin anew" in said.err
    assert hub.requests == []


@pytest.mark.parametrize(
    ("name", "value", "code", "words"),
    [
        ("HF_TOKEN", "hf_very secret", 1, "HF_TOKEN holds what no token has"),
        ("HF_ENDPOINT", "mirror.example.com", 64, "HF_ENDPOINT must be an address"),
    ],
)
def test_a_broken_setting_is_said(
    hub: HubServer, capsys: Capture, monkeypatch: pytest.MonkeyPatch, name: str, value: str, code: int, words: str
) -> None:
    monkeypatch.setenv(name, value)
    said = lock(capsys)
    assert (said.code, words in said.err) == (code, True)


def test_what_docker_login_left_is_sent_to_its_registry_only(hub: HubServer, capsys: Capture) -> None:
    Path("config.json").write_text(json.dumps({"auths": {hub.address: {"auth": "dXNlcjpwYXNz"}}}), encoding="utf-8")
    hub.token = "pull"
    assert lock(capsys).code == 0
    logins = {(one.path.split("?")[0].split("/")[1], one.authorization) for one in hub.requests}
    assert ("token", "Basic dXNlcjpwYXNz") in logins
    assert ("v2", "Basic dXNlcjpwYXNz") not in logins


@pytest.mark.parametrize("how", ["credsStore", "credHelpers"])
def test_what_a_credential_helper_has_is_sent_and_never_shown(
    hub: HubServer, capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    program = tmp_path / "bin" / "docker-credential-ours"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\ncat >/dev/null\necho \'{"Username": "user", "Secret": "canary-pass"}\'\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    value: dict[str, object] = {
        "auths": {hub.address: {}},
        how: "ours" if how == "credsStore" else {hub.address: "ours"},
    }
    Path("config.json").write_text(json.dumps(value), encoding="utf-8")
    hub.token = "pull"
    said = lock(capsys)
    assert said.code == 0
    sent = {one.authorization for one in hub.requests if one.path.startswith("/token")}
    assert sent == {f"Basic {base64.b64encode(b'user:canary-pass').decode()}"}
    assert "canary-pass" not in said.out + said.err + Path("dream.lock.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "text", ["[]", "{", '{"auths": [], "credHelpers": 1, "credsStore": {}}', '{"auths": {"x": 1}}']
)
def test_a_docker_configuration_that_is_none_is_no_login(hub: HubServer, capsys: Capture, text: str) -> None:
    Path("config.json").write_text(text, encoding="utf-8")
    assert lock(capsys).code == 0


def test_a_directory_that_cannot_be_written_keeps_the_old_file(hub: HubServer, capsys: Capture, tmp_path: Path) -> None:
    Path("dream.lock.yaml").mkdir()
    said = lock(capsys)
    assert said.code == 1
    assert "is a directory" in said.err
    assert sorted(one.name for one in tmp_path.iterdir()) == ["dream.lock.yaml", "dream.yaml"]
