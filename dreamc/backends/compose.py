"""docker-compose.<mode>.yml: one project per stack, with the same networks and data paths in every mode.

The engine may be as old as 20.10, so nothing newer is used (`healthcheck.start_interval` needs 25.0).
"""

from __future__ import annotations

import json

from dreamc.artifact.types import Artifact, sha256
from dreamc.backends.header import header
from dreamc.document.write import yaml_text
from dreamc.stack.types import Mode, Stack
from dreamc.workloads import Plan, check_same_mounts, plan
from dreamc.workloads.types import Health, Mount, Network, Publish, Workload

PROCESSES = 4096
"""Processes and threads a container may have, and again for each GPU: a vLLM worker has a thread per core and pool."""

LABEL = "dev.dreamc.config"
"""Digest of the bundle's files that a service mounts."""
DEFINITION = "dev.dreamc.service"
"""Digest of the whole service as written here, by which a plan tells what a start would recreate."""
BUNDLE = "${DREAM_BUNDLE:-.}"
"""Where the bundle lies below the project directory; the host script sets it to the current release."""

_UNHEARD = ["timeout:1", "attempts:1"]
"""Docker 20.10 answers nothing for a name that it does not know on an internal network; the default waits ten seconds
for every call of a service that is down."""

_NETWORKS: dict[Network, dict[str, object]] = {
    "inner": {"driver": "bridge", "internal": True},
    "edge": {"driver": "bridge"},
    "sealed": {"driver": "bridge", "driver_opts": {"com.docker.network.bridge.enable_ip_masquerade": "false"}},
    "uplink": {"driver": "bridge"},
}


def emit(stack: Stack, host: str, made: tuple[Artifact, ...]) -> tuple[Artifact, ...]:
    """One file per compiled mode. `made` are the host's other files: services carry a digest of those they mount.

    ValueError for a mounted file that nobody made, or data that differs between modes: bugs of the compiler.
    """
    planned = plan(stack, host)
    check_same_mounts(host, planned)
    return tuple(
        Artifact(f"docker-compose.{mode}.yml", yaml_text(project(stack, found, made), header(stack)))
        for mode, found in planned.items()
    )


def project_name(stack: Stack) -> str:
    """The compose project, the same in all modes."""
    return f"dream-{stack.name}"


def definitions(planned: Plan, made: tuple[Artifact, ...]) -> dict[Mode, dict[str, str]]:
    """The label DEFINITION of every service in every compiled mode."""
    return {
        mode: {name: _labels_of(one)[DEFINITION] for name, one in _services(found, made).items()}
        for mode, found in planned.items()
    }


def project(stack: Stack, found: tuple[Workload, ...], made: tuple[Artifact, ...]) -> dict[str, object]:
    """The compose file of a mode in which `found` runs, as plain values."""
    used = [name for name in _NETWORKS if any(name in workload.networks for workload in found)]
    networks = {name: {"name": f"{project_name(stack)}-{name}", **_NETWORKS[name]} for name in used}
    body: dict[str, object] = {"name": project_name(stack), "services": _services(found, made)}
    return {**body, "networks": networks} if networks else body


def _services(found: tuple[Workload, ...], made: tuple[Artifact, ...]) -> dict[str, dict[str, object]]:
    names = frozenset(workload.service for workload in found)
    return {workload.service: _labelled(_service(workload, names, made)) for workload in found}


def _labelled(service: dict[str, object]) -> dict[str, object]:
    digest = sha256(json.dumps(service, sort_keys=True).encode())
    return {**service, "labels": {**_labels_of(service), DEFINITION: digest}}


def _labels_of(service: dict[str, object]) -> dict[str, str]:
    found = service.get("labels", {})
    assert isinstance(found, dict)
    return found


