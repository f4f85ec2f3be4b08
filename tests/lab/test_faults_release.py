"""Releases that are bad, and what they need that cannot be had: the old one serves on, or is back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.hub_server import handler
from tests.hub_server.made import safetensors
from tests.hub_server.server import HubServer
from tests.lab.stack.trial import CONTEXT, Bench, Trial

pytestmark = [pytest.mark.lab, pytest.mark.slow, pytest.mark.xdist_group("faults")]

MODEL = "Qwen/Qwen2.5-7B-Instruct-AWQ"
OTHER = "acme/chat-7b"
CONFIG = {
    "model_type": "qwen2",
    "architectures": ["Qwen2ForCausalLM"],
    "hidden_size": 3584,
    "intermediate_size": 18944,
    "max_position_embeddings": 32768,
    "num_attention_heads": 28,
    "num_hidden_layers": 28,
    "num_key_value_heads": 4,
    "tie_word_embeddings": False,
    "torch_dtype": "float16",
    "vocab_size": 152064,
}
WEIGHTS = "model.safetensors"


@pytest.fixture(autouse=True)
def unpinned(bench: Bench) -> Iterator[None]:
    """Nothing is pinned behind a test."""
    yield
    bench.fleet.unpin()


def test_a_release_that_ends_at_its_start_is_put_back(bench: Bench) -> None:
    trial = bench.trial("activate: starting", "the new vLLM ends at once")
    bench.fleet.pin("vllm", "crash")
    ran = trial.apply()
    bench.fleet.unpin()
    trial.ends(ran, 3, "old", "rolled back", "did not become healthy", "serves again and answers", "data is untouched")


def test_an_image_that_is_not_in_the_registry_is_said_before_anything_stops(bench: Bench) -> None:
    trial = bench.trial("images", "image not in the registry")
    bench.fleet.pin("vllm", "")
    ran = trial.apply()
    bench.fleet.unpin()
    trial.untouched(ran, 1, "vllm-openai:v0.33.0@sha256:0000", "manifest unknown|not found", "untouched|nothing")


@pytest.fixture
def hub(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    """A hub beside the controller that has another model for the host under test; large files come from elsewhere."""
    send = handler.Handler._send

    def elsewhere(self: handler.Handler, status: int, headers: dict[str, str], data: bytes, fault: Any = None) -> None:
        if headers.get("Location", "").startswith("/"):
            headers = {**headers, "Location": self.hub.url.replace("127.0.0.1", "localhost") + headers["Location"]}
        send(self, status, headers, data, fault)

    monkeypatch.setattr(handler.Handler, "_send", elsewhere)
    with ExitStack() as until:
        with bench.fleet.stack.lab.inside():
            server = until.enter_context(HubServer())
        server.add_model(OTHER, {"config.json": json.dumps(CONFIG).encode(), WEIGHTS: safetensors({"w": (256, 256)})})
        yield server


@pytest.fixture
def locked(bench: Bench, hub: HubServer, tmp_path: Path) -> dict[str, str]:
    """A lock file for that model; the environment in which it is fetched."""
    environment = {"HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path / "cache"), "HF_HUB_DISABLE_XET": "1"}
    bench.fleet.write((f"{MODEL}\n    engine: vllm\n    {CONTEXT}", f"{OTHER}\n    engine: vllm\n    {CONTEXT}"))
    ran = bench.fleet.run("lock", "--only", "models", "chat", env=environment)
    assert ran.code == 0, ran.text
    return environment


def other(bench: Bench, fault: str) -> Trial:
    """The next release has another model."""
    trial = bench.trial("weights", fault)
    trial.change = (f"{MODEL}\n    engine: vllm\n    {CONTEXT}", f"{OTHER}\n    engine: vllm\n    {trial.change[1]}")
    bench.fleet.write(trial.change)
    return trial


def test_weights_with_another_checksum_than_the_lock_file_says_are_refused(
    bench: Bench, hub: HubServer, locked: dict[str, str]
) -> None:
    trial = other(bench, "wrong checksum")
    hub.fail(WEIGHTS, "wrong", 9)
    ran = trial.apply("--via", "push", **locked)
    trial.untouched(ran, 1, "arrives with other content than the lock file says", "run dreamc lock only if")


def test_a_download_that_ends_too_early_is_taken_up_again_by_the_next_apply(
    bench: Bench, hub: HubServer, locked: dict[str, str]
) -> None:
    trial = other(bench, "truncated download")
    hub.fail(WEIGHTS, "cut", 99)
    ran = trial.apply("--via", "push", **locked)
    hub.heal()
    trial.ends(ran, 1, "old", OTHER, "to do", again=("--via", "push"), env=locked)
