"""Hosts that cannot be reached, or where one may not do what an apply needs: said before anything is done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.lab.hosts import faults
from tests.lab.hosts.shell import run
from tests.lab.report import Report, Row
from tests.lab.stack.trial import Bench
from tests.unit.provision.memory import CLOCK
from tests.unit.provision.test_many_hosts import COUNT, DEAD, KEY, applied
from tests.unit.provision.test_many_hosts import fleet as many

pytestmark = [pytest.mark.lab, pytest.mark.slow, pytest.mark.xdist_group("faults")]

Wrong = Callable[[Bench, str], tuple[str, ...]]


def inventory(bench: Bench, *changes: tuple[str, str]) -> tuple[str, ...]:
    """Options for an inventory with some texts replaced; no connection that is open already is used."""
    text = (bench.fleet.folder / "inventory.yaml").read_text()
    for old, new in changes:
        assert old in text, f"the inventory has no {old!r}"
        text = text.replace(old, new)
    file = bench.fleet.folder / "wrong.yaml"
    file.write_text(text)
    return ("-i", str(file), "--no-keep")


def named(bench: Bench, name: str) -> tuple[str, str]:
    """Replaces the address of the host under test."""
    return (f"ansible_host: {bench.fleet.machine('gpu-a').address}", f"ansible_host: {name}")


def user(name: str, become: str = "false") -> tuple[str, str]:
    return ("ansible_user: root", f"ansible_user: {name}\n    ansible_become: {become}")


def another_key(bench: Bench) -> tuple[str, str]:
    key = bench.fleet.folder / "another"
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key)
    return (str(bench.fleet.stack.lab.place.key), str(key))


def known_hosts(bench: Bench, text: str) -> tuple[str, str]:
    file = bench.fleet.folder / "known"
    file.write_text(text)
    return (str(bench.fleet.stack.lab.known_hosts()), str(file))


@pytest.mark.parametrize(
    ("fault", "wrong", "says"),
    [
        ("no such name", lambda b: named(b, "gpu-a.invalid"), ("no address is known for gpu-a.invalid", "inventory")),
        ("no route", lambda b: named(b, "192.0.2.1"), ("no route to 192.0.2.1", "check the network")),
        ("no host at that address", lambda b: named(b, "10.78.0.99"), ("(no route to|does not answer)", "check")),
        ("wrong key", another_key, ("may not log in with the keys", "authorized_keys")),
        ("host key not known", lambda b: known_hosts(b, ""), ("host key is not known", "log in once by hand")),
        ("sudo refused", lambda _: user("plain", "true"), ("sudo", "to do: .*(NOPASSWD|group sudo)")),
        ("sudo wants a password", lambda _: user("asked", "true"), ("sudo wants a password", "--ask-become-pass")),
        ("not root and not in group docker", lambda _: user("plain"), ("may not use Docker", "usermod -aG docker")),
    ],
)
def test_who_cannot_reach_a_host_is_told_why_and_nothing_happens(
    bench: Bench, fault: str, wrong: Callable[[Bench], tuple[str, str]], says: tuple[str, ...]
) -> None:
    trial = bench.trial("connect", fault)
    trial.untouched(trial.apply(*inventory(bench, wrong(bench))), 1, *says)


def test_a_host_that_the_file_does_not_name_is_refused_with_the_names_it_has(bench: Bench) -> None:
    trial = bench.trial("connect", "a host that is not in the file")
    trial.untouched(bench.fleet.apply("gpu-x"), 64, "gpu-x")


def test_a_changed_host_key_is_refused_and_its_fingerprint_shown(bench: Bench) -> None:
    trial, machine = bench.trial("connect", "host key changed"), bench.fleet.machine("gpu-a")
    was = bench.fleet.stack.lab.known_hosts().read_text()
    machine.new_host_key()
    ran = trial.apply(*inventory(bench, known_hosts(bench, was)))
    trial.untouched(ran, 1, "host key is not the one that is known", "SHA256:", "ssh-keygen .*-R")


@contextmanager
def without_sshd(bench: Bench) -> Iterator[None]:
    faults.stop_sshd(bench.fleet.machine("gpu-a"))
    yield
    faults.start_sshd(bench.fleet.machine("gpu-a"))


@contextmanager
def without_cable(bench: Bench) -> Iterator[None]:
    bench.fleet.machine("gpu-a").cut()
    yield
    bench.fleet.machine("gpu-a").heal()


@pytest.mark.parametrize(
    ("fault", "broken", "says"),
    [
        ("sshd is stopped", without_sshd, ("refuses connections", "check that sshd runs")),
        ("cable is out", without_cable, ("(no route to|does not answer)", "check")),
    ],
)
def test_a_host_that_does_not_answer_is_named_with_what_to_look_at(
    bench: Bench, fault: str, broken: Callable[[Bench], Iterator[None]], says: tuple[str, ...]
) -> None:
    trial = bench.trial("connect", fault)
    with broken(bench):  # type: ignore[attr-defined]
        ran = trial.apply("--no-keep")
    trial.untouched(ran, 1, *says)


def test_of_two_hundred_hosts_the_three_dead_ones_do_not_keep_the_others_from_their_release(
    report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GATEWAY_KEY", KEY)
    monkeypatch.setenv("CLOUD_KEY", "sk-cloud-0123456789")
    monkeypatch.setattr("time.time", lambda: float(CLOCK))
    scene = many(tmp_path)
    assert applied(scene) == 1
    said = capsys.readouterr()
    assert said.out.count(": done: ") == COUNT - len(DEAD)
    message = " · ".join(line.strip() for line in said.err.splitlines()[:2])
    fault, state = f"{len(DEAD)} of {COUNT} hosts dead (hosts in memory)", f"new on {COUNT - len(DEAD)}"
    report.add(Row("connect", fault, f"{state}, {len(DEAD)} not touched", "none there", 1, message))


def test_after_all_of_these_the_next_apply_converges(bench: Bench, tmp_path: Path) -> None:
    trial = bench.trial("connect", "none: the apply after all of these")
    trial.ends(trial.apply(), 0, "new", "done: release")
