"""`dreamc drift` as people and programs read it."""

from __future__ import annotations

import json

import pytest

from tests.unit.cli.verbs import run
from tests.unit.provision.gateway import gateway
from tests.unit.provision.installed import CANARY, Installed

Capture = pytest.CaptureFixture[str]
CONFIG = "config/litellm/hybrid-config.yaml"


def drift(installed: Installed, capsys: Capture, *words: str) -> tuple[int, str]:
    with gateway((installed.current / CONFIG).read_text(), CANARY) as port:
        installed.state |= {"port": port, "config": "/nowhere"}
        installed.save()
        said = run(capsys, "drift", *words)
    assert CANARY not in said.out + said.err + installed.calls()
    return said.code, said.out


def test_a_host_as_it_was_applied_is_exit_code_0(installed: Installed, capsys: Capture) -> None:
    code, out = drift(installed, capsys)
    assert (code, out.rstrip().endswith("as it was applied")) == (0, True)


def test_differences_are_exit_code_1_each_with_its_id_and_what_to_do(installed: Installed, capsys: Capture) -> None:
    (installed.current / "config/policy.json").write_text("{}")
    (installed.root / ".env").write_text(f"DREAM_GATEWAY_KEY={CANARY}\nDREAM_CLOUD_KEY=another\n")
    code, out = drift(installed, capsys)
    assert code == 1
    assert "2 differences" in out
    assert "DRIFT-FILE-EDITED: config/policy.json was edited by hand" in out
    assert "DRIFT-ENV-CHANGED: DREAM_CLOUD_KEY in .env is not what env://CLOUD_KEY gives here" in out
    assert "dreamc apply --host box" in out


def test_a_file_that_was_changed_since_is_a_difference_that_names_the_plan(
    installed: Installed, capsys: Capture
) -> None:
    installed.file.write_text(installed.file.read_text().replace("timeout: 20s", "timeout: 21s"))
    code, out = drift(installed, capsys)
    assert code == 1
    assert "DRIFT-RELEASE" in out
    assert "dreamc plan --host box" in out


def test_programs_get_the_same_as_json(installed: Installed, capsys: Capture) -> None:
    installed.state["containers"] = installed.state["containers"][:1]
    code, out = drift(installed, capsys, "--json")
    (host,) = json.loads(out)["hosts"]
    assert code == 1
    assert [one["id"] for one in host["differences"]] == ["DRIFT-CONTAINER-MISSING"]
    assert set(host["differences"][0]) == {"id", "what", "remedy"}
