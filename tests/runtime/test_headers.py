"""What an answer says of itself, and what a line of the log says of its request."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from dreamc.runtime.headers import headers
from dreamc.runtime.rows import Call, client_of, write_call, write_failed, write_refused
from dreamc.runtime.stamp import Stamp
from dreamc.runtime.state import Gateway, open_gateway
from tests.runtime.policies import desk

ASKED = ("gpt@openai.0",)
STAMP = Stamp("auto", "api_premium", "tier:api_premium", ("gpt", "claude"), "plan", "action plan", called=ASKED)
USED = {"prompt_tokens": 1_000, "completion_tokens": 100}
ANSWER = SimpleNamespace(usage=USED, _hidden_params={})
USD = "0.002800000"
BODY = {"litellm_call_id": "call-1", "messages": [{"role": "user", "content": "secret plan"}], "model": "auto"}


def opened(folder: Path, **usage: Any) -> Gateway:
    raw = desk()
    raw["usage"] = {"rotate_bytes": 10_000, "rotate_s": 3600, "keep": 2, "prompts": False, **usage}
    (folder / "policy.json").write_text(json.dumps(raw))
    place = {"DREAM_POLICY": str(folder / "policy.json"), "DREAM_LEDGER": str(folder / "ledger.sqlite")}
    return open_gateway({**place, "DREAM_MODE": "hybrid"})


@pytest.fixture
def here(tmp_path: Path) -> Gateway:
    return opened(tmp_path)


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "llm_usage.jsonl").read_text().splitlines()]


def test_a_whole_answer_says_what_it_cost(here: Gateway) -> None:
    assert headers(here, STAMP, "gpt", ANSWER) == {
        "x-dream-tier": "api_premium",
        "x-dream-model": "gpt",
        "x-dream-reason": "action plan",
        "x-dream-attempts": "1",
        "x-dream-cache": "miss",
        "x-dream-cost-usd": USD,
    }


def test_what_was_paid_before_is_part_of_the_cost(here: Gateway) -> None:
    found = headers(here, replace(STAMP, spent_usd=0.001, called=("gpt@openai.0", "claude@anthropic.0")), "gpt", ANSWER)

    assert (found["x-dream-attempts"], found["x-dream-cost-usd"]) == ("2", "0.003800000")


def test_an_escalated_answer_is_the_one_that_stands(here: Gateway) -> None:
    stamp = replace(STAMP, tier="local_fast", answered="claude", attempts=2, spent_usd=0.0073, quality=0.9)
    found = headers(here, stamp, "fast", ANSWER)

    assert (found["x-dream-model"], found["x-dream-tier"]) == ("claude", "api_premium")
    assert (found["x-dream-attempts"], found["x-dream-quality"]) == ("2", "0.90")
    assert found["x-dream-cost-usd"] == "0.007300000"


def test_a_stream_says_no_cost_and_an_answer_out_of_the_cache_none(here: Gateway) -> None:
    cached = SimpleNamespace(usage=USED, _hidden_params={"cache_hit": True})

    assert "x-dream-cost-usd" not in headers(here, STAMP, "gpt", object())
    assert headers(here, STAMP, "gpt", cached)["x-dream-cost-usd"] == "0.000000000"


def test_a_header_is_one_line_of_ascii(here: Gateway) -> None:
    found = headers(here, replace(STAMP, reason="a\r\nset-cookie: b\u20ac"), "gpt", ANSWER)

    assert found["x-dream-reason"] == "a??set-cookie: b?"


def test_no_word_of_a_prompt_is_in_the_log(here: Gateway, tmp_path: Path) -> None:
    write_call(here, STAMP, BODY, Call("gpt", "ok", 1_000, 100, 0.0028, 0.5))
    write_failed(here, STAMP, BODY, TimeoutError("secret plan"))
    write_refused(here, BODY, "plan", "the budget is used up")

    text = (tmp_path / "llm_usage.jsonl").read_text()
    assert "secret plan" not in text
    statuses = [line["status"] for line in lines(tmp_path)]
    assert statuses == ["ok", "failed: TimeoutError", "refused: the budget is used up"]
    assert {line["id"] for line in lines(tmp_path)} == {"call-1"}


def test_prompts_are_in_the_log_where_they_are_asked_for(tmp_path: Path) -> None:
    write_call(opened(tmp_path, prompts=True), STAMP, BODY, Call("gpt", "ok", 1, 1, 0.0))

    assert lines(tmp_path)[0]["prompt"] == "secret plan"


def test_a_line_has_what_reports_need(here: Gateway, tmp_path: Path) -> None:
    stamp = replace(STAMP, client="nightly", score=0.4, quality=0.8)
    write_call(here, stamp, BODY, Call("gpt", "ok", 1_000, 100, 0.0028, 0.5))

    (line,) = lines(tmp_path)
    assert next(iter(line)) == "time"
    wanted = {
        "alias": "auto", "action": "plan", "tier": "api_premium", "member": "gpt", "provider": "openai",
        "location": "cloud", "prompt_tokens": 1_000, "completion_tokens": 100, "usd": 0.0028, "latency_s": 0.5,
        "attempts": 1, "quality": 0.8, "score": 0.4, "client": "nightly", "served": "cloud", "part": "", "n": 1,
    }  # fmt: skip
    assert {name: line[name] for name in wanted} == wanted


@pytest.mark.parametrize(
    ("part", "answered", "status", "served"),
    [
        ("", None, "ok", "cloud"),
        ("", "fast", "rejected: not the best", "local"),
        ("", None, "rejected: empty answer", ""),
        ("critique", None, "ok", ""),
        ("", None, "error", ""),
    ],
)
def test_a_request_is_answered_once(
    here: Gateway, tmp_path: Path, part: str, answered: str | None, status: str, served: str
) -> None:
    write_call(here, replace(STAMP, part=part, answered=answered), BODY, Call("gpt", status, 1, 1, 0.0))

    assert lines(tmp_path)[0]["served"] == served


def test_a_client_names_itself_in_a_header_or_as_the_user() -> None:
    def told(name: str) -> dict[str, Any]:
        return {"proxy_server_request": {"headers": {"x-dream-client": name}}, "user": "from-body"}

    assert client_of(told("nightly")) == "nightly"
    assert client_of({"user": "from-body"}) == "from-body"
    assert client_of(told("a b\n")) == ""
    assert client_of({"user": "someone@example.com"}) == ""
    assert client_of({"user": ["x"]}) == ""
