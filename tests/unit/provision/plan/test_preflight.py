"""What stands in the way of an apply, and what to do about it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from dreamc.artifact.release import release_text
from dreamc.provision.plan import HostPlan
from dreamc.provision.types import Disk, Gpu
from tests.unit.provision.world import GIB, HUB, NOW, ROOT, after, bare, bundle, planned, release

HERE = release()
CARD = bare().gpus[0]


def blocked(mode: str = "hybrid", now: float = NOW, **facts: Any) -> HostPlan:
    return planned(HERE, bare(**facts), mode, clock=now)


def gpu(**fields: Any) -> Gpu:
    return msgspec.structs.replace(CARD, **fields)


def text_of(**fields: Any) -> str:
    """The release.json of another release."""
    return release_text(msgspec.structs.replace(HERE, **fields))


@pytest.mark.parametrize(
    ("facts", "id", "words"),
    [
        ({"engine": "", "engine_problem": "Docker is not installed"}, "engine-missing", "not installed"),
        (
            {"engine": "", "engine_problem": "permission denied while trying", "user": "ada"},
            "engine-permission",
            "ada may not use Docker",
        ),
        ({"engine": "", "engine_problem": "Docker does not answer within 10 seconds"}, "engine-silent", "10 seconds"),
        ({"engine": "19.03.15"}, "engine-old", "19.03.15"),
        ({"compose": ""}, "compose-missing", "not installed"),
        ({"compose": "1.29.2"}, "compose-missing", "1.29.2"),
        ({"writable": False, "user": "ada", "uid": 1000}, "root-not-writable", "ada cannot write to /opt/dream"),
        ({"gpus": (), "gpu_problem": "nvidia-smi is not there"}, "gpu-none", "nvidia-smi is not there"),
        ({"toolkit": False}, "toolkit", "Container Toolkit"),
        ({"gpus": (gpu(index=1),)}, "gpu-count", "nvidia-smi shows 1"),
        ({"gpus": (gpu(driver="570.1"),)}, "driver", "570.1 is older than 580.65"),
        ({"gpus": (gpu(mig=True),)}, "gpu-mig", "MIG"),
        ({"gpus": (gpu(memory=16 * GIB),)}, "gpu-memory", "16.0 GiB"),
        ({"gpus": (gpu(capability="8.6"),)}, "gpu-capability", "8.6, the models need 8.9"),
        ({"disks": (Disk(ROOT, 9, 9 * GIB, "a"), Disk(HUB, 9, 15 * GIB, "b"))}, "disk", "downloads may take 16.0 GiB"),
        ({"ports": ("127.0.0.1:4000",)}, "port", "port 4000 is taken"),
        ({"ports": (":::4000",)}, "port", "port 4000 is taken"),
        (
            {"release": "1", "release_json": text_of(stack="other")},
            "other-stack",
            "the stack other, this is home",
        ),
        (
            {"release": "1", "release_json": text_of(host="gpu02")},
            "other-host",
            "of gpu02, not of gpu01",
        ),
        ({"clock": NOW - 7200}, "clock", "120 min behind"),
    ],
)
def test_what_is_wrong_is_named_with_a_remedy(facts: dict[str, Any], id: str, words: str) -> None:
    found = blocked(**facts)
    (blocker,) = found.blockers
    assert (blocker.id, blocker.code) == (id, 1)
    assert words in blocker.what
    assert blocker.remedy


@pytest.mark.parametrize(
    ("facts", "id"),
    [
        ({"ram": 16 * GIB}, "memory"),
        ({"gpus": (gpu(used=8 * GIB),)}, "gpu-occupied"),
        ({"clock": NOW + 90}, "clock"),
        ({"ports": ("10.0.0.5:4000",)}, "port-near"),
        ({"gpus": (gpu(name="NVIDIA RTX 6000 Ada", memory=48 * GIB),)}, "gpu-other"),
        ({"gpus": (gpu(name="NVIDIA GeForce RTX 5090", capability="12.0"),)}, "gpu-other"),
        ({"directories": ((f"{ROOT}/data/redis", "0750 0 0"),)}, "owner"),
    ],
)
def test_what_is_only_worth_knowing_does_not_block(facts: dict[str, Any], id: str) -> None:
    found = blocked(**facts)
    assert found.blockers == ()
    assert [one.id for one in found.warnings] == [id]


def test_vram_that_our_own_services_hold_is_theirs_to_give_back() -> None:
    found = planned(HERE, after(HERE, bundle(HERE), start=bare(gpus=(gpu(used=21 * GIB),))))
    assert (found.blockers, found.warnings) == ((), ())


def test_what_nobody_knows_of_a_card_is_not_held_against_it() -> None:
    assert blocked(gpus=(gpu(memory=0, capability="", driver=""),)).blockers == ()


def test_a_mode_without_gpus_needs_none() -> None:
    assert blocked("cloud", gpus=(), toolkit=False, gpu_problem="nvidia-smi is not there").blockers == ()


def test_a_mode_that_was_not_compiled_says_why() -> None:
    (blocker,) = blocked("local").blockers
    assert blocker.what == "local mode was not compiled: no route without a cloud for the alias auto"


def test_the_port_of_our_own_gateway_is_not_in_its_way() -> None:
    assert planned(HERE, after(HERE, bundle(HERE))).blockers == ()


def test_without_docker_nobody_is_accused_of_holding_a_port() -> None:
    held = ("0.0.0.0:4000", "10.0.0.5:4000")
    found = blocked(ports=held, engine="", engine_problem="Docker is not installed")
    assert [one.id for one in found.blockers] == ["engine-missing"]


def test_root_through_sudo_may_write_anywhere() -> None:
    assert planned(HERE, bare(writable=False, uid=1000), become=True).blockers == ()


def test_a_secret_without_a_value_names_its_reference_and_never_a_value() -> None:
    why = {"DREAM_OPENAI_API_KEY": "op is not signed in (hunter2)", "DREAM_OTHER": "not of this mode"}
    (blocker,) = planned(HERE, bare(), unresolved=why, mask=lambda text: text.replace("hunter2", "***")).blockers
    assert blocker.what == "DREAM_OPENAI_API_KEY has no value: env://OPENAI_API_KEY: op is not signed in (***)"


def test_downloads_to_one_file_system_are_added_up() -> None:
    disks = (Disk(ROOT, 9, 30 * GIB, "a"), Disk(HUB, 9, 30 * GIB, "a"), Disk("/var/lib/docker", 9, 30 * GIB, "a"))
    found = blocked(disks=disks)
    assert [(one.paths, one.takes) for one in found.disks] == [((ROOT, HUB, "/var/lib/docker"), 34 * GIB)]
    assert [one.id for one in found.blockers] == ["disk"]


def test_an_image_that_was_loaded_from_an_archive_is_there_without_a_digest() -> None:
    loaded = tuple((image.name, "sha256:1") for image in HERE.mode("hybrid").images)
    assert [one.name for one in blocked(images=loaded).downloads] == ["Qwen/Qwen3-8B"]
    pulled = (*loaded, ("redis@sha256:" + "0" * 64, "sha256:1"), ("redis:8.4.0-alpine@sha256:" + "0" * 64, "sha256:1"))
    assert [one.name for one in blocked(images=pulled).downloads] == ["redis:8.4.0-alpine", "Qwen/Qwen3-8B"]
