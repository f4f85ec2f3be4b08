"""The realistic scenario of the original daemon, worked out again."""

from __future__ import annotations

import re
from pathlib import Path

from dreamc.cost.scenario import remarks
from dreamc.knowledge.scenarios import scenario
from tests.unit.cli.shell import ROOT, process

PAGE = ROOT / "docs" / "costs-scenario.md"
COMMAND = ("cost", "simulate", "-f", "examples/daemon-tiers/dream.yaml", "--scenario")


def test_the_figures_are_those_of_the_documents() -> None:
    told = "\n".join(remarks("daemon"))
    for figure in (
        "12.2 %",
        "72.2 %",
        "factor of 105.3",
        "14,220",
        "14.22 USD",
        "1.99 USD",
        "7.16 USD",
        "0.068 USD an hour",
        "37 a day",
        "303 a day",
    ):
        assert figure in told, figure


def test_a_scenario_of_somebody_else_has_none() -> None:
    assert remarks("nobody") == ()


def test_the_sizes_come_to_the_135_dollars_of_the_page() -> None:
    found = scenario("daemon")
    assert found is not None
    usd = sum(one.share * (3 * one.input + 15 * one.output) for one in found.kinds) / 1e6 * found.per_day * found.days
    assert round(usd, 6) == 135


def test_the_page_says_what_the_program_works_out() -> None:
    page = re.sub(r"\s+", " ", PAGE.read_text(encoding="utf-8"))
    for one in remarks("daemon"):
        assert one in page


def test_the_page_shows_what_the_command_says() -> None:
    """Up to the remarks, which the page has as text."""
    page = PAGE.read_text(encoding="utf-8")
    for name in ("daemon", "daemon-tokens"):
        said = process(*COMMAND, name, cwd=Path(ROOT), DREAMC_TODAY="2026-11-20").stdout
        assert f"```\n{said.partition(chr(10) * 2 + 'what the original')[0]}\n```" in page
