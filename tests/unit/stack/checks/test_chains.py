"""How long a chain can take, with members that rest and members that LiteLLM asks twice."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from dreamc.compiler import Request, resolve

FILE = """dream: 1
name: t
hardware: {{box: {{gpus: rtx-3090}}}}
models:
  m: {{source: "ollama:qwen2.5-coder:3b", context: 4k, timeout: {first}}}
providers:
  anthropic: {{key: env://ANTHROPIC_API_KEY, models: {{claude: {{id: claude-sonnet-5-5, timeout: {second}}}}}}}
fallbacks: {{client_timeout: 300s, chains: {{chat: [m, claude]}}}}
"""


def slow(folder: Path, first: str, second: str) -> tuple[tuple[str, str], ...]:
    file = folder / "dream.yaml"
    file.write_text(FILE.format(first=first, second=second), encoding="utf-8")
    found = resolve(Request(file, None, {}, date(2026, 11, 20)))
    return tuple((one.message, one.label) for one in found.findings if one.code == "DRM410")


def test_a_chain_takes_as_long_as_all_its_members_together(tmp_path: Path) -> None:
    ((message, label),) = slow(tmp_path, "200s", "150s")
    assert message == "'chat' can take 350 s when every member times out; clients wait 300 s"
    assert label == "200 s + 150 s"


def test_a_slow_stand_in_is_asked_twice_while_the_first_member_rests(tmp_path: Path) -> None:
    ((message, label),) = slow(tmp_path, "10s", "200s")
    assert message.startswith("'chat' can take 400 s when 'm' rests and all after it time out, 'claude' twice")
    assert label == "200 s + 200 s"


@pytest.mark.parametrize(("first", "second"), [("150s", "150s"), ("10s", "150s")])
def test_clients_that_wait_long_enough_are_not_mentioned(tmp_path: Path, first: str, second: str) -> None:
    assert slow(tmp_path, first, second) == ()
