from __future__ import annotations

import re
from typing import Any

import pytest
from msgspec.structs import replace

from dreamc.backends.runbook import emit
from dreamc.sizing.types import GIB
from dreamc.stack.spending import Limits
from dreamc.stack.types import Secret, Skipped, Stack
from dreamc.workloads import directories, plan, workloads
from tests.unit.backends.stacks import POLICY, assistant, fleet, ledger, routes, stack

URL = Secret("DREAM_LEDGER_URL", "env://LEDGER_URL", "the server that keeps the ledger")


def _text(there: Stack, host: str = "desk") -> str:
    (artifact,) = emit(there, host)
    return artifact.text


@pytest.mark.parametrize("host", ["desk", "gpu01", "gpu02"])
def test_every_service_stands_in_it(host: str) -> None:
    text = _text(fleet(), host)
    for mode in ("local", "hybrid"):
        for workload in workloads(fleet(), host, mode):
            assert f"| `{workload.service}` |" in text


def test_ports_cards_and_modes_are_those_of_the_stack() -> None:
    text = _text(assistant())
    assert "| `open-webui` | Open WebUI: chat in the browser | all | 127.0.0.1:3000 | none | 2 GiB |" in text
    assert "| `searxng` | SearXNG: web search | cloud, hybrid | none | none | 512 MiB |" in text
    assert re.search(r"\| `ollama` \| Ollama: fast \| local, hybrid \| none \| 0 \|", text)


def test_it_says_who_answers_in_each_mode() -> None:
    assert "| `chat` | chain, priority | `claude` | `quality`, `fast` | `quality`, `fast`, `claude` |" in _text(stack())


def test_it_shows_what_lies_on_the_cards() -> None:
    text = _text(stack())
    assert "GPU 0: RTX 4070  11.0 of 11.6 GiB" in text
    assert re.search(r"█ quality +8\.0 GiB  vllm", text)


def test_cards_that_hold_the_same_are_drawn_once() -> None:
    one = ledger("desk", ("big", 8 * GIB))
    two = replace(one, card=replace(one.card, index=1))
    text = _text(stack(ledgers=(one, two)))
    assert "GPU 0, 1: RTX 4070  8.0 of 11.6 GiB" in text
    assert text.count("█ big ") == 1


def test_every_directory_is_listed_for_the_backup() -> None:
    text = _text(assistant())
    for one in directories(plan(assistant(), "desk")):
        assert f"| `{one.path}` |" in text


def test_a_missing_mode_is_explained() -> None:
    there = stack(modes=(routes("local"),), skipped=(Skipped("cloud", "no provider answers `chat`"),))
    text = _text(there)
    assert "There is no cloud mode: no provider answers `chat`" in text
    assert "dream mode cloud" not in text


def test_the_budget_is_spoken_of_only_where_there_is_one() -> None:
    assert "(10 USD a day and 50 USD a month)" in _text(stack())
    monthly = replace(POLICY, budget=Limits(None, 50.0))
    assert "until the next month begins" in _text(stack(policy=monthly))
    assert "budget is used up" not in _text(stack(policy=replace(POLICY, budget=Limits(None, None))))


def test_a_stack_without_clouds_speaks_of_no_cloud_key() -> None:
    there = stack(modes=(routes("local"),), clouds=(), providers=())
    assert "cloud key" not in _text(there)
    assert "DREAM_ANTHROPIC" not in _text(there)


def test_a_host_without_gateway_points_to_the_one_that_has_it() -> None:
    text = _text(fleet(), "gpu01")
    assert "The gateway runs on host `desk`: http://desk:4000/v1." in text
    assert "The gateway is down" not in text
    assert "dream test" not in text


def test_a_host_that_runs_nothing_says_so() -> None:
    assert "Nothing: dream.yaml puts no service on this host." in _text(fleet(locals=()), "gpu01")


def test_recovery_by_hand_uses_the_project_of_the_stack() -> None:
    assert "docker compose -p dream-demo --project-directory . --env-file .env" in _text(stack())


def test_nothing_is_left_of_the_template() -> None:
    for host in ("desk", "gpu01", "gpu02"):
        text = _text(fleet(), host)
        assert "{{" not in text
        assert "{%" not in text
        assert "\n\n\n" not in text
        assert not re.search(r"[ \t]$", text, re.MULTILINE)


def test_other_hosts_are_told_that_a_gateway_on_loopback_does_not_answer_them() -> None:
    assert "other hosts reach it through a tunnel only" in _text(fleet(), "gpu01")
    opened = replace(fleet(), gateway=replace(fleet().gateway, bind="10.0.0.1"))
    assert "through a tunnel" not in _text(opened, "gpu01")


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({}, "in `/opt/dream/data/litellm/ledger.sqlite` (SQLite)"),
        ({"ledger": "redis"}, "in the Redis beside the gateway"),
        ({"ledger": "postgres", "ledger_url": URL}, "in the PostgreSQL at the address in `DREAM_LEDGER_URL`"),
        ({"ledger": "redis", "ledger_url": URL}, "in the Redis at the address in `DREAM_LEDGER_URL`"),
    ],
)
def test_it_says_where_the_money_is_counted(changes: dict[str, Any], where: str) -> None:
    text = _text(stack(policy=replace(POLICY, budget=Limits(1.0, None), **changes)))
    assert f"What was spent is {where}" in text
    assert ("ledger.sqlite" in text) is (not changes)
