"""What LiteLLM itself says of prices and windows under a compiled configuration, in a real proxy."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.runtime.policies import desk
from tests.runtime.proxy import Proxy, config, litellm, running
from tests.runtime.upstream import Upstream, upstream

PROGRAM = litellm()
pytestmark = [
    pytest.mark.gateway,
    pytest.mark.slow,
    pytest.mark.xdist_group("prices"),
    pytest.mark.skipif(PROGRAM is None, reason="no litellm beside this interpreter, and DREAMC_LITELLM is not set"),
]
CLAUDE_USD = (1_000 * 3 + 100 * 15) / 1_000_000
COST = "x-litellm-response-cost"


@pytest.fixture(scope="module")
def models() -> Iterator[Upstream]:
    with upstream() as fake:
        yield fake


def stack() -> dict[str, Any]:
    """The desk, with a chain of one cloud, one of one window, and one whose second window is larger."""
    raw = desk()
    chains = {"dear": ["claude"], "tiny": ["fast"], "grows": ["fast", "quality"]}
    raw["aliases"] = ["code", *chains]
    for name, served in raw["modes"].items():
        only = {"hybrid": None, "cloud": ["claude"], "local": ["fast"]}[name]
        code = served["aliases"]["code"]
        served["aliases"] = {
            "code": code,
            **{alias: {"routed": False, "members": only or members} for alias, members in chains.items()},
        }
    return raw


@pytest.fixture(scope="module")
def served(models: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    assert PROGRAM is not None
    raw = stack()
    with running(
        PROGRAM, tmp_path_factory.mktemp("gateway"), config(raw, "hybrid", models.port), json.dumps(raw)
    ) as proxy:
        yield proxy


@pytest.fixture
def gateway(served: Proxy, models: Upstream) -> Proxy:
    models.reset()
    return served


def words(tokens: int) -> str:
    return "one two three four " * (tokens // 4)


def test_litellm_reports_the_price_of_a_cloud_and_none_for_models_of_ones_own(gateway: Proxy) -> None:
    assert float(gateway.chat("dear").headers[COST]) == pytest.approx(CLAUDE_USD)
    assert float(gateway.chat("tiny").headers.get(COST, 0)) == 0


def test_drift_finds_the_prices_where_litellm_tells_them(gateway: Proxy) -> None:
    told = {one["model_info"]["id"]: one for one in gateway.get("/model/info").json["data"]}
    dear, own = (
        [told[name]["model_info"][f"{way}_cost_per_token"] for way in ("input", "output")]
        for name in ("claude@anthropic.0", "fast@desk.0")
    )
    assert dear == [3e-06, 1.5e-05]
    assert own == [0, 0]


def test_no_request_leaves_a_traceback_in_the_log(gateway: Proxy) -> None:
    for alias in ("code", "dear", "tiny"):
        assert gateway.chat(alias).status == 200
        assert gateway.chat(alias, stream=True).status == 200
    assert "Traceback" not in (gateway.folder / "proxy.log").read_text()


def test_a_prompt_goes_past_the_members_that_cannot_hold_it(gateway: Proxy, models: Upstream) -> None:
    assert gateway.chat("code", words(20_000)).said == "from quality"
    assert gateway.chat("grows", words(20_000)).said == "from quality"
    assert gateway.chat("code", words(60_000)).said == "from gemini"
    assert models.asked == {"quality": 2, "gemini": 1}


def test_a_prompt_that_no_window_holds_is_refused_before_anybody_is_asked(gateway: Proxy, models: Upstream) -> None:
    for stream in (False, True):
        reply = gateway.chat("tiny", words(20_000), stream=stream)
        assert (reply.status, "do not fit the window" in reply.text) == (400, True), reply.text
    assert not models.asked
