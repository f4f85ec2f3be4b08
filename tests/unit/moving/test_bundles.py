"""What `compile` wrote, imported and compiled again, is the same bundle: for all examples, byte for byte."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from dreamc.artifact.types import Bundle
from dreamc.compiler import emit
from dreamc.errors import DreamError
from dreamc.moving.finish import Wish
from dreamc.moving.move import Moved, move
from dreamc.moving.recognise import find
from dreamc.moving.report import as_json, summary
from tests.property.examples import TEXTS, resolved
from tests.unit.moving.shapes import TODAY, moved, row

DIGEST = re.compile(r'"?[0-9a-f]{64}"?')
"""Of the input, in the first line of files, and all that follow from it: labels, definitions, MANIFEST.json."""


def bundles(text: str, folder: Path) -> tuple[Bundle, ...]:
    result = resolved(text, folder)
    assert result.stack is not None, result.findings
    return emit(result.stack)


def written(text: str, folder: Path) -> Path:
    """A build directory."""
    for bundle in bundles(text, folder):
        for one in bundle.artifacts:
            path = folder / "build" / bundle.host / one.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(one.content)
    return folder / "build"


def imported(text: str, folder: Path) -> Moved:
    return moved(written(text, folder))


def files(text: str, folder: Path, blind: bool) -> dict[str, str]:
    found = {f"{bundle.host}/{one.path}": one.text for bundle in bundles(text, folder) for one in bundle.artifacts}
    return {path: DIGEST.sub("", content) for path, content in found.items()} if blind else found


@pytest.mark.parametrize("name", TEXTS)
def test_the_bundle_of_an_example_gives_back_a_file_that_compiles_to_it(name: str, tmp_path: Path) -> None:
    made = imported(TEXTS[name], tmp_path)
    assert made.differs == ()
    assert made.own == ()
    assert "byte for byte" in summary(made)


@pytest.mark.parametrize("name", TEXTS)
def test_compiled_as_any_other_file_only_digests_of_the_input_differ(name: str, tmp_path: Path) -> None:
    made = imported(TEXTS[name], tmp_path)
    (tmp_path / "again").mkdir()
    assert files(made.text, tmp_path / "again", blind=True) == files(TEXTS[name], tmp_path, blind=True)


@pytest.mark.parametrize("name", TEXTS)
def test_every_key_of_a_bundle_is_accounted_for(name: str, tmp_path: Path) -> None:
    made = imported(TEXTS[name], tmp_path)
    assert made.rows
    assert {one.verdict for one in made.rows} == {"taken"}
    keys = [(one.file, one.key) for one in made.rows]
    assert len(keys) == len(set(keys))
    assert '"differs": []' in as_json(made)


BASE = """
dream: 1
name: odd
mode: MODE
hardware:
  box: {gpus: [rtx-3090, rtx-4090], ram: 64 GiB}
models:
  small: {source: "ollama:llama3.1:8b", context: 8k, keep_alive: 10m, description: Small talk, gpu: 1}
  big:
    source: hf:Qwen/Qwen2.5-7B-Instruct-AWQ
    context: 8k..32k
    gpu: 0
    timeout: 90s
    engine_args: {enable-prefix-caching: true, max-num-batched-tokens: 4096}
providers:
  anthropic:
    key: file:///run/secrets/key
    models: {claude: {id: claude-sonnet-5-5, usd_per_mtok: {input: 1, output: 4}}}
  house:
    kind: openai-compatible
    base_url: https://models.example.com/v1
    models: {large: {id: house-large, context: 64k, description: Of the house}}
    rate_limits: {requests_per_minute: 40}
fallbacks:
  timeout: 45s
  cooldown: 20s
  triggers: [timeout, connection]
  chains:
    chat: {members: [small, big, claude], description: For everybody}
    big: [large]
capabilities:
  quick: {models: [small, big], strategy: fastest}
