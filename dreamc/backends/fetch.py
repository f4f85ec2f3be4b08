"""How model files get onto a host, and files of services where only local mode is compiled: no container of the project
fetches weights, and none of local mode has a way out."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from dreamc.backends.compose import project_name
from dreamc.knowledge.services import service
from dreamc.stack.types import Stack
from dreamc.workloads.images import reference
from dreamc.workloads.ollama import MODELS as OLLAMA
from dreamc.workloads.paths import weights
from dreamc.workloads.types import Workload
from dreamc.workloads.vllm import MODELS as HUB


def fetch_lines(stack: Stack, workload: Workload) -> Iterator[str]:
    """Commands for a shell of the host: the same image with the same data, on Docker's default network for once."""
    name = f"{project_name(stack)}-fetch-{workload.service}"
    for one in workload.directories:
        yield f"sudo install -d -m {one.mode} -o {one.uid} -g {one.gid} {one.path}"
    yield shlex.join(("docker", "run", "--detach", "--rm", "--name", name, *_options(workload), *_process(workload)))
    if workload.health is not None:
        yield f"until docker exec {name} {shlex.join(workload.health.test[1:])}; do sleep 5; done"
    yield f"docker exec {name} {shlex.join(workload.prepare)}"
    yield f"docker stop {name}"


def weight_lines(stack: Stack, host: str) -> tuple[str, ...]:
    """Commands that fetch the models of a host into the directories that its servers mount; `HF_TOKEN` of the shell is
    handed on for repositories that want one."""
    here = [one for one in stack.locals if any(each.host == host for each in one.instances)]
    hub = dict.fromkeys((one.source, one.revision) for one in here if one.engine == "vllm")
    tags = dict.fromkeys(one.source for one in here if one.engine == "ollama")
    return (*(_from_hub(stack, *each) for each in hub), *(_from_ollama(stack, tuple(tags)) if tags else ()))


def _from_hub(stack: Stack, repository: str, revision: str | None) -> str:
    volume = f"{weights(stack, 'huggingface')}:{HUB}"
    run = ("docker", "run", "--rm", "--env", "HF_TOKEN", "--env", f"HF_HUB_CACHE={HUB}/hub", "--volume", volume)
    what = (repository, "--revision", revision) if revision else (repository,)
    return shlex.join((*run, "--entrypoint", "hf", reference(stack, "vllm"), "download", *what))


def _from_ollama(stack: Stack, tags: tuple[str, ...]) -> Iterator[str]:
    name = f"{project_name(stack)}-fetch-ollama"
    run = ("docker", "run", "--detach", "--rm", "--name", name, "--env", f"OLLAMA_MODELS={OLLAMA}")
    yield shlex.join((*run, "--volume", f"{weights(stack, 'ollama')}:{OLLAMA}", reference(stack, "ollama")))
    yield f"until docker exec {name} ollama list; do sleep 1; done"
    yield from (shlex.join(("docker", "exec", name, "ollama", "pull", tag)) for tag in tags)
    yield f"docker stop {name}"


def _options(workload: Workload) -> Iterator[str]:
    if workload.user:
        yield from ("--user", workload.user)
    for mount in workload.mounts:
        if not mount.config:
            yield from ("--volume", f"{mount.source}:{mount.target}")
    table = service(workload.service)
    offline = table.environment_local if table else {}
    for key, value in workload.environment:
        if key not in offline:
            yield from ("--env", f"{key}={value}")


def _process(workload: Workload) -> tuple[str, ...]:
    entrypoint, *rest = workload.entrypoint or ("",)
    own = ("--entrypoint", entrypoint) if entrypoint else ()
    return (*own, workload.image, *rest, *workload.command)
