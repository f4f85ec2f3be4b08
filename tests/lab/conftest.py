"""A lab for the tests that need real hosts; `make lab` runs them, as root on Linux."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.lab.hosts import setup
from tests.lab.hosts.lab import ROOT, Lab
from tests.lab.hosts.machine import Machine, Shape
from tests.lab.hosts.place import LabError, here
from tests.lab.report import Report
from tests.lab.stack.fleet import Fleet
from tests.lab.stack.look import put_canaries
from tests.lab.stack.stack import GPUS, NUMBERS, Stack
from tests.lab.stack.trial import Bench


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """The lab, with images and registry; its hosts are removed at the end unless DREAM_LAB_KEEP is set."""
    if reason := setup.why_not():
        pytest.skip(reason)
    made = Lab(here())
    if not setup.is_ready(made.place):
        pytest.skip(f"no lab in {made.place.cache}; `make lab` sets one up")
    try:
        made.up()
    except LabError as error:
        pytest.skip(f"the lab does not come up: {error}")
    yield made
    if not os.environ.get("DREAM_LAB_KEEP"):
        made.down()


@pytest.fixture(scope="session")
def host(lab: Lab) -> Callable[..., Machine]:
    """`host(n, shape=None)`: host n from 1, booted, plugged in, its disk as it was left."""

    def get(number: int, shape: Shape | None = None) -> Machine:
        return lab.host(number, shape)

    return get


@pytest.fixture(scope="session")
def fresh_host(lab: Lab) -> Callable[..., Machine]:
    """`fresh_host(n, shape=None)`: host n, booted, with an empty disk and no images."""

    def get(number: int, shape: Shape | None = None) -> Machine:
        return lab.fresh(number, shape)

    return get


@pytest.fixture(scope="session")
def stack(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    """The lab's dream.yaml, its hosts by name, and its bundles as compiled now."""
    folder: Path = tmp_path_factory.mktemp("stack")
    return Stack(lab, folder)


@pytest.fixture(scope="session")
def report(lab: Lab) -> Iterator[Report]:
    """The rows of docs/faults.md, which is written when DREAM_LAB_DOCS is set."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    made = Report(lab.place.cache / "report" / run, worker or "only")
    yield made
    if made.rows and os.environ.get("DREAM_LAB_DOCS"):
        made.write(ROOT / "docs/faults.md")


@pytest.fixture(scope="session")
def bench(lab: Lab, report: Report, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """A model host of its own, fresh, with a release that serves and canaries in its data."""
    stack = Stack(lab, tmp_path_factory.mktemp("bench"))
    fleet = Fleet(stack)
    report.hidden |= {str(fleet.folder): "~/stack", str(lab.place.cache): "~/.cache/dreamc-lab"}
    stack.compile()
    lab.fresh(NUMBERS["gpu-a"], Shape(GPUS["gpu-a"], {"/opt": 8 * 2**30}))
    stack.supply("gpu-a")
    first = fleet.apply("gpu-a")
    assert first.code == 0, first.text
    put_canaries(stack.host("gpu-a"))
    return Bench(fleet, report)