gateway: {port: 4444, key: env://OTHER_KEY, bind: 0.0.0.0}
images: {vllm: 0.24.0, ollama: 0.30.1}
services:
  open-webui: {port: 3333, auth: false}
  whisper: {model: small, memory: 3 GiB}
  tts: {voice: am_adam}
  qdrant: {}
  redis: {memory: 1 GiB}
data: {root: /srv/dream}
budget: {daily: 3.5 USD, alert_at: 75%}
routing: {cache: {ttl: 2h, backend: memory}}
usage: {log: calls.jsonl, keep: 3, rotate: {size: 1 MiB, age: 7d}}
"""


@pytest.mark.parametrize("mode", ["hybrid", "local"])
def test_settings_that_no_example_has_come_back_too(mode: str, tmp_path: Path) -> None:
    made = imported(BASE.replace("MODE", mode), tmp_path)
    assert made.differs == (), made.text


ROUTED = """
dream: 1
name: routed
profile: performance
mode: hybrid
hardware: {box: {gpus: rtx-3090}}
models:
  a: {source: "ollama:llama3.1:8b", context: 8k, tier: low}
  b: {source: "ollama:qwen2.5-coder:7b", context: 8k, tier: middle}
providers:
  openai: {key: env://OPENAI_API_KEY, budget: {monthly: 5 USD}, models: {gpt: {id: gpt-5.4, tier: middle}}}
  anthropic: {key: env://ANTHROPIC_API_KEY, models: {claude: {id: claude-sonnet-5-5, tier: high}}}
fallbacks: {chains: {auto: routed}}
routing:
  tiers: [low, middle, high]
  actions: {plan: high}
  prefer: cloud
  when_cut: local_with_cot
  cot_prompt: Think.
  quality: {agreement: true, checks: [not_empty, complete]}
budget: {monthly: 20 USD}
whitelist: {cloud_apis: [openai.com, anthropic.com], allowed_for_cloud: {plan: true}}
services: {mcp-whitelist-manager: {admin_port: 8767}, searxng: {}}
"""


def test_tiers_that_prefer_the_cloud_come_back(tmp_path: Path) -> None:
    made = imported(ROUTED, tmp_path)
    assert made.differs == (), made.text
    routing = yaml.safe_load(made.text)["routing"]
    assert (routing["prefer"], routing["when_cut"], routing["cot_prompt"]) == ("cloud", "local_with_cot", "Think.")


def test_a_value_says_from_which_file_of_the_bundle_it_is(tmp_path: Path) -> None:
    made = imported(TEXTS["hybrid-4070"], tmp_path)
    assert row(made, "config/policy.json|actions.code_review").target == "routing.actions"
    assert "config/providers.yaml:" in made.text


def test_a_bundle_that_somebody_edited_names_the_files_that_would_be_written_otherwise(tmp_path: Path) -> None:
    build = written(TEXTS["zero-cloud"], tmp_path)
    file = build / "den" / "docker-compose.local.yml"
    file.write_text(file.read_text().replace("pids_limit: 4096", "pids_limit: 9999"))
    made = moved(build)
    assert made.differs == ("den/docker-compose.local.yml",)
    assert row(made, "docker-compose.local.yml|services.qdrant.pids_limit").verdict == "left"


def test_a_bundle_of_another_version_differs_in_the_compilers_own_files_only(tmp_path: Path) -> None:
    build = written(TEXTS["zero-cloud"], tmp_path)
    for path in (build / "den" / "dream", build / "den" / "config" / "runtime" / "dream_runtime" / "policy.py"):
        path.write_text(path.read_text() + "\n# of an earlier version\n")
    made = moved(build)
    assert made.differs == ()
    assert made.own == ("den/config/runtime/dream_runtime/policy.py", "den/dream")


def test_one_host_of_a_fleet_without_its_gateway_is_refused_with_what_to_name(tmp_path: Path) -> None:
    build = written(TEXTS["fleet"], tmp_path)
    with pytest.raises(DreamError, match="gateway"):
        moved(build / "h200-a")


def test_bundles_of_two_stacks_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with pytest.raises(DreamError, match="several stacks"):
        moved(written(TEXTS["zero-cloud"], tmp_path / "a"), written(TEXTS["daemon-tiers"], tmp_path / "b"))


CHECKED = """
dream: 1
name: checked
mode: hybrid
hardware: {box: {gpus: rtx-3090}}
models: {a: {source: "ollama:llama3.1:8b", context: 8k, tier: low}}
providers: {anthropic: {key: env://ANTHROPIC_API_KEY, models: {claude: {id: claude-sonnet-5-5, tier: high}}}}
fallbacks: {chains: {auto: routed}}
routing: {tiers: [low, high], quality: {checks: [not_empty, "house:polite"]}}
"""


def test_checks_of_ones_own_come_back_with_their_module(tmp_path: Path) -> None:
    (tmp_path / "house.py").write_text("def polite(answer, action, prompt):\n    return True\n")
    made = imported(CHECKED, tmp_path)
    assert made.differs == (), made.differs
    assert dict(made.modules) == {"house.py": (tmp_path / "house.py").read_text()}


LOCKED = """
lock: 1
models:
  ollama:llama3.1:8b:
    digest: sha256:DIGEST
    size: 4920734272
    files: [{digest: "sha256:DIGEST", size: 4920734272, media: application/vnd.ollama.image.model}]
images:
  redis:8.4.0-alpine: {digest: "sha256:DIGEST", size: 12000000}
"""


def test_what_a_lock_file_pinned_needs_the_lock_file_beside_it(tmp_path: Path) -> None:
    from dreamc.inputs import lock

    (tmp_path / "dream.lock.yaml").write_text(LOCKED.replace("DIGEST", "ab" * 32))
    pins, _, _, problems = lock(tmp_path / "dream.yaml", 0)
    assert pins is not None, problems
    text = BASE.replace("MODE", "hybrid")
    build = written(text, tmp_path)
    alone_ = moved(build)
    assert alone_.differs
    assert any("dream.lock.yaml" in one for one in alone_.assumed)
    assert move(find((build,)), Wish("", ""), TODAY, pins).differs == ()
