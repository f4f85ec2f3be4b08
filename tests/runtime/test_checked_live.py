"""Checked answers in a real LiteLLM proxy: what is escalated, what the client gets, and what it costs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.runtime.policies import desk
from tests.runtime.proxy import Proxy, Reply, config, litellm, running
from tests.runtime.test_plugin_live import eventually, rows, spend, spent, streamed
from tests.runtime.upstream import Upstream, upstream

PROGRAM = litellm()
pytestmark = [
    pytest.mark.gateway,
    pytest.mark.slow,
    pytest.mark.xdist_group("checked"),
    pytest.mark.skipif(PROGRAM is None, reason="no litellm beside this interpreter, and DREAMC_LITELLM is not set"),
]
FAST_ACTION = "inline_completion_free"
CHEAP_USD = (1_000 * 0.5 + 100 * 2) / 1_000_000
PREMIUM_USD = (1_000 * 2 + 100 * 8) / 1_000_000
REFUSAL = "I'm sorry, but I can't help with that."
POOR = "rude"
CUSTOM = "def polite(answer, action, prompt):\n    return 0.1 if 'rude' in answer else True\n"
BROKEN = "def broken(answer, action, prompt):\n    raise RuntimeError('no opinion')\n"
CHECKS = ["not_empty", "not_refused", "valid_json", "parses_as_code", "complete", "not_repetitive"]


def policy(**quality: Any) -> dict[str, Any]:
    raw = desk()
    raw["actions"] |= {FAST_ACTION: "local_fast", "consolidate": "local_fast", "edit_file": "local_fast"}
    raw["actions"]["design"] = "api_premium"
    raw["whitelist"]["tasks"] = dict.fromkeys(raw["actions"], True) | raw["whitelist"]["tasks"]
    given = {"threshold": 0.7, "max_attempts": 2, "self_critique": False, "checks": CHECKS}
    raw["quality"] = given | quality
    raw["cot_prompt"] = "Think step by step."
    return raw


@pytest.fixture(scope="module")
def models() -> Iterator[Upstream]:
    with upstream() as fake:
        yield fake


def started(models: Upstream, folder: Path, raw: dict[str, Any]) -> Iterator[Proxy]:
    assert PROGRAM is not None
    settings = config(raw, "hybrid", models.port)
    settings["router_settings"]["disable_cooldowns"] = True
    with running(PROGRAM, folder, settings, json.dumps(raw)) as proxy:
        proxy.chat("auto", action=FAST_ACTION)
        eventually(lambda: bool(rows(proxy)))
        yield proxy


@pytest.fixture(scope="module")
def ruled(models: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """Rules, two checks of the user's own, and consensus for one action."""
    folder = tmp_path_factory.mktemp("ruled")
    (folder / "runtime").mkdir()
    (folder / "runtime" / "own_checks.py").write_text(CUSTOM + BROKEN)
    raw = policy(checks=[*CHECKS, "own_checks:polite", "own_checks:broken"], max_attempts=3)
    raw["consensus"] = {"actions": ["consolidate"], "models": 3, "threshold": 0.66}
    yield from started(models, folder, raw)


@pytest.fixture(scope="module")
def doubted(models: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """Self-critique, and the agreement of a second model."""
    raw = policy(self_critique=True, agreement=True)
    yield from started(models, tmp_path_factory.mktemp("doubted"), raw)


@pytest.fixture
def gateway(ruled: Proxy, models: Upstream) -> Proxy:
    return untouched(ruled, models)


@pytest.fixture
def doubter(doubted: Proxy, models: Upstream) -> Proxy:
    return untouched(doubted, models)


def untouched(proxy: Proxy, models: Upstream) -> Proxy:
    """With an empty ledger, and models that say what they are told."""
    models.reset()
    mark = f"settle-{len(rows(proxy))}"
    proxy.chat("code", action=mark)
    eventually(lambda: any(row["action"] == mark for row in rows(proxy)))
    spend(proxy, 0)
    models.reset()
    return proxy


def text(reply: Reply, stream: bool) -> str:
    return streamed(reply).replace(" ", "") if stream else reply.said.replace(" ", "")


both = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])


