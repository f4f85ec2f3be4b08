"""policy.json is what the gateway accepts, whitelist.json has the keys that people know."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft7Validator
from msgspec.structs import replace

from dreamc import resources
from dreamc.backends.policy import emit, policy
from dreamc.runtime.contract import load
from dreamc.runtime.policy import Ask, Decision, decide
from dreamc.runtime.types import Price
from dreamc.stack.spending import Limits, Rates
from dreamc.stack.types import Bound, Extra, ModeRoutes, Route, Stack, Tier
from tests.unit.backends.stacks import ANTHROPIC, CLAUDE, POLICY, extra, fleet, ollama, stack, vllm

WHITELIST = {
    "cloud_apis": ("anthropic.com",),
    "domains": ("github.com",),
    "mcp_servers": ("memory", "git"),
    "allowed_for_cloud": {"code_review": True, "inline_completion": False},
}


def tiered() -> Stack:
    """Two tiers on the card and one behind it, with everything that a policy can say."""
    tiers = (Tier("small", ("fast", "quality")), Tier("good", ("quality", "fast")), Tier("dear", ("claude", "quality")))
    hybrid = ModeRoutes(
        "hybrid",
        (
            Route("auto", "routed", "priority", ("fast", "quality", "claude"), "", ()),
            Route("code", "chain", "priority", ("quality", "claude"), "", ()),
        ),
        tiers,
    )
    local = ModeRoutes(
        "local",
        (
            Route("auto", "routed", "priority", ("fast", "quality"), "", ()),
            Route("code", "chain", "priority", ("quality",), "", ()),
        ),
        (*tiers[:2], Tier("dear", ())),
    )
    policy = replace(
        POLICY,
        tiers=("small", "good", "dear"),
        actions=(("edit_file", "good"), ("design", "dear")),
        bounds=(Bound("small", 0.3, None, None), Bound("good", 0.6, None, "small"), Bound("dear", 1.0, 5.0, "good")),
        quality={"threshold": 0.7, "max_attempts": 2, "self_critique": False, "checks": ("not_empty",)},
        consensus={"actions": ("design",), "models": 3, "threshold": 0.66},
        cache_ttl=3600.0,
        whitelist=WHITELIST,
        triggers=("timeout", "empty"),
    )
    return stack(
        locals=(vllm(tier="good"), ollama(tier="small")),
        clouds=(replace(CLAUDE, tier="dear"),),
        modes=(local, hybrid),
        policy=policy,
        usage_log="usage.jsonl",
    )


def written(one: Stack, name: str = "policy", host: str = "desk") -> Any:
    texts = {artifact.path: artifact.text for artifact in emit(one, host)}
    return json.loads(texts[f"config/{name}.json"])


@pytest.mark.parametrize(
    "one",
    [stack(), fleet(), tiered(), stack(policy=replace(POLICY, fallbacks_enabled=False, budget=Limits(None, None)))],
    ids=["desk", "fleet", "tiered", "one each"],
)
def test_the_gateway_accepts_every_policy(one: Stack) -> None:
    text = next(artifact.text for artifact in emit(one, "desk") if artifact.path == "config/policy.json")
    policy = load(text)
    assert policy.aliases == one.aliases
    assert set(policy.members) == set(one.members())
    assert set(policy.modes) == {routes.mode for routes in one.modes}


@pytest.mark.parametrize("one", [stack(), fleet(), tiered()], ids=["desk", "fleet", "tiered"])
def test_the_files_are_as_their_schemas_say(one: Stack) -> None:
    for artifact in emit(one, "desk"):
        name = artifact.path.removeprefix("config/").removesuffix(".json")
        schema = json.loads(resources.text("schemas", f"{name}.schema.json"))
        Draft7Validator.check_schema(schema)
        Draft7Validator(schema).validate(json.loads(artifact.text))


def test_the_schema_refuses_a_key_that_the_gateway_would_refuse() -> None:
    schema = Draft7Validator(json.loads(resources.text("schemas", "policy.schema.json")))
    value = written(tiered())
    value["budgets"] = {}
    assert [error.message for error in schema.iter_errors(value)]


def test_actions_bounds_and_budget_decide_as_the_file_says() -> None:
    policy = load(json.dumps(written(tiered())))
    edit = decide(policy, "hybrid", Ask("auto", "x", action="edit_file"))
    assert isinstance(edit, Decision)
    assert (edit.group, edit.members[0]) == ("tier:good", "quality")
    poor = decide(policy, "hybrid", Ask("auto", "x", action="design", budget_left_usd=1.0))
    assert isinstance(poor, Decision)
    assert poor.tier == "good"


def test_limits_are_in_dollars_and_a_missing_alert_comes_at_the_limit() -> None:
    assert written(stack())["budget"] == {"daily_usd": 10.0, "monthly_usd": 50.0, "alert_at": 0.8}
    silent = stack(policy=replace(POLICY, budget=Limits(None, 5.0), alert_at=None))
    assert written(silent)["budget"] == {"daily_usd": None, "monthly_usd": 5.0, "alert_at": 1}


def test_the_budget_of_a_provider_stands_beside_that_of_the_stack() -> None:
    limited = stack(providers=(replace(ANTHROPIC, budget=Limits(5.0, None)),))
    assert written(limited)["budget"]["providers"] == {"anthropic": {"daily_usd": 5.0, "monthly_usd": None}}


def test_what_an_answer_can_hold_and_the_prices_of_the_cache_travel_too() -> None:
    rates = Rates(3, 15, 0.3, None, "")
    member = written(stack(clouds=(replace(CLAUDE, max_output=64_000, rates=rates),)))["members"]["claude"]
    assert member["max_output"] == 64_000
    assert member["usd_per_mtok"] == {"input": 3, "output": 15, "cache_read": 0.3}


def test_the_tariff_of_long_prompts_travels_and_comes_back() -> None:
    rates = Rates(3, 15, None, None, "", above_tokens=200_000, above=Rates(6, 22.5, None, None, ""))
    value = written(stack(clouds=(replace(CLAUDE, rates=rates),)))
    assert value["members"]["claude"]["usd_per_mtok"]["above"] == {"input": 6, "output": 22.5}
    assert load(json.dumps(value)).members["claude"].price == Price(3, 15, above_tokens=200_000, above=Price(6, 22.5))


def test_a_cloud_member_says_domain_and_price_and_a_local_one_its_engine() -> None:
    members = written(stack())["members"]
    assert members["claude"]["domain"] == "anthropic.com"
    assert members["claude"]["usd_per_mtok"] == {"input": 3, "output": 15}
    assert members["quality"] == {"location": "local", "engine": "vllm", "context": 16384, "abilities": []}


def test_a_window_or_price_that_nobody_knows_is_left_out() -> None:
    found = written(stack(clouds=(replace(CLAUDE, context=0, rates=None),)))["members"]["claude"]
    assert not {"context", "usd_per_mtok"} & set(found)


def test_with_fallbacks_off_the_policy_names_one_member_as_the_groups_do() -> None:
    value = written(stack(policy=replace(POLICY, fallbacks_enabled=False)))
    assert value["modes"]["hybrid"]["aliases"]["chat"]["members"] == ["quality"]


def test_a_whitelist_keeps_its_keys_in_its_own_file() -> None:
    assert written(tiered(), "whitelist") == {
        "cloud_apis": ["anthropic.com"],
        "domains": ["github.com"],
        "mcp_servers": ["memory", "git"],
        "allowed_for_cloud": {"code_review": True, "inline_completion": False},
    }
    assert written(tiered())["whitelist"]["cloud_domains"] == ["anthropic.com"]


def test_without_a_whitelist_nothing_is_forbidden_and_there_is_no_file() -> None:
    assert written(stack())["whitelist"] is None
    assert [artifact.path for artifact in emit(stack(), "desk")] == ["config/policy.json"]


def test_the_whitelist_server_always_has_a_file_to_read() -> None:
    one = stack(services=(extra("mcp-whitelist-manager"),))
    assert written(one, "whitelist") == {"cloud_apis": [], "domains": [], "mcp_servers": [], "allowed_for_cloud": {}}
    far = fleet(services=(Extra("mcp-whitelist-manager", "gpu01", None, None, (), ()),))
    assert [artifact.path for artifact in emit(far, "gpu01")] == ["config/whitelist.json"]


def test_a_host_that_asks_neither_gets_neither() -> None:
    assert emit(fleet(), "gpu01") == ()


def test_litellms_scorer_is_named_where_it_decides_and_only_there() -> None:
    plain = tiered()
    theirs = replace(plain, policy=replace(plain.policy, scorer="litellm"))

    assert "scorer" not in policy(plain)
    assert policy(theirs)["scorer"] == "litellm"
    assert load(json.dumps(policy(theirs))).scorer == "litellm"
