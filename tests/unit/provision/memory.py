"""Hosts that live in this process: they answer the steps of a plan and an apply by name, from what they remember."""

from __future__ import annotations

import gzip
import hashlib
import io
import re
import tarfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from dreamc.artifact.release import RELEASE, ModeFacts, read_release
from dreamc.provision.session import Answer, Step
from dreamc.provision.types import Address
from dreamc.provision.unreachable import Unreachable

ROOT = "/opt/dream"
CLOCK = 1795180000
_DF = "/dev/vda 1000000000 100000000 900000000 10% /"
_SYSTEM = f"""\
root={ROOT}
os="Debian GNU/Linux 12 (bookworm)"
kernel=6.1.0
ram=16777216
architecture=x86_64
id=uid=0(root) gid=0(root) groups=0(root)
clock={CLOCK}.0
writable=yes
systemd=yes"""
_DOCKER = f"server=29.0.1\nroot=/var/lib/docker\nruntimes=runc \nplugin=compose v2.40.3\n{_DF}"


@dataclass
class MemoryHost:
    """A Session and its host in one. `dead`: nobody answers. `steps` are the names of what was asked of it."""

    address: Address
    images: tuple[str, ...] = ()
    dead: bool = False
    execs: int = 1
    releases: dict[str, dict[str, bytes]] = field(default_factory=dict)
    current: str = ""
    mode: str = ""
    env: str = ""
    env_next: str | None = None
    lock: str = ""
    unit: bool = False
    target: tuple[str, str] = ("", "")
    steps: list[str] = field(default_factory=list)

    def run(
        self,
        step: Step,
        data: Iterable[bytes] = (),
        on_line: Callable[[str], None] | None = None,
        timeout: float | None = None,
    ) -> Answer:
        """Answers; an unknown step is a mistake of the test."""
        if self.dead:
            name = self.address.name
            raise Unreachable(name, "timed-out", f"{self.address.host} does not answer", f"switch {name} on")
        self.steps.append(step.name)
        act: Callable[[str, bytes], Answer] = getattr(self, f"_{step.name}")
        answer = act(step.script, b"".join(data))
        if on_line is not None:
            for line in answer.out.splitlines():
                on_line(line)
        return answer

    def close(self) -> None:
        """Nothing is open."""

    def _gather(self, script: str, _data: bytes) -> Answer:
        salt = re.search(r"^salt='?(\w+)", script, re.MULTILINE)
        rows = dict(line.partition("=")[::2] for line in self.env.splitlines())
        digests = {name: _sha(f"{salt[1] if salt else ''}{value}".encode()) for name, value in rows.items()}
        sections = {
            "system": _SYSTEM + ("\nunit=yes" if self.unit else ""),
            "disks": f"for={ROOT}\n{_DF}",
            "gpus": "",
            "docker": _DOCKER,
            "containers": "\n".join(self._containers()),
            "images": "\n".join(f"{name.replace(':', '|')}|<none>|{_image(name)}" for name in self.images),
            "releases": "\n".join(self._current()),
            "env": "\n".join(f"{name} {digest}" for name, digest in digests.items()),
            "weights": "",
            "directories": "",
            "ports": "",
            "lock": f"held=yes\ntoken={self.lock}" if self.lock else "",
            "end": "",
        }
        return Answer(0, "".join(f"\n== {name}\n{text}\n" for name, text in sections.items()), "")

    def _current(self) -> list[str]:
        lines = [f"current=releases/{self.current}", f"mode={self.mode}"] if self.current else []
        lines += [f"release={name}" for name in sorted(self.releases)]
        files = self.releases.get(self.current, {})
        for path, content in files.items():
            lines += [f"F{'755' if path == 'dream' else '644'} {path}", f"{_sha(content)}  ./{path}"]
        for mark, path in (("R", RELEASE), ("M", "MANIFEST.json")):
            lines += [f"{mark}{line}" for line in files.get(path, b"").decode().splitlines()]
        return lines

    def _serving(self) -> ModeFacts | None:
        files = self.releases.get(self.current)
        return next(one for one in read_release(files[RELEASE]).modes if one.mode == self.mode) if files else None

    def _containers(self) -> list[str]:
        mode = self._serving()
        return [
            "\t".join(
                (
                    *("container", one.name, f"/{one.name}", "running", "healthy", one.image, _image(one.image)),
                    *(one.definition, "c", "0", "0", "then"),
                )
            )
            for one in (mode.services if mode else ())
        ]

    def _base(self, _script: str, _data: bytes) -> Answer:
        return Answer(0, "", "")

    def _lock(self, script: str, _data: bytes) -> Answer:
        token = re.search(r"'token=%s\\n' (\S+)", script)
        assert not self.lock, "the lock is held"
        assert token
        self.lock = token[1]
        return Answer(0, "", "")

    def _upload(self, script: str, data: bytes) -> Answer:
        name = re.search(r'mv -T "\$in" releases/(\w+)', script)
        assert name
        assert self.lock
        with tarfile.open(fileobj=io.BytesIO(gzip.decompress(data))) as archive:
            opened = {one.name: archive.extractfile(one) for one in archive.getmembers()}
            self.releases[name[1]] = {path: file.read() for path, file in opened.items() if file}
        return Answer(0, "", "")

    def _secrets(self, _script: str, data: bytes) -> Answer:
        self.env_next = data.decode()
        return Answer(0, "", "")

    def _activate(self, script: str, _data: bytes) -> Answer:
        found = re.search(r"releases/(\w+)/dream activate (\w+)", script)
        assert found
        assert found[1] in self.releases
        self.target = (found[1], found[2])
        return Answer(0, "", "")

    def _follow(self, _script: str, _data: bytes) -> Answer:
        before = self.current or "-"
        self.current, self.mode = self.target
        self.env, self.env_next = self.env_next if self.env_next is not None else self.env, None
        said = (f"@begin from={before}", "@switch", "@up", "@healthy", f"@mode {self.mode}", "@done seconds=1")
        return Answer(0, "".join(f"{line}\n" for line in said), "")

    def _unit(self, _script: str, _data: bytes) -> Answer:
        self.unit = True
        return Answer(0, "", "")

    def _unlock(self, script: str, _data: bytes) -> Answer:
        if self.lock in script:
            self.lock, self.env_next = "", None
        return Answer(0, "", "")


def _sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _image(name: str) -> str:
    return f"sha256:{_sha(name.encode())}"
