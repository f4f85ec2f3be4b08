"""Which tier and which members a request gets, and why."""

from __future__ import annotations

from typing import Any

import pytest

from dreamc.runtime.policy import Ask, Decision, Refusal, decide
from tests.runtime.policies import desk, policy

REDESIGN = "redesign the payment architecture"


def decided(ask: Ask, mode: str = "hybrid", raw: dict[str, Any] | None = None) -> Decision:
    found = decide(policy(raw), mode, ask)
    assert isinstance(found, Decision), found
    return found


def refused(ask: Ask, mode: str = "hybrid", raw: dict[str, Any] | None = None) -> Refusal:
    found = decide(policy(raw), mode, ask)
    assert isinstance(found, Refusal), found
    return found


@pytest.mark.parametrize(
    ("ask", "tier", "location"),
    [
        (Ask("auto", "rename this variable", action="inline_completion"), "local_fast", "local"),
        (Ask("auto", REDESIGN, action="architecture_design"), "api_premium", "cloud"),
        (Ask("auto", REDESIGN, action="inline_completion"), "local_fast", "local"),
        (Ask("auto", REDESIGN, action="architecture_design", budget_left_usd=0), "local_quality", "local"),
    ],
)
def test_the_desk_examples_own_tests_hold(ask: Ask, tier: str, location: str) -> None:
    found = decided(ask)

    assert (found.tier, found.location) == (tier, location)


def test_an_action_decides_before_the_score() -> None:
    found = decided(Ask("auto", REDESIGN, action="code_review"))

    assert (found.tier, found.model, found.score) == ("api_cheap", "gemini", None)
    assert found.reasons == ("action code_review",)


@pytest.mark.parametrize(
    ("prompt", "context", "tier"),
    [
        ("rename it", "", "local_fast"),
        (REDESIGN, "", "local_quality"),
        ("redesign it and fix the bug", "x" * 5_000, "local_quality"),
        ("redesign it", "x" * 10_001, "api_cheap"),
        ("redesign it", "x" * 40_000, "api_premium"),
    ],
)
def test_without_an_action_the_score_chooses_the_tier(prompt: str, context: str, tier: str) -> None:
    found = decided(Ask("auto", prompt, context))

    assert found.tier == tier
    assert found.score is not None


def test_a_score_that_is_known_already_decides_in_place_of_the_text() -> None:
    found = decided(Ask("auto", REDESIGN, score=0.1))

    assert (found.tier, found.reasons) == ("local_fast", ("score 0.1 (as it was scored)",))
    assert decided(Ask("auto", "hi", score=0.95)).tier == "api_premium"


def test_an_unknown_action_leaves_it_to_the_score() -> None:
    assert decided(Ask("auto", REDESIGN, action="juggling")).tier == "local_quality"


def test_the_group_of_a_routed_alias_is_its_tier_and_of_a_chain_its_name() -> None:
    assert decided(Ask("auto", "hi")).group == "tier:local_fast"
    assert decided(Ask("code", "hi")).group == "code"


def test_a_plain_chain_keeps_its_order_and_has_no_tier() -> None:
    found = decided(Ask("code", REDESIGN, action="architecture_design"))

    assert found.members == ("quality", "fast", "gemini", "claude")
    assert found.tier is None


@pytest.mark.parametrize(("left", "tier"), [(5.01, "api_premium"), (5.0, "local_quality"), (0.5, "local_quality")])
def test_a_tier_serves_only_with_more_than_its_budget_left(left: float, tier: str) -> None:
    found = decided(Ask("auto", REDESIGN, action="architecture_design", budget_left_usd=left))

    assert found.tier == tier


def test_a_tier_without_a_stand_in_gives_way_to_the_tier_below() -> None:
    raw = desk()
    del raw["complexity"][2]["else"]

    assert decided(Ask("auto", "hi", action="code_review", budget_left_usd=1), raw=raw).tier == "local_quality"


def test_stand_ins_that_point_at_each_other_still_end() -> None:
    raw = desk()
    raw["complexity"][2]["else"], raw["complexity"][3]["else"] = "api_premium", "api_cheap"

    assert decided(Ask("auto", "hi", action="code_review", budget_left_usd=0.5), raw=raw).tier == "api_cheap"


