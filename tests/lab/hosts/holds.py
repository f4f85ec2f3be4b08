"""Stops a program on a host at the very call that a fault is to meet, so that a test need not be lucky.

A shim in front of the program waits while `/run/lab-hold/PROGRAM` names words of its call. `/run` is memory: after a
power cut nothing waits any more.
"""

from __future__ import annotations

from tests.lab.hosts.machine import Machine
from tests.lab.hosts.place import LabError

_SHIM = """\
#!/bin/sh
name=${0##*/}
IFS= read -r words 2>/dev/null </run/lab-hold/"$name" || words=
case "$*" in
*"${words:-no such words}"*)
    : >/run/lab-hold/"$name".waits
    while [ -e /run/lab-hold/"$name" ]; do sleep 0.05; done
    ;;
esac
exec /usr/bin/"$name" "$@"
"""
_OLD = """\
#!/bin/sh
case "$1" in info) /usr/bin/docker "$@" | sed 's/^server=.*/server=%s/' ;; *) exec /usr/bin/docker "$@" ;; esac
"""


def hold(machine: Machine, program: str, words: str) -> None:
    """The next call of `program` that has these words waits until `release`, or until there is no power."""
    shim = f"/usr/local/bin/{program}"
    machine.run(f"mkdir -p /run/lab-hold && cat >{shim}.new && chmod 755 {shim}.new && mv {shim}.new {shim}", _SHIM)
    machine.run(f"rm -f /run/lab-hold/{program}.waits; cat >/run/lab-hold/{program}", f"{words}\n")


def wait_held(machine: Machine, program: str, seconds: int = 60) -> None:
    """Returns once a call waits."""
    looked = f"for i in $(seq {seconds * 20}); do [ ! -e /run/lab-hold/{program}.waits ] || exit 0; sleep 0.05; done"
    if machine.try_run(f"{looked}; exit 1").returncode != 0:
        raise LabError(f"{machine.name}: no call of {program} came within {seconds} s")


def release(machine: Machine, program: str) -> None:
    """What waits goes on, and the program is itself again."""
    machine.run(f"rm -f /usr/local/bin/{program} /run/lab-hold/{program}")


def hide(machine: Machine, program: str) -> None:
    """The program is not installed, as far as anybody can tell."""
    machine.run(f"mv /usr/bin/{program} /usr/bin/.{program}.hidden")


def show(machine: Machine, program: str) -> None:
    """Undoes `hide`."""
    machine.run(f"[ ! -e /usr/bin/.{program}.hidden ] || mv /usr/bin/.{program}.hidden /usr/bin/{program}")


def old_engine(machine: Machine, version: str) -> None:
    """`docker info` tells of an engine of this version; `release(machine, "docker")` undoes it."""
    machine.run("cat >/usr/local/bin/docker && chmod 755 /usr/local/bin/docker", _OLD % version)
