"""Small dream.yaml texts, resolved."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from dreamc.diagnostics.types import Diagnostic, Source
from dreamc.document.read import read
from dreamc.document.validate import validate
from dreamc.spec import RENAMED, Dream
from dreamc.stack.checks import check
from dreamc.stack.inputs import Inputs
from dreamc.stack.lower import lower
from dreamc.stack.types import Stack

TODAY = date(2026, 11, 20)
HEAD = "dream: 1\nname: t\n"
BOX = "hardware: {box: {gpus: rtx-3090}}\n"
SMALL = 'models:\n  m: {source: "ollama:qwen2.5-coder:3b", context: 4k}\n'
CLAUDE = "providers:\n  anthropic: {key: env://ANTHROPIC_API_KEY, models: {claude: {id: claude-sonnet-5-5}}}\n"
CHAT = "fallbacks: {chains: {chat: [m, claude]}}\n"


def dream(text: str) -> Dream:
    """The validated file."""
    document, problems = read(Source("dream.yaml", text))
    assert document is not None, problems
    found, problems = validate(Dream, document, RENAMED)
    assert found is not None, problems
    return found


def inputs(today: date = TODAY, configs: Mapping[str, Mapping[str, object]] | None = None) -> Inputs:
    return Inputs(today, "0" * 64, configs or {})


def lowered(text: str, **given: Any) -> tuple[Stack | None, tuple[Diagnostic, ...]]:
    """The Stack and all findings on the way to it and about it."""
    spec, world = dream(text), inputs(**given)
    stack, findings = lower(spec, world)
    return stack, findings if stack is None else (*findings, *check(stack, spec, world))


def stack(text: str, **given: Any) -> Stack:
    """The Stack of a file that has one."""
    found, findings = lowered(text, **given)
    assert found is not None, findings
    return found


def found(text: str, code: str, **given: Any) -> list[Diagnostic]:
    """The findings with this code."""
    return [one for one in lowered(text, **given)[1] if one.code == code]


def one(text: str, code: str, **given: Any) -> Diagnostic:
    """The only finding with this code."""
    (only,) = found(text, code, **given)
    return only


def usual(*sections: str) -> str:
    """A file without a fault, and more sections."""
    return HEAD + BOX + SMALL + CLAUDE + CHAT + "".join(sections)


def tiered(routing: str = "", chains: str = "auto: routed", more: str = "") -> str:
    """A file with a local and a cloud tier and a routed chain."""
    small = SMALL.replace("context: 4k", "context: 4k, tier: fast")
    claude = CLAUDE.replace("sonnet-5-5}", "sonnet-5-5, tier: dear}")
    tiers = f"routing: {{tiers: [fast, dear]{routing and ', '}{routing}}}\n"
    return f"{HEAD}{BOX}{small}{claude}{tiers}fallbacks: {{chains: {{{chains}}}}}\n{more}"


def local(models: str, hardware: str = BOX, more: str = "") -> str:
    """A file in local mode; one chain holds every model."""
    names = [line.split(":")[0].strip() for line in models.splitlines() if line.startswith("  ") and line[2] != " "]
    return f"{HEAD}mode: local\n{hardware}models:\n{models}fallbacks: {{chains: {{all: [{', '.join(names)}]}}}}\n{more}"
