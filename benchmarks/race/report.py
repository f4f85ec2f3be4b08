"""The race as a page: bounds first, then seconds, then how they came about."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from benchmarks.race import commandline
from benchmarks.race.figures import SCENARIOS, Figures


class Bound(NamedTuple):
    """A ratio of `over` to `under` in each scenario. `least`: it is to be at least that, else at most."""

    text: str
    over: tuple[str, int, float]
    under: tuple[str, int, float]
    bound: float
    least: bool


COLD, WARM = ("dreamc", 1, 0.0), ("dreamc-warm", 1, 0.0)
BOUNDS = (
    Bound("Ansible, copy tasks", ("ansible-loop", 1, 0.0), COLD, 10, True),
    Bound("Ansible, synchronize", ("ansible-sync", 1, 0.0), COLD, 1, True),
    Bound("pyinfra", ("pyinfra", 1, 0.0), COLD, 3, True),
    Bound("pyinfra with TCP_NODELAY", ("pyinfra-nodelay", 1, 0.0), COLD, 1, True),
    Bound("dreamc cold / bare ssh cold", COLD, ("limit", 1, 0.0), 2.5, False),
    Bound("dreamc warm / dreamc cold", WARM, COLD, 0.5, False),
    Bound("20 ms: 8 hosts / 1 host, cold", ("dreamc", 8, 20.0), ("dreamc", 1, 20.0), 2, False),
    Bound("20 ms: 8 hosts / 1 host, warm", ("dreamc-warm", 8, 20.0), ("dreamc-warm", 1, 20.0), 2, False),
)

WHOLE = (
    ("dreamc apply cold / bare ssh cold", commandline.COLD, commandline.SSH, 2.5),
    ("dreamc plan cold / bare ssh cold", commandline.PLAN_COLD, commandline.SSH, 2.5),
    ("dreamc apply warm / its own cold", commandline.WARM, commandline.COLD, 0.5),
    ("dreamc plan warm / its own cold", commandline.PLAN_WARM, commandline.PLAN_COLD, 0.5),
)
"""Whole commands, from the start of Python to the end."""


def report(figures: Figures, command: dict[str, list[float]], busy: bool) -> str:
    """Markdown."""
    parts = ["# dreamc in the provisioning race", "", *_intro()]
    parts += ["## Ratios of medians", "", *_bounds(figures), "", "## Ratios of the fastest runs", ""]
    parts += ["What other processes on the machine add is least here.", "", *_bounds(figures.fastest())]
    for rtt, counts in ((0.0, (1,)), (20.0, (1, 8))):
        if figures.tools(rtt):
            parts += [
                "",
                f"## Seconds at a round trip of {rtt:g} ms, median (fastest)",
                "",
                *_seconds(figures, rtt, counts),
            ]
    parts += ["", "## The command line as a whole", "", *command_line(command)]
    parts += ["", "## Machine and method", "", *_method(figures, busy)]
    return "\n".join(parts) + "\n"


def told(text: str) -> str:
    """The tables alone."""
    return "\n".join(line for line in text.splitlines() if line.startswith(("|", "#")))


def _intro() -> tuple[str, ...]:
    return (
        "2 directories and 16 files (60 KB) with fixed modes, and one command if anything changed. `first`: the target",
        "is empty; `noop`: the same again; `one`: one file differs. After every run content, modes and the number of",
        "times that the command ran are checked; a run that was wrong is in no median.",
        "",
        "`dreamc` is `benchmarks/race/dreamc_tree.py`: the session, the listing, the archive and the threads of",
        "`dreamc apply`, with the race's target in place of a release. Cold: no connection is open. `dreamc-warm`: the",
        "same program while the connection of the run before is still kept. `limit` is bare ssh that is told what to",
        "do: one tar stream, or one `sha256sum -c`.",
        "",
        "A run of `dreamc` is one login and one exec per host, and one step where nothing changes: the tests of",
        "`tests/provision/test_round_trips.py` count them in the log of a server, for a whole `dreamc apply` too.",
        "",
    )


def _bounds(figures: Figures) -> Iterator[str]:
    yield "| | " + " | ".join(SCENARIOS) + " | bound | |"
    yield "|---|---:|---:|---:|---|---|"
    for one in BOUNDS:
        ratios = [_ratio(figures, one, scenario) for scenario in SCENARIOS]
        known = [ratio for ratio in ratios if ratio is not None]
        if known:
            met = all(ratio >= one.bound if one.least else ratio <= one.bound for ratio in known)
            shown = " | ".join("-" if ratio is None else f"{ratio:.2f}x" for ratio in ratios)
            bound = f"{'at least' if one.least else 'at most'} {one.bound:g}x"
            yield f"| {one.text} | {shown} | {bound} | {'PASS' if met else 'MISS'} |"


def _ratio(figures: Figures, one: Bound, scenario: str) -> float | None:
    over, under = (figures.of(tool, scenario, hosts, rtt) for tool, hosts, rtt in (one.over, one.under))
    return over / under if over and under else None


def _seconds(figures: Figures, rtt: float, counts: tuple[int, ...]) -> Iterator[str]:
    columns = [(count, scenario) for count in counts for scenario in SCENARIOS]
    yield "| | " + " | ".join(f"{scenario}, {_hosts(count)}" for count, scenario in columns) + " |"
    yield "|---|" + "---:|" * len(columns)
    for tool in figures.tools(rtt):
        values = [_pair(figures, tool, scenario, count, rtt) for count, scenario in columns]
        yield f"| {tool} | " + " | ".join(values) + " |"


def _pair(figures: Figures, tool: str, scenario: str, count: int, rtt: float) -> str:
    median, fastest = (one.of(tool, scenario, count, rtt) for one in (figures, figures.fastest()))
    return "-" if median is None or fastest is None else f"{median:.3f} ({fastest:.3f})"


def _hosts(count: int) -> str:
    return f"{count} host{'s' * (count > 1)}"


def command_line(command: dict[str, list[float]]) -> Iterator[str]:
    """The rows of whole commands, and the bounds they are held to."""
    yield "`dreamc apply -y` and `dreamc plan` of a file with one model and one cloud, on a host where all of it is"
    yield "applied already: start of Python, imports, connecting, the compiled file, one question, the plan, `nothing"
    yield "to do`, exit. An unchanged file is read back as it was compiled before; `changed file` compiles it while the"
    yield "handshake goes on. Docker is a stand-in; how long one call of it takes stands in the table."
    yield ""
    yield "| | median | fastest | bound | |"
    yield "|---|---:|---:|---|---|"
    for text, over, under, bound in WHOLE:
        ratios = [pick(command[over]) / pick(command[under]) for pick in (statistics.median, min)]
        shown = " | ".join(f"{ratio:.2f}x" for ratio in ratios)
        yield f"| {text} | {shown} | at most {bound:g}x | {'PASS' if max(ratios) <= bound else 'MISS'} |"
    yield ""
    yield "| | median, s | fastest, s |"
    yield "|---|---:|---:|"
    for name, walls in command.items():
        yield f"| {name} | {statistics.median(walls):.3f} | {min(walls):.3f} |"


def _method(figures: Figures, busy: bool) -> Iterator[str]:
    yield f"- {datetime.now(UTC).date()}: {_model()}, {os.cpu_count()} cores, {platform.system()} {platform.release()},"
    yield f"  Python {platform.python_version()}, {_openssh()} on both sides with its own key exchange."
    yield "- Client and hosts share the machine: one sshd per host, on loopback or in a network namespace of its own"
    yield "  with a delay of 10 ms each way. Ratios against Ansible at 8 hosts are not claimed from one machine."
    fewest, most = min(figures.counts.values()), max(figures.counts.values())
    yield f"- Medians of {fewest} to {most} runs, all in one go and in turns: a round of the tools that take seconds,"
    yield "  then four rounds of those that do not."
    load = " ".join(f"{one:.1f}" for one in os.getloadavg())
    share = f"{figures.noisy} of {figures.runs} runs were disturbed by other processes, {figures.wrong} were wrong."
    yield f"- {'The machine was in use meanwhile: ' if busy else 'Each run waited for an idle machine: '}{share}"
    yield f"  Load average at the end over 1, 5 and 15 minutes: {load}."
    yield "- Ansible has pipelining, 8 forks, ControlPersist and no facts; pyinfra asks for no remote directories."


def _model() -> str:
    with Path("/proc/cpuinfo").open(encoding="utf-8") as lines:
        return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown CPU")


def _openssh() -> str:
    done = subprocess.run(["ssh", "-V"], capture_output=True, text=True, check=False)
    return done.stderr.split(",")[0].strip()
