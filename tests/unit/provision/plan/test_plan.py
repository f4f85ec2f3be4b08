"""What a plan says of a host, from the empty one to the one on which nothing is to be done."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given as example
from hypothesis import settings
from hypothesis import strategies as st

from dreamc.artifact.release import Directory, Release, Service, read_release
from dreamc.artifact.types import Artifact, Bundle, digest
from dreamc.provision.plan import Given, HostPlan, plan, state, texts_wanted
from dreamc.provision.plan.types import Data, SecretChange
from dreamc.provision.types import HeldLock, HostFacts, Mount, Target
from tests.unit.provision import world
from tests.unit.provision.world import ENV, GIB, LITELLM, REDIS, ROOT, VLLM, after, bare, bundle, mode, planned, release

GOLDEN = sorted((Path(__file__).parents[3] / "golden").glob("*/*/release.json"))
HERE = release()
BUNDLE = bundle(HERE)
RUNNING = after(HERE, BUNDLE)


def changed(facts: HostFacts, service: str = "litellm", **fields: Any) -> HostFacts:
    """The host with one container that is not as it was."""
    found = tuple(msgspec.structs.replace(one, **fields) if one.service == service else one for one in facts.containers)
    return msgspec.structs.replace(facts, containers=found)


def actions(of: HostPlan) -> dict[str, str]:
    return {one.name: one.action for one in of.services}


def why(of: HostPlan, service: str) -> tuple[str, ...]:
    return next(one.why for one in of.services if one.name == service)


def test_an_empty_host_gets_everything_and_loses_nothing() -> None:
    found = planned(HERE, bare())
    assert set(actions(found).values()) == {"create"}
    assert found.changed
    assert not found.blockers
    assert not found.interruption.services
    assert {one.kind for one in found.files} == {"added"}
    assert sum(one.size or 0 for one in found.downloads) == 22 * GIB
    assert found.disks[0].left == 400 * GIB - 3 * 6 * GIB - 16 * GIB
    assert found.cards[0].before == ()
    assert (found.month.before, found.month.after) == (0.0, 50.0)
    assert {one.change for one in found.secrets} == {"new"}


def test_the_expected_month_stands_beside_the_worst_one() -> None:
    costly = release(mode(expected_month=12.5), msgspec.structs.replace(world.CLOUD, expected_month=80.0))
    first = planned(costly, bare()).month
    assert (first.expected_before, first.expected_after) == (0.0, 12.5)
    later = planned(costly, after(costly, bundle(costly)), "cloud").month
    assert (later.expected_before, later.expected_after) == (12.5, 80.0)
    fresh = planned(costly, RUNNING).month
    assert (fresh.expected_before, fresh.expected_after) == (None, 12.5)


def test_a_host_that_is_as_it_should_be_has_no_changes() -> None:
    found = planned(HERE, RUNNING)
    assert not found.changed
    assert (found.steps, found.files, found.downloads, found.blockers, found.warnings) == ((), (), (), (), ())
    assert set(actions(found).values()) == {"keep"}


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: f"{path.parts[-3]}-{path.parts[-2]}")
def test_after_an_apply_of_an_example_its_plan_is_empty(path: Path) -> None:
    of = read_release(path.read_text(encoding="utf-8"))
    files = [one for one in path.parent.rglob("*") if one.is_file()]
    made = Bundle(
        of.host,
        tuple(Artifact(one.relative_to(path.parent).as_posix(), one.read_text(encoding="utf-8")) for one in files),
    )
    for one in of.modes:
        if not one.reason:
            start = bare(host=of.host, root=of.root)
            env = {secret.variable: "e" * 64 for secret in one.secrets}
            done = after(of, made, one.mode, start, env=tuple(sorted(env.items())))
            found = plan(Target(of.host, digest(made), one.mode), of, made, done, Given(env=env))
            assert not found.changed
            assert not found.downloads
            assert not found.data_at_risk
            assert plan(Target(of.host, digest(made), one.mode), of, made, start, Given(env=env)).changed


MUTATIONS = st.fixed_dictionaries(
    {},
    optional={
        "image": st.sampled_from(["old/image:1", VLLM.image]),
        "image_id": st.sampled_from(["sha256:" + "0" * 64]),
        "definition": st.sampled_from(["", "0" * 64]),
        "state": st.sampled_from(["exited", "created", "paused", "dead", "restarting"]),
        "health": st.sampled_from(["unhealthy"]),
    },
)


@settings(max_examples=150, deadline=None)
@example(st.sampled_from(["litellm", "vllm-quality", "redis"]), MUTATIONS, st.sampled_from(["cloud", "hybrid"]))
def test_whatever_differs_is_named_and_put_right_by_one_apply(name: str, fields: dict[str, str], target: str) -> None:
    facts = changed(after(HERE, BUNDLE, target), name, **fields)
    found = planned(HERE, facts, target)
    there = name in {one.service for one in facts.containers}
    assert found.changed == bool(there and fields and facts.containers != after(HERE, BUNDLE, target).containers)
    assert all(one.why for one in found.services if one.action != "keep")
    assert not planned(HERE, after(HERE, BUNDLE, target, facts), target).changed


def test_a_new_image_a_changed_option_and_a_changed_file_are_named() -> None:
    new = world.service(
        "vllm-quality", "vllm/vllm-openai:v0.34.0", title="--max-model-len 32768 --x", gpus=(0,), start=9
    )
    lite = world.service("litellm", LITELLM.image, title="--port 4000", ports=(4000,), start=151, data=LITELLM.data)
    of = release(mode(services=(lite, new, REDIS)))
    made = bundle(of, {"config/litellm.yaml": "of: another\n"})
    texts = {one.path: one.text for one in BUNDLE.artifacts}
    found = planned(of, RUNNING, made=made, texts=texts)
    assert why(found, "vllm-quality") == (
        f"image {VLLM.image} -> {new.image}",
        "command: --max-model-len 16384 -> 32768",
        "command: --x added",
    )
    assert why(found, "litellm") == ("config/litellm.yaml changed",)
    assert actions(found)["redis"] == "keep"
    assert set(texts_wanted(made, RUNNING)) == {"config/litellm.yaml", "docker-compose.hybrid.yml"}
    assert [one.path for one in found.files if one.diff] == ["config/litellm.yaml", "docker-compose.hybrid.yml"]


def test_without_the_old_texts_a_changed_definition_is_still_a_reason() -> None:
    lite = world.service("litellm", LITELLM.image, title="--port 4001", start=150)
    found = planned(release(mode(services=(lite, VLLM, REDIS))), RUNNING)
    assert why(found, "litellm") == ("its definition changed",)


def test_the_same_name_for_another_build_is_a_new_image() -> None:
    facts = changed(RUNNING, "redis", image_id="sha256:" + "0" * 64)
    (reason,) = why(planned(HERE, facts), "redis")
    assert "another build" in reason


def test_a_changed_secret_recreates_the_services_that_it_reaches() -> None:
    found = planned(HERE, RUNNING, env={**ENV, "DREAM_OPENAI_API_KEY": "0" * 64})
    assert why(found, "litellm") == ("secret DREAM_OPENAI_API_KEY changed",)
    assert actions(found) == {"litellm": "recreate", "vllm-quality": "keep", "redis": "keep"}
    assert SecretChange("DREAM_OPENAI_API_KEY", "changed") in found.secrets
    assert "0" * 64 not in msgspec.json.encode(found).decode()


def test_a_secret_that_stays_on_the_host_or_is_not_resolved_changes_nothing() -> None:
    found = planned(HERE, RUNNING, env={}, kept=("DREAM_OPENAI_API_KEY",))
    assert not found.changed
    assert {one.change for one in found.secrets} == {"kept", "unknown"}


@pytest.mark.parametrize(
    ("fields", "action", "reason", "forced"),
    [
        ({"state": "exited", "exit_code": 137, "health": ""}, "start", "it has exited with code 137", False),
        ({"state": "created", "health": ""}, "start", "it was never started", False),
        ({"state": "restarting"}, "recreate", "it is restarting", True),
        ({"health": "unhealthy"}, "recreate", "it is unhealthy", True),
    ],
)
def test_a_service_that_does_not_serve_is_started_or_made_anew(
    fields: dict[str, Any], action: str, reason: str, forced: bool
) -> None:
    found = planned(HERE, changed(RUNNING, **fields))
    one = next(one for one in found.services if one.name == "litellm")
    assert (one.action, one.why, one.forced) == (action, (reason,), forced)


def test_a_container_that_someone_removed_comes_back() -> None:
    facts = msgspec.structs.replace(
        RUNNING, containers=tuple(one for one in RUNNING.containers if one.service != "redis")
    )
    assert why(planned(HERE, facts), "redis") == ("its container is gone",)


def test_another_mode_stops_what_it_does_not_need_and_keeps_the_rest() -> None:
    found = planned(HERE, RUNNING, "cloud")
    assert actions(found) == {"litellm": "keep", "redis": "keep", "vllm-quality": "remove"}
    assert why(found, "vllm-quality") == ("not in cloud mode",)
    assert (found.files, found.downloads, found.data_at_risk) == ((), (), ())
    assert (found.month.before, found.month.after) == (50.0, 200.0)
    assert found.cards[0].after == ()
    assert found.interruption.services == ()
    assert "record cloud mode" in found.steps


def test_a_release_that_is_on_the_host_is_planned_without_its_files() -> None:
    found = plan(Target("gpu01", "0123456789ab", "hybrid"), HERE, None, RUNNING, world.given())
    assert found.changed
    assert found.files == ()
    assert not any("upload" in step for step in found.steps)


def test_how_long_services_are_away_is_bounded_by_what_they_may_take() -> None:
    slow = world.service("vllm-quality", VLLM.image, title="--x", gpus=(0,), start=400, stop=70)
    lite = world.service("litellm", LITELLM.image, title="--y", start=100, stop=30, after=("vllm-quality",))
    found = planned(release(mode(services=(lite, slow, REDIS))), RUNNING)
    assert found.interruption.most == 70 + 400 + 100
    assert found.interruption.services == ("litellm", "vllm-quality")
    assert "stop vllm-quality to free VRAM" in found.steps


def test_a_host_that_left_the_file_is_torn_down_and_keeps_its_data() -> None:
    found = plan(Target("gpu01", "", "hybrid"), None, None, RUNNING, world.given())
    assert set(actions(found).values()) == {"remove"}
    assert [one.path for one in found.data_at_risk] == [f"{ROOT}/data/litellm", f"{ROOT}/data/redis"]
    assert not found.blockers
    assert found.steps[-1] == f"keep all data below {ROOT} (2 directories)"
    assert found.cards[0].after == ()
    gone = msgspec.structs.replace(bare(), releases=RUNNING.releases)
    assert not plan(Target("gpu01", "", "hybrid"), None, None, gone, world.given()).changed


def test_a_directory_that_nobody_names_any_more_stays_and_is_mentioned() -> None:
    of = release(mode(services=(LITELLM, VLLM)), directories=(HERE.directories[0], HERE.directories[2]))
    found = planned(of, RUNNING)
    assert found.data_at_risk == (Data(f"{ROOT}/data/redis", "kept on the disk, no longer used"),)
    assert [one.id for one in found.warnings] == ["data-kept"]
    assert not found.blockers


def moved() -> Release:
    lite = world.service("litellm", LITELLM.image, title="--port 4000", ports=(4000,), data=(f"{ROOT}/elsewhere",))
    return release(
        mode(services=(lite, VLLM, REDIS)),
        directories=(*HERE.directories[1:], Directory(f"{ROOT}/elsewhere", "0750", 0, 0, keep=True)),
    )


def test_a_service_that_would_suddenly_see_no_data_is_refused_unless_that_is_allowed() -> None:
    found = planned(moved(), RUNNING)
    assert [(one.path, one.lost_to) for one in found.data_at_risk] == [(f"{ROOT}/data/litellm", "litellm")]
    (blocker,) = found.blockers
    assert (blocker.id, blocker.code) == ("data", 1)
    assert "--allow-data-loss" in blocker.remedy
    assert not planned(moved(), RUNNING, allow_data_loss=True).blockers


def test_a_volume_that_someone_made_is_data_too() -> None:
    named = msgspec.structs.replace(RUNNING, mounts=(*RUNNING.mounts, Mount("redis", "volume", "redis-data", "/data")))
    assert [one.id for one in planned(HERE, named).blockers] == ["data"]
    unnamed = msgspec.structs.replace(RUNNING, mounts=(*RUNNING.mounts, Mount("redis", "volume", "c" * 64, "/data")))
    assert not planned(HERE, unnamed).blockers


def test_files_edited_by_hand_are_shown_and_put_back() -> None:
    spoilt = tuple(
        (path, bits, "0" * 64 if path == "config/litellm.yaml" else sum_) for path, bits, sum_ in RUNNING.manifest
    )
    facts = msgspec.structs.replace(
        RUNNING, manifest=(*spoilt, ("notes", "0644", "1" * 64)), edited=("config/litellm.yaml",), strangers=("notes",)
    )
    found = planned(HERE, facts, texts={"config/litellm.yaml": "of: me\napi_key: sk-live-0123456789\nmax_tokens: 5\n"})
    assert [(one.path, one.kind) for one in found.files] == [("config/litellm.yaml", "changed"), ("notes", "removed")]
    assert [one.id for one in found.warnings] == ["edited", "strangers"]
    assert "-of: me" in found.files[0].diff
    assert "-max_tokens: 5" in found.files[0].diff
    assert "sk-live" not in found.files[0].diff


def test_known_values_are_masked_in_every_diff() -> None:
    found = planned(
        HERE, changed(RUNNING), made=bundle(HERE, {"config/litellm.yaml": "of: hunter2\n"}),
        texts={"config/litellm.yaml": "of: hunter2 before\n"}, mask=lambda text: text.replace("hunter2", "***"),
    )  # fmt: skip
    assert "***" in found.files[1].diff
    assert "hunter2" not in msgspec.json.encode(found).decode()


def test_an_activation_that_was_cut_off_is_put_back_first() -> None:
    facts = msgspec.structs.replace(RUNNING, transaction="token=t\nphase=up\nboot=b")
    found = planned(HERE, facts)
    assert found.changed
    assert found.steps[0] == "put back the activation that was cut off"
    assert [one.what for one in found.warnings] == ["an activation was cut off (phase=up)"]


def test_a_held_lock_is_exit_code_5_unless_it_is_ours_stolen_or_left_over() -> None:
    lock = HeldLock("ada@laptop", "2026-11-20T12:00:00Z", "apply", "t", stale=False)
    held = msgspec.structs.replace(RUNNING, lock=lock)
    (blocker,) = planned(HERE, held).blockers
    assert (blocker.code, blocker.what) == (5, "ada@laptop holds the lock since 2026-11-20T12:00:00Z: apply")
    assert not planned(HERE, held, token="t").blockers
    assert not planned(HERE, held, steal=True).blockers
    left = msgspec.structs.replace(held, lock=msgspec.structs.replace(lock, stale=True))
    assert not planned(HERE, left).blockers


def test_the_unit_is_installed_where_that_is_possible_and_wanted() -> None:
    facts = msgspec.structs.replace(RUNNING, unit=False)
    assert planned(HERE, facts).changed
    assert not planned(HERE, facts, unit=False).changed
    assert not planned(HERE, msgspec.structs.replace(facts, uid=1000)).changed


def test_the_same_facts_give_the_same_plan_and_the_same_state() -> None:
    assert planned(HERE, RUNNING) == planned(HERE, RUNNING)
    later = msgspec.structs.replace(RUNNING, clock=RUNNING.clock + 60, disks=(), ram=1, journal="x", ports=())
    assert state(later) == state(RUNNING)
    assert state(changed(RUNNING, state="exited")) != state(RUNNING)


def test_a_release_that_is_not_the_targets_is_a_bug() -> None:
    with pytest.raises(ValueError, match="not that of the target"):
        plan(Target("gpu02", "0123456789ab", "hybrid"), HERE, None, RUNNING, world.given())


def test_a_release_whose_description_is_damaged_leaves_the_past_unknown() -> None:
    found = planned(HERE, msgspec.structs.replace(RUNNING, release_json="{"))
    assert found.cards[0].before is None
    assert not found.month.known


def test_a_service_may_be_called_anything() -> None:
    odd = Service("constructor", "image", "d")
    assert actions(planned(release(mode(services=(odd,))), bare())) == {"constructor": "create"}


def test_models_that_vanished_under_a_running_service_are_mentioned_without_touching_it() -> None:
    facts = msgspec.structs.replace(RUNNING, weights=((world.QUALITY.path, 5, False),))
    found = planned(HERE, facts)
    assert not found.changed
    assert [one.id for one in found.warnings] == ["supply"]
    assert [(one.name, one.have) for one in found.downloads] == [("Qwen/Qwen3-8B", 5)]
