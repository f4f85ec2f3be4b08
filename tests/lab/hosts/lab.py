"""A lab as tests and people use it: its network, its hosts, and what runs inside the control network."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from tests.lab.hosts import images, network, setup
from tests.lab.hosts.machine import Machine, Shape, machines
from tests.lab.hosts.place import Place
from tests.lab.hosts.shell import network as inside_network

ROOT = Path(__file__).resolve().parents[3]
DREAMC = Path(sys.executable).with_name("dreamc")


@dataclass(frozen=True, slots=True)
class Lab:
    """One lab; `place.name` tells it from others on this machine."""

    place: Place

    def up(self) -> None:
        """Builds what is missing, then the network, the images and their registry."""
        if not setup.is_ready(self.place):
            setup.setup(self.place)
        network.up(self.place)
        images.build(self.place)

    def down(self) -> None:
        """No host, no network; what was built stays."""
        for machine in machines(self.place):
            machine.down()
        network.down(self.place)

    def host(self, number: int, shape: Shape | None = None) -> Machine:
        """Host `number`, booted and plugged in; its disk is as it was left."""
        machine = Machine(self.place, number)
        machine.up(shape)
        machine.heal()
        return machine

    def fresh(self, number: int, shape: Shape | None = None) -> Machine:
        """Host `number` with nothing on its disk."""
        Machine(self.place, number).down()
        return self.host(number, shape)

    def environment(self) -> dict[str, str]:
        """What keeps labs apart here: OpenSSH shares open connections by address, and all labs have the same ones."""
        runtime = Path("/run") / self.place.namespace
        runtime.mkdir(mode=0o700, exist_ok=True)
        return {"XDG_RUNTIME_DIR": str(runtime)}

    def inside(self) -> AbstractContextManager[None]:
        """Within it this thread, and what it starts, is in the control network, and in no other."""
        return inside_network(self.place.namespace)

    def ctl(
        self,
        *command: str | Path,
        stdin: str | None = None,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        timeout: float = 300,
    ) -> subprocess.CompletedProcess[str]:
        """A command inside the control network, whatever its exit code; `env` is added to ours."""
        whole = ("nsenter", f"--net=/run/netns/{self.place.namespace}", *command)
        both = dict(os.environ) | self.environment() | dict(env or {})
        return subprocess.run(
            whole, input=stdin, capture_output=True, text=True, env=both, cwd=cwd, timeout=timeout, check=False
        )

    def dreamc(
        self, *words: str | Path, env: Mapping[str, str] | None = None, cwd: Path | None = None, timeout: float = 300
    ) -> subprocess.CompletedProcess[str]:
        """The command line of this checkout, inside the control network."""
        return self.ctl(DREAMC, *words, env=env, cwd=cwd, timeout=timeout)

    def ssh_options(self) -> tuple[str, ...]:
        """Words for ssh and scp: our key, the host keys that are right, and nothing of the user's."""
        known = f"UserKnownHostsFile={self.known_hosts()}"
        words = ("-F", "none", "-i", str(self.place.key), "-o", known, "-o", "GlobalKnownHostsFile=/dev/null")
        return (*words, "-o", "StrictHostKeyChecking=yes", "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes")

    def ssh(self, machine: Machine, script: str, user: str = "root") -> subprocess.CompletedProcess[str]:
        """A command over real SSH."""
        return self.ctl("ssh", *self.ssh_options(), f"{user}@{machine.address}", script)

    def known_hosts(self) -> Path:
        """A file with the keys of all hosts as they are now."""
        file = self.place.running / "known_hosts"
        fresh = file.with_suffix(f".{os.getpid()}")
        fresh.write_text("".join(machine.known_hosts() for machine in machines(self.place)))
        fresh.replace(file)
        return file

    def inventory(self, names: Mapping[str, Machine], user: str = "root", more: str = "") -> str:
        """An Ansible inventory in YAML: these names at these hosts, with our key; `more` are further variables."""
        options = " ".join(self.ssh_options()[4:])
        lines = [
            "all:",
            "  vars:",
            f"    ansible_user: {user}",
            f"    ansible_ssh_private_key_file: {self.place.key}",
            f'    ansible_ssh_common_args: "{options}"',
            *(f"    {line}" for line in more.splitlines()),
            "  hosts:",
            *(f"    {name}: {{ansible_host: {machine.address}}}" for name, machine in names.items()),
        ]
        return "\n".join(lines) + "\n"

    def break_cloud(self, faults: str) -> None:
        """Faults of the cloud (`tests/lab/images/faults.py`); "" heals it."""
        (self.place.running / "cloud-fault").write_text(faults)

    def cloud_requests(self) -> tuple[str, ...]:
        """What the cloud was asked so far, a line each: "POST /v1/chat/completions 200"."""
        log = self.place.running / "8800.log"
        lines = log.read_text().splitlines() if log.exists() else []
        return tuple(line for line in lines if not line.startswith("listening"))
