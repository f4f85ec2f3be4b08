"""An estimate holds every mode and every name, and says what it took for granted."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from dreamc.cost.estimate import SIZES, asked_for, embedding, estimate, expected_month
from dreamc.cost.types import Traffic, Work
from dreamc.cost.worst import Most
from tests.unit.cost.stacks import ONE, chain, cloud, policy, routed
from tests.unit.stack.files import BOX, HEAD, stack

VECTORS = (
    f"{HEAD}mode: local\n{BOX}models:\n  m: {{source: ollama:qwen2.5-coder:3b, context: 4k}}\n"
    "  e: {source: ollama:nomic-embed-text, task: embed, context: 2k}\n"
    "fallbacks: {chains: {chat: [m], vectors: [e]}}\n"
)


def test_every_compiled_mode_and_every_name_is_in_it() -> None:
    of = chain()
    found = estimate(policy(of), of, ONE)
    assert [one.mode for one in found.modes] == [one.mode for one in of.modes]
    assert all([chain.alias for chain in one.chains] == list(of.aliases) for one in found.modes)


def test_one_request_costs_what_it_does_on_an_untouched_budget() -> None:
    of = routed()
    kinds = (Work("hard", 0.25, 1500, 300), Work("easy", 0.75, 1500, 300))
    (mode,) = estimate(policy(of), of, Traffic(1e6, kinds, ""), ("hybrid",)).modes
    assert mode.chain.request == pytest.approx(0.25 * 0.009)
    assert mode.chain.expected is not None
    assert mode.chain.expected.usd is not None
    assert mode.chain.expected.usd <= 20


def test_without_traffic_there_are_prices_of_some_sizes_and_the_worst_case() -> None:
    of = cloud()
    (mode,) = estimate(policy(of), of, None).modes
    assert mode.chain.expected is None
    assert [(one.input, one.output) for one in mode.chain.sizes] == list(SIZES)
    wanted = [1000 * (3 * read + 15 * written) / 1e6 for read, written in SIZES]
    assert [one.usd_per_1000 for one in mode.chain.sizes] == pytest.approx(wanted)


def test_the_traffic_asks_for_the_routed_name_unless_it_says_another() -> None:
    rules = policy(routed())
    assert asked_for(rules, "hybrid", ONE) == "auto"
    assert asked_for(policy(chain()), "hybrid", None) == "chat"
    assert asked_for(policy(chain()), "hybrid", Traffic(1, ONE.kinds, "", "chat")) == "chat"


def test_what_is_reserved_for_the_stated_sizes_counts_four_bytes_a_token() -> None:
    of = cloud("budget: {monthly: 20 USD}\n")
    (mode,) = estimate(policy(of), of, ONE).modes
    assert mode.chain.worst_stated == Most((6288 * 3 + 16_384 * 15) / 1e6, "big", 6288, 16_384)
    assert mode.chain.request is not None
    assert mode.chain.worst_stated.usd is not None
    assert mode.chain.worst_request.usd is not None
    assert mode.chain.request < mode.chain.worst_stated.usd < mode.chain.worst_request.usd


def test_the_prices_stand_beside_the_figures_with_their_source() -> None:
    of = cloud()
    assert [(one.model, one.input, one.output) for one in estimate(policy(of), of, ONE).prices] == [("big", 3, 15)]
    assert all(one.source for one in estimate(policy(of), of, ONE).prices)


def test_vectors_have_no_answer_to_pay_for() -> None:
    of = stack(VECTORS)
    assert embedding(of) == {"vectors"}
    (mode,) = estimate(policy(of), of, ONE).modes
    chain_of = next(one for one in mode.chains if one.alias == "vectors")
    assert chain_of.expected is not None
    assert {part.output for part in chain_of.expected.parts} == {0}


def test_clouds_and_machines_add_up_where_both_are_known_in_dollars() -> None:
    of = stack(
        f"{VECTORS}costs: {{electricity: 0.50 USD/kWh, hosts: {{box: {{busy: 100 W, idle: 100 W}}}}, "
        "models: {m: {prefill: 1000 tok/s, decode: 50 tok/s}}}\n"
    )
    (mode,) = estimate(policy(of), of, ONE).modes
    assert mode.month == pytest.approx(30 * 24 * 0.1 * 0.5)


def test_what_is_not_counted_is_said() -> None:
    more = "budget: {monthly: 20 USD}\n"
    checked = routed(more=more)
    said = " ".join(estimate(policy(checked), checked, ONE).assumed)
    assert "30 days" in said
    assert "provider's cache" in said
    assert "without words" in said
    assert "quality" not in said


def test_scores_that_only_litellm_gives_count_as_none_and_that_is_said() -> None:
    plain = routed(more="")
    theirs = replace(plain, policy=replace(plain.policy, scorer="litellm"))
    said = " ".join(estimate(policy(theirs), theirs, ONE).assumed)
    assert "as if their score were 0" in said
    assert "without words" not in said


def test_an_unknown_price_makes_the_month_unknown_and_not_cheap() -> None:
    account = (
        "{kind: openai-compatible, base_url: https://x.example.com/v1, key: env://K, models: {big: {context: 8k}}}"
    )
    of = stack(f"{HEAD}mode: cloud\n{BOX}providers: {{far: {account}}}\nfallbacks: {{chains: {{chat: [big]}}}}\n")
    assert expected_month(policy(of), of, "cloud", ONE) is None
    (mode,) = estimate(policy(of), of, ONE).modes
    assert (mode.chain.request, mode.chain.unpriced) == (None, ("big",))
