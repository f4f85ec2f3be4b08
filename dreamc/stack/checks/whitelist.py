"""The whitelist against the rest: a provider it shuts out, a task it keeps at home although a cloud tier is meant."""

from __future__ import annotations

from collections.abc import Iterator

from dreamc.diagnostics.types import Diagnostic, Related
from dreamc.spec.dream import Dream
from dreamc.stack.inputs import Inputs
from dreamc.stack.types import Stack


def check(stack: Stack, dream: Dream, inputs: Inputs) -> Iterator[Diagnostic]:
    """Contradictions only: what a whitelist forbids is forbidden."""
    del inputs
    if dream.whitelist is None:
        return
    allowed = dream.whitelist.cloud_apis
    for provider in stack.providers:
        if not any(provider.domain == one or provider.domain.endswith(f".{one}") for one in allowed):
            yield Diagnostic(
                "DRM413",
                provider.at,
                f"the whitelist does not allow {provider.domain}, so '{provider.name}' is never asked",
                "shut out",
                f"add {provider.domain} to `whitelist: cloud_apis:`, or remove the provider",
                on_key=True,
                related=(Related(("whitelist", "cloud_apis"), "not listed here", on_key=True),),
            )
    tiers = {member.tier: "local" for member in stack.locals}
    for action, tier in stack.policy.actions:
        kinds = dream.whitelist.allowed_for_cloud
        if kinds and kinds.get(action) is not True and tier not in tiers:
            listed = action in kinds
            yield Diagnostic(
                "DRM414",
                ("routing", "actions", action),
                f"'{action}' is sent to tier '{tier}' in a cloud, but the whitelist keeps it at home",
                "will be answered locally",
                "choose a local tier, or allow the task",
                related=(
                    Related(("whitelist", "allowed_for_cloud", action), "forbidden here")
                    if listed
                    else Related(("whitelist", "allowed_for_cloud"), "not listed here", on_key=True),
                ),
            )
