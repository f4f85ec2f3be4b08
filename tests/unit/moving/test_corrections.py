"""What the originals had wrong is put right, and said: each in the shape in which it was found."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from dreamc.moving.move import Moved
from tests.unit.moving.shapes import of_text, row, shape


def value(made: Moved) -> dict[str, object]:
    found = yaml.safe_load(made.text)
    assert isinstance(found, dict)
    return found


def at(made: Moved, *keys: str | int) -> object:
    found: object = value(made)
    for key in keys:
        found = found[key]  # type: ignore[index]
    return found


def test_a_price_per_million_written_as_per_thousand() -> None:
    made = shape("daemon")
    found = row(made, "tiers.api_fallback.models[0].cost_per_1k_tokens")
    assert found.verdict == "corrected"
    assert "3000 USD per million tokens" in found.reason
    assert "usd_per_mtok" not in str(at(made, "providers", "anthropic"))


def test_a_price_per_million_written_as_per_token() -> None:
    found = row(shape("modes"), "model_list[2].litellm_params.input_cost_per_token")
    assert (found.verdict, "millionfold" in found.reason) == ("corrected", True)


def test_braces_that_litellm_does_not_fill_in() -> None:
    made = shape("modes")
    assert row(made, "model_list[1].litellm_params.api_key").verdict == "corrected"
    assert at(made, "providers", "anthropic", "key") == "env://ANTHROPIC_API_KEY"


def test_a_reference_as_litellm_reads_it_is_taken() -> None:
    made = shape("modes")
    assert row(made, "general_settings.master_key").verdict == "taken"
    assert at(made, "gateway", "key") == "env://LITELLM_MASTER_KEY"


@pytest.mark.parametrize(
    ("name", "key"),
    [("modes", "model_list[2].litellm_params.api_key"), ("daemon", "tiers.api_fallback.models[1].api_key"),
     ("lab", "commands[0][16] --api-key")],
)  # fmt: skip
def test_a_written_key_is_replaced_by_a_reference_and_has_to_be_revoked(name: str, key: str) -> None:
    found = row(shape(name), key)
    assert found.verdict == "corrected"
    assert "revoke it" in found.reason


def test_fallbacks_to_a_provider_are_to_its_models() -> None:
    made = shape("lab")
    assert at(made, "capabilities", "large_context", "models") == ["qwen3-coder:480b-cloud", "gpt-oss:120b-cloud"]
    assert "is a provider" in row(made, "capabilities.large_context.fallback").reason
    assert at(made, "fallbacks", "chains", "qwen3-coder:480b-cloud") == ["coder-vllm"]


def test_a_member_that_nobody_defines_is_left_out_and_said() -> None:
    found = row(shape("lab"), "fallback_chains.qwen3-coder:480b-cloud.chain[1]")
    assert (found.verdict, "no-such-model" in found.reason) == ("left", True)


def test_volumes_that_move_with_the_mode_get_one_place() -> None:
    for file in ("docker-compose.cloud.yml", "docker-compose.local.yml"):
        found = row(shape("modes"), f"{file}|services.chat-ui.volumes[0]")
        assert (found.verdict, found.target) == ("corrected", "data.root")
        assert "./data/open-webui" in found.reason
        assert "./config/open-webui" in found.reason


def test_data_that_one_mode_does_not_keep_is_said() -> None:
    found = row(shape("modes"), "docker-compose.hybrid.yml|services.whisper.volumes[0]")
    assert "docker-compose.local.yml kept nothing of it" in found.reason


def test_a_card_that_is_booked_three_times_is_left_to_the_compiler() -> None:
    made = shape("modes")
    places = "services.{}.deploy.resources.reservations.devices[0].device_ids[0]"
    for service in ("vllm", "whisper", "tts"):
        found = row(made, "docker-compose.local.yml|" + places.format(service))
        assert found.verdict == "corrected"
        assert "booked 3 times, by vllm, whisper and tts" in found.reason
    assert "gpu" not in str(at(made, "models", "default"))


def test_a_card_that_is_booked_once_is_no_mistake() -> None:
    key = "docker-compose.hybrid.yml|services.vllm.deploy.resources.reservations.devices[0].device_ids[0]"
    assert row(shape("modes"), key).verdict == "taken"


def test_the_share_of_a_card_is_computed_anew() -> None:
    assert row(shape("lab"), "providers.vllm-coder.gpu_memory_utilization").verdict == "corrected"
    assert row(shape("lab"), "commands[0][12] --gpu-memory-utilization").verdict == "corrected"


@pytest.mark.parametrize(
    "key", ["docker-compose.cloud.yml|version", "docker-compose.local.yml|services.vllm.network_mode",
            "docker-compose.local.yml|services.vllm.image", "docker-compose.local.yml|services.vllm.ipc"],
)  # fmt: skip
def test_obsolete_and_open_keys_of_compose_are_corrected(key: str) -> None:
    assert row(shape("modes"), key).verdict == "corrected"


def test_a_service_that_dreamc_does_not_run_is_left_with_what_to_do() -> None:
    found = row(shape("modes"), "services.monitor.ports[0]")
    assert found.verdict == "left"
    assert "a compose file of its own" in found.reason


@pytest.mark.parametrize("key", ["fallback_models[0]", "circuit_breaker.enabled"])
def test_keys_that_litellm_never_read_are_left(key: str) -> None:
    assert "does not read" in row(shape("modes"), key).reason


def test_a_list_where_litellm_takes_a_name_is_a_chain() -> None:
    made = shape("modes")
    assert at(made, "fallbacks", "chains", "chat") == ["default", "backup"]
    assert row(made, "router_settings.model_group_alias.chat[1]").verdict == "corrected"


def test_an_action_that_an_override_names_goes_where_the_override_says() -> None:
    made = shape("daemon")
    actions = at(made, "routing", "actions")
    assert actions == {
        "classify_memory": "local_fast", "write_memory": "local_quality", "read_file": "local_quality",
        "edit_file": "local_quality", "plan": "api_fallback", "spawn_daemon": "api_fallback",
        "list_files": "local_fast",
    }  # fmt: skip
    assert row(made, "action_complexity.complex[0]").verdict == "corrected"
    assert row(made, "routing.action_tier_overrides.audit").verdict == "left"


def test_the_default_chain_is_a_name_and_no_wildcard() -> None:
    made = shape("lab")
    assert row(made, "fallback_chains.default.chain[0]").verdict == "corrected"
    assert at(made, "fallbacks", "chains", "default") == ["llama3.1:8b"]


def test_a_domain_is_written_without_its_scheme() -> None:
    made = shape("whitelist")
    assert at(made, "whitelist", "cloud_apis") == ["openai.com", "anthropic.com", "googleapis.com"]
    assert [row(made, f"cloud_apis[{at_}]").verdict for at_ in range(3)] == ["taken", "corrected", "corrected"]


def test_a_profile_without_tiers_gets_two_and_says_so() -> None:
    made = shape("whitelist")
    assert at(made, "routing", "tiers") == ["local", "cloud"]
    assert at(made, "fallbacks", "chains", "auto") == "routed"
    assert any("assumed" in one for one in made.assumed)


def test_two_models_under_one_name_share_its_requests(tmp_path: Path) -> None:
    text = """
