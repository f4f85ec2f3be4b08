from __future__ import annotations

import pytest

from dreamc.stack.serving import served
from dreamc.stack.types import Stack
from tests.unit.stack.files import BOX, CHAT, CLAUDE, HEAD, SMALL, found, local, one, stack, tiered, usual


def members(which: Stack, mode: str) -> dict[str, tuple[str, ...]]:
    return next({route.alias: route.members for route in one.routes} for one in which.modes if one.mode == mode)


def test_every_mode_answers_the_same_names_with_its_own_members() -> None:
    made = stack(usual())
    assert members(made, "hybrid") == {"chat": ("m", "claude")}
    assert members(made, "local") == {"chat": ("m",)}
    assert members(made, "cloud") == {"chat": ("claude",)}


def test_a_chain_named_after_a_model_begins_with_it() -> None:
    made = stack(HEAD + BOX + SMALL + CLAUDE + "fallbacks: {chains: {m: [claude]}}\n")
    assert members(made, "hybrid") == {"m": ("m", "claude")}


def test_a_chain_in_a_chain_stands_for_its_members() -> None:
    chains = "fallbacks: {chains: {base: {members: [m]}, all: [base, claude, m]}}\n"
    assert members(stack(HEAD + BOX + SMALL + CLAUDE + chains), "hybrid")["all"] == ("m", "claude")


def test_without_any_chain_every_model_can_be_asked_by_its_name() -> None:
    made = stack(f"{HEAD}mode: local\n{BOX}{SMALL}")
    assert made.aliases == ("m",)


def test_a_loop_is_one_finding_whoever_begins_it() -> None:
    chains = "fallbacks: {chains: {a: [m, b], b: [c], c: [b], d: [a]}}\n"
    finding = one(HEAD + BOX + SMALL + chains, "DRM212")
    assert (finding.path, finding.message) == (
        ("fallbacks", "chains", "c", 0),
        "the chains form a loop: b -> c -> b",
    )


def test_two_loops_are_two_findings() -> None:
    chains = "fallbacks: {chains: {a: [b], b: [a], c: [d], d: [c]}}\n"
    assert len(found(HEAD + BOX + SMALL + chains, "DRM212")) == 2


def test_a_mode_in_which_some_name_has_nobody_is_not_compiled_and_says_which() -> None:
    made = stack(HEAD + BOX + SMALL + CLAUDE + "fallbacks: {chains: {chat: [m, claude], own: [m]}}\n")
    assert [mode.mode for mode in made.modes] == ["local", "hybrid"]
    assert [(skip.mode, skip.reason) for skip in made.skipped] == [("cloud", "no cloud model answers 'own'")]


def test_hybrid_without_a_cloud_would_be_local_with_the_network_open() -> None:
    made = stack(local('  m: {source: "ollama:qwen2.5-coder:3b", context: 4k}\n'))
    assert {skip.mode for skip in made.skipped} == {"cloud", "hybrid"}


@pytest.mark.parametrize("mode", ["mode: cloud\n", ""])
def test_a_file_whose_own_mode_cannot_answer_is_refused(mode: str) -> None:
    finding = one(HEAD + mode + BOX + SMALL + "fallbacks: {chains: {chat: [m]}}\n", "DRM402")
    assert "mode: local" in finding.help
    assert finding.label == ("this mode" if mode else "without `mode:` it is hybrid")


def test_with_fallbacks_off_only_the_first_member_of_the_mode_is_asked() -> None:
    made = stack(HEAD + BOX + SMALL + CLAUDE + CHAT.replace("{chains", "{enabled: false, chains"))
    assert {mode.mode: served(made, mode.routes[0]) for mode in made.modes} == {
        "cloud": ("claude",), "local": ("m",), "hybrid": ("m",),
    }  # fmt: skip


def test_a_tier_has_its_own_members_first_and_its_neighbours_behind() -> None:
    made = stack(tiered())
    hybrid = next(mode for mode in made.modes if mode.mode == "hybrid")
    assert [(tier.name, tier.members) for tier in hybrid.tiers] == [
        ("fast", ("m", "claude")),
        ("dear", ("claude", "m")),
    ]


def test_a_capability_keeps_its_strategy() -> None:
    made = stack(usual("capabilities: {code: {models: [claude, m], strategy: load_balance}}\n"))
    route = next(route for route in made.modes[0].routes if route.alias == "code")
    assert (route.kind, route.strategy) == ("capability", "load_balance")


def test_a_provider_whose_models_are_off_is_not_called_missing() -> None:
    off = CLAUDE.replace("sonnet-5-5}", "sonnet-5-5, enabled: false}")
    text = f"{HEAD}{BOX}{SMALL}{off}fallbacks: {{chains: {{chat: [m]}}}}\n"
    assert "no cloud model is switched on" in one(text, "DRM402").message


def test_who_prefers_clouds_is_answered_by_the_tiers_above_before_those_below() -> None:
    models = SMALL.replace("context: 4k", "context: 4k, tier: mid") + SMALL.split("\n", 1)[1].replace(
        "m: {", "low: {").replace("context: 4k", "context: 4k, tier: low")  # fmt: skip
    claude = CLAUDE.replace("sonnet-5-5}", "sonnet-5-5, tier: mid}, high: {id: claude-haiku-5-5, tier: high}")
    text = f"{HEAD}{BOX}{models}{claude}routing: {{tiers: [low, mid, high], prefer: local}}\n"
    text += "fallbacks: {chains: {auto: routed}}\n"
    assert order(text, "mid") == ("m", "claude", "low", "high")
    assert order(text.replace("prefer: local", "prefer: cloud"), "mid") == ("claude", "m", "high", "low")
    assert order(text.replace(", prefer: local", ""), "mid") == order(text, "mid")


def order(text: str, tier: str) -> tuple[str, ...]:
    hybrid = next(mode for mode in stack(text).modes if mode.mode == "hybrid")
    return next(one.members for one in hybrid.tiers if one.name == tier)
