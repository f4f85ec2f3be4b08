from __future__ import annotations

import pytest

from tests.unit.stack.files import found, local, one

SMALL = 'source: "hf:Qwen/Qwen2.5-0.5B-Instruct", context: 4k'
SEVEN = 'source: "hf:Qwen/Qwen2.5-7B-Instruct", context: 4k'


def hardware(box: str) -> str:
    return f"hardware: {{box: {{{box}}}}}\n"


def test_two_copies_on_one_card() -> None:
    text = local(f"  m: {{{SMALL}, replicas: 2}}\n")
    assert one(text, "DRM311").path == ("models", "m", "replicas")


def test_a_copy_for_each_card_is_what_replicas_are_for() -> None:
    assert found(local(f"  m: {{{SMALL}, replicas: 2}}\n", hardware("gpus: 2 x rtx-3090")), "DRM311") == []


@pytest.mark.parametrize(("disk", "said"), [("8 GiB", 1), ("64 GiB", 0)])
def test_a_disk_that_cannot_hold_the_weights(disk: str, said: int) -> None:
    text = local(f"  m: {{{SEVEN}}}\n", hardware(f"gpus: rtx-3090, disk: {disk}"))
    assert len(found(text, "DRM312")) == said


def test_files_that_two_models_share_are_counted_once() -> None:
    two = f"  a: {{{SEVEN}}}\n  b: {{{SEVEN}}}\n"
    assert found(local(two, hardware("gpus: 2 x rtx-3090, disk: 20 GiB")), "DRM312") == []
