"""Faults of published configurations that this language came from, each as a file that must not pass in silence.

BasicFist/gathewhy at 057de0f (generate-litellm-config.py and its sources), badnewsgoonies-dot/swarm-memory at 7413619
(llm_config.yaml, llm_router.py), Light-Heart-Labs/DreamServer at 6a5047fd (hybrid-config.yaml, docker-compose files).
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import yaml

from dreamc.compiler import Request, resolve
from dreamc.diagnostics.types import Source
from dreamc.document.read import read
from dreamc.document.validate import validate
from dreamc.knowledge.ollama import cloud_tag
from dreamc.spec import RENAMED, Dream
from tests.property.examples import TEXTS, emitted, stack_of
from tests.unit.stack.files import BOX, HEAD, found, local, one, stack, usual


def refused(text: str) -> list[tuple[str, str]]:
    """Codes and helps of a file whose shape is wrong."""
    document, problems = read(Source("dream.yaml", text))
    if document is None:
        return [(each.code, each.help) for each in problems]
    return [(each.code, each.help) for each in validate(Dream, document, RENAMED)[1]]


# gathewhy
def test_a_header_holds_no_clock_and_no_commit(tmp_path: Path) -> None:
    file = tmp_path / "dream.yaml"
    file.write_text(TEXTS["hybrid-4070"], encoding="utf-8")
    made = (resolve(Request(file, None, {}, date(year, 1, 31))).stack for year in (2020, 2040))
    first, again = (emitted(stack) for stack in made if stack is not None)
    assert first == again
    heads = {text.splitlines()[0] for path, text in first.items() if path.endswith((".yml", "config.yaml"))}
    assert all("2026" not in head and "Generated at" not in head for head in heads)


def test_keys_reach_litellm_as_references_it_reads(tmp_path: Path) -> None:
    for path, text in emitted(stack_of(TEXTS["hybrid-4070"], tmp_path)).items():
        if "/config/litellm/" in path:
            assert "${" not in text
            assert ("os.environ/DREAM_ANTHROPIC_API_KEY" in text) is ("offline" not in path)


def test_no_alias_stands_for_a_list(tmp_path: Path) -> None:
    for path, text in emitted(stack_of(TEXTS["rtx5000-lab"], tmp_path)).items():
        if "/config/litellm/" in path:
            aliases = yaml.safe_load(text)["router_settings"].get("model_group_alias", {})
            assert all(isinstance(one, str | dict) for one in aliases.values())


def test_weights_and_conditions_become_something_that_is_read(tmp_path: Path) -> None:
    for path, text in emitted(stack_of(TEXTS["rtx5000-lab"], tmp_path)).items():
        if "/config/litellm/" in path:
            config = yaml.safe_load(text)
            assert "lab_extensions" not in config["router_settings"]
            assert set(config) <= {"model_list", "router_settings", "litellm_settings", "general_settings"}


def test_a_provider_where_a_model_belongs_is_found() -> None:
    text = usual().replace("[m, claude]", "[m, anthropic]")
    assert "'anthropic' is a provider, not a model" in one(text, "DRM202").message


@pytest.mark.parametrize("alias", ["high_throughput", "low_latency"])
def test_no_capability_is_dropped(alias: str, tmp_path: Path) -> None:
    made = emitted(
        stack_of(usual(f"capabilities: {{{alias}: {{models: [m, claude], strategy: load_balance}}}}\n"), tmp_path)
    )
    for path, text in made.items():
        if path.endswith("-config.yaml"):
            assert alias in {group["group_name"] for group in yaml.safe_load(text)["router_settings"]["routing_groups"]}


def test_a_chain_called_default_is_a_name_for_clients_like_any_other() -> None:
    assert stack(usual().replace("chat:", "default:")).aliases == ("default",)


def test_a_comment_is_no_key() -> None:
    ((code, _),) = refused(HEAD + BOX + 'gateway: {"# Authentication disabled intentionally": null}\n')
    assert code == "DRM101"


def test_an_open_address_is_reported_and_a_key_is_always_asked_for() -> None:
    text = usual("gateway: {bind: 0.0.0.0}\n")
    assert found(text, "DRM503")
    assert stack(text).gateway.secret.variable == "DREAM_GATEWAY_KEY"


def test_a_local_server_without_v1_is_found_and_both_forms_of_a_model_are_read() -> None:
    entry = (
        "llama-cpp: {kind: openai-compatible, base_url: 'http://nas.lan:8000', key: env://K, models: {a: , b: {id: x}}}"
    )
    text = f"{HEAD}mode: cloud\n{BOX}providers: {{{entry}}}\n"
    assert one(text, "DRM614").help == "write base_url: http://nas.lan:8000/v1"
    assert [model.id for model in stack(text.replace(":8000", ":8000/v1")).clouds] == ["a", "x"]


def test_a_version_is_not_taken_for_a_number_of_parameters() -> None:
    known = cloud_tag("glm-4.6:cloud")
    assert known is not None
    assert known.gib_at_4bit > 100
    assert "166 GiB" in one(local('  m: {source: "ollama:glm-4.6:cloud"}\n'), "DRM310").message


# swarm-memory
def test_a_price_per_thousand_tokens_is_recognised() -> None:
    price = "usd_per_mtok: {input: 2000, output: 10000}"
    text = usual().replace("claude-sonnet-5-5", f"claude-sonnet-5-5, {price}")
    assert all("1,000 times too high" in each.message for each in found(text, "DRM603"))
    assert len(found(text, "DRM603")) == 2


def test_the_old_key_for_prices_names_the_new_one_and_its_unit() -> None:
    entry = "anthropic: {key: env://K, models: {c: {id: claude-sonnet-5-5, cost_per_1k_tokens: 3.0}}}"
    ((code, help_),) = refused(f"{HEAD}{BOX}providers: {{{entry}}}\n")
    assert code == "DRM103"
    assert "usd_per_mtok" in help_
    assert "per million" in help_


def test_actions_of_the_file_decide_and_not_a_list_in_the_code(tmp_path: Path) -> None:
    policy = stack_of(TEXTS["daemon-tiers"], tmp_path).policy
    assert dict(policy.actions)["spawn_daemon"] == "api_fallback"


def test_a_daily_budget_reaches_the_policy_that_enforces_it(tmp_path: Path) -> None:
    policy = emitted(stack_of(TEXTS["daemon-tiers"], tmp_path))["box/config/policy.json"]
    assert '"daily_usd": 10' in policy


# DreamServer
@pytest.mark.parametrize("key", ["fallback_models", "circuit_breaker", "logs_dir"])
def test_keys_that_litellm_does_not_have_are_no_keys_here(key: str) -> None:
    assert [code for code, _ in refused(f"{HEAD}{BOX}fallbacks: {{{key}: x}}\n")] == ["DRM101"]


def test_two_servers_on_one_card_are_sized_together() -> None:
    made = stack(
        local(
            '  v: {source: "hf:Qwen/Qwen2.5-7B-Instruct-AWQ", context: 4k..32k, concurrency: 4, gpu: 0}\n'
            '  o: {source: "ollama:qwen2.5-coder:3b", context: 8k, gpu: 0}\n'
        )
    )
    (one_card,) = made.ledgers
    assert len(one_card.ledger.entries) == 2
    assert one_card.ledger.free >= 0


def test_an_empty_answer_is_a_trigger_that_can_be_asked_for() -> None:
    assert "empty" in stack(usual()).policy.triggers


def test_a_stale_id_is_found_and_the_nearest_one_offered() -> None:
    text = usual().replace("claude-sonnet-5-5", "claude-sonnet-4-5-20250514")
    finding = one(text, "DRM601")
    assert finding.path == ("providers", "anthropic", "models", "claude", "id")
    assert "claude-sonnet-4-5-20250929" in finding.help
