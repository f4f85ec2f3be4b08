"""What a host is, seen from inside and not through dreamc: one release or a mixture, and the digests of its data."""

from __future__ import annotations

import json
from dataclasses import dataclass

from dreamc.artifact.release import read_release
from tests.lab.hosts.machine import Machine

ROOT = "/opt/dream"
_LIVE = ("data/litellm", "data/redis")
"""Directories that services write to as long as they run; of them only the canary is compared."""
_UNDER_WAY = ("transaction", ".env.previous", "current.new")
"""What is there only while an activation goes on; a lock and what was uploaded may outlive the one who brought it."""
_CANARY = "canary-of-the-lab"
_ROW = (
    '{{index .Config.Labels "com.docker.compose.service"}}|{{index .Config.Labels "dev.dreamc.service"}}|'
    "{{.State.Status}}|{{if .State.Health}}{{.State.Health.Status}}{{end}}|{{.ID}}|{{.State.StartedAt}}"
)
_LOOK = f"""
cd {ROOT} 2>/dev/null || exit 0
readlink current || echo
cat mode 2>/dev/null || echo
for one in transaction lock .env.next .env.previous current.new releases/.incoming.*; do
    [ ! -e "$one" ] || printf '%s ' "$one"
done
echo
sha256sum .env 2>/dev/null | cut -c1-64 || echo
cat current/release.json 2>/dev/null || echo '{{}}'
echo "== containers"
ids=$(docker ps -aq --filter label=com.docker.compose.project=dream-lab)
[ -z "$ids" ] || docker inspect --format '{_ROW}' $ids
echo "== data"
find data models -type f ! -path 'data/litellm/*' ! -path 'data/redis/*' -exec sha256sum {{}} + 2>/dev/null | sort
find {" ".join(_LIVE)} -name {_CANARY} -exec sha256sum {{}} + 2>/dev/null | sort
"""


@dataclass(frozen=True, slots=True)
class Container:
    """One container of the stack. `definition` is the digest of what it was made from, `life` differs after a start."""

    service: str
    definition: str
    state: str
    health: str
    identity: str
    life: str


@dataclass(frozen=True, slots=True)
class Seen:
    """A host at one moment. `left`: what a change under way, or one that was cut off, leaves behind."""

    release: str
    mode: str
    left: tuple[str, ...]
    env: str
    text: str
    containers: tuple[Container, ...]
    data: tuple[str, ...]

    @property
    def lives(self) -> dict[str, str]:
        return {one.service: one.life for one in self.containers}

    def problems(self) -> tuple[str, ...]:
        """Why this is not one whole release that serves; empty where it is."""
        if not self.release:
            return tuple(f"{one.service} runs, and no release is current" for one in self.containers)
        mode = next(one for one in read_release(self.text).modes if one.mode == self.mode)
        wanted = {one.name: one.definition for one in mode.services}
        found = {one.service: one for one in self.containers}
        said = [f"{name} is missing" for name in wanted if name not in found]
        said += [f"{name} does not belong to {self.release}" for name in found if name not in wanted]
        said += [
            f"{name} is of another release"
            for name, one in found.items()
            if wanted.get(name, one.definition) != one.definition
        ]
        said += [f"{one.service} is {one.state} {one.health}" for one in found.values() if not _serves(one)]
        return (*said, *(f"{one} is left" for one in self.left if one in _UNDER_WAY))


def look(machine: Machine) -> Seen:
    """One look at a host that is up."""
    head, _, rest = machine.run(_LOOK).partition("== containers\n")
    rows, _, files = rest.partition("== data\n")
    lines = (head or "\n\n\n\n{}\n").split("\n", 4)
    text = lines[4] if json.loads(lines[4] or "{}") else ""
    containers = tuple(Container(*row.split("|")) for row in sorted(rows.splitlines()))
    left = tuple(lines[2].split())
    data = tuple(files.splitlines())
    return Seen(lines[0].removeprefix("releases/"), lines[1], left, lines[3], text, containers, data)


def put_canaries(machine: Machine) -> None:
    """A file of a text of its own into every directory of data, to be found unchanged later."""
    script = f'cd {ROOT} && for one in $(find data -type d) models; do echo "$one" >"$one/{_CANARY}"; done'
    machine.run(script)


def _serves(one: Container) -> bool:
    return one.state == "running" and one.health in ("healthy", "")
