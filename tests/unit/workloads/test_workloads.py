from __future__ import annotations

import pytest
from msgspec.structs import replace

from dreamc import workloads as room
from dreamc.stack.types import Instance, Mode, Stack
from dreamc.workloads import check_same_mounts, directories, plan, workloads
from dreamc.workloads.secrets import by_mode, wanted
from dreamc.workloads.types import Mount, Workload
from dreamc.workloads.view import views
from tests.unit.backends.stacks import assistant, extra, fleet, stack, vllm


def test_every_service_has_the_same_data_in_every_mode() -> None:
    check_same_mounts("desk", plan(assistant(), "desk"))


def test_data_that_differs_between_modes_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def split(there: Stack, host: str, mode: Mode) -> tuple[Workload, ...]:
        made = workloads(there, host, mode)[0]
        return (replace(made, mounts=(Mount(f"/opt/dream/{mode}/webui", "/data"),)),)

    monkeypatch.setattr(room, "workloads", split)
    with pytest.raises(ValueError, match="litellm has other data in mode local"):
        room.check_same_mounts("desk", plan(stack(), "desk"))


def test_two_services_of_one_name_are_refused() -> None:
    a = vllm("a", Instance(0, "desk", (0,), "vllm-x", 8001, ""))
    b = vllm("b", Instance(0, "desk", (0,), "vllm-x", 8002, ""))
    with pytest.raises(ValueError, match="vllm-x is used twice"):
        workloads(stack(locals=(a, b)), "desk", "local")


def test_two_services_on_one_port_are_refused() -> None:
    ui = replace(extra("open-webui", auth=True), port=4000)
    with pytest.raises(ValueError, match="port 4000 is used twice"):
        workloads(stack(services=(ui,)), "desk", "hybrid")


def test_every_writable_directory_is_listed_with_its_owner() -> None:
    listed = {one.path for one in directories(plan(assistant(), "desk"))}
    for mode in ("cloud", "local", "hybrid"):
        for workload in workloads(assistant(), "desk", mode):
            assert {mount.source for mount in workload.mounts if not mount.config} <= listed


def test_every_secret_is_listed_with_the_modes_that_want_it() -> None:
    found = {secret.variable: modes for secret, modes in by_mode(assistant(), plan(assistant(), "desk"))}
    assert found["DREAM_GATEWAY_KEY"] == ("cloud", "local", "hybrid")
    assert found["DREAM_ANTHROPIC_API_KEY"] == ("cloud", "hybrid")
    assert found["DREAM_SEARXNG_SECRET"] == ("cloud", "hybrid")


def test_a_host_with_models_only_wants_the_key_between_hosts_only() -> None:
    assert [secret.variable for secret in wanted(fleet(), "hybrid", workloads(fleet(), "gpu01", "hybrid"))] == [
        "DREAM_VLLM_KEY"
    ]


@pytest.mark.parametrize("host", ["desk", "gpu01", "gpu02"])
@pytest.mark.parametrize("mode", ["local", "hybrid"])
def test_the_view_of_a_host_runs_what_the_whole_stack_says(host: str, mode: Mode) -> None:
    seen = dict(views(fleet()))[host]
    assert workloads(seen, host, mode) == workloads(fleet(), host, mode)


def test_the_view_of_a_host_leaves_out_the_servers_of_others() -> None:
    seen = dict(views(fleet()))["gpu01"]
    assert [local.name for local in seen.locals] == ["big"]
