"""Compose services by what they are: vLLM, Ollama, the gateway, and what runs beside the models."""

from __future__ import annotations

import re
from typing import Any

from dreamc.diagnostics.types import Path
from dreamc.knowledge.services import service as service_row
from dreamc.knowledge.services import usual_port
from dreamc.moving import words
from dreamc.moving.draft import Draft
from dreamc.moving.keys import REVOKE
from dreamc.moving.kinds import is_here
from dreamc.moving.notes import SEEN, Notes
from dreamc.moving.readers import env
from dreamc.moving.readers.command import SIZED, served
from dreamc.moving.readers.compose_parts import (
    GPU_VARIABLES,
    Port,
    environment,
    filled,
    gpus,
    mounts,
    ports,
    version,
)
from dreamc.moving.readers.env import kind_of_key
from dreamc.moving.readers.vllm import pulled
from dreamc.moving.scalars import mapping, series, switch, text
from dreamc.moving.texts import words_of
from dreamc.moving.types import Claim
from dreamc.sizing.types import GIB, MIB
from dreamc.spec.operation import Gateway

OWN = (
    "container_name", "restart", "depends_on", "healthcheck", "labels", "logging", "networks", "expose", "init",
    "hostname", "user", "working_dir", "stdin_open", "tty", "security_opt", "cap_add", "cap_drop", "ulimits",
    "shm_size", "tmpfs", "read_only", "pids_limit", "stop_grace_period", "entrypoint", "command", "deploy", "platform",
    "profiles", "pull_policy", "env_file", "dns",
)  # fmt: skip
OPENED = {
    "network_mode": "the host's network publishes every port; here only the gateway and the web UI are published",
    "privileged": "no container is privileged here",
    "ipc": "shared memory is sized instead",
    "extra_hosts": "services reach each other by name",
}
INSIDE = "reached inside the network only: the gateway and the web UI are what is published"


def model_server(notes: Notes, draft: Draft, at: Path, name: str, service: dict[str, Any]) -> None:
    """vLLM: the command says everything; addresses tell which deployments mean it."""
    _common(notes, draft, at, service, "vllm", name)
    given = service.get("command")
    listed = isinstance(given, list)
    raw = [filled(draft, text(word), notes.given.name) for word in series(given)] if listed else []
    command = raw if listed else words_of(filled(draft, text(given), notes.given.name))
    start = _start(command)
    for index in range(start if listed else 0):
        notes.take((*at, "command", index), "", SEEN)
    entry = [text(word) for word in series(service.get("entrypoint"))]
    behind = entry[_start(entry) :] if _start(entry) else []
    model = served(draft, notes, (*at, "command"), [*behind, *command[start:]], listed and not behind, name, start)
    if model is not None:
        inner = {port.target for port in ports(draft, notes, at, service)} | {8000}
        model.handles |= {f"at:{host}:{port}" for host in (name, text(service.get("container_name"))) for port in inner}
        model.handles |= {f"at:localhost:{port.published}" for port in ports(draft, notes, at, service)}
    for port in ports(draft, notes, at, service):
        notes.correct(port.path, "", INSIDE)
    _variables(notes, draft, at, service)


def _start(command: list[str]) -> int:
    """The index of the first word behind `vllm serve`."""
    for at, word in enumerate(command):
        if (word == "serve" and at and command[at - 1].endswith("vllm")) or "vllm.entrypoints" in word:
            return at + 1
    return 0


def ollama(notes: Notes, draft: Draft, at: Path, name: str, service: dict[str, Any]) -> None:
    """Ollama: which models it serves stands elsewhere, or where they are pulled."""
    _common(notes, draft, at, service, "ollama", name)
    for key in ("command", "entrypoint"):
        given = service.get(key)
        for tag in re.findall(r"ollama (?:pull|run) ([^\s\"';|&]+)", " ".join(text(word) for word in series(given))):
            pulled(draft, notes, (*at, key), tag)
    for port in ports(draft, notes, at, service):
        notes.correct(port.path, "", INSIDE)
    for here, variable, _ in environment(service, at):
        if variable in ("OLLAMA_MAX_LOADED_MODELS", "OLLAMA_GPU_OVERHEAD", "OLLAMA_FLASH_ATTENTION", "OLLAMA_HOST"):
            notes.correct(here, "", SIZED if variable != "OLLAMA_HOST" else INSIDE)
        elif variable.startswith("OLLAMA_"):
            notes.leave(here, "said for each model: context, concurrency, keep_alive, kv_cache_dtype")
        else:
            _variable(notes, draft, here, variable, "")


def gateway(notes: Notes, draft: Draft, at: Path, name: str, service: dict[str, Any]) -> None:
    """LiteLLM, or a gateway of one's own, whose place it takes."""
    _common(notes, draft, at, service, "litellm", name)
    for port in ports(draft, notes, at, service):
        _published(notes, draft, port, ("gateway",), Gateway().port)
    _variables(notes, draft, at, service)


