"""Everything that is known to go wrong with a LiteLLM configuration and that the configuration itself shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from dreamc.backends.litellm.allowed import problems
from dreamc.backends.litellm.lint_deployments import LINTS as DEPLOYMENTS
from dreamc.backends.litellm.lint_groups import LINTS as GROUPS
from dreamc.backends.litellm.lint_settings import LINTS as SETTINGS
from dreamc.backends.litellm.lint_view import View, view
from dreamc.knowledge.litellm import rules_for

Lint = Callable[[View], Iterator[str]]

LINTS: tuple[tuple[str, Lint], ...] = (*DEPLOYMENTS, *GROUPS, *SETTINGS)


def lint(config: Mapping[str, Any], mode: str = "hybrid", version: str = "") -> tuple[str, ...]:
    """Findings as `CODE place: what is wrong`; none for a configuration that may be served in that mode.

    K01 is a key that this version of LiteLLM does not have (the newest known where `version` is unknown); E and W are
    what is known to fail or to surprise.
    """
    rules = rules_for(version)
    seen = view(config, mode, rules.strategies)
    found = [f"K01 {finding}" for finding in problems(config, rules)]
    found += [f"{code} {finding}" for code, check in LINTS for finding in check(seen)]
    return tuple(found)
