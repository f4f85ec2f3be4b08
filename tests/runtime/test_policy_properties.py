"""What holds for every decision, whatever the request."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dreamc.runtime.policy import Ask, Decision, decide
from dreamc.runtime.types import Policy
from tests.runtime.policies import CLOUD, desk, policy

ACTIONS = ("inline_completion", "code_review", "architecture_design", "simple_completion", "juggling")
MODES = ("hybrid", "cloud", "local")

asks = st.builds(
    Ask,
    alias=st.sampled_from(["auto", "code"]),
    prompt=st.sampled_from(["hi", "redesign it", "fix the bug", "explain " + "x" * 1_001]),
    context=st.sampled_from(["", "y" * 10_001, "y" * 50_000]),
    tokens=st.none() | st.integers(0, 300_000),
    action=st.none() | st.sampled_from(ACTIONS),
    budget_left_usd=st.none() | st.floats(0, 60),
    force_local=st.booleans(),
    force_cloud=st.booleans(),
    max_cost_usd=st.none() | st.floats(0, 1),
    max_output_tokens=st.none() | st.integers(1, 10_000),
)


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """The desk policy with another whitelist, other actions, and tiers that other members stand in for."""
    raw: dict[str, Any] = desk()
    tiers = raw["tiers"]
    raw["actions"] = draw(st.dictionaries(st.sampled_from(ACTIONS), st.sampled_from(tiers)))
    raw["whitelist"] = draw(
        st.none()
        | st.fixed_dictionaries(
            {
                "cloud_domains": st.lists(st.sampled_from(["openai.com", "anthropic.com", "googleapis.com"])),
                "domains": st.just([]),
                "mcp_servers": st.just([]),
                "tasks": st.dictionaries(st.sampled_from(ACTIONS), st.booleans()),
            }
        )
    )
    for bound in raw["complexity"]:
        bound.pop("else", None)
        bound["budget_left_usd"] = draw(st.none() | st.floats(0, 50))
    for served in raw["modes"].values():
        for tier in draw(st.lists(st.sampled_from(tiers), max_size=2)):
            served["tiers"].pop(tier, None)
        own = any(raw["members"][name]["tier"] == tier for tier, names in served["tiers"].items() for name in names)
        served["aliases"]["auto"]["routed"] = own
    return policy(raw)


@given(policies(), st.sampled_from(MODES), asks)
def test_a_decision_names_only_members_of_its_mode_and_group(given_policy: Policy, mode: str, ask: Ask) -> None:
    found = decide(given_policy, mode, ask)
    if not isinstance(found, Decision):
        return
    served = given_policy.modes[mode]
    group = served.tiers[found.tier] if found.tier else served.aliases[ask.alias].members

    assert found.members
    assert set(found.members) <= set(group)
    assert found.model == found.members[0]
    assert found.location == given_policy.members[found.model].location
    assert found.group == (f"tier:{found.tier}" if found.tier else ask.alias)


@given(policies(), st.sampled_from(MODES), asks)
def test_no_decision_names_a_cloud_member_that_is_forbidden(given_policy: Policy, mode: str, ask: Ask) -> None:
    found = decide(given_policy, mode, ask)
    named = set(found.members) & set(CLOUD) if isinstance(found, Decision) else set()
    whitelist = given_policy.whitelist
    spent = ask.budget_left_usd is not None and ask.budget_left_usd <= 0
    kept = whitelist is not None and ask.action is not None and whitelist.tasks.get(ask.action) is False

    if mode == "local" or ask.force_local or spent or kept:
        assert not named
    if whitelist is not None:
        suffixes = tuple(f".{domain}" for domain in whitelist.cloud_domains)
        assert all((given_policy.members[name].domain or "").endswith(suffixes) for name in named)


@given(policies(), st.sampled_from(["hybrid", "local"]), asks)
def test_where_local_models_run_a_request_without_wishes_is_never_refused(
    given_policy: Policy, mode: str, ask: Ask
) -> None:
    plain = Ask(ask.alias, ask.prompt, ask.context, action=ask.action, budget_left_usd=ask.budget_left_usd)

    assert isinstance(decide(given_policy, mode, plain), Decision)


@given(policies(), st.sampled_from(MODES), asks)
def test_the_same_request_gets_the_same_decision(given_policy: Policy, mode: str, ask: Ask) -> None:
    assert decide(given_policy, mode, ask) == decide(given_policy, mode, ask)