def _service(workload: Workload, beside: frozenset[str], made: tuple[Artifact, ...]) -> dict[str, object]:
    after = {one.service: one.condition for one in workload.depends_on if one.service in beside}
    pairs: tuple[tuple[str, object], ...] = (
        ("image", workload.image),
        ("entrypoint", _literal(workload.entrypoint)),
        ("command", _literal(workload.command)),
        ("environment", _environment(workload)),
        ("ports", [_port(publish) for publish in workload.publish]),
        ("volumes", [_volume(mount) for mount in workload.mounts]),
        ("networks", _attached(workload)),
        ("dns", [] if workload.leaves else ["127.0.0.1"]),
        ("dns_opt", [] if workload.leaves else _UNHEARD),
        ("depends_on", {name: {"condition": f"service_{condition}"} for name, condition in after.items()}),
        ("healthcheck", _health(workload.health)),
        ("deploy", _devices(workload.gpus)),
        ("labels", _labels(workload, made)),
        *_confinement(workload),
    )
    return {key: value for key, value in pairs if value not in ("", None, [], {})}


def _confinement(workload: Workload) -> tuple[tuple[str, object], ...]:
    """What a container may not do, and what it may use up."""
    return (
        ("user", workload.user),
        ("read_only", workload.read_only or None),
        ("tmpfs", list(workload.tmpfs)),
        ("security_opt", ["no-new-privileges:true"]),
        ("cap_drop", ["ALL"]),
        ("cap_add", list(workload.cap_add)),
        ("mem_limit", f"{-(-workload.memory // 2**20)}m"),
        ("pids_limit", PROCESSES * (1 + len(workload.gpus))),
        ("shm_size", f"{workload.shm // 2**20}m" if workload.shm else None),
        ("init", True),
        ("restart", "unless-stopped"),
        ("stop_grace_period", f"{workload.stop_grace}s"),
        ("logging", {"driver": "json-file", "options": {"max-size": "20m", "max-file": "5"}}),
    )


def _literal(words: tuple[str, ...]) -> list[str]:
    """Compose reads `$` as the beginning of a variable."""
    return [word.replace("$", "$$") for word in words]


def _environment(workload: Workload) -> dict[str, str]:
    plain = {name: value.replace("$", "$$") for name, value in workload.environment}
    secret = {use.name: f"${{{use.variable}:?set it in .env}}" for use in workload.secrets}
    return {**plain, **{name: f"${{{name}:-}}" for name in workload.passed}, **secret}


def _port(publish: Publish) -> dict[str, object]:
    return {
        "target": publish.port,
        "published": str(publish.host_port),
        "host_ip": publish.bind,
        "protocol": "tcp",
        "mode": "host",
    }


def _volume(mount: Mount) -> dict[str, object]:
    """A source that is missing is an error: Docker would make an empty directory of it, owned by root."""
    source = f"{BUNDLE}/{mount.source.removeprefix('./')}" if mount.config else mount.source
    read_only = {"read_only": True} if mount.read_only else {}
    return {
        "type": "bind", "source": source, "target": mount.target, **read_only, "bind": {"create_host_path": False}
    }  # fmt: skip


def _attached(workload: Workload) -> dict[str, object]:
    aliases = {"aliases": list(workload.aliases)} if workload.aliases else None
    return {name: aliases if name == "inner" else None for name in workload.networks}


def _health(health: Health | None) -> dict[str, object]:
    if health is None:
        return {}
    return {
        "test": _literal(health.test),
        "interval": f"{health.interval}s",
        "timeout": f"{health.timeout}s",
        "retries": health.retries,
        "start_period": f"{health.start_period}s",
    }


def _devices(gpus: tuple[int, ...]) -> dict[str, object]:
    if not gpus:
        return {}
    device = {"driver": "nvidia", "device_ids": [str(gpu) for gpu in gpus], "capabilities": ["gpu"]}
    return {"resources": {"reservations": {"devices": [device]}}}


def _labels(workload: Workload, made: tuple[Artifact, ...]) -> dict[str, str]:
    """Compose does not see that the content of a mounted file changed; a label that changes with it makes it look."""
    mounts = [mount.source.removeprefix("./") for mount in workload.mounts if mount.config]
    if not mounts:
        return {}
    lines = [line for source in mounts for line in _digests(workload, source, made)]
    return {LABEL: sha256("".join(lines).encode())}


def _digests(workload: Workload, source: str, made: tuple[Artifact, ...]) -> list[str]:
    under = [one for one in made if one.path == source or one.path.startswith(f"{source}/")]
    if not under:
        raise ValueError(f"{workload.host}: {workload.service} mounts {source}, which no back end makes")
    return [f"{one.path} {sha256(one.content)}\n" for one in sorted(under, key=lambda one: one.path)]
