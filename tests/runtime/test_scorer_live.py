"""`routing: scorer: litellm` in a real LiteLLM proxy: its own class decides between the bounds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.runtime.policies import desk
from tests.runtime.proxy import Proxy, config, litellm, running
from tests.runtime.test_plugin_live import eventually, rows
from tests.runtime.upstream import Upstream, upstream

PROGRAM = litellm()
pytestmark = [
    pytest.mark.gateway,
    pytest.mark.slow,
    pytest.mark.xdist_group("scorer"),
    pytest.mark.skipif(PROGRAM is None, reason="no litellm beside this interpreter, and DREAMC_LITELLM is not set"),
]
STEPS = "Explain step by step why the algorithm's complexity is O(n log n), then prove it"
DEEP = (
    "First analyze the distributed database architecture and scalability trade-offs. Then think step by step, reason "
    "through consensus, and write a python function with async api"
)
STALLS = "first " * 20_000


def stack() -> dict[str, Any]:
    """LiteLLM's own borders as bounds."""
    raw = desk()
    raw["scorer"] = "litellm"
    raw["complexity"] = [
        {"tier": tier, "up_to": up_to} for tier, up_to in zip(raw["tiers"], (0.15, 0.35, 0.6, 1), strict=True)
    ]
    return raw


@pytest.fixture(scope="module")
def models() -> Iterator[Upstream]:
    with upstream() as fake:
        yield fake


@pytest.fixture(scope="module")
def gateway(models: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    raw, folder = stack(), tmp_path_factory.mktemp("gateway")
    assert PROGRAM is not None
    with running(PROGRAM, folder, config(raw, "hybrid", models.port), json.dumps(raw)) as proxy:
        yield proxy


@pytest.mark.parametrize(
    ("prompt", "score", "tier"),
    [
        ("redesign the payment architecture", 0.0, "local_fast"),
        (STEPS, 0.325, "local_quality"),
        (f"{STEPS} in python code with an async api", 0.475, "api_cheap"),
        (DEEP, 0.69, "api_premium"),
        (STALLS, 0.1, "local_fast"),
    ],
)
def test_litellms_own_score_chooses_the_tier_of_its_bound(gateway: Proxy, prompt: str, score: float, tier: str) -> None:
    before = len(rows(gateway))
    reply = gateway.chat("auto", prompt)

    assert reply.said.startswith("from ")
    assert reply.headers["x-dream-tier"] == tier
    assert reply.headers["x-dream-reason"] == f"score {score:g} (LiteLLM's score)"
    eventually(lambda: len(rows(gateway)) > before)
    assert rows(gateway)[before]["score"] == score


def test_the_action_decides_before_litellm_is_asked(gateway: Proxy) -> None:
    reply = gateway.chat("auto", DEEP, action="inline_completion")

    assert reply.headers["x-dream-tier"] == "local_fast"
    assert reply.headers["x-dream-reason"] == "action inline_completion"