model_list:
  - {model_name: code, litellm_params: {model: "ollama/qwen2.5-coder:7b", api_base: "http://localhost:11434"}}
  - {model_name: code, litellm_params: {model: "ollama/llama3.1:8b", api_base: "http://localhost:11434", weight: 2}}
router_settings: {routing_strategy: least-busy}
"""
    made = of_text(tmp_path, text)
    assert at(made, "capabilities", "code") == {
        "models": ["qwen2.5-coder:7b", "llama3.1:8b"], "strategy": "least_loaded",
    }  # fmt: skip
    assert row(made, "model_list[1].litellm_params.weight").verdict == "left"


def test_a_tag_of_ollamas_cloud_is_a_clouds_whatever_address_asks_for_it(tmp_path: Path) -> None:
    text = """
model_list:
  - model_name: big
    litellm_params: {model: "ollama_chat/gpt-oss:120b-cloud", api_base: "http://localhost:11434"}
"""
    made = of_text(tmp_path, text)
    assert at(made, "providers", "ollama-cloud", "models", "big", "id") == "gpt-oss:120b-cloud"
    assert row(made, "model_list[0].litellm_params.api_base").verdict == "corrected"


def test_what_speaks_openais_api_elsewhere_is_a_provider_of_its_own(tmp_path: Path) -> None:
    text = """
model_list:
  - model_name: fast
    litellm_params: {model: openai/fast-1, api_base: "https://api.example.com/v1", api_key: os.environ/EX_KEY}
