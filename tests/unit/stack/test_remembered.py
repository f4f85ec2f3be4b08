"""The `placement:` of the lock file: read, followed, and written."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from dreamc.hub.pins import Lock
from dreamc.stack.inputs import Inputs
from dreamc.stack.lower import lower
from dreamc.stack.remembered import placement_of, remembered, unused
from dreamc.stack.types import Stack
from tests.unit.stack.files import TODAY, dream, local, one

SEVEN = 'source: "hf:Qwen/Qwen2.5-7B-Instruct", context: 8k, concurrency: 1'
PAIR = "hardware: {a: {gpus: 2 x rtx-3090}, b: {gpus: 2 x rtx-3090}}\n"


def stack(text: str, placement: Mapping[str, object]) -> Stack:
    found, findings = lower(dream(text), Inputs(TODAY, "0" * 64, {}, Lock(placement=placement)))
    assert found is not None, findings
    return found


def whys(found: Stack) -> list[str]:
    return [each.why for model in found.locals for each in model.instances]


def test_a_placement_that_is_written_is_read_again_and_kept() -> None:
    text = local(f"  m: {{{SEVEN}, replicas: 2}}\n  n: {{{SEVEN}}}\n", PAIR)
    written = placement_of(stack(text, {}))
    assert written == {"m": ["a:0", "b:0"], "n": ["a:1"]}
    again = stack(text, written)
    assert placement_of(again) == written
    assert whys(again) == ["stays on a:0", "stays on b:0", "stays on a:1"]


def test_another_card_than_the_usual_one_is_kept() -> None:
    text = local(f"  m: {{{SEVEN}}}\n", PAIR)
    assert placement_of(stack(text, {"m": ["b:1"]})) == {"m": ["b:1"]}


def test_a_pin_moves_a_model_and_the_reason_says_from_where() -> None:
    found = stack(local(f"  m: {{{SEVEN}, host: a, gpu: 1}}\n", PAIR), {"m": ["b:1"]})
    assert placement_of(found) == {"m": ["a:1"]}
    assert whys(found)[0].startswith("moved from b:1 because it is pinned")


def test_a_model_keeps_its_width_when_a_host_with_larger_cards_arrives() -> None:
    big = '  m: {source: "hf:Qwen/Qwen2.5-14B-Instruct", context: 8k, concurrency: 1}\n'
    before = placement_of(stack(local(big, "hardware: {a: {gpus: 2 x rtx-3090}}\n"), {}))
    assert before == {"m": ["a:0+1"]}
    wider = local(big, "hardware: {a: {gpus: 2 x rtx-3090}, new: {gpus: h100}}\n")
    assert placement_of(stack(wider, before)) == before
    assert placement_of(stack(wider, {})) == {"m": ["new:0"]}


@pytest.mark.parametrize(
    ("placement", "path", "message"),
    [
        ({"x": ["a:0"]}, ("placement", "x"), "there is no model 'x' to place"),
        ({"m": "a:0"}, ("placement", "m"), "the places of 'm' are not a list"),
        ({"m": ["a0"]}, ("placement", "m", 0), "'a0' is not a place such as 'h200-a:0+1'"),
        ({"m": [7]}, ("placement", "m", 0), "'7' is not a place such as 'h200-a:0+1'"),
        ({"m": ["c:0"]}, ("placement", "m", 0), "there is no host 'c'"),
        ({"m": ["a:0", "b:0"]}, ("placement", "m", 1), "'m' has 1 replica"),
    ],
)
def test_what_is_not_followed_is_noted_and_harms_nothing(
    placement: Mapping[str, object], path: tuple[object, ...], message: str
) -> None:
    text = local(f"  m: {{{SEVEN}}}\n", PAIR)
    (finding,) = unused(placement, dream(text))
    assert (finding.code, finding.path, finding.message) == ("DRM620", path, message)
    assert placement_of(stack(text, placement)) == {"m": ["a:0"]}


def test_a_good_placement_is_not_noted() -> None:
    assert list(unused({"m": ["b:1"]}, dream(local(f"  m: {{{SEVEN}}}\n", PAIR)))) == []
    assert remembered({"m": ["b:1+0"]})[0].gpus == (0, 1)


def test_a_refusal_says_that_no_arrangement_would_do() -> None:
    finding = one(local(f"  a: {{{SEVEN}}}\n  b: {{{SEVEN}}}\n"), "DRM308")
    assert "no arrangement of all models fits" in finding.help
