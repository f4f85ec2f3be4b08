"""The lab by hand: python -m tests.lab.hosts VERB …; without a verb it says which there are."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

from tests.lab.hosts import images, setup
from tests.lab.hosts.lab import Lab
from tests.lab.hosts.machine import Machine, Shape, machines
from tests.lab.hosts.place import CONTROL, LabError, here

HELP = """\
setup                     build what every lab needs, once: file systems, keys, downloads
up [N [GPU …]]            the network, images and registry; with N boot host N, each GPU "NAME:MiB"
down [N]                  remove host N and its disk; without N all hosts and the network
off N | crash N           orderly end | power cut
cut N | heal N            pull | put back the network cable
exec N COMMAND …          run on host N as root, without SSH
ssh N [COMMAND …]         the same over SSH
ctl COMMAND …             run inside the control network
status                    what is there
"""


def main(words: list[str]) -> int:
    """The exit code."""
    verbs: dict[str, Callable[[Lab, list[str]], int]] = {
        "setup": _setup,
        "up": _up,
        "down": _down,
        "off": _machine,
        "crash": _machine,
        "cut": _machine,
        "heal": _machine,
        "exec": _exec,
        "ssh": _ssh,
        "ctl": _ctl,
        "status": _status,
    }
    if not words or words[0] not in verbs:
        sys.stderr.write(HELP)
        return 64
    try:
        return verbs[words[0]](Lab(here()), words)
    except LabError as error:
        sys.stderr.write(f"lab: {error}\n")
        return 1


def _setup(lab: Lab, _words: list[str]) -> int:
    setup.setup(lab.place)
    sys.stdout.write(f"lab: ready in {lab.place.cache}\n")
    return 0


def _up(lab: Lab, words: list[str]) -> int:
    lab.up()
    if words[1:]:
        machine = lab.host(int(words[1]), Shape(gpus=tuple(words[2:])) if words[2:] else None)
        sys.stdout.write(f"lab: {machine.name} is up at {machine.address}\n")
    return 0


def _down(lab: Lab, words: list[str]) -> int:
    if words[1:]:
        Machine(lab.place, int(words[1])).down()
    else:
        lab.down()
    return 0


def _machine(lab: Lab, words: list[str]) -> int:
    machine = Machine(lab.place, int(words[1]))
    {"off": machine.off, "crash": machine.crash, "cut": machine.cut, "heal": machine.heal}[words[0]]()
    return 0


def _exec(lab: Lab, words: list[str]) -> int:
    return subprocess.run((*Machine(lab.place, int(words[1])).inside(), *words[2:]), check=False).returncode


def _ssh(lab: Lab, words: list[str]) -> int:
    machine = Machine(lab.place, int(words[1]))
    return _ctl(lab, ["ctl", "ssh", *lab.ssh_options(), f"root@{machine.address}", *words[2:]])


def _ctl(lab: Lab, words: list[str]) -> int:
    with lab.inside():
        return subprocess.run(words[1:], env=dict(os.environ) | lab.environment(), check=False).returncode


def _status(lab: Lab, _words: list[str]) -> int:
    sys.stdout.write(f"cache     {lab.place.cache}{'' if setup.is_ready(lab.place) else ', not set up'}\n")
    sys.stdout.write(f"network   {lab.place.namespace}, control {CONTROL}\n")
    for machine in machines(lab.place):
        sys.stdout.write(f"{machine.name:<9} {machine.address} {'up' if machine.is_up() else 'off'}\n")
    for recipe in images.RECIPES:
        sys.stdout.write(f"image     {images.reference(recipe.name)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
