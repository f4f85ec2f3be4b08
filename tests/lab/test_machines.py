"""The lab's hosts are hosts: they boot, lose power, lose their network, fill up, and keep their disk."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.lab.hosts import faults
from tests.lab.hosts.lab import Lab
from tests.lab.hosts.machine import Machine, Shape

pytestmark = [pytest.mark.lab, pytest.mark.xdist_group("machines")]

NUMBER = 9
CARDS = ("NVIDIA GeForce RTX 3090:24576", "NVIDIA H200:143771")


@pytest.fixture(scope="module")
def machine(lab: Lab) -> Machine:
    return lab.fresh(NUMBER, Shape(gpus=CARDS, disks={"/opt": 64 * 2**20}))


def test_a_host_runs_systemd_sshd_and_docker_with_compose(lab: Lab, machine: Machine) -> None:
    assert machine.run("cat /proc/1/comm").strip() == "systemd"
    assert lab.ssh(machine, "hostname").stdout.strip() == f"lab{NUMBER}"
    assert machine.run("docker info --format '{{.Driver}}'").strip() == "overlay2"
    assert machine.run("docker compose version --short").strip().startswith("2.")


def test_nvidia_smi_shows_the_cards_of_its_shape(machine: Machine) -> None:
    query = "nvidia-smi --query-gpu=index,name,memory.total,compute_cap,driver_version --format=csv,noheader,nounits"
    rows = [line.split(", ") for line in machine.run(query).splitlines()]
    assert [row[:4] for row in rows] == [
        ["0", "NVIDIA GeForce RTX 3090", "24576", "8.6"],
        ["1", "NVIDIA H200", "143771", "9.0"],
    ]
    assert len(machine.run("nvidia-smi -L").splitlines()) == 2


def test_a_power_cut_ends_everything_and_keeps_the_disk(machine: Machine) -> None:
    boot = machine.run("cat /proc/sys/kernel/random/boot_id")
    machine.run("echo kept >/opt/kept; echo gone >/run/gone; sleep 1000 >/dev/null 2>&1 &")
    machine.crash()
    assert not machine.is_up()
    machine.up()
    assert machine.run("cat /opt/kept; cat /run/gone 2>/dev/null || echo none") == "kept\nnone\n"
    assert machine.run("cat /proc/sys/kernel/random/boot_id") != boot
    assert machine.try_run("pgrep -x sleep").returncode == 1


def test_containers_come_back_after_an_orderly_end(lab: Lab, machine: Machine) -> None:
    machine.run("docker run -d --restart unless-stopped --name back 10.78.0.1:5000/redis:8.4.0-alpine")
    machine.off()
    machine.up()
    assert machine.run("docker inspect back --format '{{.State.Running}}'").strip() == "true"
    machine.run("docker rm -f back")


def test_a_pulled_cable_stops_ssh_and_a_plugged_one_does_not(lab: Lab, machine: Machine) -> None:
    machine.cut()
    options = (*lab.ssh_options(), "-o", "ConnectTimeout=2")
    assert lab.ctl("ssh", *options, f"root@{machine.address}", "true").returncode == 255
    machine.heal()
    assert lab.ssh(machine, "echo here").stdout == "here\n"


def test_a_full_disk_refuses_and_an_emptied_one_does_not(machine: Machine) -> None:
    faults.fill(machine, "/opt", leave=8192)
    full = machine.try_run("dd if=/dev/zero of=/opt/more bs=64k count=1")
    assert full.returncode != 0
    assert "No space left" in full.stderr
    faults.empty(machine, "/opt")
    machine.run("dd if=/dev/zero of=/opt/more bs=64k count=1 2>/dev/null && rm /opt/more")


def test_a_dead_sshd_refuses_and_a_started_one_does_not(lab: Lab, machine: Machine) -> None:
    faults.stop_sshd(machine)
    refused = lab.ssh(machine, "true")
    assert refused.returncode == 255
    assert "refused" in refused.stderr
    faults.start_sshd(machine)
    assert lab.ssh(machine, "true").returncode == 0


def test_a_changed_host_key_is_refused_by_those_who_know_the_old_one(lab: Lab, machine: Machine) -> None:
    old = lab.ssh_options()
    before = lab.known_hosts().read_text()
    machine.new_host_key()
    lab.known_hosts().write_text(before)
    changed = lab.ctl("ssh", *old, f"root@{machine.address}", "true")
    assert changed.returncode == 255
    assert "REMOTE HOST IDENTIFICATION HAS CHANGED" in changed.stderr
    assert lab.ssh(machine, "true").returncode == 0


def test_an_engine_that_was_stopped_stays_stopped(machine: Machine) -> None:
    faults.stop_engine(machine)
    assert machine.try_run("docker ps").returncode != 0
    faults.start_engine(machine)
    machine.run("docker ps")


def test_the_clock_of_scripts_can_be_wrong(machine: Machine) -> None:
    faults.skew(machine, -7200)
    now, shown = machine.run("cut -d' ' -f1 /proc/uptime >/dev/null; /usr/bin/date +%s; date +%s").split()
    assert 7100 < int(now) - int(shown) < 7300
    faults.skew(machine, 0)
    now, shown = machine.run("/usr/bin/date +%s; date +%s").split()
    assert abs(int(now) - int(shown)) < 10


@pytest.mark.parametrize(
    ("user", "sudo", "docker"),
    [("ops", True, False), ("docky", False, True), ("asked", False, False), ("plain", False, False)],
)
def test_people_may_do_what_their_name_says(lab: Lab, machine: Machine, user: str, sudo: bool, docker: bool) -> None:
    assert (lab.ssh(machine, "sudo -n true", user).returncode == 0) is sudo
    assert (lab.ssh(machine, "docker ps", user).returncode == 0) is docker


def test_hosts_reach_each_other_and_nothing_else(
    lab: Lab, machine: Machine, fresh_host: Callable[..., Machine]
) -> None:
    other = fresh_host(NUMBER - 1)
    assert machine.run(f"timeout 3 bash -c 'exec 3<>/dev/tcp/{other.address}/22; head -c 7 <&3'") == "SSH-2.0"
    assert machine.try_run("timeout 3 bash -c 'exec 3<>/dev/tcp/192.0.2.1/80'").returncode != 0
    other.down()
