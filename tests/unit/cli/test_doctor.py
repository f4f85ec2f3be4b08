"""`dreamc doctor` as people and programs read it, and its archive."""

from __future__ import annotations

import json
import stat
import tarfile
from pathlib import Path

import pytest

from tests.unit.cli.verbs import run
from tests.unit.provision.gateway import gateway
from tests.unit.provision.installed import CANARY, Installed

Capture = pytest.CaptureFixture[str]


def doctor(installed: Installed, capsys: Capture, *words: str) -> tuple[int, str]:
    with gateway((installed.current / "config/litellm/hybrid-config.yaml").read_text(), CANARY) as port:
        installed.state |= {"port": port, "config": "/nowhere"}
        installed.save()
        said = run(capsys, "doctor", *words)
    assert CANARY not in said.out + said.err
    return said.code, said.out


def test_a_host_that_is_well_is_exit_code_0(installed: Installed, capsys: Capture) -> None:
    assert doctor(installed, capsys) == (0, "box  nothing found\n")


def test_causes_come_in_order_with_evidence_and_a_command(installed: Installed, capsys: Capture) -> None:
    installed.change("ollama", health="unhealthy", log=f"key {CANARY}\ncudaMalloc failed: out of memory\n")
    code, out = doctor(installed, capsys)
    assert code == 1
    lines = out.splitlines()
    assert lines[1] == "  1. DOC-OOM: ollama: the GPU's memory ran out"
    assert lines[2] == "     | cudaMalloc failed: out of memory"
    assert "nvidia-smi on box" in lines[3]
    assert "  2. DOC-UNHEALTHY-ollama: ollama is unhealthy" in lines
    assert lines[-1].endswith("dreamc logs ollama --host box shows more")


def test_programs_get_the_same_as_json(installed: Installed, capsys: Capture) -> None:
    (installed.current / "notes").write_text("mine")
    code, out = doctor(installed, capsys, "--json")
    (cause,) = json.loads(out)["hosts"]["box"]
    assert (code, cause["id"], cause["remedy"]) == (1, "DOC-DRIFT", "dreamc drift --host box")


def test_the_archive_is_whole_private_and_without_secrets(
    installed: Installed, capsys: Capture, tmp_path: Path
) -> None:
    installed.change("ollama", health="unhealthy", log=f'two\nlines "and" $more; {CANARY}\n')
    assert doctor(installed, capsys, "-o", "s.tar.gz")[0] == 1
    made = tmp_path / "s.tar.gz"
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    with tarfile.open(made) as archive:
        files = {one.name: archive.extractfile(one) for one in archive.getmembers()}
        texts = {name: file.read().decode() for name, file in files.items() if file}
    assert {"support/plan.json", "support/causes.json", "support/box/facts.json", "support/box/journal.jsonl"} <= set(
        texts
    )
    assert json.loads(texts["support/plan.json"])["stack"] == "den"
    whole = "".join(texts.values())
    assert CANARY not in whole
    assert 'lines "and" $more' not in whole
    assert "ollama" in texts["support/box/logs/dream-den-ollama-1.log"] or "***" in whole


def test_a_host_that_cannot_be_reached_is_the_first_cause(installed: Installed, capsys: Capture) -> None:
    options = "'-F none'"
    (installed.folder / "inventory.yaml").write_text(
        f"all: {{hosts: {{box: {{ansible_host: 127.0.0.1, ansible_port: 1, ansible_ssh_common_args: {options}}}}}}}\n"
    )
    said = run(capsys, "doctor")
    assert said.code == 1
    assert "1. DOC-UNREACHABLE: box cannot be reached" in said.out
