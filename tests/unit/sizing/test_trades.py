"""What is given up to fit, in the stated order: each step only where the ones before it are not enough."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from dreamc.sizing.fit import fit
from dreamc.sizing.parallel import smallest_tp
from dreamc.sizing.types import GIB, CardOption, Fit, FitRequest, Refusal
from tests.unit.sizing.asks import ADA, AMPERE, LLAMA_8B, ask, fitted, gib, refused


def request(**more: Any) -> FitRequest:
    """Llama 3.1 8B with 8k to 16k on a card of Ada."""
    return ask(LLAMA_8B, more.pop("total", 23.52), ADA, 8192, 16384, **more)


def trades(found: Fit) -> list[str]:
    """The setting of each trade, without its numbers."""
    return [text.split()[0].rstrip(":") for text in found.trades]


ORDER = ("max_num_seqs", "max_num_batched_tokens", "context", "kv_cache_dtype", "enforce_eager")


def test_less_and_less_memory_takes_the_trades_in_the_stated_order() -> None:
    seen: list[str] = []
    for total in (
        23.52,
        21.0,
        19.2,
        18.6,
        18.2,
        18.0,
        17.9,
        17.8,
        17.7,
        17.6,
        17.5,
        17.4,
        17.3,
        17.2,
        17.1,
        17.0,
        16.9,
    ):
        found = fit(request(total=total))
        if isinstance(found, Fit):
            seen += [one for one in trades(found) if one in ORDER and one not in seen]
    assert seen == [one for one in ORDER if one in seen]
    assert len(seen) >= 4


def test_weights_stay_on_the_card_where_nobody_allowed_otherwise() -> None:
    assert refused(request(total=15.6)).kind == "memory"


def test_as_little_of_the_weights_as_will_do_is_moved_and_last() -> None:
    found = fitted(request(total=15.6, offload=8 * GIB))
    assert found.offload % GIB == 0
    assert found.enforce_eager
    assert (
        found.trades[-1]
        == f"{found.offload / GIB:.1f} GiB of the weights stay in main memory: every token waits for them"
    )
    assert fitted(request(total=15.6, offload=found.offload)).offload == found.offload
    assert isinstance(fit(request(total=15.6, offload=found.offload - GIB)), Refusal)


def test_what_is_moved_is_no_longer_on_the_card() -> None:
    whole, moved = fitted(request()).weights, fitted(request(total=15.6, offload=8 * GIB))
    assert moved.weights == whole - moved.offload


def test_nothing_is_moved_where_it_fits_without() -> None:
    assert fitted(request(offload=8 * GIB)).offload == 0


def test_more_than_the_layers_hold_does_not_help() -> None:
    found = refused(request(total=3.0, offload=100 * GIB))
    assert 0 < found.deficit < fitted(request(total=4.0, offload=100 * GIB)).weights


def test_a_further_card_comes_before_main_memory_and_after_eager_mode() -> None:
    assert smallest_tp(request(total=15.6, offload=8 * GIB)) == 2
    assert smallest_tp(request(total=15.6, offload=8 * GIB), limit=1) == 1
    squeezed = next(total for total in (gib(size / 10) for size in range(165, 240)) if isinstance(fit(_on(total)), Fit))
    assert fitted(_on(squeezed)).enforce_eager
    assert smallest_tp(_on(squeezed)) == 1


def _on(total: int) -> FitRequest:
    return replace(request(), card_total=total, budget=total, goal="smallest")


def test_a_card_of_the_user_s_own_is_offered_before_one_to_buy() -> None:
    cards = (CardOption("rtx-3090", gib(23.56), AMPERE), CardOption("l40s", gib(44.31), ADA, "desk"))
    options = refused(request(total=11.6, cards=cards)).options
    assert any(option.startswith("it fits on the l40s of 'desk' (takes ") for option in options)
    assert not any("smallest card that fits" in option for option in options)
