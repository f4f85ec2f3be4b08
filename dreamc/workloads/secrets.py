"""Which secrets a host must have in a mode, and what each is."""

from __future__ import annotations

from dreamc.stack.types import Mode, Secret, Stack
from dreamc.workloads import Plan
from dreamc.workloads.gateway import secrets, vllm_secret
from dreamc.workloads.types import Workload


def wanted(stack: Stack, mode: Mode, found: tuple[Workload, ...]) -> tuple[Secret, ...]:
    """Every variable that containers read which run in a mode, sorted by name."""
    known = {secret.variable: secret for secret in (*secrets(stack, mode), vllm_secret(), stack.gateway.secret)}
    users: dict[str, list[str]] = {}
    for workload in found:
        for use in workload.secrets:
            users.setdefault(use.variable, []).append(workload.service)
    return tuple(known.get(name) or _generated(name, users[name]) for name in sorted(users))


def by_mode(stack: Stack, planned: Plan) -> tuple[tuple[Secret, tuple[Mode, ...]], ...]:
    """Every secret of the host with the modes that want it, sorted by name."""
    found: dict[str, tuple[Secret, list[Mode]]] = {}
    for mode, several in planned.items():
        for secret in wanted(stack, mode, several):
            found.setdefault(secret.variable, (secret, []))[1].append(mode)
    return tuple((found[name][0], tuple(found[name][1])) for name in sorted(found))


def _generated(variable: str, services: list[str]) -> Secret:
    what = f"made up once for this host and kept, for {', '.join(services)}; such as `openssl rand -hex 32`"
    return Secret(variable, "", what)