@both
def test_a_low_quality_answer_escalates_to_the_next_tier(gateway: Proxy, models: Upstream, *, stream: bool) -> None:
    models.says["fast"] = POOR

    reply = gateway.chat("auto", action=FAST_ACTION, stream=stream)

    assert text(reply, stream) == "fromquality"
    assert models.asked == {"fast": 1, "quality": 1}
    if not stream:
        assert (reply.headers["x-dream-model"], reply.headers["x-dream-tier"]) == ("quality", "local_quality")
        assert (reply.headers["x-dream-attempts"], reply.headers["x-dream-quality"]) == ("2", "1.00")


@both
def test_a_good_answer_is_asked_for_once(gateway: Proxy, models: Upstream, *, stream: bool) -> None:
    reply = gateway.chat("auto", action=FAST_ACTION, stream=stream)

    assert text(reply, stream) == "fromfast"
    assert models.asked == {"fast": 1}


@both
def test_the_best_answer_is_returned_when_all_are_poor(gateway: Proxy, models: Upstream, *, stream: bool) -> None:
    models.says |= {"fast": "```\nfineanswer", "quality": POOR, "gemini": POOR}

    reply = gateway.chat("auto", action=FAST_ACTION, stream=stream)

    assert reply.status == 200
    assert text(reply, stream) == "```\nfineanswer"
    assert models.asked == {"fast": 1, "quality": 1, "gemini": 1}


def test_max_attempts_is_honoured_and_a_client_may_ask_for_fewer(gateway: Proxy, models: Upstream) -> None:
    models.says |= {"fast": REFUSAL, "quality": REFUSAL, "gemini": REFUSAL, "gpt": "fine"}

    assert gateway.chat("auto", action=FAST_ACTION).said == REFUSAL
    assert models.asked == {"fast": 1, "quality": 1, "gemini": 1}
    models.asked.clear()
    gateway.chat("auto", action=FAST_ACTION, metadata={"max_attempts": 1})
    assert models.asked == {"fast": 1}


def test_the_best_answer_stands_when_the_next_tier_fails(gateway: Proxy, models: Upstream) -> None:
    models.says |= {"fast": REFUSAL, "quality": None, "gemini": None, "gpt": None, "claude": None}

    reply = gateway.chat("auto", action=FAST_ACTION)

    assert (reply.status, reply.said) == (200, REFUSAL)


def test_a_client_may_switch_the_checks_off(gateway: Proxy, models: Upstream) -> None:
    models.says["fast"] = REFUSAL
    headers = {"x-dream-action": FAST_ACTION, "x-dream-quality": "off"}
    body = {"model": "auto", "messages": [{"role": "user", "content": "hi"}]}

    assert gateway.post("/v1/chat/completions", body, headers).said == REFUSAL
    assert models.asked == {"fast": 1}


@pytest.mark.parametrize("header", [{"x-dream-quality": "maybe"}, {"x-dream-max-attempts": "99"}])
def test_a_wish_that_makes_no_sense_is_the_clients_to_mend(gateway: Proxy, header: dict[str, str]) -> None:
    body = {"model": "auto", "messages": [{"role": "user", "content": "hi"}]}

    assert gateway.post("/v1/chat/completions", body, header).status == 400


@both
def test_json_that_does_not_fit_its_schema_escalates(gateway: Proxy, models: Upstream, *, stream: bool) -> None:
    models.says |= {"fast": '{"name": 1}', "quality": '{"name":"x"}'}
    schema = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
    wanted = {"type": "json_schema", "json_schema": {"name": "n", "schema": schema}}

    reply = gateway.chat("auto", action=FAST_ACTION, stream=stream, response_format=wanted)

    assert text(reply, stream) == '{"name":"x"}'


@both
def test_code_that_does_not_parse_escalates(gateway: Proxy, models: Upstream, *, stream: bool) -> None:
    good = "```python\nx\n```\n"
    models.says |= {"fast": "```python\ndef f(:\n```\n", "quality": good}

    reply = gateway.chat("auto", action="edit_file", stream=stream)

    assert text(reply, stream) == good.replace(" ", "")


