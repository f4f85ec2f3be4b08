"""`dreamc status` as people and programs read it."""

from __future__ import annotations

import json

import pytest

from dreamc.cli import status
from dreamc.provision.status import HostStatus, ask
from tests.unit.cli.verbs import run
from tests.unit.provision.installed import CANARY, Installed

Capture = pytest.CaptureFixture[str]


def test_a_host_that_is_well_is_told_in_a_paragraph(installed: Installed, capsys: Capture) -> None:
    said = run(capsys, "status")
    assert said.code == 0
    assert said.out.splitlines()[0].endswith("in hybrid mode  well")
    for words in ("litellm  running, healthy", "gateway http://127.0.0.1:4000 answers", "7.9 GiB of 12.0 GiB used"):
        assert words in said.out
    assert "by ada@desk (1 min 5 s): to see" in said.out


def test_what_is_not_well_is_exit_code_1_and_comes_first(installed: Installed, capsys: Capture) -> None:
    installed.state["alive"] = False
    installed.change("ollama", health="unhealthy")
    said = run(capsys, "status")
    assert said.code == 1
    assert "NOT WELL" in said.out
    assert said.out.index("! ollama is unhealthy") < said.out.index("ollama   running, unhealthy")
    assert CANARY not in said.out + said.err


def test_programs_get_the_same_as_json(installed: Installed, capsys: Capture) -> None:
    said = run(capsys, "status", "--json")
    (host,) = json.loads(said.out)["hosts"]
    assert (host["host"], host["healthy"], host["mode"], host["gateway"]["answers"]) == ("box", True, "hybrid", True)
    assert {one["name"] for one in host["services"]} == {"litellm", "ollama"}


def test_a_host_that_cannot_be_reached_is_exit_code_1_and_the_others_are_told(
    installed: Installed, capsys: Capture
) -> None:
    text = installed.file.read_text().replace("models:\n", "  gone: {address: gone.invalid}\nmodels:\n", 1)
    installed.file.write_text(text)
    inventory = installed.folder / "inventory.yaml"
    inventory.write_text(inventory.read_text() + "    gone: {ansible_host: '-bad-', ansible_connection: ssh}\n")
    inventory.write_text(
        "all:\n  hosts:\n    box: {ansible_connection: local}\n"
        "    gone: {ansible_host: 127.0.0.1, ansible_port: 1, ansible_ssh_common_args: '-F none'}\n"
    )
    said = run(capsys, "status")
    assert said.code == 1
    assert "gone cannot be reached" in said.err
    assert "box  release" in said.out


def test_watching_needs_a_terminal(installed: Installed, capsys: Capture) -> None:
    said = run(capsys, "status", "--watch")
    assert said.code == 64
    assert "dreamc status --json" in said.err


def test_with_docker_silent_nothing_is_claimed_of_services(installed: Installed, capsys: Capture) -> None:
    installed.state["down"] = True
    installed.save()
    said = run(capsys, "status")
    assert said.code == 1
    assert "litellm  not known" in said.out
    assert "gateway http://127.0.0.1:4000 was not asked" in said.out


def test_watching_looks_again_over_the_same_sessions_until_ctrl_c(
    installed: Installed, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = installed.session()
    looks: list[HostStatus] = []

    def look() -> status.Found:
        if looks:
            installed.change("ollama", health="unhealthy")
        if len(looks) == 2:
            raise KeyboardInterrupt
        looks.append(ask(session, str(installed.root)))
        return {"box": looks[-1]}, {}

    monkeypatch.setattr(status, "EVERY", 0.0)
    found, failed = status._watched(look, colour=False)
    session.close()
    assert (len(looks), session.execs, failed) == (2, 1, {})
    assert not found["box"].healthy
    assert "ollama is unhealthy" in capsys.readouterr().out
