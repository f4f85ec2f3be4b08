"""Checked answers from the file to the client: compiled, with a check of one's own in the bundle, and started."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from dreamc.compiler import Request, emit, resolve
from dreamc.gateway import bundle
from dreamc.gateway.ask import Gate, ask
from dreamc.gateway.process import Proxy
from dreamc.gateway.reach import through_upstream
from dreamc.gateway.upstream import Upstream

pytestmark = [pytest.mark.gateway, pytest.mark.xdist_group("checked-answers")]
FILE = """\
dream: 1
name: checked
hardware: {box: {gpus: rtx-3090}}
models:
  fast: {source: "ollama:qwen2.5-coder:3b", context: 4k, tier: fast}
providers:
  anthropic: {key: env://ANTHROPIC_API_KEY, models: {claude: {id: claude-sonnet-5-5, tier: dear}}}
fallbacks: {chains: {auto: routed}}
routing:
  tiers: [fast, dear]
  actions: {chat: fast}
  quality: {checks: [not_empty, "house.manners:polite"]}
  when_cut: local_with_cot
  cot_prompt: Think slowly.
"""
CHECK = 'def polite(answer, action, prompt):\n    return "claude" in answer or "let it pass" in prompt\n'


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle of the file's one host."""
    folder = tmp_path_factory.mktemp("checked")
    (folder / "house").mkdir()
    (folder / "house" / "manners.py").write_text(CHECK)
    (folder / "dream.yaml").write_text(FILE)
    found = resolve(Request(folder / "dream.yaml", None, {}, date(2026, 11, 20)))
    assert found.stack is not None
    assert "DRM424" not in {finding.code for finding in found.findings}
    (made,) = emit(found.stack)
    for artifact in made.artifacts:
        path = folder / "box" / artifact.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(artifact.text)
    return folder / "box"


@pytest.fixture(scope="module")
def gate(host: Path, session_upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gate]:
    compiled = bundle.load(host, "hybrid")
    config = through_upstream(compiled.config, session_upstream.url)
    launch = bundle.launch(compiled, config, tmp_path_factory.mktemp("gateway"), bundle.Secrets(os.environ))
    with Proxy(launch) as proxy:
        yield Gate(proxy.url, proxy.key)


def test_the_file_reaches_the_policy_and_the_check_lies_beside_the_runtime(host: Path) -> None:
    policy = json.loads((host / "config/policy.json").read_text())

    assert policy["quality"]["checks"] == ["not_empty", "house.manners:polite"]
    assert policy["cot_prompt"] == "Think slowly."
    assert (host / "config/runtime/house/manners.py").read_text() == CHECK


def test_a_check_of_ones_own_escalates_in_the_compiled_gateway(gate: Gate, upstream: Upstream) -> None:
    reply = ask(gate, "auto", "hello", metadata={"action_type": "chat"})

    assert "claude" in reply.text
    assert (reply.headers["x-dream-model"], reply.headers["x-dream-attempts"]) == ("claude", "2")
    assert [call.model for call in upstream.calls] == ["qwen2.5-coder:3b", "claude-sonnet-5-5"]


def test_an_answer_that_passes_costs_no_second_call(gate: Gate, upstream: Upstream) -> None:
    reply = ask(gate, "auto", "let it pass", metadata={"action_type": "chat"})

    assert reply.headers["x-dream-model"] == "fast"
    assert len(upstream.calls) == 1