def test_a_check_of_ones_own_escalates_and_a_broken_one_has_no_opinion(gateway: Proxy, models: Upstream) -> None:
    models.says["fast"] = "a rude word"

    assert gateway.chat("auto", action=FAST_ACTION).said == "from quality"
    log = (gateway.folder / "proxy.log").read_text()
    assert log.count("own_checks:broken has no opinion") == 1


def test_a_rejected_paid_answer_is_billed_once_and_so_is_the_one_that_stands(gateway: Proxy, models: Upstream) -> None:
    models.says["gemini"] = REFUSAL
    before = len(rows(gateway))

    assert gateway.chat("auto", action="code_review").said == "from gpt"
    eventually(lambda: len(rows(gateway)) >= before + 2)

    eventually(lambda: spent(gateway) == pytest.approx(CHEAP_USD + PREMIUM_USD))
    told = {row["member"]: row["status"] for row in rows(gateway)[before:]}
    assert told == {"gemini": "rejected: refused", "gpt": "ok"}


def test_rejected_paid_streams_are_billed_once(gateway: Proxy, models: Upstream) -> None:
    models.says["gemini"] = POOR
    before = len(rows(gateway))

    assert streamed(gateway.chat("auto", action="code_review", stream=True)) == "fromgpt"
    eventually(lambda: len(rows(gateway)) >= before + 2)

    eventually(lambda: spent(gateway) == pytest.approx(CHEAP_USD + PREMIUM_USD))


@both
def test_escalation_never_crosses_the_whitelist(gateway: Proxy, models: Upstream, *, stream: bool) -> None:
    models.says |= {"fast": REFUSAL, "quality": REFUSAL}

    reply = gateway.chat("auto", action="simple_completion", stream=stream)

    assert reply.status == 200
    assert set(models.asked) <= {"fast", "quality"}


@both
def test_escalation_never_crosses_the_budget(gateway: Proxy, models: Upstream, *, stream: bool) -> None:
    models.says |= {"fast": POOR, "quality": POOR}
    models.on_request = lambda model: spend(gateway, 50) if model == "quality" else None

    reply = gateway.chat("auto", action=FAST_ACTION, stream=stream)

    assert reply.status == 200
    assert models.asked == {"fast": 1, "quality": 1}


def test_escalation_stays_below_the_most_that_the_request_may_cost(gateway: Proxy, models: Upstream) -> None:
    models.says |= {"gemini": REFUSAL, "fast": REFUSAL, "quality": REFUSAL}
    limit = {"max_cost_usd": 0.009}

    gateway.chat("auto", action="code_review", metadata=limit)

    assert models.asked == {"gemini": 1}


def test_a_chain_asked_for_by_name_is_not_checked(gateway: Proxy, models: Upstream) -> None:
    models.says["quality"] = REFUSAL

    assert gateway.chat("code").said == REFUSAL


def test_messages_are_checked_like_chats(gateway: Proxy, models: Upstream) -> None:
    models.says["fast"] = POOR
    body = {"model": "auto", "max_tokens": 50, "messages": [{"role": "user", "content": "hi"}]}

    reply = gateway.post("/v1/messages", body, {"x-dream-action": FAST_ACTION})

    assert "from quality" in reply.text
    assert reply.headers["x-dream-model"] == "quality"


def test_a_streamed_message_passes_as_it_comes(gateway: Proxy, models: Upstream) -> None:
    models.says["fast"] = POOR
    body = {"model": "auto", "max_tokens": 50, "stream": True, "messages": [{"role": "user", "content": "hi"}]}

    reply = gateway.post("/v1/messages", body, {"x-dream-action": FAST_ACTION})

    assert (reply.status, POOR in reply.text) == (200, True)
    assert models.asked == {"fast": 1}


@both
def test_consensus_takes_the_answer_that_most_give(gateway: Proxy, models: Upstream, *, stream: bool) -> None:
    models.says |= {"fast": "Berlin", "quality": "Paris", "gemini": "Paris."}

    reply = gateway.chat("auto", action="consolidate", stream=stream)

    assert text(reply, stream) == "Paris"
    assert models.asked == {"fast": 1, "quality": 1, "gemini": 1}


