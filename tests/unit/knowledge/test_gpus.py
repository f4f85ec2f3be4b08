"""Cards by every name that people and nvidia-smi give them."""

from __future__ import annotations

import pytest

from dreamc.knowledge.gpus import gpu, gpu_names, nearest_gpus


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("rtx-4070", "rtx-4070"),
        ("RTX 4070", "rtx-4070"),
        ("rtx4070", "rtx-4070"),
        ("NVIDIA GeForce RTX 4070", "rtx-4070"),
        ("GeForce RTX 4070 Ti SUPER", "rtx-4070-ti-super"),
        ("Quadro RTX 5000", "quadro-rtx-5000"),
        ("NVIDIA RTX A6000", "rtx-a6000"),
        ("a6000", "rtx-a6000"),
        ("NVIDIA RTX 6000 Ada Generation", "rtx-6000-ada"),
        ("NVIDIA RTX PRO 6000 Blackwell Workstation Edition", "rtx-pro-6000"),
        ("Tesla T4", "t4"),
        ("NVIDIA A10G", "a10g"),
        ("NVIDIA A100-SXM4-80GB", "a100-80gb"),
        ("A100-PCIE-40GB", "a100-40gb"),
        ("NVIDIA H100 80GB HBM3", "h100"),
        ("NVIDIA H100 PCIe", "h100-pcie"),
        ("NVIDIA H200", "h200"),
        ("Tesla V100-SXM2-16GB", "v100-16gb"),
        ("NVIDIA GH200 480GB", "gh200"),
        ("NVIDIA GB10", "gb10"),
    ],
)
def test_a_card_is_found_by_any_of_its_names(spelling: str, name: str) -> None:
    card = gpu(spelling)
    assert card is not None
    assert card.name == name


def test_a_laptop_card_is_not_taken_for_the_desktop_card_of_its_name() -> None:
    assert gpu("NVIDIA GeForce RTX 4070 Laptop GPU") is None


def test_a_name_that_means_two_sizes_is_refused_and_both_are_offered() -> None:
    assert gpu("a100") is None
    assert set(nearest_gpus("a100", 2)) == {"a100-40gb", "a100-80gb"}


def test_a_misspelt_card_gets_the_right_suggestion() -> None:
    assert nearest_gpus("rtx-4O70")[0] == "rtx-4070"
    assert "quadro-rtx-5000" in nearest_gpus("rtx5000")


@pytest.mark.parametrize("name", gpu_names())
def test_a_card_is_consistent(name: str) -> None:
    card = gpu(name)
    assert card is not None
    assert 0.87 * card.memory_gib <= card.visible_gib <= card.visible_high_gib <= card.memory_gib
    assert (6, 0) <= card.capability < (13, 0)
    assert 100 < card.bandwidth_gbs <= 8000
    assert 40 <= card.watts <= 1500
    assert bool(card.seen) == (card.confidence == "measured")
    assert gpu(card.title) == card
    assert all(gpu(alias) == card for alias in card.aliases)


def test_no_two_cards_share_a_name() -> None:
    cards = [card for card in map(gpu, gpu_names()) if card]
    spellings = [name.lower() for card in cards for name in {card.title, *card.aliases}]
    assert len(spellings) == len(set(spellings))


def test_the_cards_of_the_example_files_are_known() -> None:
    examples = ("quadro-rtx-5000", "rtx-3090", "rtx-4070", "rtx-4090", "h200")
    assert [card.name for card in map(gpu, examples) if card] == list(examples)
