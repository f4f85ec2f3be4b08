"""What a client is told of a request that nobody answered, and who is asked no more, in a real LiteLLM proxy."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from dreamc.runtime.ledger import Reserve, open_ledger
from tests.runtime.policies import desk
from tests.runtime.proxy import Proxy, Reply, config, litellm, running
from tests.runtime.test_plugin_live import eventually, rows, spend, streamed
from tests.runtime.upstream import Upstream, upstream

PROGRAM = litellm()
pytestmark = [
    pytest.mark.gateway,
    pytest.mark.slow,
    pytest.mark.xdist_group("refusals"),
    pytest.mark.skipif(PROGRAM is None, reason="no litellm beside this interpreter, and DREAMC_LITELLM is not set"),
]
TOO_LONG = "This model's maximum context length is 32768 tokens. However, you requested 40000 tokens."
both = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])


@pytest.fixture(scope="module")
def models() -> Iterator[Upstream]:
    with upstream() as fake:
        yield fake


def stack() -> dict[str, Any]:
    """Chains of growing windows, of equal ones, of clouds alone, and one that ends in a cloud."""
    raw = desk()
    chains = {
        "grows": ["quality", "fast", "gpt"],
        "same": ["claude", "gpt"],
        "clouds": ["gpt", "claude"],
        "mixed": ["quality", "gpt"],
    }
    raw["aliases"] = list(chains)
    for mode, served in raw["modes"].items():
        held = {name: ["fast"] for name in chains} if mode == "local" else chains
        served["aliases"] = {name: {"routed": False, "members": chain} for name, chain in held.items()}
    return raw


def settings(raw: dict[str, Any], models: Upstream) -> dict[str, Any]:
    """No member is ever rested; the larger windows of a chain are named as the compiler names them."""
    made = config(raw, "hybrid", models.port)
    larger = [{"grows": ["quality@local", "gpt@openai"]}, {"mixed": ["gpt@openai"]}]
    made["router_settings"] |= {"disable_cooldowns": True, "context_window_fallbacks": larger}
    return made


@pytest.fixture(scope="module")
def served(models: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    raw, folder = stack(), tmp_path_factory.mktemp("gateway")
    assert PROGRAM is not None
    with running(PROGRAM, folder, settings(raw, models), json.dumps(raw)) as proxy:
        proxy.chat("clouds")
        eventually(lambda: bool(rows(proxy)))
        yield proxy


@pytest.fixture
def gateway(served: Proxy, models: Upstream) -> Proxy:
    """With an empty ledger, and models that answer."""
    models.reset()
    spend(served, 0)
    models.reset()
    return served


def error(reply: Reply) -> tuple[int, str]:
    """Status and reason, also of a stream that says it in an event."""
    text = reply.text.partition("data: ")[2] if reply.text.startswith("data: ") else reply.text
    told = json.loads(text.splitlines()[0])["error"]
    return int(told.get("code") or reply.status), str(told["message"])


def said(reply: Reply, *, stream: bool) -> str:
    return (streamed(reply) if stream else reply.said).replace(" ", "")


@both
@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_bad_request_is_returned_as_it_is_and_sent_to_nobody_else(
    gateway: Proxy, models: Upstream, status: int, *, stream: bool
) -> None:
    models.statuses["quality"] = status

    for alias in ("grows", "mixed"):
        reply = gateway.chat(alias, stream=stream, temperature=9)
        assert (reply.status, "no such parameter" in reply.text) == (status, True), reply.text
    assert models.asked == {"quality": 2}


@both
def test_a_model_that_is_not_there_is_not_the_clients_fault(gateway: Proxy, models: Upstream, *, stream: bool) -> None:
    models.statuses["quality"] = 404

    assert said(gateway.chat("grows", stream=stream), stream=stream) == "fromfast"


@both
@pytest.mark.parametrize(
    "lacks",
    [
        "Your credit balance is too low to access the Anthropic API.",
        "registry.ollama.ai/library/gemma3:4b does not support tools",
        '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set',
    ],
    ids=["credit", "tools", "parser"],
)
def test_what_only_one_model_cannot_do_is_asked_of_the_next(
    gateway: Proxy, models: Upstream, lacks: str, *, stream: bool
) -> None:
    models.statuses["quality"], models.errors["quality"] = 400, lacks

    assert said(gateway.chat("mixed", stream=stream), stream=stream) == "fromgpt"


@both
def test_a_prompt_that_does_not_fit_goes_to_a_larger_window_and_to_no_smaller(
    gateway: Proxy, models: Upstream, *, stream: bool
) -> None:
    models.statuses["quality"], models.errors["quality"] = 400, TOO_LONG

    assert said(gateway.chat("grows", stream=stream), stream=stream) == "fromgpt"
    assert models.asked == {"quality": 1, "gpt": 1}


@both
def test_a_prompt_that_fits_nobody_is_the_clients_to_shorten(gateway: Proxy, models: Upstream, *, stream: bool) -> None:
    models.statuses |= {"claude": 400}
    models.errors["claude"] = TOO_LONG

    reply = gateway.chat("same", stream=stream)

    assert (reply.status, "maximum context length" in reply.text) == (400, True)
    assert models.asked == {"claude": 1}


@both
def test_a_larger_window_in_the_cloud_is_held_to_whitelist_and_budget(
    gateway: Proxy, models: Upstream, *, stream: bool
) -> None:
    models.statuses["quality"], models.errors["quality"] = 400, TOO_LONG
    assert gateway.chat("grows", action="simple_completion", stream=stream).status == 400
    assert models.asked == {"quality": 1}

    spend(gateway, 50)
    assert gateway.chat("grows", stream=stream).status == 400
    assert models.asked == {"quality": 2}


@both
def test_money_that_is_gone_between_door_and_call_is_a_429_with_the_reason(
    gateway: Proxy, models: Upstream, *, stream: bool
) -> None:
    hold(gateway, 49.999)

    reply = gateway.chat("clouds", stream=stream, max_tokens=1_000)

    assert reply.status == 429, reply.text
    assert "left of the budget" in reply.text
    assert not models.asked


def hold(proxy: Proxy, usd: float) -> None:
    """Another gateway's calls in flight."""
    ledger = open_ledger(str(proxy.folder / "ledger.sqlite"), "hybrid")
    from datetime import UTC, datetime

    now = datetime.now(UTC)
    ledger.apply([Reserve("x", "openai", round(usd * 1e9), now.date().isoformat(), "other", "s", now.isoformat(), ())])
    ledger.close()


