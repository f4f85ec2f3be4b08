"""Two hundred hosts of which three are dead: the others get what they were to get, the three are named."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from dreamc.artifact.release import release_of
from dreamc.artifact.types import digest
from dreamc.cli import change
from dreamc.cli.compiled import of
from dreamc.cli.hosts import Scene
from dreamc.compiler import Request, emit, resolve
from dreamc.provision.fleet import Pace
from dreamc.provision.types import Address
from tests.unit.provision.memory import CLOCK, MemoryHost

COUNT = 200
DEAD = ("h007", "h100", "h199")
KEY = "sk-gateway-0123456789abcdef"
DREAM = """\
dream: 1
name: many
mode: cloud
hardware:
{hardware}
providers:
  cloud:
    kind: openai-compatible
    base_url: http://192.0.2.7:8800/v1
    key: env://CLOUD_KEY
    models:
      large: {{id: large-1, context: 32k, usd_per_mtok: {{input: 3, output: 15}}}}
gateway: {{hosts: [{names}], key: env://GATEWAY_KEY}}
fallbacks:
  chains:
    chat: [large]
"""


def fleet(folder: Path, count: int = COUNT, dead: tuple[str, ...] = DEAD) -> Scene:
    """A gateway on each of `count` hosts that have never been applied."""
    names = [f"h{number:03}" for number in range(count)]
    rows = (f"  {name}: {{ram: 16 GiB, disk: 100 GiB}}" for name in names)
    file = folder / "dream.yaml"
    file.write_text(DREAM.format(hardware="\n".join(rows), names=", ".join(names)))
    stack = resolve(Request(file, None, {}, date(2026, 11, 20))).stack
    assert stack is not None
    bundles = {one.host: one for one in emit(stack)}
    images = tuple({one.name for one in release_of(bundles[names[0]]).mode("cloud").images})
    sessions = {name: MemoryHost(Address(name, f"{name}.example"), images, name in dead) for name in names}
    return Scene(of(stack), bundles, sessions, (), folder)


def applied(scene: Scene, quiet: bool = True) -> int:
    """What `dreamc apply -y` does with a scene: the exit code."""
    secrets = change.known_secrets(scene)
    found = change.look(scene, change.wished(scene), secrets, 16)
    course = change.Course(yes=True, quiet=quiet, pace=Pace(16))
    return change.settle(scene, found, secrets, course, lambda _session, _survey, _tell: None)


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    monkeypatch.setenv("GATEWAY_KEY", KEY)
    monkeypatch.setenv("CLOUD_KEY", "sk-cloud-0123456789")
    monkeypatch.setattr("time.time", lambda: float(CLOCK))
    return fleet(tmp_path)


def hosts(scene: Scene) -> dict[str, MemoryHost]:
    return {name: one for name, one in scene.sessions.items() if isinstance(one, MemoryHost)}


def test_of_two_hundred_hosts_all_but_the_three_dead_ones_get_the_release(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    assert applied(scene) == 1
    said = capsys.readouterr()
    for name, host in hosts(scene).items():
        if name in DEAD:
            assert host.steps == []
            assert f"{name} cannot be reached: {name}.example does not answer" in said.err
            assert f"to do: switch {name} on" in said.err
            continue
        assert (host.current, host.mode, host.unit) == (digest(scene.bundles[name]), "cloud", True)
        assert (host.lock, host.env_next) == ("", None)
        assert KEY in host.env
        assert f"{name}: done: release {host.current}" in said.out
    assert said.out.count(": done: ") == COUNT - len(DEAD)
    assert KEY not in said.out + said.err


def test_the_next_apply_reaches_the_three_that_were_dead_and_leaves_the_others_alone(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    applied(scene)
    for host in hosts(scene).values():
        host.dead = False
        host.steps.clear()
    capsys.readouterr()
    assert applied(scene) == 0
    said = capsys.readouterr().out
    assert [line.partition(":")[0] for line in said.splitlines() if ": done: " in line] == list(DEAD)
    assert {tuple(host.steps) for name, host in hosts(scene).items() if name not in DEAD} == {("gather",)}


def test_the_plan_of_two_hundred_hosts_names_each_that_answered(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    secrets = change.known_secrets(scene)
    found = change.look(scene, change.wished(scene), secrets, 16)
    plan = change.planned(scene, found)
    assert len(plan.hosts) == COUNT - len(DEAD)
    assert all(one.changed and not one.blockers for one in plan.hosts)
    assert set(found.unreachable) == set(DEAD)
    change.tell_unreachable(found)
    assert capsys.readouterr().err.count("to do:") == len(DEAD)