def test_models_that_do_not_agree_are_overruled_by_the_next_tier(gateway: Proxy, models: Upstream) -> None:
    models.says |= {"fast": "Berlin", "quality": "Paris", "gemini": "Rome", "gpt": "Lisbon"}

    reply = gateway.chat("auto", action="consolidate")

    assert reply.said == "Lisbon"
    assert models.asked == {"fast": 1, "quality": 1, "gemini": 1, "gpt": 1}


@pytest.mark.parametrize("stream", [False, True])
def test_a_bad_request_is_not_sent_to_the_cloud(gateway: Proxy, models: Upstream, *, stream: bool) -> None:
    models.refuses |= {"fast", "quality"}

    reply = gateway.chat("auto", action=FAST_ACTION, stream=stream, temperature=9)

    assert reply.status == 400
    assert "no such parameter" in reply.text
    assert models.asked == {"fast": 1}


def test_what_one_cloud_calls_a_bad_request_nobody_else_is_asked(gateway: Proxy, models: Upstream) -> None:
    models.refuses |= {"gpt"}

    assert gateway.chat("auto", action="design").status == 400
    assert models.asked == {"gpt": 1}


def test_a_stand_in_for_the_cloud_is_asked_to_think_step_by_step(gateway: Proxy, models: Upstream) -> None:
    spend(gateway, 50)

    assert gateway.chat("auto", action="design").said == "from quality"
    assert models.bodies[0]["messages"][0] == {"role": "system", "content": "Think step by step."}


def test_nobody_is_told_to_think_where_json_is_asked_for_or_nothing_was_cut(gateway: Proxy, models: Upstream) -> None:
    gateway.chat("auto", action=FAST_ACTION)
    spend(gateway, 50)
    models.says["quality"] = "{}"
    gateway.chat("auto", action="design", response_format={"type": "json_object"})

    assert [body["messages"][0]["role"] for body in models.bodies] == ["user", "user"]


@both
def test_an_answer_that_its_own_model_finds_poor_escalates(doubter: Proxy, models: Upstream, *, stream: bool) -> None:
    models.says |= {"quality": "Paris", "fast": "Paris", "gemini": "Rome"}
    models.replies = critique({"quality": '{"score": 0.2}', "gemini": '{"score": 0.9}'})

    reply = doubter.chat("auto", "redesign it, an architecture", stream=stream)

    assert text(reply, stream) == "Rome"
    assert models.asked == {"quality": 2, "fast": 1, "gemini": 2}


def test_a_second_model_that_says_something_else_escalates(doubter: Proxy, models: Upstream) -> None:
    models.says |= {"quality": "Paris", "fast": "Berlin", "gemini": "Rome"}
    models.replies = critique({"quality": '{"score": 0.9}', "gemini": '{"score": 0.9}'})

    assert doubter.chat("auto", "redesign it, an architecture").said == "Rome"
    assert models.asked == {"quality": 1, "fast": 1, "gemini": 2}


def test_critique_and_second_opinion_are_billed_and_not_judged_themselves(doubter: Proxy, models: Upstream) -> None:
    models.says["quality"] = "from gemini"
    models.replies = critique({"gemini": "no JSON at all"})
    before = len(rows(doubter))

    assert doubter.chat("auto", action="code_review").said == "from gemini"
    eventually(lambda: len(rows(doubter)) >= before + 3)

    assert spent(doubter) == pytest.approx(2 * CHEAP_USD)


def critique(given: dict[str, str]) -> Any:
    """What each model says when it is asked to judge an answer."""

    def reply(model: str, body: dict[str, Any]) -> str | None:
        return given.get(model) if "Judge an answer" in json.dumps(body) else None

    return reply


def test_a_check_that_cannot_be_imported_stops_the_gateway_at_its_start(models: Upstream, tmp_path: Path) -> None:
    raw = policy(checks=["not_empty", "no_such_module:check"])
    assert PROGRAM is not None
    with pytest.raises(RuntimeError, match=r"quality.checks\[1\]: no_such_module:check: ModuleNotFoundError"):
        next(started(models, tmp_path, raw))
