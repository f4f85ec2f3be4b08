"""A policy.json is served as it is meant, or refused with the place of what is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from dreamc.runtime.contract import load
from dreamc.runtime.reading import PolicyError
from dreamc.runtime.types import Bound, Price
from tests.runtime.policies import desk, policy

Change = Callable[[dict[str, Any]], object]


def test_the_desk_policy_is_read_completely() -> None:
    read = policy()

    assert read.aliases == ("auto", "code")
    assert read.members["claude"].price == Price(3, 15)
    assert read.members["claude"].domain == "api.anthropic.com"
    assert read.modes["local"].aliases["auto"].members == ("fast", "quality")
    assert read.complexity[2] == Bound("api_cheap", 0.8, 1, "local_quality")
    assert read.whitelist is not None
    assert read.whitelist.tasks["inline_completion"] is False
    assert read.cache_ttl_s == 86400
    assert read.quality is None


def test_quality_and_consensus_of_an_agent_daemon_are_read() -> None:
    raw = desk()
    raw["quality"] = {"threshold": 0.7, "max_attempts": 2, "self_critique": False, "checks": ["not_empty"]}
    raw["consensus"] = {"actions": ["consolidate"], "models": 3, "threshold": 0.66}

    read = policy(raw)

    assert read.quality is not None
    assert read.quality.checks == ("not_empty",)
    assert read.consensus is not None
    assert read.consensus.models == 3


def test_dream_scores_unless_litellm_is_named() -> None:
    assert policy().scorer == policy({**desk(), "scorer": "dream"}).scorer == "dream"
    assert policy({**desk(), "scorer": "litellm"}).scorer == "litellm"


WRONG: tuple[tuple[str, Change, str], ...] = (
    ("a newer version", lambda p: p.update(version=2), "$.version"),
    ("a missing key", lambda p: p.pop("budget"), "$"),
    ("an unknown key", lambda p: p.update(bugdet={}), "$.bugdet"),
    ("a member without a place", lambda p: p["members"]["fast"].pop("location"), "$.members.fast"),
    ("a scorer that is none", lambda p: p.update(scorer="openai"), "$.scorer"),
    ("a place that is none", lambda p: p["members"]["fast"].update(location="moon"), "$.members.fast.location"),
    ("a cloud member without a domain", lambda p: p["members"]["gpt"].pop("domain"), "$.members.gpt.domain"),
    (
        "a price that is a text",
        lambda p: p["members"]["gpt"]["usd_per_mtok"].update(input="3"),
        "$.members.gpt.usd_per_mtok.input",
    ),
    (
        "a negative price",
        lambda p: p["members"]["gpt"]["usd_per_mtok"].update(input=-3),
        "$.members.gpt.usd_per_mtok.input",
    ),
    ("a truth for a number", lambda p: p.update(timeout_s=True), "$.timeout_s"),
    ("a context of half a token", lambda p: p["members"]["fast"].update(context=0.5), "$.members.fast.context"),
    ("an alias twice", lambda p: p["aliases"].append("auto"), "$.aliases[2]"),
    ("an alias that a mode lacks", lambda p: p["modes"]["cloud"]["aliases"].pop("code"), "$.modes.cloud.aliases"),
    ("an alias of one mode only", lambda p: p["modes"]["cloud"]["aliases"].update(x={}), "$.modes.cloud.aliases.x"),
    (
        "an alias without members",
        lambda p: p["modes"]["local"]["aliases"]["code"].update(members=[]),
        "$.modes.local.aliases.code.members",
    ),
    (
        "an unknown member",
        lambda p: p["modes"]["local"]["tiers"]["local_fast"].append("x"),
        "$.modes.local.tiers.local_fast[2]",
    ),
    (
        "the cloud in mode local",
        lambda p: p["modes"]["local"]["tiers"]["local_fast"].append("gpt"),
        "$.modes.local.tiers.local_fast[2]",
    ),
    ("a routed alias without tiers", lambda p: p["modes"]["local"].update(tiers={}), "$.modes.local.aliases.auto"),
    ("an action to nowhere", lambda p: p["actions"].update(x="tier9"), "$.actions.x"),
    ("bounds out of order", lambda p: p["complexity"][1].update(up_to=0.1), "$.complexity[1].up_to"),
    ("bounds that end early", lambda p: p["complexity"].pop(), "$.complexity[2].up_to"),
    ("a tier with two bounds", lambda p: p["complexity"][1].update(tier="local_fast"), "$.complexity[1].tier"),
    (
        "a tier that stands in for itself",
        lambda p: p["complexity"][2].update({"else": "api_cheap"}),
        "$.complexity[2].else",
    ),
    (
        "a stand-in without a condition",
        lambda p: p["complexity"][0].update({"else": "api_cheap"}),
        "$.complexity[0].else",
    ),
    (
        "a provider's budget without one of its limits",
        lambda p: p["budget"].update(providers={"x": {"daily_usd": 1}}),
        "$.budget.providers.x",
    ),
    ("an output of nothing", lambda p: p["members"]["gpt"].update(max_output=0), "$.members.gpt.max_output"),
    (
        "a price below zero",
        lambda p: p["members"]["gpt"]["usd_per_mtok"].update(cache_read=-1),
        "$.members.gpt.usd_per_mtok.cache_read",
    ),
    (
        "a tariff for long prompts that does not say how long",
        lambda p: p["members"]["gpt"]["usd_per_mtok"].update(above={"input": 1, "output": 1}),
        "$.members.gpt.usd_per_mtok",
    ),
    ("a budget below zero", lambda p: p["budget"].update(monthly_usd=-1), "$.budget.monthly_usd"),
    ("a share above one", lambda p: p["budget"].update(alert_at=80), "$.budget.alert_at"),
    ("a task that is maybe allowed", lambda p: p["whitelist"]["tasks"].update(x="maybe"), "$.whitelist.tasks.x"),
    ("an unknown trigger", lambda p: p["triggers"].append("boredom"), "$.triggers[6]"),
    ("a log outside its folder", lambda p: p.update(usage_log="../../etc/passwd"), "$.usage_log"),
)


@pytest.mark.parametrize(("change", "path"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_a_wrong_policy_is_refused_at_its_place(change: Change, path: str) -> None:
    raw = desk()
    change(raw)

    with pytest.raises(PolicyError) as error:
        policy(raw)

    assert error.value.path == path


def test_a_name_with_colons_stands_quoted_in_the_path() -> None:
    raw = desk()
    raw["members"]["qwen2.5-coder:7b"] = {"location": "local", "contxt": 1}

    with pytest.raises(PolicyError) as error:
        policy(raw)

    assert error.value.path == '$.members["qwen2.5-coder:7b"].contxt'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not JSON"),
        ("[]", "expected an object"),
        ('{"version": 1, "version": 1}', "given twice"),
        ('{"version": NaN}', "NaN is not a JSON number"),
        ("[" * 100_000, "nested too deeply"),
        (json.dumps(desk())[:-1], "not JSON"),
    ],
)
def test_a_text_that_is_no_policy_is_refused(text: str, message: str) -> None:
    with pytest.raises(PolicyError, match=message):
        load(text)
