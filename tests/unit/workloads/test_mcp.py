"""The MCP servers start with what their image and the bundle hold, also where nothing can be fetched."""

from __future__ import annotations

import compileall
from itertools import pairwise
from pathlib import Path

import pytest

from dreamc.backends import runtime_files
from dreamc.knowledge.services import service
from dreamc.stack.types import Stack
from dreamc.workloads import workloads
from dreamc.workloads.types import Workload
from tests.unit.backends.stacks import extra, stack

PINNED = ["supergateway@3.4.3", "@modelcontextprotocol/server-memory@2026.1.26"]


def there() -> Stack:
    return stack(services=(extra("mcp-memory"), extra("mcp-whitelist-manager")))


def of(name: str, mode: str) -> Workload:
    found = workloads(there(), "desk", mode)  # type: ignore[arg-type]
    return next(workload for workload in found if workload.service == name)


@pytest.mark.parametrize("mode", ["local", "hybrid"])
def test_the_whitelist_server_runs_from_the_gateways_image_and_is_seen_by_the_inner_network_only(mode: str) -> None:
    found = of("mcp-whitelist-manager", mode)
    assert found.image == of("litellm", mode).image
    assert found.networks == ("inner",)
    assert not found.publish
    assert found.read_only
    assert all(mount.read_only for mount in found.mounts)


def test_the_module_that_the_whitelist_server_starts_lies_in_the_folder_that_it_mounts() -> None:
    found = of("mcp-whitelist-manager", "local")
    folder = next(mount for mount in found.mounts if mount.target == dict(found.environment)["PYTHONPATH"])
    module = found.entrypoint[found.entrypoint.index("-m") + 1].replace(".", "/")
    made = {artifact.path for artifact in runtime_files.emit(there(), "desk")}
    assert f"{folder.source.removeprefix('./')}/{module}.py" in made
    assert found.command[found.command.index("--whitelist") + 1] in {mount.target for mount in found.mounts}


def test_compiled_python_never_gets_into_a_bundle(root: Path) -> None:
    compileall.compile_dir(root / "dreamc" / "runtime", quiet=1)
    assert list((root / "dreamc" / "runtime").rglob("*.pyc"))
    runtime_files._modules.cache_clear()
    paths = [artifact.path for artifact in runtime_files.emit(there(), "desk")]
    assert paths
    assert all(path.endswith(".py") and "__pycache__" not in path for path in paths)


def test_the_memory_is_told_not_to_go_out_in_local_mode_and_fetches_pinned_packages_before() -> None:
    found = of("mcp-memory", "local")
    assert dict(found.environment)["npm_config_offline"] == "true"
    assert "npm_config_offline" not in dict(of("mcp-memory", "hybrid").environment)
    for argv in (found.command, found.prepare):
        assert [after for word, after in pairwise(argv) if word == "--package"] == PINNED


def test_the_memory_keeps_one_process_per_session() -> None:
    row = service("mcp-memory")
    assert row is not None
    assert "--stateful" in row.command
    assert "--sessionTimeout" in row.command