"""
    made = of_text(tmp_path, text)
    assert at(made, "providers", "api-example-com") == {
        "key": "env://EX_KEY", "kind": "openai-compatible", "base_url": "https://api.example.com/v1",
        "models": {"fast": {"id": "fast-1"}},
    }  # fmt: skip


def test_what_starts_is_believed_before_what_describes_it() -> None:
    made = shape("lab")
    assert at(made, "models", "coder-vllm", "source") == "hf:Qwen/Qwen2.5-Coder-7B-Instruct-AWQ"
    assert at(made, "models", "coder-vllm", "context") in ("4k", 4096)


def test_sources_of_two_minds_are_both_named(tmp_path: Path) -> None:
    (tmp_path / "a.sh").write_text("vllm serve Qwen/Qwen3-8B --served-model-name m --max-model-len 8192\n")
    text = 'providers: {v: {type: vllm, base_url: "http://127.0.0.1:8000", models: [{name: m, context_length: 4096}]}}'
    (tmp_path / "p.yaml").write_text(text)
    from tests.unit.moving.shapes import moved

    made = moved(tmp_path, gpu="rtx-3090")
    assert at(made, "models", "m", "context") == "8k"
    (conflict,) = made.conflicts
    assert "a.sh:1" in conflict.kept
    assert "p.yaml:1" in conflict.dropped
    assert row(made, "providers.v.models[0].context_length").verdict == "left"


def test_a_model_without_a_source_is_left_with_what_is_missing(tmp_path: Path) -> None:
    text = """
providers:
  v: {type: vllm, base_url: "http://127.0.0.1:8000", models: [m]}
  o: {type: ollama, models: ["llama3.1:8b"]}
"""
    made = of_text(tmp_path, text)
    assert "said nowhere" in row(made, "providers.v.models[0]").reason
    assert list(at(made, "models")) == ["llama3.1:8b"]  # type: ignore[call-overload]


def test_a_model_that_no_table_knows_stays_in_the_file_switched_off(tmp_path: Path) -> None:
    (tmp_path / "a.sh").write_text("vllm serve nobody/knows-this-one\nvllm serve Qwen/Qwen3-8B\n")
    from dreamc.moving.prove import alone, prove
    from tests.unit.moving.shapes import TODAY, moved

    made = moved(tmp_path / "a.sh", gpu="rtx-3090")
    assert at(made, "models", "nobody/knows-this-one", "enabled") is False
    assert not prove(made.text, alone(TODAY)).failed
    assert any("switched off" in one for one in made.assumed)


def test_the_card_is_the_smallest_that_holds_it_where_nobody_names_one(tmp_path: Path) -> None:
    (tmp_path / "a.sh").write_text("vllm serve Qwen/Qwen2.5-32B-Instruct-AWQ --max-model-len 4096\n")
    from tests.unit.moving.shapes import moved

    made = moved(tmp_path / "a.sh")
    assert "ASSUMED" in made.text
    assert any(one.startswith("hardware.main.gpus") for one in made.assumed)


def test_several_servers_of_one_model_are_replicas(tmp_path: Path) -> None:
    text = """
services:
  a: {image: "vllm/vllm-openai:v0.33.0", command: [--model, Qwen/Qwen3-8B, --served-model-name, m]}
  b: {image: "vllm/vllm-openai:v0.33.0", command: [--model, Qwen/Qwen3-8B, --served-model-name, m]}
"""
    made = of_text(tmp_path, text, "docker-compose.yml", gpu="2 x rtx-3090")
    assert at(made, "models", "m", "replicas") == 2


def test_variables_of_env_files_fill_in_compose_files() -> None:
    made = shape("modes")
    assert "docker-compose.local.yml" in row(made, "LLM_MODEL").reason
    assert row(made, "TZ").verdict == "left"


def test_prices_beside_a_deployment_count_like_those_among_its_parameters(tmp_path: Path) -> None:
    made = of_text(
        tmp_path,
        "model_list:\n"
        "  - model_name: claude\n"
        "    litellm_params: {model: anthropic/claude-sonnet-5-5, api_key: os.environ/ANTHROPIC_API_KEY}\n"
        "    model_info:\n"
        "      input_cost_per_token: 0.000001\n"
        "      output_cost_per_token: 0.000004\n"
        "      input_cost_per_token_above_200k_tokens: 0.000002\n",
    )
    (model,) = at(made, "providers", "anthropic", "models").values()  # type: ignore[attr-defined]
    assert model["usd_per_mtok"] == {"input": 1, "output": 4}
    assert row(made, "model_list[0].model_info.input_cost_per_token").verdict == "taken"
    assert "table" in row(made, "model_list[0].model_info.input_cost_per_token_above_200k_tokens").reason