def beside(notes: Notes, draft: Draft, at: Path, name: str, service: dict[str, Any], kind: str) -> None:
    """A service of the table."""
    _common(notes, draft, at, service, kind, name)
    draft.claims.append(Claim(("services", kind), {}, notes.at(at)))
    table = service_row(kind)
    for port in ports(draft, notes, at, service):
        if kind in ("open-webui", "n8n"):
            _published(notes, draft, port, ("services", kind), usual_port(kind) or 0)
        else:
            notes.correct(port.path, "", INSIDE)
    for here, variable, value in environment(service, at):
        if variable == "WEBUI_AUTH" and kind == "open-webui" and switch(value) is False:
            draft.claim(notes, here, ("services", kind, "auth"), False)
        elif kind == "whisper" and "MODEL" in variable and value in (table.weights if table else {}):
            draft.claim(notes, here, ("services", kind, "model"), value)
        else:
            _foreign(notes, draft, here, variable, value)
    _memory(notes, draft, at, service, kind)


def unknown(notes: Notes, at: Path, name: str) -> None:
    """What dreamc does not run."""
    why = f"dreamc runs no such service: keep '{name}' in a compose file of its own"
    notes.leave(at, f"{why}; it reaches the models at the port of the gateway, with its key")


def _common(notes: Notes, draft: Draft, at: Path, service: dict[str, Any], kind: str, name: str) -> None:
    """What all services have."""
    _seen(notes, at, service)
    version(
        draft,
        notes,
        at,
        service,
        {"tts": "kokoro", "mcp-memory": "node", "mcp-whitelist-manager": "litellm"}.get(kind, kind),
    )
    mounts(draft, notes, at, service, kind)
    gpus(draft, notes, at, service, name)


def _seen(notes: Notes, at: Path, service: dict[str, Any]) -> None:
    for key, value in service.items():
        if key in OWN and (*at, key) not in notes.noted:
            notes.take((*at, key), "", SEEN)
        elif key in OPENED:
            notes.correct((*at, key), "", OPENED[key])
        elif key in ("environment", "ports", "volumes") and not value:
            notes.take((*at, key), "", "empty")


def _published(notes: Notes, draft: Draft, port: Port, target: Path, usual: int) -> None:
    given = port.published or port.target
    if given and given != usual and given >= 1024:
        draft.claim(notes, port.path, (*target, "port"), given)
    else:
        notes.take(port.path, (*target, "port"), "the usual one" if given == usual else "below 1024: the usual one")
    if port.address in ("", "0.0.0.0", "::"):  # noqa: S104 - compared with
        notes.correct(port.path, (*target, "port"), "published on loopback; gateway: bind: opens it, with TLS in front")


def _variables(notes: Notes, draft: Draft, at: Path, service: dict[str, Any]) -> None:
    for here, variable, value in environment(service, at):
        _variable(notes, draft, here, variable, value)


def _foreign(notes: Notes, draft: Draft, here: Path, name: str, value: str) -> None:
    """What a service beside the models is told: it talks to the gateway, with the gateway's key."""
    if name.startswith("OPENAI_API_") or kind_of_key(name):
        literal = bool(value) and "$" not in value and env.is_secret(name, value)
        why = "the service asks the gateway, with the gateway's key"
        notes.correct(here, "", f"{why}; this one {REVOKE}" if literal else why)
    else:
        _variable(notes, draft, here, name, value)


def _variable(notes: Notes, draft: Draft, here: Path, name: str, value: str) -> None:
    """Keys and settings as in .env; of the rest each service has its own."""
    if name in GPU_VARIABLES:
        return
    plain = filled(draft, value, notes.given.name)
    if "://" in plain and is_here(plain):
        notes.take(here, "", "the compiler gives servers their addresses")
        return
    if env.is_secret(name, value):
        literal = bool(value) and "$" not in value
        env.variable(notes, draft, here, name, "")
        if literal:
            notes.correct(here, "", f"the key {REVOKE}; it was not copied")
    elif not env.variable(notes, draft, here, name, plain):
        notes.leave(here, "the compiler sets what the service needs; there is no place for more")


def _memory(notes: Notes, draft: Draft, at: Path, service: dict[str, Any], kind: str) -> None:
    limits = mapping(mapping(mapping(service.get("deploy")).get("resources")).get("limits"))
    places = (((*at, "mem_limit"), service.get("mem_limit")),
              ((*at, "deploy", "resources", "limits", "memory"), limits.get("memory")))  # fmt: skip
    for here, given in places:
        found = re.fullmatch(r"(\d+)\s*([mMgG])i?[bB]?", text(given))
        if found:
            size = int(found[1]) * (GIB if found[2] in "gG" else MIB)
            draft.claim(notes, here, ("services", kind, "memory"), words.size(size))
