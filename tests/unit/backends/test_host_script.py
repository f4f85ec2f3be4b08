from __future__ import annotations

import subprocess

import pytest
from msgspec.structs import replace

from dreamc.backends.host_script import Alias, Group, Weights, emit, host_script, start_seconds
from dreamc.stack.types import Skipped
from dreamc.workloads import workloads
from tests.unit.backends.stacks import assistant, fleet, ollama, routes, secret, stack, vllm


@pytest.mark.parametrize("host", ["desk", "gpu01"])
def test_the_script_is_a_posix_shell_script(host: str) -> None:
    (artifact,) = emit(fleet(), host)
    assert artifact.executable
    assert artifact.text.startswith("#!/bin/sh\n")
    done = subprocess.run(["sh", "-n"], input=artifact.text, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_it_knows_services_secrets_and_cards_of_every_mode() -> None:
    cloud, local, hybrid = host_script(stack(), "desk").modes
    assert (cloud.services, cloud.gpu_services, cloud.gpus, cloud.cloud) == (("litellm",), (), 0, True)
    assert (local.gpu_services, local.gpus, local.cloud) == (("vllm-quality", "ollama"), 1, False)
    assert local.secrets == ("DREAM_GATEWAY_KEY",)
    assert local.services == ("litellm", "door-litellm", "vllm-quality", "ollama")
    assert hybrid.secrets == ("DREAM_ANTHROPIC_API_KEY", "DREAM_GATEWAY_KEY")


def test_it_says_why_a_mode_is_missing() -> None:
    there = stack(modes=(routes("local"),), skipped=(Skipped("cloud", "no provider\nis given"),))
    cloud, local, hybrid = host_script(there, "desk").modes
    assert (cloud.reason, local.reason, hybrid.reason) == ("no provider is given", "", "not compiled")
    assert cloud.services == ()


def test_it_knows_where_weights_must_lie() -> None:
    _, local, _ = host_script(stack(), "desk").modes
    hub = "/opt/dream/models/huggingface/hub/models--Qwen--Qwen2.5-Coder-7B-Instruct-AWQ"
    manifest = "/opt/dream/models/ollama/manifests/registry.ollama.ai/library/qwen2.5-coder/3b"
    assert local.weights == (
        Weights("hf", "Qwen/Qwen2.5-Coder-7B-Instruct-AWQ", hub),
        Weights("file", "qwen2.5-coder:3b", manifest),
    )


@pytest.mark.parametrize(
    ("tag", "path"),
    [
        ("phi3", "registry.ollama.ai/library/phi3/latest"),
        ("someone/phi3:mini", "registry.ollama.ai/someone/phi3/mini"),
        ("hf.co/org/repo:Q4_K_M", "hf.co/org/repo/Q4_K_M"),
        ("localhost:5000/org/repo:Q4_K_M", "localhost:5000/org/repo/Q4_K_M"),
    ],
)
def test_an_ollama_tag_names_its_manifest(tag: str, path: str) -> None:
    there = stack(locals=(vllm(), ollama(source=tag)))
    _, weights = host_script(there, "desk").modes[1].weights
    assert weights.path == f"/opt/dream/models/ollama/manifests/{path}"


def test_an_alias_of_an_embedding_model_is_asked_for_embeddings() -> None:
    _, local, _ = host_script(fleet(), "desk").modes
    assert [(alias.kind, alias.name) for alias in local.aliases] == [("chat", "chat"), ("embeddings", "embed")]


def test_the_gate_knows_who_may_answer_and_who_only_stands_in() -> None:
    _, local, _ = host_script(fleet(), "desk").modes
    assert local.aliases[0] == Alias("chat", "chat", ("big@gpu01.0", "quality@gpu02.0"), ("quality@gpu02.0",))


def test_a_host_without_gateway_asks_nobody() -> None:
    there = host_script(fleet(), "gpu01")
    assert there.gateway == ""
    assert there.gateway_url == "http://desk:4000"
    assert all(mode.aliases == () for mode in there.modes)


def test_short_names_stand_for_several_services() -> None:
    assert host_script(assistant(), "desk").groups == (
        Group("gateway", ("litellm",)),
        Group("vllm", ("vllm-quality",)),
        Group("webui", ("open-webui",)),
    )
    assert Group("litellm", ("litellm-1",)) in host_script(fleet(), "desk").groups


def test_the_wait_is_that_of_servers_that_start_after_each_other() -> None:
    found = workloads(fleet(), "gpu02", "local")
    patience = [one.health.start_period + 30 for one in found if one.health]
    assert start_seconds(found) == sum(patience)
    assert host_script(fleet(), "gpu02").start_timeout == sum(patience) + 60


def test_the_key_is_read_under_the_name_that_the_policy_reads() -> None:
    there = stack(gateway=replace(stack().gateway, secret=secret("TEAM_KEY"), bind="0.0.0.0"))
    script = host_script(there, "desk")
    assert (script.key, script.gateway_url) == ("DREAM_GATEWAY_KEY", "http://127.0.0.1:4000")
