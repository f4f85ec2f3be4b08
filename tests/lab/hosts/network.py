"""The control network: a bridge in a namespace of its own, with a registry of images, a cloud and a name server."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from pathlib import Path

from tests.lab.hosts.place import CONTROL, LabError, Place, address
from tests.lab.hosts.shell import network, number_in, run, spawn, succeeds

BRIDGE = "br0"
_ROOT = Path(__file__).resolve().parents[3]
_REGISTRY = """\
version: 0.1
log: {{level: error, accesslog: {{disabled: true}}}}
storage: {{filesystem: {{rootdirectory: {folder}}}, delete: {{enabled: true}}}}
http: {{addr: "{control}:5000"}}
"""


def up(place: Place) -> None:
    """Makes the network and starts its servers; does nothing to what is there already."""
    place.running.mkdir(parents=True, exist_ok=True)
    _make(place.namespace)
    for port, command in ((53, _stand_in("names", 53)), (5000, _registry(place)), (8800, _cloud(place))):
        pid = place.running / f"{port}.pid"
        if number_in(pid) is None:
            spawn(("nsenter", f"--net=/run/netns/{place.namespace}", *command), place.running / f"{port}.log", pid)
    for port in (5000, 8800):
        _wait(place, port)


def down(place: Place) -> None:
    """Ends the servers and removes the namespace; hosts must be gone."""
    for pid in place.running.glob("*.pid"):
        if (number := number_in(pid)) is not None:
            os.kill(number, signal.SIGTERM)
        pid.unlink()
    if exists(place):
        run("ip", "netns", "del", place.namespace)


def exists(place: Place) -> bool:
    return Path(f"/run/netns/{place.namespace}").exists()


def plug(place: Place, number: int) -> str:
    """A cable from the bridge to a namespace of host `number`; its name."""
    theirs = f"{place.namespace}-{number}"
    if Path(f"/run/netns/{theirs}").exists():
        return theirs
    run("ip", "netns", "add", theirs)
    port = cable(number)
    ends = ("ip", "link", "add", port, "netns", place.namespace, "type", "veth", "peer", "name", "eth0")
    run(*ends, "netns", theirs)
    for namespace, words in (
        (place.namespace, ("link", "set", port, "master", BRIDGE, "up")),
        (theirs, ("link", "set", "lo", "up")),
        (theirs, ("addr", "add", f"{address(number)}/24", "dev", "eth0")),
        (theirs, ("link", "set", "eth0", "up")),
        (theirs, ("route", "add", "default", "via", CONTROL)),
    ):
        run("ip", "-n", namespace, *words)
    return theirs


def cable(number: int) -> str:
    """The bridge's end of a host's cable."""
    return f"port{number}"


def unplug(place: Place, number: int) -> None:
    """Removes a host's namespace, and its cable with it."""
    succeeds("ip", "netns", "del", f"{place.namespace}-{number}")


def _make(namespace: str) -> None:
    if Path(f"/run/netns/{namespace}").exists():
        return
    run("ip", "netns", "add", namespace)
    for words in (
        ("link", "set", "lo", "up"),
        ("link", "add", BRIDGE, "type", "bridge"),
        ("addr", "add", f"{CONTROL}/24", "dev", BRIDGE),
        ("link", "set", BRIDGE, "up"),
    ):
        run("ip", "-n", namespace, *words)


def _registry(place: Place) -> tuple[str | Path, ...]:
    place.stored.mkdir(parents=True, exist_ok=True)
    config = place.running / "registry.yml"
    config.write_text(_REGISTRY.format(folder=place.stored, control=CONTROL))
    return (place.downloads / "registry/usr/bin/docker-registry", "serve", config)


def _cloud(place: Place) -> tuple[str | Path, ...]:
    return (*_stand_in("cloud", 8800), place.running / "cloud-fault")


def _stand_in(module: str, port: int) -> tuple[str | Path, ...]:
    """A program of tests/lab/images, run here."""
    python = (sys.executable, "-m", f"tests.lab.images.{module}")
    return ("env", f"PYTHONPATH={_ROOT}", *python, CONTROL, str(port))


def _wait(place: Place, port: int) -> None:
    with network(place.namespace):
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex((CONTROL, port)) == 0:
                    return
            time.sleep(0.05)
    raise LabError(f"nothing answers on {CONTROL}:{port}; see {place.running / f'{port}.log'}")
