"""What a start-up log of the user's own changes in later answers, and how surely."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from dreamc.sizing.fit import fit
from dreamc.sizing.measured import architecture, find
from dreamc.sizing.types import GIB, Figure, Fit, FitRequest, Measured
from tests.unit.sizing.asks import ADA, LLAMA_8B, QWEN_7B_AWQ, ask, fitted, gib, shape


def request(**more: Any) -> FitRequest:
    """Llama 3.1 8B on a card of 24 GiB with vLLM 0.33, 64 sequences and 2,048 batched tokens."""
    fixed = {"max_num_seqs": 64, "max_num_batched_tokens": 2048, "gpu": "rtx-4090", **more}
    return ask(LLAMA_8B, 23.52, ADA, 4096, 32768, **fixed)


def row(**more: Any) -> Measured:
    """The log of that start."""
    given = Measured(
        architecture(shape(LLAMA_8B)), LLAMA_8B, "rtx-4090", "0.33", 1, 64, 2048, False, "boot.log", "2026-11-20"
    )
    return replace(given, **more)


def figure(found: Fit, name: str) -> Figure:
    return next(one for one in found.figures if one.name == name)


def test_what_was_measured_takes_the_place_of_what_was_computed_and_is_calibrated() -> None:
    seen = row(activation=gib(0.9), non_torch=gib(0.3), graphs=gib(0.2))
    before, after = fitted(request()), fitted(request(measured=(seen,)))
    assert (after.activation, after.non_torch, after.graphs) == (gib(0.9), gib(0.3), gib(0.2))
    assert [figure(before, name).confidence for name in ("activation", "graphs")] == ["modelled", "assumed"]
    for name in ("activation", "graphs", "non_torch"):
        assert figure(after, name).confidence == "calibrated"
        assert figure(after, name).source == f"start-up log boot.log of {LLAMA_8B}, 2026-11-20"


def test_the_same_figures_measured_leave_a_smaller_margin_and_a_larger_cache() -> None:
    tight = {"utilization": "0.9"}
    before = fitted(request(**tight))
    seen = row(activation=before.activation, graphs=before.graphs, non_torch=before.non_torch)
    after = fitted(request(measured=(seen,), **tight))
    assert after.margin < before.margin - GIB // 10
    assert after.kv_cache_bytes > before.kv_cache_bytes


def test_fewer_sequences_than_in_the_log_stay_calibrated_and_more_do_not() -> None:
    seen = row(activation=gib(1.5))
    for seqs, confidence in ((16, "calibrated"), (256, "modelled")):
        found = fitted(request(measured=(seen,), max_num_seqs=seqs))
        assert figure(found, "activation").confidence == confidence


@pytest.mark.parametrize("seqs", [8, 64, 256, 1024])
@pytest.mark.parametrize("seen", [0.05, 0.4, 1.0])
def test_elsewhere_the_larger_of_difference_and_ratio_is_kept(seqs: int, seen: float) -> None:
    here, there = (fitted(request(max_num_seqs=number, last_resorts=False)).activation for number in (64, seqs))
    found = fitted(request(max_num_seqs=seqs, measured=(row(activation=gib(seen)),))).activation
    assert found == max(0, there + gib(seen) - here, there * gib(seen) // here)


def test_a_figure_that_the_log_does_not_split_moves_what_is_left() -> None:
    before = fitted(request(utilization="0.9"))
    counted = before.weights + before.rope + before.activation + before.buffers + before.graphs + before.non_torch
    for more in (gib(0.5), -gib(0.1), -gib(0.4)):
        after = fitted(request(utilization="0.9", measured=(row(taken=counted + more),)))
        assert after.weights == before.weights
        moved = after.non_torch + after.activation - before.non_torch - before.activation
        assert moved == more


def test_weights_move_only_by_more_than_a_log_rounds() -> None:
    before = fitted(request())
    loads = before.weights + before.rope
    same, more = (fitted(request(measured=(row(weights=loads + extra),))) for extra in (GIB // 100, GIB // 4))
    assert (same.weights, figure(same, "weights").confidence) == (before.weights, "exact")
    assert (more.weights, figure(more, "weights").confidence) == (before.weights + GIB // 4, "calibrated")


def test_another_model_on_the_same_card_and_version_lends_only_what_lies_outside_torch() -> None:
    seen = row(activation=gib(9), graphs=gib(5), non_torch=gib(0.61))
    other = ask(QWEN_7B_AWQ, 23.52, ADA, 4096, 32768, gpu="rtx-4090", measured=(seen,))
    alone = fitted(replace(other, measured=()))
    found = fitted(other)
    assert (found.activation, found.graphs) == (alone.activation, alone.graphs)
    assert (found.non_torch, figure(found, "non_torch").confidence) == (gib(0.61), "calibrated")


@pytest.mark.parametrize("other", [{"gpu": "rtx-3090"}, {"vllm": "0.32"}, {"tp": 2}])
def test_another_card_version_or_split_is_not_spoken_of(other: dict[str, Any]) -> None:
    assert find((row(non_torch=gib(0.5), **other),), shape(LLAMA_8B), "rtx-4090", "0.33.0", 1) is None
    assert fit(request(measured=(row(non_torch=gib(0.5), **other),))) == fit(request())


def test_without_cuda_graphs_none_are_counted_whatever_was_measured() -> None:
    assert fitted(request(measured=(row(graphs=gib(1)),), enforce_eager=True)).graphs == 0


def test_a_quantised_build_is_another_architecture() -> None:
    assert architecture(shape(LLAMA_8B)) == "llama-32x4096x128256"
    assert architecture(shape(QWEN_7B_AWQ)) == "qwen2-28x3584x152064-awq"
