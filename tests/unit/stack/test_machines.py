from __future__ import annotations

import pytest

from dreamc.sizing.types import GIB
from dreamc.stack.machines import machines
from tests.unit.stack.files import HEAD, dream


def test_cards_are_numbered_in_the_order_of_the_list() -> None:
    (box,) = machines(dream(HEAD + "hardware: {box: {gpus: [rtx-4090, 2 x rtx-3090]}}\n")).hosts
    assert [(card.index, card.name) for card in box.cards] == [(0, "rtx-4090"), (1, "rtx-3090"), (2, "rtx-3090")]


def test_the_memory_is_what_cuda_shows_not_what_the_label_says() -> None:
    (box,) = machines(dream(HEAD + "hardware: {box: {gpus: rtx-3090}}\n")).hosts
    assert 23 * GIB < box.cards[0].total < 24 * GIB
    assert box.cards[0].confidence == "exact"


def test_a_stated_memory_wins_and_is_exact() -> None:
    (box,) = machines(dream(HEAD + "hardware: {box: {gpus: {model: rtx-4070, memory: 11.5 GiB}}}\n")).hosts
    assert (box.cards[0].total, box.cards[0].confidence) == (int(11.5 * GIB), "exact")


def test_a_card_nobody_knows_can_be_described() -> None:
    text = "hardware: {box: {gpus: {model: my-card, memory: 10 GiB, capability: '7.5'}}}\n"
    found = machines(dream(HEAD + text))
    assert found.findings == ()
    assert found.hosts[0].cards[0].capability == (7, 5)


@pytest.mark.parametrize(
    ("gpus", "help_"),
    [
        ("rtx-4070-tie", "did you mean 'rtx-4070-ti'"),
        ("[{model: my-card, memory: 10 GiB}]", "add its compute capability"),
        ("[{model: my-card, capability: '7.5'}]", "describe it"),
    ],
)
def test_an_unknown_card_says_what_is_missing(gpus: str, help_: str) -> None:
    (one,) = machines(dream(f"{HEAD}hardware: {{box: {{gpus: {gpus}}}}}\n")).findings
    assert (one.code, one.path) == ("DRM208", ("hardware", "box", "gpus", 0))
    assert help_ in one.help


def test_a_memory_far_from_the_cards_own_is_a_typing_error() -> None:
    text = "hardware: {box: {gpus: [{model: rtx-3090, memory: 48 GiB}, {model: rtx-3090, memory: 23.5 GiB}]}}\n"
    (one,) = machines(dream(HEAD + text)).findings
    assert (one.code, one.path) == ("DRM615", ("hardware", "box", "gpus", 0, "memory"))


def test_the_host_is_reached_by_its_name_unless_an_address_is_given() -> None:
    found = machines(dream(HEAD + "hardware: {a: {}, b: {address: 10.0.0.7}}\n")).hosts
    assert [host.address for host in found] == ["a", "10.0.0.7"]


@pytest.mark.parametrize("gpus", ["rx-7900-xtx", "AMD Instinct MI300X", "arc-a770"])
def test_a_card_of_another_maker_is_not_likened_to_one_of_nvidia(gpus: str) -> None:
    (finding,) = machines(dream(HEAD + f"hardware: {{box: {{gpus: {gpus}}}}}\n")).findings
    assert (finding.code, "did you mean" in finding.help) == ("DRM208", False)
    assert "not an NVIDIA card" in finding.message


@pytest.mark.parametrize(("desktop", "codes"), [("30 GiB", ["DRM306"]), ("2 GiB", [])])
def test_a_desktop_does_not_hold_more_than_its_card(desktop: str, codes: list[str]) -> None:
    found = machines(dream(HEAD + f"hardware: {{box: {{gpus: rtx-3090, desktop: {desktop}}}}}\n")).findings
    assert [one.code for one in found] == codes
