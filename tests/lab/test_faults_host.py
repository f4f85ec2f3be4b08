"""A host that is not as it should be: no engine, a full disk, edited by hand, in use by others, a wrong clock."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.lab.hosts import faults, holds
from tests.lab.hosts.machine import Machine
from tests.lab.stack.trial import Bench

pytestmark = [pytest.mark.lab, pytest.mark.slow, pytest.mark.xdist_group("faults")]

Act = Callable[[Machine], object]
RELEASE = "/opt/dream/current"


def test_without_docker_the_plan_says_how_to_install_it(bench: Bench) -> None:
    trial, machine = bench.trial("facts", "Docker is not installed"), bench.fleet.machine("gpu-a")
    holds.hide(machine, "docker")
    ran = trial.apply()
    holds.show(machine, "docker")
    trial.untouched(ran, 1, "Docker is not installed", "docs.docker.com/engine/install", "nothing was changed")


def test_an_engine_that_is_too_old_is_refused_with_the_oldest_that_will_do(bench: Bench) -> None:
    trial, machine = bench.trial("facts", "Docker 19.03"), bench.fleet.machine("gpu-a")
    holds.old_engine(machine, "19.03.15")
    ran = trial.apply()
    holds.release(machine, "docker")
    trial.untouched(ran, 1, r"19\.03\.15 is older than 20\.10", "nothing was changed")


def test_an_engine_that_does_not_run_is_named(bench: Bench) -> None:
    trial, machine = bench.trial("facts", "Docker does not run"), bench.fleet.machine("gpu-a")
    faults.stop_engine(machine)
    ran = trial.apply()
    faults.start_engine(machine)
    trial.serves()
    trial.ends(ran, 1, "old", "Docker does not work", "systemctl status docker", "nothing was changed")


@pytest.mark.parametrize(
    ("step", "program", "words", "says"),
    [
        ("lock", "mkdir", "-p releases", ("cannot be written: is its disk full", "not changed")),
        ("upload", "tar", "-xzpf", ("could not be unpacked: is the disk full", "not changed")),
        (
            "secrets",
            "sync",
            "-f releases",
            ("did not arrive: is the disk of /opt/dream full", "not changed"),
        ),
        ("activate: handed over", "mkdir", "-p activation", ("cannot write to /opt/dream", "not changed")),
        (
            "activate: begun",
            "chmod",
            "600 /opt/dream/.env.next",
            ("cannot write to /opt/dream", "not changed"),
        ),
    ],
)
def test_a_disk_that_is_full_at_a_step_changes_nothing(
    bench: Bench, step: str, program: str, words: str, says: tuple[str, ...]
) -> None:
    trial, machine = bench.trial(step, "disk full"), bench.fleet.machine("gpu-a")
    holds.hold(machine, program, words)
    trial.running.append(trial.start())
    holds.wait_held(machine, program)
    faults.fill(machine)
    holds.release(machine, program)
    ran = trial.running[0].end()
    faults.empty(machine)
    trial.ends(ran, 1, "old", *says)


def test_a_disk_that_fills_up_behind_the_switch_stops_nothing(bench: Bench) -> None:
    trial, machine = bench.trial("activate: starting", "disk full"), bench.fleet.machine("gpu-a")
    holds.hold(machine, "docker", " up -d")
    trial.running.append(trial.start())
    holds.wait_held(machine, "docker")
    faults.fill(machine)
    holds.release(machine, "docker")
    ran = trial.running[0].end()
    faults.empty(machine)
    trial.ends(ran, 0, "new", "done: release")


def edited(path: str, script: str) -> Act:
    return lambda machine: machine.run(f"cd {RELEASE} && cp -p {path} {path}.new && {script} && mv {path}.new {path}")


@pytest.mark.parametrize(
    ("fault", "act", "says"),
    [
        ("a file of the release edited", edited("config/vllm/chat.args", "echo --x >>config/vllm/chat.args.new"), ()),
        ("a file of the release removed", lambda m: m.run(f"rm {RELEASE}/config/vllm/chat.args"), ()),
        ("a value in .env edited", lambda m: m.run("sed -i 's/=.*/=edited-by-hand/' /opt/dream/.env"), ("VLLM_KEY",)),
        ("a container removed", lambda m: m.run("docker rm -f dream-lab-vllm-chat-1"), ("vllm-chat",)),
        ("a container stopped", lambda m: m.run("docker stop dream-lab-door-vllm-chat-1"), ("door-vllm-chat",)),
        ("the link to the release removed", lambda m: m.run(f"rm {RELEASE}"), ()),
    ],
)
def test_a_host_that_was_edited_by_hand_becomes_what_was_applied(
    bench: Bench, fault: str, act: Act, says: tuple[str, ...]
) -> None:
    trial, machine = bench.trial("facts", fault), bench.fleet.machine("gpu-a")
    bench.same()
    act(machine)
    trial.mended(trial.apply(), *says)


def test_a_clock_that_is_hours_off_is_refused_because_no_cloud_would_answer(bench: Bench) -> None:
    trial, machine = bench.trial("facts", "clock two hours behind"), bench.fleet.machine("gpu-a")
    faults.skew(machine, -7200)
    ran = trial.apply()
    faults.skew(machine, 0)
    trial.untouched(ran, 1, "clock is 120 min behind", "timedatectl set-ntp true")


def test_a_clock_that_is_minutes_off_is_mentioned(bench: Bench) -> None:
    trial, machine = bench.trial("facts", "clock five minutes ahead"), bench.fleet.machine("gpu-a")
    faults.skew(machine, 300)
    ran = trial.apply()
    faults.skew(machine, 0)
    trial.ends(ran, 0, "new", "clock is 5 min ahead", "timedatectl set-ntp true")


def test_of_two_controllers_at_once_the_second_is_told_who_the_first_is(bench: Bench) -> None:
    trial, machine = bench.trial("lock", "another controller is at work"), bench.fleet.machine("gpu-a")
    holds.hold(machine, "docker", " up -d")
    trial.running.append(trial.start("--why", "first of two"))
    holds.wait_held(machine, "docker")
    second = bench.fleet.apply("gpu-a", env={"DREAMC_WHO": "bob@desk"})
    holds.release(machine, "docker")
    first = trial.running[0].end()
    assert first.code == 0, first.text
    trial.ends(second, 5, "new", "ada@desk holds the lock since", "--lock-timeout", "--steal-lock")
