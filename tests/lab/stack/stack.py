"""The lab's own stack: three hosts, their weights and images, and its dream.yaml compiled."""

from __future__ import annotations

import json
import shutil
import subprocess
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from dreamc.artifact.release import ModeFacts, ModeName, Release, read_release
from tests.lab.hosts.lab import Lab
from tests.lab.hosts.machine import Machine, Shape
from tests.lab.hosts.place import address
from tests.lab.hosts.weights import put_repository, put_tag

NUMBERS = {"front": 1, "gpu-a": 2, "gpu-b": 3}
GPUS = {
    "front": ("NVIDIA GeForce RTX 4070:12282",),
    "gpu-a": ("NVIDIA GeForce RTX 4090:24564",),
    "gpu-b": ("NVIDIA GeForce RTX 3090:24576", "NVIDIA GeForce RTX 3090:24576"),
}
ROOT = "/opt/dream"
SOURCE = Path(__file__).with_name("dream.yaml")
SECRETS = {
    "DREAM_GATEWAY_KEY": "sk-lab-gateway-0123456789",
    "DREAM_VLLM_KEY": "lab-between-hosts-0123456789",
    "DREAM_LAB_CLOUD_KEY": "sk-lab-cloud-0123456789",
}
# What dream.yaml refers to, for `dreamc apply` to resolve.
REFERENCES = {
    "GATEWAY_KEY": SECRETS["DREAM_GATEWAY_KEY"],
    "VLLM_KEY": SECRETS["DREAM_VLLM_KEY"],
    "LAB_CLOUD_KEY": SECRETS["DREAM_LAB_CLOUD_KEY"],
}


@dataclass(frozen=True, slots=True)
class Stack:
    """`folder` is a project directory as a user has it: dream.yaml, inventory, build/."""

    lab: Lab
    folder: Path

    def host(self, name: str, *, fresh: bool = False) -> Machine:
        """The host that dream.yaml names."""
        shape = Shape(gpus=GPUS[name])
        return (self.lab.fresh if fresh else self.lab.host)(NUMBERS[name], shape)

    def write(self, change: tuple[str, str] = ("", "")) -> Path:
        """dream.yaml with one text replaced, and the inventory; the path of dream.yaml."""
        file = self.folder / "dream.yaml"
        old, new = change
        text = SOURCE.read_text()
        assert old in text, f"dream.yaml of the lab has no {old!r}"
        file.write_text(text.replace(old, new) if old else text)
        machines = {name: Machine(self.lab.place, number) for name, number in NUMBERS.items()}
        (self.folder / "inventory.yaml").write_text(self.lab.inventory(machines))
        return file

    def compile(self, change: tuple[str, str] = ("", "")) -> Path:
        """Compiles it; the folder with a bundle per host."""
        target = self.folder / "build"
        shutil.rmtree(target, ignore_errors=True)
        done = self.lab.dreamc("compile", "-q", "-f", self.write(change), "-o", target)
        assert done.returncode == 0, done.stdout + done.stderr
        return target

    def release(self, name: str) -> Release:
        return read_release((self.folder / "build" / name / "release.json").read_bytes())

    def mode(self, name: str, mode: ModeName) -> ModeFacts:
        return self.release(name).mode(mode)

    def supply(self, name: str) -> None:
        """Weights and images of every mode on a host, by hand."""
        machine = self.host(name)
        staged = self.folder / "weights" / name
        for mode in self.release(name).modes:
            for image in mode.images:
                machine.run(f"docker image inspect {image.name} >/dev/null 2>&1 || docker pull -q {image.name}")
            for one in mode.weights:
                if one.kind == "hf":
                    put_repository(staged / "huggingface/hub", one.name)
                else:
                    put_tag(staged / "ollama", one.name)
        machine.run(f"mkdir -p {ROOT}/models")
        if staged.exists():
            self.copy(staged, name, f"{ROOT}/models")

    def put_by_hand(self, name: str) -> None:
        """The bundle as one directory, as an administrator copies it, with its .env."""
        machine = self.host(name)
        machine.run(f"mkdir -p {ROOT}")
        self.copy(self.folder / "build" / name, name, ROOT)
        env = "".join(f"{key}={value}\n" for key, value in SECRETS.items())
        machine.run(f"umask 077; cat >{ROOT}/.env", stdin=env)

    def dream(self, name: str, *words: str, timeout: float = 600) -> subprocess.CompletedProcess[str]:
        """The host script, of the current release where there is one."""
        script = f'cd {ROOT} && if [ -x current/dream ]; then exec current/dream "$@"; else exec ./dream "$@"; fi'
        command = (*self.host(name).inside(), "sh", "-c", script, "dream", *words)
        return subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout, check=False
        )

    def ask(self, alias: str, kind: str = "chat", timeout: float = 60) -> tuple[int, str]:
        """A question to the published gateway, from outside: (status, text of the answer or of the error)."""
        body: dict[str, object] = {"model": alias, "input": "ping"}
        if kind == "chat":
            body = {"model": alias, "messages": [{"role": "user", "content": "ping"}], "max_tokens": 16}
        path = "chat/completions" if kind == "chat" else "embeddings"
        headers = {"Authorization": f"Bearer {SECRETS['DREAM_GATEWAY_KEY']}", "Content-Type": "application/json"}
        url = f"http://{address(NUMBERS['front'])}:4000/v1/{path}"
        request = urllib.request.Request(url, json.dumps(body).encode(), headers)
        try:
            with self.lab.inside(), urllib.request.urlopen(request, timeout=timeout) as answer:
                said = json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode(errors="replace")
        except OSError as error:
            return 0, str(error)
        return 200, said["choices"][0]["message"]["content"] if kind == "chat" else str(len(said["data"]))

    def containers(self, name: str) -> tuple[str, ...]:
        """Services of this stack that run on a host, sorted."""
        form = '{{.Label "com.docker.compose.service"}}'
        told = self.host(name).run(f"docker ps --filter label=com.docker.compose.project=dream-lab --format '{form}'")
        return tuple(sorted(told.split()))

    def inside(self, name: str, service: str, script: str) -> subprocess.CompletedProcess[str]:
        """A Python program in a running container."""
        return self.host(name).try_run(f"docker exec -i dream-lab-{service}-1 python3 -", stdin=script)

    def copy(self, source: Path, name: str, target: str) -> None:
        """The content of a folder to a folder of the host, over SSH."""
        self.copy_to(source, self.host(name), target)

    def copy_to(self, source: Path, machine: Machine, target: str) -> None:
        """The same to any machine."""
        script = 'folder=$1; shift; tar -C "$folder" -c . | "$@"'
        there = (*self.lab.ssh_options(), f"root@{machine.address}", f"tar -C {target} -x --no-same-owner")
        done = self.lab.ctl("sh", "-c", script, "sh", source, "ssh", *there)
        assert done.returncode == 0, done.stderr
