"""What is cut off in the middle: the controller, the connection, or the power, at every step of an apply."""

from __future__ import annotations

import time

import pytest

from tests.lab.hosts import faults, holds
from tests.lab.stack.trial import Bench, Trial

pytestmark = [pytest.mark.lab, pytest.mark.slow, pytest.mark.xdist_group("faults-cut")]

CABLE = 60
"""Seconds for which a cable is out."""
# At which call of which program an apply is caught: (step, program, words of the call).
LOCK = ("lock", "mkdir", "lock")
UPLOAD = ("upload", "tar", "-xzpf")
SECRETS = ("secrets", "sync", ".env.next")
BEGIN = ("activate: begun", "docker", "config --hash")
STOP = ("activate: stopping for VRAM", "docker", "stop ")
HALF = ("activate: half of the switch", "mv", "current.new")
UP = ("activate: starting", "docker", " up -d")
RECORD = ("activate: recording the mode", "mv", "/mode.new")


def held(trial: Trial, program: str, words: str) -> None:
    """An apply that has come to this call and waits there."""
    machine = trial.bench.fleet.machine(trial.host)
    holds.hold(machine, program, words)
    trial.running.append(trial.start())
    holds.wait_held(machine, program)


@pytest.mark.parametrize(
    ("at", "state"),
    [(LOCK, "old"), (UPLOAD, "old"), (SECRETS, "old"), (STOP, "new"), (UP, "new")],
    ids=lambda value: value[0] if isinstance(value, tuple) else value,
)
def test_a_controller_that_is_killed_leaves_one_whole_release(
    bench: Bench, at: tuple[str, str, str], state: str
) -> None:
    step, program, words = at
    trial = bench.trial(step, "controller killed")
    machine = bench.fleet.machine("gpu-a")
    held(trial, program, words)
    trial.running[0].kill()
    holds.release(machine, program)
    trial.settles()
    trial.ends(trial.running[0].end(), -9, state)


@pytest.mark.parametrize(
    ("at", "code", "state", "says"),
    [
        (UPLOAD, 1, "old", ("connection to gpu-a was lost during upload", "to do")),
        (UP, 0, "new", ("the connection is lost; the host goes on", "done: release")),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_a_killed_sshd_costs_an_upload_and_no_activation(
    bench: Bench, at: tuple[str, str, str], code: int, state: str, says: tuple[str, ...]
) -> None:
    step, program, words = at
    trial = bench.trial(step, "sshd killed")
    machine = bench.fleet.machine("gpu-a")
    held(trial, program, words)
    faults.stop_sshd(machine)
    holds.release(machine, program)
    if state == "new":
        trial.waits_for("the connection is lost")
    faults.start_sshd(machine)
    trial.ends(trial.running[0].end(), code, state, *says)


@pytest.mark.parametrize(
    ("at", "code", "state", "says"),
    [
        (UPLOAD, 1, "old", ("lost during upload", "to do")),
        (SECRETS, 1, "old", ("lost during secrets", "to do")),
        (BEGIN, 4, "old", ("without a word|connection", "goes back to what was before", "dreamc status")),
        (STOP, 4, "old", ("without a word|connection", "goes back to what was before", "dreamc status")),
        (HALF, 4, "old", ("without a word|connection", "goes back to what was before", "dreamc status")),
        (UP, 4, "old", ("without a word|connection", "goes back to what was before", "dreamc status")),
        (RECORD, 4, "old", ("without a word|connection", "goes back to what was before", "dreamc status")),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_after_a_power_cut_the_host_comes_back_with_the_release_before(
    bench: Bench, at: tuple[str, str, str], code: int, state: str, says: tuple[str, ...]
) -> None:
    step, program, words = at
    trial = bench.trial(step, "power cut")
    machine = bench.fleet.machine("gpu-a")
    held(trial, program, words)
    machine.crash()
    machine.up()
    holds.release(machine, program)
    trial.ends(trial.running[0].end(), code, state, *says)


@pytest.mark.parametrize(
    ("at", "says"),
    [(UPLOAD, "done: release|lost during upload.*|not changed"), (UP, "done: release")],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_a_cable_that_is_out_for_a_minute_does_not_leave_a_mixture(
    bench: Bench, at: tuple[str, str, str], says: str
) -> None:
    step, program, words = at
    trial, machine = bench.trial(step, f"cable out for {CABLE} s"), bench.fleet.machine("gpu-a")
    held(trial, program, words)
    machine.cut()
    holds.release(machine, program)
    time.sleep(CABLE)
    machine.heal()
    ran = trial.running[0].end()
    trial.ends(ran, ran.code, "old" if ran.code else "new", says)
