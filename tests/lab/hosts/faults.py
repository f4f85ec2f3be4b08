"""What goes wrong with a host that is up: a full disk, no sshd, a wrong clock, no engine. Each has its way back."""

from __future__ import annotations

from tests.lab.hosts.machine import Machine

_FILLER = ".lab-filler"
_PIECE = 16 * 2**20
# Containers share the machine's clock, and programs in C read it directly; what shell scripts see can be moved.
_DATE = """\
#!/bin/sh
offset=$(cat /etc/lab-clock 2>/dev/null || echo 0)
for word; do case $word in -d* | --date* | -r* | -f* | -s*) exec /usr/bin/date "$@" ;; esac; done
exec /usr/bin/date -d "$offset seconds" "$@"
"""


def fill(machine: Machine, path: str = "/opt", leave: int = 0) -> None:
    """Fills the file system of `path` but for `leave` bytes. Only for disks of their own (`Shape.disks`)."""
    machine.run(
        f"""set -e
        mountpoint -q {path} || {{ echo "{path} is no disk of its own" >&2; exit 1; }}
        free=$(df --output=avail -B1 {path} | tail -1)
        # of what is given out in one piece the file system keeps some for itself, so the rest is written
        [ "$free" -lt {2 * _PIECE} ] || fallocate -l "$((free - {_PIECE}))" {path}/{_FILLER}
        dd if=/dev/zero of={path}/{_FILLER} bs=4k oflag=append conv=notrunc 2>/dev/null || :
        truncate -s "-{leave}" {path}/{_FILLER}"""
    )


def empty(machine: Machine, path: str = "/opt") -> None:
    """Takes the filling away."""
    machine.run(f"rm -f {path}/{_FILLER}")


def stop_sshd(machine: Machine) -> None:
    """Nobody can connect, and who is connected is thrown out."""
    machine.run("systemctl stop ssh.service ssh.socket 2>/dev/null; pkill -x sshd || :")


def start_sshd(machine: Machine) -> None:
    machine.run("systemctl start ssh")


def stop_engine(machine: Machine) -> None:
    """Docker does not run and nothing starts it."""
    machine.run("systemctl mask --now --quiet docker.socket docker.service")


def start_engine(machine: Machine) -> None:
    machine.run("systemctl unmask --quiet docker.socket docker.service && systemctl start docker")


def skew(machine: Machine, seconds: int) -> None:
    """Moves the clock that `date` shows, for scripts that find it on PATH; 0 puts it right."""
    machine.run("cat >/usr/local/bin/date && chmod 755 /usr/local/bin/date", stdin=_DATE)
    machine.run(f"echo {seconds} >/etc/lab-clock")
    if seconds == 0:
        machine.run("rm -f /usr/local/bin/date /etc/lab-clock")


def break_server(machine: Machine, service: str, fault: str, root: str = "/opt/dream") -> None:
    """A fault of `tests/lab/images/faults.py` for a stand-in; an empty one heals it."""
    store = f"{root}/models/ollama" if service.startswith("ollama") else f"{root}/data/vllm/{service}"
    machine.run(f"mkdir -p {store} && cat >{store}/fault" if fault else f"rm -f {store}/fault", stdin=fault)
