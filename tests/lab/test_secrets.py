"""A secret that nobody has seen before: where it is, and that it is nowhere else."""

from __future__ import annotations

import base64
import json
import os
import secrets
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.lab.hosts.lab import Lab
from tests.lab.hosts.machine import Machine
from tests.lab.stack.fleet import Fleet
from tests.lab.stack.stack import REFERENCES, ROOT, Stack

pytestmark = [pytest.mark.lab, pytest.mark.slow, pytest.mark.xdist_group("secrets")]

# Containers, their file systems and their environment are where a secret has to be; everything else on the host is not.
_FILES = f"""
grep -rlsF -f - --exclude-dir=proc --exclude-dir=sys --exclude-dir=docker --exclude-dir=containerd --exclude-dir=dev \
    /opt /etc /root /home /tmp /run /var/log /var/tmp /usr/local 2>/dev/null
stat -c '%n %a' {ROOT}/.env
"""
_SHOWN = "{{json .Config.Labels}} {{json .Args}} {{json .Config.Cmd}}"
_DOCKER = f"docker inspect --format '{_SHOWN}' $(docker ps -aq)"


@dataclass
class Watch:
    """Every command line of this machine and, as they are its processes too, of its hosts, as often as possible."""

    words: tuple[bytes, ...]
    found: set[str] = field(default_factory=set)
    rounds: int = 0
    ended: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        while not self.ended.is_set():
            self.rounds += 1
            for process in os.scandir("/proc"):
                if process.name.isdigit():
                    self._look(Path(process.path, "cmdline"))

    def _look(self, path: Path) -> None:
        try:
            line = path.read_bytes()
        except OSError:
            return
        if any(word in line for word in self.words):
            self.found.add(line.replace(b"\0", b" ").decode(errors="replace")[:200])


@dataclass
class Canary:
    """Secrets made up for this test, a project that uses them, and what was printed and seen while it was applied."""

    fleet: Fleet
    values: tuple[str, ...]
    watch: Watch
    said: str = ""

    def forms(self) -> tuple[str, ...]:
        """As it is, and as it might be hidden."""
        coded = (base64.b64encode(value.encode()).decode().rstrip("=")[:-2] for value in self.values)
        return (*self.values, *coded)


@pytest.fixture(scope="module")
def canary(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Canary]:
    """The gateway's host planned, applied, switched, rolled back and failed, with secrets that are random."""
    made = {name: f"sk-lab-{secrets.token_hex(16)}" for name in REFERENCES}
    stack = Stack(lab, tmp_path_factory.mktemp("secrets"))
    fleet = Fleet(stack, made)
    stack.compile()
    stack.host("front", fresh=True)
    stack.supply("front")
    watch = Watch(tuple(value.encode() for value in made.values()))
    seen = Canary(fleet, tuple(made.values()), watch)
    watching = threading.Thread(target=watch.run)
    watching.start()
    try:
        seen.said = live(fleet)
        yield seen
    finally:
        watch.ended.set()
        watching.join()


def live(fleet: Fleet) -> str:
    """All that dreamc says from the first plan to the last word of the journal."""
    runs = [fleet.run("plan", "--diff", "-H", "front", "-o", "plan.json")]
    runs.append(fleet.apply("front", "--diff", "--why", "canary"))
    runs.append(fleet.run("plan", "--json", "-H", "front"))
    runs.append(fleet.run("mode", "cloud", "-y", "-H", "front"))
    fleet.write(("http://10.78.0.1:8800/v1", "http://10.78.0.1:8801/v1"))
    runs.append(fleet.apply("front", "--diff"))
    runs += [fleet.run(verb, "-H", "front") for verb in ("history", "status", "drift", "doctor", "facts")]
    runs.append(fleet.run("compile", "-o", str(fleet.folder / "build")))
    assert [one.code for one in runs[:2]] == [0, 0], runs[1].text
    assert runs[4].code == 3, runs[4].text
    return "\n".join(one.text for one in runs)


def host(canary: Canary) -> Machine:
    return canary.fleet.machine("front")


def test_the_secret_is_in_use_so_that_the_tests_below_can_fail(canary: Canary) -> None:
    env = host(canary).run(f"cat {ROOT}/.env")
    assert canary.fleet.settings["GATEWAY_KEY"] in env
    assert canary.fleet.settings["LAB_CLOUD_KEY"] in host(canary).run("docker exec dream-lab-litellm-1 env")


def test_the_secret_is_in_nothing_that_was_printed(canary: Canary) -> None:
    assert "gate: chat ok" in canary.said
    assert "gate: chat failed" in canary.said
    assert [one for one in canary.forms() if one in canary.said] == []


def test_the_secret_was_on_no_command_line(canary: Canary) -> None:
    assert canary.watch.rounds > 100
    assert canary.watch.found == set()


def test_the_secret_is_in_no_file_of_the_project(canary: Canary) -> None:
    texts = {path: path.read_bytes() for path in canary.fleet.folder.rglob("*") if path.is_file()}
    assert canary.fleet.folder / "plan.json" in texts
    assert canary.fleet.folder / "build/front/docker-compose.hybrid.yml" in texts
    assert json.loads(texts[canary.fleet.folder / "plan.json"])["version"] == 1
    assert [path for path, text in texts.items() for one in canary.forms() if one.encode() in text] == []


def test_on_the_host_the_secret_is_in_one_file_that_only_root_can_read(canary: Canary) -> None:
    told = host(canary).run(_FILES, "".join(f"{one}\n" for one in canary.forms())).splitlines()
    assert told == [f"{ROOT}/.env", f"{ROOT}/.env 600"]


def test_the_secret_is_neither_in_labels_nor_in_the_words_of_containers_nor_in_their_logs(canary: Canary) -> None:
    machine = host(canary)
    shown = machine.run(_DOCKER)
    shown += machine.run("for one in $(docker ps -aq); do docker logs $one 2>&1; done")
    shown += machine.run("journalctl -q -o cat")
    assert "dev.dreamc.service" in shown
    assert [one for one in canary.forms() if one in shown] == []