def test_a_used_up_budget_takes_the_cloud_out_of_every_chain() -> None:
    assert decided(Ask("code", "hi", budget_left_usd=0)).members == ("quality", "fast")
    assert decided(Ask("auto", "hi", budget_left_usd=0)).members == ("fast", "quality")


def test_a_used_up_budget_in_mode_cloud_is_said_as_too_many_requests() -> None:
    found = refused(Ask("auto", "hi", budget_left_usd=0), "cloud")

    assert found == Refusal(429, ("the budget is used up",))


def test_a_tier_without_members_in_this_mode_gives_way_downwards_then_upwards() -> None:
    assert decided(Ask("auto", "hi", action="architecture_design"), "local").tier == "local_quality"
    assert decided(Ask("auto", "hi"), "cloud").tier == "api_cheap"


def test_the_reason_says_why_a_tier_gave_way() -> None:
    found = decided(Ask("auto", "hi", action="architecture_design"), "local")

    assert found.reasons == ("action architecture_design", "not api_premium: nothing of it runs in this mode")


def test_a_task_kept_from_the_cloud_never_falls_back_there() -> None:
    found = decided(Ask("code", "hi", action="simple_completion"))

    assert found.members == ("quality", "fast")


def test_a_task_kept_from_the_cloud_is_forbidden_in_mode_cloud() -> None:
    found = refused(Ask("auto", "hi", action="inline_completion"), "cloud")

    assert found == Refusal(403, ("the whitelist keeps inline_completion away from the cloud",))


def test_once_kinds_of_task_are_listed_all_others_stay_local_and_a_request_without_one_follows_the_domains() -> None:
    assert decided(Ask("code", "hi", action="juggling")).members == ("quality", "fast")
    assert "gemini" in decided(Ask("code", "hi", action="code_review")).members
    assert "gemini" in decided(Ask("code", "hi")).members


def test_a_whitelist_without_kinds_of_task_leaves_every_kind_to_the_domains() -> None:
    raw = desk()
    raw["whitelist"]["tasks"] = {}
    found = decide(policy(raw), "hybrid", Ask("code", "hi", action="juggling"))
    assert isinstance(found, Decision)
    assert "gemini" in found.members


def test_a_whitelist_without_a_domain_denies_it() -> None:
    raw = desk()
    raw["whitelist"]["cloud_domains"] = ["anthropic.com"]

    found = decided(Ask("auto", "hi", action="architecture_design"), raw=raw)

    assert found.members == ("claude", "quality", "fast")


def test_an_empty_whitelist_denies_the_cloud() -> None:
    raw = desk()
    raw["whitelist"] = {"cloud_domains": [], "domains": [], "mcp_servers": [], "tasks": {}}

    assert decided(Ask("auto", "hi", action="architecture_design"), raw=raw).location == "local"


def test_a_caller_may_ask_for_local_only() -> None:
    found = decided(Ask("auto", "hi", action="architecture_design", force_local=True))

    assert found.members == ("quality", "fast")


def test_a_caller_may_ask_for_the_cloud_only_where_it_is_allowed() -> None:
    assert decided(Ask("auto", "hi", force_cloud=True)).members == ("gemini",)
    assert refused(Ask("auto", "hi", force_cloud=True), "local").status == 403
    assert refused(Ask("auto", "hi", action="inline_completion", force_cloud=True)).status == 403


def test_local_only_and_cloud_only_exclude_each_other() -> None:
    assert refused(Ask("auto", "hi", force_cloud=True, force_local=True)).status == 400


def test_a_highest_cost_takes_dear_members_out() -> None:
    found = decided(Ask("auto", "hi", action="architecture_design", max_cost_usd=0.01, max_output_tokens=1_000))

    assert found.members == ("gpt", "quality", "fast")


def test_a_known_size_takes_small_windows_out() -> None:
    assert decided(Ask("auto", "hi", tokens=9_000, action="inline_completion")).members[0] == "quality"
    assert refused(Ask("code", "hi", tokens=10**6)).status == 400


