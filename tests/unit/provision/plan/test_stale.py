"""A saved plan is carried out only where everything is as it was."""

from __future__ import annotations

import msgspec

from dreamc.provision.plan import HostPlan, Plan, stale, together
from tests.unit.provision.world import after, bare, bundle, planned, release

HERE = release()
RUNNING = after(HERE, bundle(HERE))


def fleet(*hosts: HostPlan, inputs: str = "f") -> Plan:
    return together("dreamc 0.2.0", "home", inputs, hosts)


def test_a_plan_holds_while_nothing_changes() -> None:
    later = msgspec.structs.replace(RUNNING, clock=RUNNING.clock + 900, journal="x")
    assert stale(fleet(planned(HERE, RUNNING)), fleet(planned(HERE, later))) == ()


def test_another_dream_yaml_is_refused() -> None:
    (why,) = stale(fleet(planned(HERE, RUNNING)), fleet(planned(HERE, RUNNING), inputs="g"))
    assert "dream.yaml" in why


def test_what_changed_on_the_host_is_named() -> None:
    edited = msgspec.structs.replace(RUNNING, manifest=RUNNING.manifest[1:])
    secret = msgspec.structs.replace(RUNNING, env=RUNNING.env[1:])
    driver = msgspec.structs.replace(RUNNING, gpus=())
    for facts, word in ((edited, "edited"), (secret, ".env"), (driver, "GPUs"), (bare(unit=True), "another release")):
        found = stale(fleet(planned(HERE, RUNNING)), fleet(planned(HERE, facts)))
        assert any(one.startswith("gpu01: ") and word in one for one in found)


def test_hosts_that_came_or_went_are_named() -> None:
    one = planned(HERE, RUNNING)
    other = msgspec.structs.replace(one, host="gpu02")
    assert stale(fleet(one), fleet(one, other)) == ("gpu02: the plan knows nothing of it",)
    assert stale(fleet(one, other), fleet(one)) == ("gpu02: it is not among the hosts any more",)


def test_what_came_in_the_way_since_is_named() -> None:
    taken = bare(ports=("0.0.0.0:4000",))
    (why,) = stale(fleet(planned(HERE, bare())), fleet(planned(HERE, taken)))
    assert why == "gpu01: now in the way: port 4000 is taken by something that is not ours (0.0.0.0)"


def test_another_mode_is_another_plan() -> None:
    found = stale(fleet(planned(HERE, RUNNING, "cloud")), fleet(planned(HERE, RUNNING)))
    assert any("in cloud mode" in one for one in found)
