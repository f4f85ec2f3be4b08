"""Faults of hand-written stacks of this kind, each of which the compiler must not repeat."""

from __future__ import annotations

import re
from typing import Any

import pytest

from dreamc.stack.types import Mode
from tests.unit.backends.emitted import files, services
from tests.unit.backends.stacks import assistant, fleet

MODES: tuple[Mode, ...] = ("cloud", "local", "hybrid")


def _data(service: dict[str, Any]) -> dict[str, str]:
    """Where a service keeps what: target to source, without the bundle's own files."""
    volumes = service.get("volumes", ())
    return {one["target"]: one["source"] for one in volumes if "DREAM_BUNDLE" not in one["source"]}


def test_switching_modes_keeps_the_data_of_every_service() -> None:
    """One original mounted ./data/open-webui in one mode and ./config/open-webui in the others."""
    seen: dict[str, dict[str, str]] = {}
    for mode in MODES:
        for name, service in services(assistant(), mode).items():
            assert seen.setdefault(name, _data(service)) == _data(service)


def test_speech_and_vectors_keep_their_data_in_local_and_hybrid_mode() -> None:
    """One original had no volume for whisper in two modes, and qdrant in one mode only."""
    for mode in MODES:
        found = services(assistant(), mode)
        assert _data(found["whisper"]) == {"/home/ubuntu/.cache/huggingface/hub": "/opt/dream/data/whisper"}
        assert _data(found["qdrant"]) == {"/qdrant/storage": "/opt/dream/data/qdrant"}


@pytest.mark.parametrize("mode", MODES)
def test_nothing_runs_in_the_network_of_the_host(mode: Mode) -> None:
    """`network_mode: host` exposed everything."""
    for service in services(assistant(), mode).values():
        assert "network_mode" not in service
        assert "container_name" not in service


@pytest.mark.parametrize("mode", MODES)
def test_no_image_moves_under_ones_feet(mode: Mode) -> None:
    """`:latest` and `:main` are other programs tomorrow."""
    for service in services(assistant(), mode).values():
        tag = service["image"].rpartition(":")[2]
        assert re.search(r"\d", tag)
        assert tag not in {"latest", "main", "stable"}


def test_a_card_is_booked_for_models_only_and_never_beyond_its_share() -> None:
    """whisper, tts and vLLM once shared device 0, with vLLM at a share of 0.92."""
    booked = {name for name, service in services(assistant(), "local").items() if "deploy" in service}
    assert booked == {"vllm-quality", "ollama"}
    words = services(assistant(), "local")["vllm-quality"]["command"]
    assert "--gpu-memory-utilization=0.71" in words


def test_servers_that_measure_one_card_never_start_together() -> None:
    """Two that profile at once fail, or take each other's memory."""
    found = services(fleet(), "hybrid", "gpu02")
    assert found["vllm-embed"]["depends_on"] == {"vllm-quality": {"condition": "service_healthy"}}


@pytest.mark.parametrize("mode", MODES)
def test_no_file_needs_more_than_compose_2_and_an_old_engine(mode: Mode) -> None:
    """Compose v1 syntax, and keys that engine 20.10 refuses."""
    text = files(assistant())[f"docker-compose.{mode}.yml"]
    assert not re.search(r"^version:", text, re.MULTILINE)
    assert "start_interval" not in text


def test_the_mode_that_is_on_is_no_part_of_the_bundle() -> None:
    """A mode file that is written before the start says what was wished, not what is."""
    assert not {"mode", ".current-mode"} & set(files(assistant()))


@pytest.mark.parametrize("mode", MODES)
def test_no_health_check_asks_a_model(mode: Mode) -> None:
    """LiteLLM's /health calls every model, which costs money."""
    for service in services(assistant(), mode).values():
        words = " ".join(service.get("healthcheck", {}).get("test", ()))
        assert not re.search(r":4000/health['\"\s]", words)
        assert "completions" not in words
