"""A refusal names what would fit, and each of these really does."""

from __future__ import annotations

from msgspec.structs import replace

from dreamc.sizing.fit import fit
from dreamc.sizing.parallel import smallest_tp
from dreamc.sizing.types import CardOption, Fit, Refusal, VariantOption
from tests.unit.sizing.asks import ADA, AMPERE, HOPPER, LLAMA_8B, LLAMA_70B, ask, fitted, gib, refused, shape

CARDS = (
    CardOption("h200", gib(139.81), HOPPER),
    CardOption("l40s", gib(44.31), ADA),
    CardOption("rtx-3090", gib(23.56), AMPERE),
)


def test_less_context_is_offered_with_the_length_that_fits() -> None:
    request = ask(LLAMA_8B, 23.6, AMPERE, 131072, concurrency=1)
    offer = refused(request).options[0]
    assert offer.startswith("context: ")
    length = int(offer.split()[1].removesuffix("k")) * (1024 if "k " in offer else 1)
    assert isinstance(fit(replace(request, context_floor=length, context_ceiling=length)), Fit)


def test_a_quantised_build_more_gpus_and_the_smallest_card_are_offered() -> None:
    name = "hugging-quants/Meta-Llama-3.1-8B-Instruct-AWQ-INT4"
    found = refused(
        ask(LLAMA_8B, 15.6, ADA, 8192, concurrency=2, cards=CARDS, variants=(VariantOption(name, shape(name)),))
    )
    assert any(option.startswith(f"{name} fits at 8k in 7.") for option in found.options)
    assert any(option.startswith("2 such GPUs") for option in found.options)
    assert any("smallest card that fits is rtx-3090" in option for option in found.options)


def test_a_card_that_is_too_old_may_give_way_to_a_smaller_one() -> None:
    found = refused(ask("Qwen/Qwen2.5-7B-Instruct", 31.7, (7, 0), 8192, concurrency=1, cards=CARDS))
    assert found.kind == "capability"
    assert [option for option in found.options if "rtx-3090 with 23.6 GiB" in option]


def test_no_context_is_offered_that_is_too_short_to_chat() -> None:
    request = ask(LLAMA_8B, 23.6, AMPERE, 8192, concurrency=1, last_resorts=False)
    short = replace(request, context_floor=512, context_ceiling=512, goal="smallest")
    found = refused(replace(request, budget=fitted(short).claim))
    assert not [offer for offer in found.options if offer.startswith("context:")]


def test_nothing_is_offered_that_does_not_fit() -> None:
    found = refused(ask(LLAMA_70B, 11.6, ADA, 131072, cards=CARDS[1:]))
    assert found.options == ()
    assert "weights 131.4 GiB" in found.reason


def test_the_smallest_split_is_found() -> None:
    assert smallest_tp(ask(LLAMA_8B, 23.6, AMPERE, 8192, concurrency=2)) == 1
    assert smallest_tp(ask(LLAMA_70B, 139.81, HOPPER, 131072, concurrency=32)) == 2
    assert smallest_tp(ask(LLAMA_70B, 79.19, HOPPER, 32768, concurrency=4)) == 2
    assert smallest_tp(ask("deepseek-ai/DeepSeek-V3", 139.81, HOPPER, 32768)) == 8


def test_a_wider_split_goes_before_eager_mode() -> None:
    request = ask(LLAMA_8B, 23.6, AMPERE, 131072, concurrency=1)
    assert smallest_tp(request) == 2
    assert isinstance(fit(replace(request, tp=1, context_floor=65536, context_ceiling=65536)), Fit)


def test_no_split_helps_when_the_heads_or_the_host_end() -> None:
    found = smallest_tp(ask(LLAMA_70B, 11.6, ADA, 8192), 8)
    assert isinstance(found, Refusal)
    assert found.reason.startswith("on 8 GPUs")
    assert found.deficit > 0
    assert isinstance(smallest_tp(ask("google/gemma-3-4b-it", 15.6, (7, 5), 4096)), Refusal)
