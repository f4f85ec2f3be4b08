"""Gateways for tests: one process per configuration, shared by every test of that configuration."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from dreamc.gateway import bundle
from dreamc.gateway.ask import Gate
from dreamc.gateway.process import Launch, Proxy
from dreamc.gateway.reach import through_upstream
from dreamc.gateway.upstream import Upstream
from tests.gateway import shape
from tests.gateway.chains import Served
from tests.gateway.compiled import Case, cases


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Tests that ask for `compiled` run once per example, host and mode, and one configuration stays on one worker."""
    if "compiled" not in metafunc.fixturenames:
        return
    wanted = "not gateway" not in metafunc.config.option.markexpr
    found = cases() if wanted else ()
    params = [pytest.param(case, id=case.name, marks=pytest.mark.xdist_group(case.name)) for case in found]
    metafunc.parametrize("compiled", params, indirect=True, scope="session")


@pytest.fixture(scope="session")
def compiled(request: pytest.FixtureRequest) -> bundle.Compiled:
    """One mode of one host of one example, as `dreamc compile` wrote it."""
    case: Case = request.param
    return case.load()


@pytest.fixture(scope="session")
def served(
    compiled: bundle.Compiled, session_upstream: Upstream, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """The compiled configuration, running."""
    config = through_upstream(compiled.config, session_upstream.url)
    work = tmp_path_factory.mktemp("gateway")
    launch = bundle.launch(compiled, config, work, bundle.Secrets(os.environ))
    with Proxy(launch) as proxy:
        yield Served(Gate(proxy.url, proxy.key), config, session_upstream)
        assert proxy.complaints == ()


@pytest.fixture(scope="session")
def hand_written(session_upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The hand-written configuration, running."""
    config = through_upstream(shape.config(), session_upstream.url)
    with Proxy(launch_of(config, tmp_path_factory.mktemp("gateway"))) as proxy:
        yield Served(Gate(proxy.url, proxy.key), config, session_upstream)


def launch_of(config: object, work: Path) -> Launch:
    """A launch of this configuration in this folder."""
    path = work / "config.yaml"
    path.write_text(json.dumps(config), encoding="utf-8")
    return Launch(path, work / "gateway.log", environment=os.environ)
