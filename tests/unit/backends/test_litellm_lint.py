"""Each known way to get a LiteLLM configuration wrong is seen: a good one is changed until it is that wrong."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from dreamc.backends.litellm.emit import config
from dreamc.backends.litellm.lint import LINTS, lint
from dreamc.stack.types import Mode, ModeRoutes, Route
from tests.unit.backends.stacks import ANTHROPIC, CLAUDE, POLICY, fleet, ollama, stack, vllm

Config = dict[str, Any]
Change = Callable[[Config], object]


def good(mode: Mode = "hybrid") -> Config:
    """Two chains and a capability over a vLLM, an Ollama and a cloud model."""
    members = ("quality", "fast") if mode == "local" else ("quality", "fast", "claude")
    routes = (
        Route("chat", "chain", "priority", members, "", ()),
        Route("code", "chain", "priority", members[1:], "", ()),
        Route("skill", "capability", "fastest", members, "", ()),
    )
    one = stack(modes=(ModeRoutes(mode, routes, ()),))
    return copy.deepcopy(config(one, "desk", one.modes[0]))


def params(value: Config, identity: str) -> Config:
    return found(value, identity)["litellm_params"]  # type: ignore[no-any-return]


def info(value: Config, identity: str) -> Config:
    return found(value, identity)["model_info"]  # type: ignore[no-any-return]


def found(value: Config, identity: str) -> Config:
    return next(one for one in value["model_list"] if one["model_info"]["id"] == identity)


def group(value: Config, number: int = 0) -> Config:
    return value["router_settings"]["routing_groups"][number]  # type: ignore[no-any-return]


def add_auto(value: Config, **setup: object) -> None:
    number = sum(one["model_name"].startswith("auto") for one in value["model_list"])
    entry = {
        "model": "auto_router/complexity_router",
        "timeout": 1,
        "stream_timeout": 1,
        "complexity_router_config": setup,
    }
    value["model_list"].append(
        {
            "model_name": f"auto{number}",
            "litellm_params": entry,
            "model_info": {"id": f"auto@{number}", "dream_location": "local"},
        }
    )


def add_licensed(value: Config) -> None:
    for _ in range(2):
        add_auto(value, classifier_type="llm_v2", tier_boundaries=BOUNDS, tiers=TIERS)


BOUNDS = {"simple_medium": 0.15, "medium_complex": 0.35, "complex_reasoning": 0.6}
TIERS = dict.fromkeys(("SIMPLE", "MEDIUM", "COMPLEX", "REASONING"), "chat")
Q, F, C = "quality@desk.0", "fast@desk.0", "claude@anthropic.0"

WRONG: tuple[tuple[str, str, Change], ...] = (
    ("K01", "a misspelt key", lambda v: v["router_settings"].update(cooldwon_time=1)),
    ("K01", "a key that LiteLLM never had", lambda v: v["router_settings"].update(lab_extensions={})),
    ("K01", "a section that LiteLLM never reads", lambda v: v.update(server_settings={})),
    ("K01", "a misspelt address", lambda v: params(v, Q).update(api_bse="http://x/v1")),
    ("K01", "a variable as compose writes it", lambda v: params(v, C).update(api_base="${URL}")),
    ("K01", "a number as text", lambda v: v["router_settings"].update(num_retries="0")),
    ("K01", "a comment as a key", lambda v: v["general_settings"].update({"# no key": None})),
    ("E01", "a member that is no model", lambda v: group(v)["models"].append("gone@local")),
    ("E01", "a fallback to a provider", lambda v: v["router_settings"].update(fallbacks=[{"chat": ["anthropic"]}])),
    ("E01", "a fallback from nothing", lambda v: v["router_settings"].update(fallbacks=[{"gone": ["chat"]}])),
    ("E01", "a default fallback to nothing", lambda v: v["router_settings"].update(default_fallbacks=["gone"])),
    ("E01", "an alias of nothing", lambda v: v["router_settings"].update(model_group_alias={"x": "gone"})),
    ("E02", "a member twice", lambda v: group(v)["models"].append("quality@local")),
    ("E02", "a fallback to itself", lambda v: v["router_settings"].update(fallbacks=[{"chat": ["chat"]}])),
    ("E03", "no provider", lambda v: params(v, Q).update(model="qwen3:8b")),
    ("E03", "a bare gemini", lambda v: params(v, C).update(model="gemini-2.5-flash")),
    ("E04", "vLLM without /v1", lambda v: params(v, Q).update(api_base="http://vllm-quality:8000")),
    ("E04", "Ollama with /v1", lambda v: params(v, F).update(api_base="http://ollama:11434/v1")),
    ("E04", "Anthropic with /v1", lambda v: params(v, C).update(api_base="https://api.anthropic.com/v1/")),
    ("E05", "Ollama without an address", lambda v: params(v, F).pop("api_base")),
    ("E06", "a variable that nobody sets", lambda v: params(v, C).update(api_key="os.environ/KEY")),
    ("E07", "no master key", lambda v: v["general_settings"].pop("master_key")),
    ("E07", "a written master key", lambda v: v["general_settings"].update(master_key="sk-1234")),
    (
        "E08",
        "a local server in OpenAI's budget",
        lambda v: (
            params(v, Q).update(model="openai/quality"),
            v["router_settings"].update(provider_budget_config={"openai": {"budget_limit": 5, "time_period": "1d"}}),
        ),
    ),
    (
        "E09",
        "a budget that never ends",
        lambda v: v["router_settings"].update(
            provider_budget_config={"openai": {"budget_limit": 5, "time_period": "1 month"}}
        ),
    ),
    (
        "E09",
        "a budget of nothing",
        lambda v: v["router_settings"].update(
            provider_budget_config={"openai": {"budget_limit": 0, "time_period": "1d"}}
        ),
    ),
    ("E09", "a deployment's budget without a period", lambda v: params(v, C).update(max_budget=5)),
    (
        "E11",
        "boundaries in the wrong order",
        lambda v: add_auto(v, tier_boundaries=BOUNDS | {"simple_medium": 0.9}, tiers=TIERS),
    ),
    ("E11", "a missing tier", lambda v: add_auto(v, tier_boundaries=BOUNDS, tiers={"SIMPLE": "chat"})),
    ("E11", "a misspelt boundary", lambda v: add_auto(v, tier_boundaries={"simpel": 0.1}, tiers=TIERS)),
    (
        "E11",
        "a tier that leads nowhere",
        lambda v: add_auto(v, tier_boundaries=BOUNDS, tiers=TIERS | {"SIMPLE": "gone"}),
    ),
    (
        "E12",
        "two routers of a licensed kind",
        add_licensed,
    ),
    ("E13", "an id twice", lambda v: info(v, Q).update(id=F)),
    ("E13", "an id that is a name", lambda v: info(v, Q).update(id="quality@local")),
    ("E14", "a module beside the configuration", lambda v: v["litellm_settings"]["callbacks"].append("plugin.hooks")),
    ("E14", "an authority from elsewhere", lambda v: v["general_settings"].update(custom_auth="auth.check")),
    ("E15", "a cooldown below zero", lambda v: v["router_settings"].update(cooldown_time=-5)),
    ("E15", "a limit in words", lambda v: params(v, C).update(rpm="ten")),
    ("E16", "a strategy that is none", lambda v: group(v).update(routing_strategy="fastest")),
    ("E16", "a member without a priority", lambda v: group(v)["model_priorities"].pop("fast@local")),
    ("E16", "a priority of zero", lambda v: group(v)["model_priorities"].update({"fast@local": 0})),
    ("E16", "priorities of another strategy", lambda v: group(v, 2).update(model_priorities={"quality@local": 1})),
    ("E16", "a name that LiteLLM keeps", lambda v: group(v).update(group_name="default")),
    ("E16", "a name twice", lambda v: group(v).update(group_name="code")),
    ("E16", "a name of a model", lambda v: group(v).update(group_name="fast@local")),
    (
        "E16",
        "a model in two strategies",
        lambda v: v["router_settings"]["routing_groups"].append({**group(v, 2), "group_name": "x"}),
    ),
    ("E16", "a router strategy that is none", lambda v: v["router_settings"].update(routing_strategy="bogus")),
    ("E17", "a budget that does nothing", lambda v: v["litellm_settings"].update(max_budget=5)),
    ("E18", "a key under its usual name", lambda v: params(v, C).update(api_key="os.environ/ANTHROPIC_API_KEY")),
    ("E18", "a written key", lambda v: params(v, C).update(api_key="sk-ant-1")),
    ("E19", "a local server as openai/", lambda v: params(v, Q).update(model="openai/quality")),
    ("W01", "overflow for some groups only", lambda v: v["router_settings"]["context_window_fallbacks"].pop()),
    ("W02", "a smaller window next and no check", lambda v: v["litellm_settings"]["callbacks"].pop(1)),
    ("W03", "retries", lambda v: v["router_settings"].update(num_retries=2)),
    ("W03", "LiteLLM's own number of retries", lambda v: v["router_settings"].pop("num_retries")),
    ("W03", "retries of one model", lambda v: params(v, Q).update(max_retries=3)),
    ("W04", "no cooldown", lambda v: v["router_settings"].pop("allowed_fails")),
    ("W05", "retries where nothing cools down", lambda v: v["router_settings"].update(num_retries=1)),
    ("W06", "no time limit", lambda v: params(v, Q).pop("timeout")),
    ("W06", "no time limit for streams", lambda v: params(v, Q).pop("stream_timeout")),
    ("W06", "no time limit of the router", lambda v: v["router_settings"].pop("timeout")),
    ("W07", "half a price", lambda v: info(v, C).pop("output_cost_per_token")),
    ("W07", "a price that Together ignores", lambda v: params(v, C).update(model="together_ai/x")),
    ("W10", "probes that cost money", lambda v: v["general_settings"].update(background_health_checks=True)),
    ("W11", "prometheus without its package", lambda v: v["litellm_settings"]["callbacks"].append("prometheus")),
    ("W12", "a tokenizer from the net", lambda v: v["litellm_settings"].pop("disable_hf_tokenizer_download")),
    ("W13", "a window wider than the server's", lambda v: params(v, F).update(num_ctx=2048)),
    ("W16", "no policy", lambda v: v["litellm_settings"].update(callbacks=[])),
    ("W16", "hooks in another order", lambda v: v["litellm_settings"]["callbacks"].reverse()),
    ("W16", "internal names that answer", lambda v: v["litellm_settings"].pop("enable_post_custom_auth_checks")),
    ("W17", "rules after the call", lambda v: v["litellm_settings"].update(post_call_rules="x.y")),
    ("W18", "a router plugin", lambda v: v["router_settings"].update(plugins=["x.y"])),
)


def lead_out(value: Config) -> None:
    info(value, Q)["dream_location"] = "cloud"
    value["router_settings"]["fallbacks"] = [{"code": ["quality@local"]}]


WRONG_LOCAL: tuple[tuple[str, Change], ...] = (
    ("a cloud deployment", lambda v: info(v, Q).update(dream_location="cloud")),
    ("a tag that leaves the machine", lambda v: params(v, F).update(model="ollama_chat/gpt-oss:120b-cloud")),
    ("a provider's key", lambda v: params(v, Q).update(api_key="os.environ/DREAM_OPENAI_API_KEY")),
    ("a fallback to a cloud", lead_out),
)


@pytest.mark.parametrize(("code", "what", "change"), WRONG, ids=[f"{code}-{what}" for code, what, _ in WRONG])
def test_a_known_fault_is_found(code: str, what: str, change: Change) -> None:
    value = good()
    assert lint(value) == ()
    change(value)
    assert code in {finding.split()[0] for finding in lint(value)}


@pytest.mark.parametrize(("what", "change"), WRONG_LOCAL, ids=[what for what, _ in WRONG_LOCAL])
def test_local_mode_refuses_every_way_out(what: str, change: Change) -> None:
    value = good("local")
    assert lint(value, "local") == ()
    change(value)
    assert "E10" in {finding.split()[0] for finding in lint(value, "local")}


def test_a_fallback_out_of_local_mode_is_named() -> None:
    value = good("local")
    lead_out(value)
    assert "E10 a fallback leads to quality@local in local mode" in lint(value, "local")


def test_there_is_a_case_for_every_lint() -> None:
    assert {code for code, _ in LINTS} == {code for code, _, _ in WRONG} - {"K01"} | {"E10"}


@pytest.mark.parametrize(
    "made",
    [
        fleet(),
        stack(),
        stack(policy=replace(POLICY, fallbacks_enabled=False, cooldown=0.0)),
        stack(providers=(replace(ANTHROPIC, secret=None, requests_per_minute=1),)),
        stack(clouds=(replace(CLAUDE, context=0, rates=None),)),
        stack(locals=(vllm(context=1024), ollama(timeout=0.5))),
    ],
    ids=["fleet", "desk", "no fallbacks", "limits", "unknown window and price", "small"],
)
def test_what_is_written_has_none_of_the_faults(made: Any) -> None:
    for routes in made.modes:
        assert lint(config(made, "desk", routes), routes.mode) == ()


def test_a_finding_says_what_is_wrong_and_where() -> None:
    value = good()
    params(value, Q)["timeout"] = "soon"
    assert "K01 model_list[0].litellm_params.timeout: 'soon' is not of type number" in lint(value)
