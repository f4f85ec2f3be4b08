from __future__ import annotations

import pytest

from dreamc.stack.references import references
from tests.unit.stack.files import BOX, CHAT, CLAUDE, HEAD, SMALL, dream, found, one, tiered, usual


def codes(text: str) -> list[tuple[str, tuple[str | int, ...]]]:
    return [(one.code, one.path) for one in references(dream(text))]


def test_a_file_whose_names_all_exist_has_no_finding() -> None:
    assert codes(usual()) == []
    assert codes(tiered()) == []


def test_a_provider_is_no_model() -> None:
    (one,) = references(dream(HEAD + BOX + SMALL + CLAUDE + "fallbacks: {chains: {chat: [m, anthropic]}}\n"))
    assert (one.code, one.path) == ("DRM202", ("fallbacks", "chains", "chat", 1))
    assert "'anthropic' is a provider, not a model" in one.message
    assert one.related[0].path == ("providers", "anthropic")


def test_a_member_may_be_another_chain_but_not_a_capability() -> None:
    more = "fallbacks: {chains: {chat: [m], all: [chat, claude]}}\n"
    assert codes(HEAD + BOX + SMALL + CLAUDE + more) == []
    more = "fallbacks: {chains: {chat: [code]}}\ncapabilities: {code: {models: [m]}}\n"
    assert codes(HEAD + BOX + SMALL + CLAUDE + more) == [("DRM202", ("fallbacks", "chains", "chat", 0))]


def test_a_capability_names_models_because_a_chain_in_it_would_be_lost() -> None:
    more = "capabilities: {code: {models: [m, chat]}}\n"
    assert codes(usual(more)) == [("DRM202", ("capabilities", "code", "models", 1))]


def test_a_routed_chain_is_no_step_of_another() -> None:
    text = tiered(chains="auto: routed, chat: [m, auto]")
    assert codes(text) == [("DRM202", ("fallbacks", "chains", "chat", 1))]


@pytest.mark.parametrize(
    ("more", "path"),
    [
        ("gateway: {hosts: [bxo]}\n", ("gateway", "hosts", 0)),
        ("services: {qdrant: {host: bxo}}\n", ("services", "qdrant", "host")),
        ("services: {open-webui: {host: bxo}}\n", ("services", "open-webui", "host")),
    ],
)
def test_an_unknown_host_is_found_wherever_it_is_named(more: str, path: tuple[str | int, ...]) -> None:
    (one,) = references(dream(usual(more)))
    assert (one.code, one.path, one.help) == ("DRM201", path, "did you mean 'box'?")


def test_all_wrong_names_are_reported_at_once() -> None:
    text = usual(
        "capabilities: {code: {models: [nobody]}}\nrouting: {actions: {edit: none}}\ngateway: {hosts: [nowhere]}\n"
    )
    assert sorted(code for code, _ in codes(text)) == ["DRM201", "DRM202", "DRM203"]


def test_a_tier_of_a_bound_that_is_misspelt_is_marked_at_its_key() -> None:
    text = tiered("complexity: {fats: 0.5, dear: 1}")
    (one,) = references(dream(text))
    assert (one.code, one.on_key, one.help) == ("DRM203", True, "did you mean 'fast'?")


def test_a_chain_may_be_named_after_a_model_but_a_capability_not_after_a_chain() -> None:
    assert codes(HEAD + BOX + SMALL + CLAUDE + "fallbacks: {chains: {m: [claude]}}\n") == []
    assert codes(usual("capabilities: {chat: {models: [m]}}\n")) == [("DRM204", ("capabilities", "chat"))]


def test_a_switched_off_member_says_where_it_was_switched_off() -> None:
    text = HEAD + BOX + SMALL + CLAUDE.replace("models: {", "enabled: false, models: {") + CHAT
    (one,) = references(dream(text))
    assert (one.code, one.path) == ("DRM210", ("fallbacks", "chains", "chat", 1))
    assert one.related[0].path == ("providers", "anthropic", "enabled")


def test_a_chain_called_like_the_group_of_a_tier_is_refused() -> None:
    text = tiered(chains='auto: routed, "tier:fast": [m]')
    assert codes(text) == [("DRM204", ("fallbacks", "chains", "tier:fast"))]


def test_a_capability_may_be_named_after_a_model_that_it_holds_but_not_after_another() -> None:
    more = "capabilities: {claude: {models: [m]}}\n"
    assert one(usual(more), "DRM204").path == ("capabilities", "claude")
    assert found(usual(more.replace("[m]", "[claude, m]")), "DRM204") == []


def test_the_first_tier_is_answered_with_how_tiers_are_listed() -> None:
    text = usual().replace("context: 4k", "context: 4k, tier: fast")
    assert one(text, "DRM203").help == "list the tiers: `routing: {tiers: [fast]}`"
