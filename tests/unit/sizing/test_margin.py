"""What is kept free follows from how sure each figure is, and no figure has a margin of its own beside that."""

from __future__ import annotations

from itertools import pairwise

import pytest
from msgspec.structs import replace

from dreamc.sizing import calibration
from dreamc.sizing.margin import INSIDE, margin
from dreamc.sizing.setting import Parts, Sure
from dreamc.sizing.types import CONFIDENCES, GIB, MIB

EXACT = Sure("exact", "exact", "exact", "exact", "exact", "exact", "exact")
ALL_OF_A_GIB = Parts(GIB, GIB, GIB, GIB, GIB, GIB, GIB, EXACT)


@pytest.mark.parametrize("name", ["margin", "margin_of_weights", "band", "ollama_margin"])
def test_the_less_sure_the_more_is_kept_free(name: str) -> None:
    shares = [calibration.real(calibration.row(name), one) for one in CONFIDENCES]
    assert shares[0] == 0
    assert all(less < more for less, more in pairwise(shares))


def test_figures_that_are_exact_leave_vllm_s_own_reserve_alone() -> None:
    assert margin(ALL_OF_A_GIB) == 150 * MIB


@pytest.mark.parametrize("part", [*INSIDE, "weights"])
def test_every_part_of_the_budget_adds_the_share_of_its_confidence(part: str) -> None:
    sizes = [margin(replace(ALL_OF_A_GIB, sure=replace(EXACT, **{part: one}))) for one in CONFIDENCES]
    assert all(less < more for less, more in pairwise(sizes))


def test_the_context_lies_outside_of_the_budget() -> None:
    assert margin(replace(ALL_OF_A_GIB, sure=replace(EXACT, context="assumed"))) == 150 * MIB
