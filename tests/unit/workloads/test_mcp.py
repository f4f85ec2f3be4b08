"""The MCP servers start with what their image and the bundle hold, also where nothing can be fetched."""

from __future__ import annotations

import compileall
from itertools import pairwise
from pathlib import Path

import pytest
from msgspec.structs import replace

from dreamc.backends import runtime_files
from dreamc.knowledge.services import service
from dreamc.stack.types import Stack
from dreamc.workloads import workloads
from dreamc.workloads.types import Workload
from tests.unit.backends.stacks import POLICY, extra, stack

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


def edited() -> Stack:
    rules = replace(POLICY, whitelist={"cloud_apis": ("openai.com",)})
    admin = replace(extra("whitelist-admin"), port=8767)
    return stack(services=(extra("mcp-whitelist-manager"), admin), policy=rules)


@pytest.mark.parametrize("mode", ["local", "hybrid"])
def test_who_edits_the_whitelist_is_on_loopback_and_on_no_network_where_agents_are(mode: str) -> None:
    found = {one.service: one for one in workloads(edited(), "desk", mode)}  # type: ignore[arg-type]
    admin = found["whitelist-admin"]
    assert "inner" not in admin.networks
    assert [(one.bind, one.host_port, one.port) for one in admin.publish] == [("127.0.0.1", 8767, 8767)]
    assert [use.variable for use in admin.secrets] == ["DREAM_WHITELIST_ADMIN_KEY"]
    assert "door-whitelist-admin" not in found
    assert admin.networks == (("sealed",) if mode == "local" else ("edge",))


def test_edits_are_written_by_one_container_and_only_read_by_the_others() -> None:
    found = {one.service: one for one in workloads(edited(), "desk", "hybrid")}
    mounts = {
        name: [mount.read_only for mount in one.mounts if mount.target == "/var/lib/dream-whitelist"]
        for name, one in found.items()
    }
    assert {name: one for name, one in mounts.items() if one} == {
        "litellm": [True],
        "mcp-whitelist-manager": [True],
        "whitelist-admin": [False],
    }
    folders = {one for workload in found.values() for one in workload.directories if one.path.endswith("/whitelist")}
    assert [(one.uid, one.gid, one.mode) for one in folders] == [(1000, 1000, "0755")]
    assert dict(found["litellm"].environment)["DREAM_WHITELIST_EDITS"] == "/var/lib/dream-whitelist"


def test_a_gateway_without_a_whitelist_has_nothing_to_edit() -> None:
    assert "DREAM_WHITELIST_EDITS" not in dict(of("litellm", "hybrid").environment)


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
    assert all(path.endswith((".py", ".html")) and "__pycache__" not in path for path in paths)


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
