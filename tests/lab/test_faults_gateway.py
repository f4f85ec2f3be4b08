"""The same faults where a gateway answers: what fails, or is cut off, at the gate."""

from __future__ import annotations

import pytest

from tests.lab.hosts import holds
from tests.lab.hosts.lab import Lab
from tests.lab.report import Report
from tests.lab.stack.fleet import Fleet
from tests.lab.stack.look import put_canaries
from tests.lab.stack.stack import Stack
from tests.lab.stack.trial import Bench

pytestmark = [pytest.mark.lab, pytest.mark.slow, pytest.mark.xdist_group("faults-gateway")]

GATE = (" exec -T ", "docker")


@pytest.fixture(scope="module")
def gateway(lab: Lab, report: Report, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """The gateway's host, fresh, in hybrid mode: LiteLLM, Redis, Ollama and a vLLM."""
    stack = Stack(lab, tmp_path_factory.mktemp("gateway"))
    fleet = Fleet(stack)
    stack.compile()
    stack.host("front", fresh=True)
    stack.supply("front")
    first = fleet.apply("front")
    assert first.code == 0, first.text
    put_canaries(stack.host("front"))
    return Bench(fleet, report)


def test_a_service_that_never_gets_healthy_brings_the_old_release_back(gateway: Bench) -> None:
    trial = gateway.trial("activate: starting", "the new Ollama never gets healthy", host="front")
    gateway.fleet.pin("ollama", "unhealthy")
    ran = trial.apply()
    gateway.fleet.unpin()
    trial.ends(ran, 3, "old", "did not become healthy", "rolled back", "serves again and answers")


def test_an_alias_that_fails_at_the_gate_brings_the_old_release_back(gateway: Bench) -> None:
    wrong = ("http://10.78.0.1:8800/v1", "http://10.78.0.1:8801/v1")
    trial = gateway.trial("activate: gate", "an alias does not answer", wrong, host="front")
    trial.ends(
        trial.apply("--mode", "cloud"), 3, "old", "gate: chat failed", "does not answer for every alias", "rolled back"
    )


def test_a_power_cut_at_the_gate_ends_with_the_release_before(gateway: Bench) -> None:
    trial = gateway.trial("activate: gate", "power cut", host="front")
    machine = gateway.fleet.machine("front")
    words, program = GATE
    holds.hold(machine, program, words)
    trial.running.append(trial.start())
    holds.wait_held(machine, program, 120)
    machine.crash()
    machine.up()
    holds.release(machine, program)
    trial.ends(trial.running[0].end(), 4, "old", "goes back to what was before", "dreamc status")
    assert '"outcome":"recovered"' in machine.run("cat /opt/dream/journal.jsonl")


def test_a_controller_killed_at_the_gate_changes_nothing_about_its_verdict(gateway: Bench) -> None:
    trial = gateway.trial("activate: gate", "controller killed", host="front")
    machine = gateway.fleet.machine("front")
    words, program = GATE
    holds.hold(machine, program, words)
    trial.running.append(trial.start())
    holds.wait_held(machine, program, 120)
    trial.running[0].kill()
    holds.release(machine, program)
    trial.settles()
    trial.ends(trial.running[0].end(), -9, "new")
