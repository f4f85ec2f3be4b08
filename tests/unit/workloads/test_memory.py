"""A host that is too small for its services is said before one of them is killed."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from dreamc.sizing.types import GIB
from dreamc.stack.types import MODES, Mode, Stack
from dreamc.workloads import workloads
from dreamc.workloads.memory import findings, parts
from tests.unit.backends.stacks import assistant, fleet, host, stack


def with_ram(gib: int) -> Stack:
    return stack(hosts=(replace(host(), ram=gib * GIB),))


def test_a_host_of_4_gib_is_too_small_for_a_model_server() -> None:
    (found,) = findings(with_ram(4))
    assert (found.code, found.path[-1]) == ("DRM314", "ram")
    assert "need 14.0 GiB" in found.message
    assert "vllm-quality 6.0 GiB" in found.help


def test_a_host_with_enough_or_unknown_memory_is_passed_in_silence() -> None:
    assert findings(with_ram(14)) == ()
    assert findings(stack(hosts=(replace(host(), ram=None),))) == ()


def test_cloud_mode_needs_no_model_server() -> None:
    assert dict(parts(stack(), "cloud")["desk"]) == {"litellm": 2 * GIB}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("there", [stack(), assistant(), fleet()])
def test_every_container_is_counted_and_none_with_more_than_its_limit(there: Stack, mode: Mode) -> None:
    for one in there.hosts:
        limits = {made.service: made.memory for made in workloads(there, one.name, mode)}
        counted = dict(parts(there, mode)[one.name])
        assert {name for name in limits if not name.startswith(("door-", "relay-"))} == set(counted)
        assert all(size <= limits[name] for name, size in counted.items())