@both
@pytest.mark.parametrize(("failure", "told"), [(503, 502), (429, 429), (401, 502)])
def test_a_local_failure_and_a_closed_cloud_are_both_told(
    gateway: Proxy, models: Upstream, failure: int, told: int, *, stream: bool
) -> None:
    models.statuses["quality"] = failure

    reply = gateway.chat("mixed", action="simple_completion", stream=stream)

    status, text = error(reply)
    assert status == told, reply.text
    assert "the whitelist keeps simple_completion away from the cloud" in text


@both
def test_answers_that_were_all_rejected_are_a_bad_gateway(gateway: Proxy, models: Upstream, *, stream: bool) -> None:
    models.says |= {"quality": "", "gpt": ""}

    status, text = error(gateway.chat("mixed", stream=stream))

    assert (status, "empty answer" in text) == (502, True), text
    assert models.asked == {"quality": 1, "gpt": 1}


def outcomes(proxy: Proxy, before: int) -> list[str]:
    """What the log says became of the requests since: who answered, or how they failed; nothing is still to come."""
    proxy.chat("grows", action="mark-of-the-end")
    eventually(lambda: any(row["action"] == "mark-of-the-end" for row in rows(proxy)[before:]))
    own = [row for row in rows(proxy)[before:] if row["action"] != "mark-of-the-end"]
    assert len({row["id"] for row in own}) == 1
    return [row["served"] or row["status"] for row in own if row["served"] or row["status"].startswith("failed")]


def test_a_stream_that_breaks_off_before_a_word_is_taken_from_the_next(gateway: Proxy, models: Upstream) -> None:
    models.breaks["quality"] = 1
    before = len(rows(gateway))

    assert streamed(gateway.chat("grows", stream=True)) == "fromfast"
    assert outcomes(gateway, before) == ["local"]


def test_when_every_stream_breaks_off_before_a_word_it_is_a_bad_gateway(gateway: Proxy, models: Upstream) -> None:
    models.breaks |= dict.fromkeys(("quality", "fast", "gpt"), 0)
    before = len(rows(gateway))

    reply = gateway.chat("grows", stream=True)

    assert reply.status == 502
    assert "gpt: " in reply.text
    models.breaks.clear()
    assert outcomes(gateway, before) == ["failed: APIConnectionError"]


def test_a_stream_that_breaks_off_after_a_word_ends_in_an_error_and_counts_as_failed(
    gateway: Proxy, models: Upstream
) -> None:
    models.breaks["quality"] = 2
    before = len(rows(gateway))

    reply = gateway.chat("grows", stream=True)

    assert streamed(reply) == "from"
    assert '"code": "502"' in reply.text
    assert models.asked == {"quality": 1}
    models.breaks.clear()
    assert outcomes(gateway, before) == ["failed: APIConnectionError"]


def test_an_empty_stream_and_the_one_in_its_place_are_one_answered_request(gateway: Proxy, models: Upstream) -> None:
    models.says["quality"] = ""
    before = len(rows(gateway))

    assert streamed(gateway.chat("grows", stream=True)) == "fromfast"
    models.says.clear()
    assert outcomes(gateway, before) == ["local"]
    assert rows(gateway)[before]["status"] == "rejected: empty answer"


def test_a_request_whose_streams_were_all_empty_has_failed_and_was_not_answered(
    gateway: Proxy, models: Upstream
) -> None:
    models.says |= dict.fromkeys(("quality", "fast", "gpt"), "")
    before = len(rows(gateway))

    assert gateway.chat("grows", stream=True).status == 502
    models.says.clear()
    assert len(found := outcomes(gateway, before)) == 1
    assert found[0].startswith("failed: ")
