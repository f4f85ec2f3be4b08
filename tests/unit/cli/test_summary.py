"""The summary of a compile: what stands on each card, who answers in each mode, where the files are."""

from __future__ import annotations

from dataclasses import replace as copied
from pathlib import Path

import pytest
from msgspec.structs import replace

from dreamc.cli.summary import MOST_CARDS, summary
from tests.unit.explain.scenes import NAMES, scene

OUT = Path("out")


def shown(name: str) -> list[str]:
    found = scene(name)
    return summary(found.stack, found.bundles, OUT).splitlines()


@pytest.mark.parametrize("name", NAMES)
def test_every_host_card_model_and_mode_is_there(name: str) -> None:
    stack, lines = scene(name).stack, shown(name)
    assert [line for line in lines if line.startswith("out/")] == [
        f"out/{one.host}: {len(one.artifacts)} files; begin with README.md" for one in scene(name).bundles
    ]
    for model in stack.locals:
        assert any(line.startswith(f"{model.name}: {model.engine} on ") for line in lines)
    for mode in stack.modes:
        start = " (starts in this one)" if mode.mode == stack.mode else ""
        assert f"{mode.mode} mode{start}" in lines
    for skipped in stack.skipped:
        assert f"{skipped.mode} mode: not compiled, {skipped.reason}" in lines


@pytest.mark.parametrize("name", NAMES)
def test_it_fits_a_wide_terminal_and_has_no_colours(name: str) -> None:
    assert max(map(len, shown(name))) <= 160
    assert "\x1b" not in "".join(shown(name))


def test_each_name_shows_its_members_in_order() -> None:
    lines = shown("hybrid-4070")
    assert "  code: quality -> fast -> gemini -> claude" in lines
    assert "  code: quality -> fast" in lines
    at = lines.index("  auto: the policy chooses a tier")
    assert lines[at + 1].startswith("    ")


def test_cards_that_hold_the_same_are_shown_once() -> None:
    lines = shown("fleet")
    assert "h200-a GPUs 0 to 7, each: H200 SXM, 139.81 GiB visible to CUDA" in lines


def test_how_sure_the_size_of_a_card_is_stands_beside_it() -> None:
    assert any(line.endswith("visible to CUDA, assumed") for line in shown("hybrid-4070"))
    assert any(line.endswith("visible to CUDA") for line in shown("zero-cloud"))


def test_a_fleet_of_many_hosts_does_not_fill_the_screen() -> None:
    found = scene("zero-cloud")
    hosts = [f"den-{number:03}" for number in range(200)]
    stack = replace(
        found.stack, ledgers=tuple(replace(one, host=host) for host in hosts for one in found.stack.ledgers)
    )
    bundles = tuple(copied(found.bundles[0], host=host) for host in hosts)
    lines = summary(stack, bundles, OUT).splitlines()
    assert len([line for line in lines if " visible to CUDA" in line]) == MOST_CARDS
    assert f"… and {200 - MOST_CARDS} more cards; each host's README.md shows its own" in lines
    assert lines[-1] == f"… and {200 - MOST_CARDS} more hosts below out"


def test_hosts_that_were_not_asked_for_are_not_shown() -> None:
    found = scene("fleet")
    lines = summary(found.stack, found.bundles[:1], OUT).splitlines()
    assert len([line for line in lines if line.startswith("out/")]) == 1
    assert {line.split()[0] for line in lines if "visible to CUDA" in line} == {found.bundles[0].host}
