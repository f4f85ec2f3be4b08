"""Three hosts from nothing to torn down, as an engineer lives through it: the transcript is docs/lab-transcript.md."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.hosts.lab import ROOT, Lab
from tests.lab.stack.fleet import Fleet, Ran
from tests.lab.stack.look import Seen, put_canaries
from tests.lab.stack.stack import NUMBERS, Stack
from tests.lab.transcript import Transcript

pytestmark = [pytest.mark.lab, pytest.mark.slow, pytest.mark.xdist_group("fleet")]

HOSTS = tuple(NUMBERS)
SESSIONS = "journalctl -q -u ssh -o cat | grep -c 'Starting session: command' || :"


@pytest.fixture(scope="module")
def told(lab: Lab) -> Iterator[Transcript]:
    """What was typed and said, written down at the end when DREAM_LAB_DOCS is set."""
    made = Transcript({str(lab.place.cache): "~/.cache/dreamc-lab"})
    yield made
    if os.environ.get("DREAM_LAB_DOCS"):
        made.write(ROOT / "docs/lab-transcript.md")


@pytest.fixture(scope="module")
def fleet(lab: Lab, told: Transcript, tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    """Three hosts without anything of ours but the model files, which nobody downloads in a test."""
    stack = Stack(lab, tmp_path_factory.mktemp("fleet"))
    told.hidden[str(stack.folder)] = "~/stack"
    stack.compile()
    for name in HOSTS:
        stack.host(name, fresh=True)
        stack.supply(name)
        stack.host(name).run("echo 'LogLevel VERBOSE' >/etc/ssh/sshd_config.d/count.conf && systemctl reload ssh")
    stack.write()
    return Fleet(stack)


def run(fleet: Fleet, told: Transcript, title: str, *words: str, code: int = 0) -> Ran:
    """A command of the story, with the code that it must end with."""
    ran = fleet.run(*words)
    told.command(title, ran)
    assert ran.code == code, ran.text
    return ran


def seen(fleet: Fleet) -> dict[str, Seen]:
    return {name: fleet.look(name) for name in HOSTS}


def sessions(fleet: Fleet) -> list[int]:
    """How many commands sshd has started on each host so far."""
    return [int(fleet.machine(name).run(SESSIONS)) for name in HOSTS]


def test_01_a_plan_says_what_would_happen_and_does_nothing(fleet: Fleet, told: Transcript) -> None:
    ran = run(fleet, told, "What would happen", "plan", "--detailed-exitcode", code=2)
    ran.says("front .* changes", "gpu-a .* changes", "create vllm-chat", "systemd unit", "interruption: none")
    assert {one.release for one in seen(fleet).values()} == {""}


def test_02_the_fleet_is_applied_models_first_and_every_alias_proven(fleet: Fleet, told: Transcript) -> None:
    ran = run(fleet, told, "All three hosts, the gateway last", "apply", "-y", "--why", "first of all")
    for alias in ("chat", "code", "quick", "embed"):
        ran.says(f"front: gate: {alias} ok")
    assert ran.text.index("gpu-a: done") < ran.text.index("front: lock")
    found = seen(fleet)
    assert {name: one.problems() for name, one in found.items()} == dict.fromkeys(HOSTS, ())
    assert {one.mode for one in found.values()} == {"hybrid"}
    assert fleet.stack.ask("chat") == (200, fleet.stack.ask("chat")[1])
    for name in HOSTS:
        put_canaries(fleet.machine(name))


def test_03_the_next_apply_has_nothing_to_do_and_asks_each_host_once(fleet: Fleet, told: Transcript) -> None:
    before, were = sessions(fleet), seen(fleet)
    run(fleet, told, "Nothing to do: one SSH command per host", "apply", "-y").says("nothing to do on 3 hosts")
    assert [now - then for now, then in zip(sessions(fleet), before, strict=True)] == [1, 1, 1]
    assert seen(fleet) == were


def test_04_a_mode_is_switched_without_loading_a_model_again_and_back(fleet: Fleet, told: Transcript) -> None:
    before, storage = seen(fleet), mounts(fleet)
    run(fleet, told, "The network is to be closed", "mode", "local", "-y", "--why", "audit")
    local = seen(fleet)
    assert {name: one.problems() for name, one in local.items()} == dict.fromkeys(HOSTS, ())
    assert {one.mode for one in local.values()} == {"local"}
    for name in HOSTS:
        kept = {one.service: one.life for one in before[name].containers if one.service.startswith("vllm-")}
        assert kept.items() <= local[name].lives.items()
    assert mounts(fleet) == storage
    status, text = fleet.stack.ask("chat")
    assert (status, "cloud" in text) == (200, False)
    run(fleet, told, "And back", "mode", "hybrid", "-y")
    after = seen(fleet)
    assert {one.mode for one in after.values()} == {"hybrid"}
    assert [one.data for one in after.values()] == [one.data for one in before.values()]
    run(fleet, told, "In which mode is what", "mode", "status").says("front: hybrid", "gpu-b: hybrid")


def test_05_a_release_that_does_not_start_is_put_back(fleet: Fleet, told: Transcript) -> None:
    before = fleet.look("gpu-a")
    fleet.pin("vllm", "crash")
    ran = run(fleet, told, "A build of vLLM that ends at its start", "apply", "-y", "-H", "gpu-a", code=3)
    fleet.unpin()
    ran.says("rolled back", "did not become healthy", before.release, "serves again and answers")
    after = fleet.look("gpu-a")
    assert after.problems() == ()
    assert (after.release, after.mode, after.env, after.data) == (before.release, before.mode, before.env, before.data)
    assert "This is chat" in fleet.stack.ask("chat")[1]


def test_06_a_release_whose_answers_fail_is_put_back_by_the_gate(fleet: Fleet, told: Transcript) -> None:
    before = fleet.look("front")
    fleet.write(("http://10.78.0.1:8800/v1", "http://10.78.0.1:8801/v1"))
    words = ("apply", "-y", "-H", "front", "--mode", "cloud")
    run(fleet, told, "A cloud at a wrong address", *words, code=3).says("gate: .* failed", "rolled back")
    after = fleet.look("front")
    assert after.problems() == ()
    assert (after.release, after.mode, after.data) == (before.release, before.mode, before.data)


def test_07_after_a_power_cut_the_stack_is_back_in_the_mode_it_was_in(fleet: Fleet, told: Transcript) -> None:
    fleet.write()
    run(fleet, told, "One host into local mode", "mode", "local", "-y", "-H", "gpu-b")
    before, machine = fleet.look("gpu-b"), fleet.machine("gpu-b")
    machine.crash()
    machine.up()
    told.note("The power of gpu-b is cut, and comes back.")
    after = fleet.look("gpu-b")
    assert after.problems() == ()
    assert (after.release, after.mode, after.data) == (before.release, "local", before.data)
    assert machine.run("systemctl is-active dream-lab.service").strip() == "active"
    run(fleet, told, "Who is where", "mode", "status").says("gpu-b: local")
    run(fleet, told, "Back to hybrid", "mode", "hybrid", "-y", "-H", "gpu-b")


def test_08_a_change_is_applied_and_taken_back_by_a_rollback(fleet: Fleet, told: Transcript) -> None:
    before = fleet.look("gpu-a")
    fleet.write(("context: 8k..16k", "context: 8k..12k"))
    run(fleet, told, "Less context", "apply", "-y", "-H", "gpu-a")
    assert fleet.look("gpu-a").release != before.release
    run(fleet, told, "That was no good idea", "rollback", "-y", "-H", "gpu-a", "--why", "too short")
    after = fleet.look("gpu-a")
    assert after.problems() == ()
    assert (after.release, after.mode, after.data) == (before.release, before.mode, before.data)
    run(fleet, told, "Who did what", "history", "-H", "gpu-a").says("rollback", "too short")


def test_09_a_host_that_is_no_longer_in_the_file_is_torn_down_and_keeps_its_data(
    fleet: Fleet, told: Transcript
) -> None:
    before = fleet.look("gpu-b")
    fleet.write(*without_gpu_b(fleet))
    run(fleet, told, "gpu-b is no longer in the file", "plan", "--no-diff").says("gpu-b .*nothing", "keep all data")
    run(fleet, told, "So it is taken down", "apply", "-y")
    after = fleet.look("gpu-b")
    assert (after.release, after.containers) == ("", ())
    assert after.data == before.data
    assert fleet.machine("gpu-b").try_run("systemctl is-enabled dream-lab.service").returncode != 0


def test_10_all_is_stopped_and_data_stays(fleet: Fleet, told: Transcript) -> None:
    before = seen(fleet)
    run(fleet, told, "Down", "down", "-y")
    after = seen(fleet)
    assert [one.containers for one in after.values()] == [(), (), ()]
    assert [one.data for one in after.values()] == [one.data for one in before.values()]
    crashed = fleet.machine("gpu-a")
    crashed.crash()
    crashed.up()
    assert fleet.look("gpu-a").containers == ()


def mounts(fleet: Fleet) -> dict[str, str]:
    """Device and inode of every directory below data and models."""
    script = "cd /opt/dream && find data models -type d -exec stat -c '%n %d:%i' {} + | sort"
    return {name: fleet.machine(name).run(script) for name in HOSTS}


def without_gpu_b(fleet: Fleet) -> tuple[tuple[str, str], ...]:
    """Changes that take gpu-b and its models out of the file."""
    text = Path(fleet.stack.write()).read_text()
    host = re.search(r"  gpu-b: .*\n", text)
    models = re.search(r"  spare:\n(    .*\n)+  embed:\n(    .*\n)+", text)
    assert host
    assert models
    return (
        (host[0], ""),
        (models[0], ""),
        ("[chat, spare, code, large]", "[chat, code, large]"),
        ("[embed, vector]", "[vector]"),
    )
