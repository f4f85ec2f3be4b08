""".env.example: the names of the secrets that a host needs, without a value."""

from __future__ import annotations

from dreamc.artifact.types import Artifact
from dreamc.backends.header import header
from dreamc.stack.types import Mode, Secret, Stack
from dreamc.workloads import plan
from dreamc.workloads.gateway import READ_KEY, SWITCHES
from dreamc.workloads.secrets import by_mode

PATH = ".env.example"


def emit(stack: Stack, host: str) -> tuple[Artifact, ...]:
    """One block per secret: what it is, where dream.yaml takes it from, which modes want it."""
    found = by_mode(stack, plan(stack, host))
    blocks = [_block(secret, wanted) for secret, wanted in found] or ["# This host needs no secret."]
    blocks += [_switches()] if host in stack.gateway.hosts else []
    intro = f"# {header(stack)}\n# Copy to {stack.root}/.env (mode 0600) and fill in. Never commit the copy."
    return (Artifact(PATH, "\n\n".join((intro, *blocks)) + "\n"),)


def _switches() -> str:
    """What may be set beside the secrets; commented out, so that a copy changes nothing."""
    key = f"# A second key may be set, for /stats, /metrics and the dashboard alone\n# {READ_KEY}="
    said = (
        "# These may be set: false asks only the first model of a chain; the longest wait for a model, such as 30s; "
        "the largest request"
    )
    return "\n".join((key, "", said, *(f"# {name}=" for name in SWITCHES)))


def _block(secret: Secret, wanted: tuple[Mode, ...]) -> str:
    origin = f"\n# from {secret.reference}" if secret.reference else ""
    return f"# {secret.what}{origin}\n# wanted in mode {', '.join(wanted)}\n{secret.variable}="
