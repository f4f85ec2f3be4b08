"""Speeds out of a vLLM's counters: by hand, as bounds where the server had room, and refusals that say why."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamc.cost.measured import Counts, Measured, between, counts, note, since_start

LINE = '{{engine="{engine}",model_name="quality"}} {value}'


def scrape(
    prompt: float, answer: float, prefill: float, decode: float, waiting: float = 0, started: float = 1000
) -> str:
    values = {
        "vllm:prompt_tokens_total": prompt,
        "vllm:generation_tokens_total": answer,
        "vllm:request_prefill_time_seconds_sum": prefill,
        "vllm:request_decode_time_seconds_sum": decode,
        "vllm:num_requests_running": 3,
        "vllm:num_requests_waiting": waiting,
    }
    lines = [f"# HELP {name} words {{}} 1" for name in values]
    lines += [name + LINE.format(engine=0, value=float(value)) for name, value in values.items()]
    return "\n".join([*lines, f"process_start_time_seconds {started}", "python_info 1.0", ""])


def look(
    at: float, prompt: float, answer: float, prefill: float, decode: float, waiting: float = 0, started: float = 1000
) -> Counts:
    found = counts(scrape(prompt, answer, prefill, decode, waiting, started), at)
    assert isinstance(found, Counts), found
    return found


def measured(found: Measured | str) -> Measured:
    assert isinstance(found, Measured), found
    return found


def test_a_saturated_server_is_measured_over_all_the_time_that_passed() -> None:
    before = look(2000, 10_000, 1_000, 10, 30, waiting=2)
    after = look(2100, 170_000, 41_000, 110, 430, waiting=5)
    found = measured(between(before, after))
    # 100 s, a fifth of the phases' time was reading: 160,000 tokens in 20 s, 40,000 in 80 s.
    assert found.saturated
    assert found.prefill == pytest.approx(8000)
    assert found.decode == pytest.approx(500)
    assert found.concurrency == pytest.approx(5)
    assert "can do with this mix" in note(found)


def test_a_server_with_room_is_measured_over_the_time_of_its_requests_at_most() -> None:
    found = measured(between(look(2000, 0, 0, 0, 0), look(2100, 16_000, 4_000, 2, 8)))
    assert not found.saturated
    assert (found.seconds, found.watched) == (10, 100)
    assert (found.prefill, found.decode) == pytest.approx((8000, 500))
    assert "can do more" in note(found)


def test_one_look_reckons_with_the_life_of_the_server() -> None:
    found = measured(since_start(look(1050, 40_000, 10_000, 20, 80)))
    assert found.watched == 50
    assert found.seconds == 50
    assert found.prefill == pytest.approx(4000)


def test_a_saved_scrape_says_nothing_of_the_time_and_requests_count_one_after_another() -> None:
    found = measured(since_start(look(math.inf, 40_000, 10_000, 20, 80)))
    assert (found.seconds, found.watched) == (100, 0)
    assert measured(since_start(look(5000, 40_000, 10_000, 20, 80, started=0))).seconds == 100


def test_engines_of_one_server_are_added_up_and_its_models_named() -> None:
    text = scrape(1000, 1000, 1, 1) + "vllm:prompt_tokens_total" + LINE.format(engine=1, value="5e+02")
    found = counts(text, 0.0)
    assert isinstance(found, Counts)
    assert found.prompt == 1500
    assert found.names == ("quality",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not the metrics of a vLLM"),
        ("<html>404</html>", "not the metrics of a vLLM"),
        ("go_goroutines 7\n", "not the metrics of a vLLM"),
        ("vllm:prompt_tokens_total 5\n", "vllm:generation_tokens_total, vllm:request_prefill"),
        (scrape(1, 1, 1, 1).replace("1.0", "NaN"), "no number for vllm:prompt_tokens_total"),
    ],
)
def test_what_is_no_vllm_is_refused(text: str, said: str) -> None:
    found = counts(text, 0.0)
    assert isinstance(found, str)
    assert said in found


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (look(1, 500, 500, 5, 5), look(2, 100, 100, 1, 1), "restarted"),
        (look(1, 1, 1, 1, 1), look(2, 999, 999, 9, 9, started=1500), "restarted"),
        (look(2, 1, 1, 1, 1), look(2, 999, 999, 9, 9), "no time passed"),
        (look(1, 1, 1, 1, 1), look(9, 50, 999, 9, 9), "49 prompt tokens and 998 tokens of answers were counted in 8 s"),
        (look(1, 1, 1, 1, 1), look(9, 999, 999, 1, 1), "while the server works"),
    ],
)
def test_looks_that_give_no_speed_say_why(before: Counts, after: Counts, said: str) -> None:
    found = between(before, after)
    assert isinstance(found, str)
    assert said in found


amount = st.floats(100, 1e9)
time = st.floats(0.001, 1e6)


@given(amount, amount, time, time, time, st.booleans())
def test_the_tokens_counted_take_the_time_reckoned_with(
    prompt: float, answer: float, prefill: float, decode: float, passed: float, queue: bool
) -> None:
    before = Counts(0.0, 0.0, 0.0, 0.0, 0.0, 1.0, float(queue), 1.0)
    found = measured(between(before, Counts(passed, prompt, answer, prefill, decode, 1.0, float(queue), 1.0)))
    assert prompt / found.prefill + answer / found.decode == pytest.approx(found.seconds)
    assert found.seconds <= passed