def test_an_unknown_model_is_not_found() -> None:
    assert refused(Ask("gpt@openai", "hi")).status == 404


def test_without_bounds_the_first_tier_serves() -> None:
    raw = desk()
    raw["complexity"] = []

    assert decided(Ask("auto", REDESIGN), raw=raw).tier == "local_fast"


def daemon() -> dict[str, Any]:
    """The agent daemon: three tiers, everything by action, a daily budget, no whitelist."""
    raw = desk()
    local = {"location": "local", "engine": "ollama"}
    tiers = {"local_fast": ["phi3", "codestral", "sonnet"], "local_quality": ["codestral", "phi3", "sonnet"]}
    tiers["api_fallback"] = ["sonnet", "codestral", "phi3"]
    auto = {"routed": True, "members": ["phi3", "codestral", "sonnet"]}
    changed = {
        "aliases": ["auto"],
        "members": {
            "phi3": {**local, "tier": "local_fast", "context": 4096},
            "codestral": {**local, "tier": "local_quality", "context": 16384},
            "sonnet": {**raw["members"]["claude"], "tier": "api_fallback"},
        },
        "tiers": list(tiers),
        "modes": {"hybrid": {"aliases": {"auto": auto}, "tiers": tiers}},
        "actions": {"classify_memory": "local_fast", "edit_file": "local_quality", "spawn_daemon": "api_fallback"},
        "complexity": [{"tier": "local_fast", "up_to": 0.3}, {"tier": "local_quality", "up_to": 1}],
        "budget": {"daily_usd": 10, "monthly_usd": None, "alert_at": 0.8},
        "whitelist": None,
    }
    return {**raw, **changed}


@pytest.mark.parametrize(
    ("action", "left", "model"),
    [
        ("classify_memory", None, "phi3"),
        ("edit_file", None, "codestral"),
        ("spawn_daemon", None, "sonnet"),
        ("spawn_daemon", 0.01, "sonnet"),
        ("spawn_daemon", 0, "codestral"),
        ("dance", None, "phi3"),
    ],
)
def test_the_agent_daemons_actions_choose_its_models(action: str, left: float | None, model: str) -> None:
    assert decided(Ask("auto", "hi", action=action, budget_left_usd=left), raw=daemon()).model == model


def test_without_a_whitelist_every_provider_is_allowed() -> None:
    assert decided(Ask("auto", "hi", action="edit_file"), raw=daemon()).members == ("codestral", "phi3", "sonnet")


def test_a_member_that_no_budget_has_the_money_for_gives_way_with_the_reason() -> None:
    unpaid = (("gpt", "this call may cost too much"), ("claude", "this call may cost too much"))
    found = decided(Ask("auto", "hi", action="architecture_design", unpaid=unpaid))
    assert found.model == "gemini"
    assert "not api_premium: this call may cost too much" in found.reasons
    everyone = tuple((name, "this call may cost too much") for name in ("gpt", "claude", "gemini"))
    assert refused(Ask("code", "hi", unpaid=everyone), "cloud") == Refusal(429, ("this call may cost too much",))


def test_a_cloud_member_without_a_price_is_not_called_under_a_budget() -> None:
    raw = desk()
    del raw["members"]["gemini"]["usd_per_mtok"], raw["members"]["claude"]["usd_per_mtok"]
    found = decide(policy(raw), "cloud", Ask("code", "hi"))
    reasons = ("gemini has no price, so no budget can count it", "claude has no price, so no budget can count it")
    assert found == Refusal(403, reasons)
    raw["budget"] = {"daily_usd": None, "monthly_usd": None, "alert_at": 1, "providers": {}}
    assert isinstance(decide(policy(raw), "cloud", Ask("code", "hi")), Decision)
    raw["budget"]["providers"] = {"google": {"daily_usd": 1, "monthly_usd": None}}
    limited = decide(policy(raw), "cloud", Ask("code", "hi"))
    assert isinstance(limited, Decision)
    assert limited.members == ("claude",)
