"""One host: booted, switched off, cut from power or from the network, and removed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.lab.hosts import control_groups
from tests.lab.hosts.network import cable, plug, unplug
from tests.lab.hosts.place import LabError, Place, address
from tests.lab.hosts.shell import number_in, run, spawn

_BOOT = Path(__file__).with_name("boot.sh")
_SYSTEMD = ("running", "degraded")


@dataclass(frozen=True, slots=True)
class Shape:
    """What is in a machine. `gpus` are "NAME:MiB"; `disks` are small file systems of their own, path -> bytes."""

    gpus: tuple[str, ...] = ("NVIDIA H200:143771",)
    disks: Mapping[str, int] = field(default_factory=lambda: {"/opt": 2 * 2**30})


@dataclass(frozen=True, slots=True)
class Machine:
    """Host `number` of a lab, from 1: its address ends in 10 + number, its name is lab<number>."""

    place: Place
    number: int

    @property
    def name(self) -> str:
        return f"lab{self.number}"

    @property
    def address(self) -> str:
        return address(self.number)

    @property
    def folder(self) -> Path:
        return self.place.machine(self.number)

    def up(self, shape: Shape | None = None) -> None:
        """Boots it and waits for systemd. Its disk is as it was left; `shape` counts at the first boot."""
        if self.is_up():
            return
        self._furnish(shape)
        netns = plug(self.place, self.number)
        control_groups.make(netns)
        (self.folder / "groups").write_text(control_groups.lines(netns))
        settings = [f"{name}={value}" for name, value in self._settings(netns).items()]
        spawn(("env", *settings, "bash", _BOOT, "outer"), self.folder / "boot.log", self.folder / "pid")
        self._wait()

    def off(self) -> None:
        """An orderly end."""
        self.run("systemctl poweroff --no-block")
        self._gone(30)

    def crash(self) -> None:
        """A power cut: every process is gone at once. What was written stays, also what was not synced."""
        if (pid := number_in(self.folder / "pid")) is not None:
            os.kill(pid, signal.SIGKILL)
        self._gone(10)

    def down(self) -> None:
        """Gone, with its disk."""
        self.crash()
        unplug(self.place, self.number)
        control_groups.remove(f"{self.place.namespace}-{self.number}")
        shutil.rmtree(self.folder, ignore_errors=True)

    def cut(self) -> None:
        """Pulls the network cable."""
        run("ip", "-n", self.place.namespace, "link", "set", cable(self.number), "down")

    def heal(self) -> None:
        """Puts the cable back."""
        run("ip", "-n", self.place.namespace, "link", "set", cable(self.number), "up")

    def is_up(self) -> bool:
        return self.init() is not None

    def init(self) -> int | None:
        """Process number of its systemd, as this machine counts."""
        pid = number_in(self.folder / "pid")
        if pid is None:
            return None
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return int(children[0]) if children else None

    def inside(self) -> tuple[str, ...]:
        """The words in front of a command that runs on the host as root, without SSH."""
        init = self.init()
        if init is None:
            raise LabError(f"{self.name} is not up")
        return ("nsenter", "-t", str(init), "-a", "env", "-i", "HOME=/root", "LANG=C.UTF-8", _path())

    def run(self, script: str, stdin: str = "", timeout: float = 300) -> str:
        """What a shell script prints on the host; LabError when it fails."""
        return run(*self.inside(), "sh", "-c", script, stdin=stdin, timeout=timeout)

    def try_run(self, script: str, stdin: str = "", timeout: float = 300) -> subprocess.CompletedProcess[str]:
        """The same without judging the exit code."""
        command = (*self.inside(), "sh", "-c", script)
        return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=timeout, check=False)

    def known_hosts(self) -> str:
        """The line of an OpenSSH known_hosts file."""
        words = (self.folder / "host_key.pub").read_text().split()
        return f"{self.address} {words[0]} {words[1]}\n"

    def _furnish(self, shape: Shape | None) -> None:
        """Folders, disks and the host's own files, once."""
        if (self.folder / "upper").is_dir():
            return
        shape = shape or Shape()
        for name in ("upper/etc/ssh", "work", "root", "docker", "disks"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        etc = self.folder / "upper/etc"
        (etc / "lab-gpus").write_text("".join(f"{gpu}\n" for gpu in shape.gpus))
        (etc / "hostname").write_text(f"{self.name}\n")
        (etc / "hosts").write_text(f"127.0.0.1 localhost\n{self.address} {self.name}\n")
        (etc / "machine-id").write_text(f"{self.number:032x}\n")
        self.new_host_key()
        for path, size in shape.disks.items():
            file = self.folder / "disks" / (path.strip("/").replace("/", "-") + ".ext4")
            with file.open("wb") as disk:
                disk.truncate(size)
            run("mkfs.ext4", "-q", "-F", "-m", "0", file)
            with (self.folder / "disk-list").open("a") as listed:
                listed.write(f"{path} {file}\n")

    def new_host_key(self) -> None:
        """Another SSH host key, at once."""
        key = self.folder / "host_key"
        for old in (key, key.with_suffix(".pub")):
            old.unlink(missing_ok=True)
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", self.name, "-f", key)
        if self.is_up():
            # Nobody but the host itself may write below a mounted overlay.
            self.run("cat >/etc/ssh/ssh_host_ed25519_key && systemctl restart ssh", stdin=key.read_text())
            return
        target = self.folder / "upper/etc/ssh/ssh_host_ed25519_key"
        shutil.copyfile(key, target)
        target.chmod(0o600)

    def _settings(self, netns: str) -> dict[str, str]:
        listed = self.folder / "disk-list"
        return {
            "MACHINE": str(self.folder),
            "LOWER": f"{self.place.common.resolve()}:{self.place.base}",
            "NAME": self.name,
            "NETNS": netns,
            "GROUPS_FILE": str(self.folder / "groups"),
            "DISKS": listed.read_text() if listed.exists() else "",
            "CARDS": str(len((self.folder / "upper/etc/lab-gpus").read_text().splitlines())),
        }

    def _wait(self) -> None:
        # a stack that comes back with the machine belongs to its start
        for _ in range(1800):
            init = self.init()
            if init is not None:
                command = ("nsenter", "-t", str(init), "-a", "systemctl", "is-system-running")
                done = subprocess.run(command, capture_output=True, text=True, check=False)
                if done.stdout.strip() in _SYSTEMD:
                    return
            elif self._died():
                break
            time.sleep(0.1)
        log = (self.folder / "boot.log").read_text(errors="replace").strip().splitlines()
        raise LabError(f"{self.name} did not boot: " + " | ".join(log[-3:]))

    def _died(self) -> bool:
        """Whether it was started and has ended."""
        return (self.folder / "pid").exists() and number_in(self.folder / "pid") is None

    def _gone(self, seconds: float) -> None:
        for _ in range(int(seconds * 20)):
            if number_in(self.folder / "pid") is None:
                (self.folder / "pid").unlink(missing_ok=True)
                return
            time.sleep(0.05)
        raise LabError(f"{self.name} is still there")


def machines(place: Place) -> tuple[Machine, ...]:
    """Every host of a lab that has a disk, running or not."""
    found = place.running.glob("host[0-9]*")
    return tuple(Machine(place, number) for number in sorted(int(path.name.removeprefix("host")) for path in found))


def _path() -> str:
    return "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
