"""Answers of real hosts and of hosts as they are elsewhere, and the facts that they mean."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from dreamc.artifact.release import read_release
from dreamc.artifact.types import sha256
from dreamc.provision.facts import parse
from dreamc.provision.types import Disk, Gpu, HeldLock, HostFacts, Mount

RECORDED = Path(__file__).parents[3] / "facts"
GIB = 2**30
NAMES = sorted(path.stem for path in RECORDED.glob("*.txt"))


def facts(name: str) -> HostFacts:
    return parse((RECORDED / f"{name}.txt").read_text(encoding="utf-8"), "gpu01")


@pytest.mark.parametrize("name", NAMES)
def test_a_recorded_answer_means_these_facts(name: str) -> None:
    found = msgspec.json.format(msgspec.json.encode(facts(name)), indent=2).decode() + "\n"
    expected = RECORDED / f"{name}.json"
    if os.environ.get("UPDATE"):
        expected.write_text(found, encoding="utf-8")
    assert found == expected.read_text(encoding="utf-8")


def test_a_host_that_runs_a_release_says_all_of_it() -> None:
    """Recorded on a Debian 12 host with Docker 20.10 and stub GPUs."""
    host = facts("debian-12")
    assert (host.release, host.mode) == ("4f739fa32056", "local")
    assert read_release(host.release_json).stack == "zero-cloud"
    assert (host.edited, host.strangers) == ((), ())
    lines = sorted(f"{path} {mode} {digest}\n" for path, mode, digest in host.manifest)
    assert sha256("".join(lines).encode())[:12] == host.release, "the release is as it was uploaded"
    assert {one.state for one in host.containers} == {"running"}
    assert {one.health for one in host.containers} == {"healthy"}
    assert all(one.definition and one.config_hash and one.image_id.startswith("sha256:") for one in host.containers)
    assert set(host.published) == {"127.0.0.1:3000", "127.0.0.1:4000"}
    assert "0.0.0.0:8080" in host.ports
    assert "0.0.0.0:22" in host.ports
    assert Mount("qdrant", "bind", "/opt/dream/data/qdrant", "/qdrant/storage") in host.mounts
    assert host.gpus[1] == Gpu(1, "NVIDIA H200", 143771 * 2**20, "9.0", "580.95.05")


def test_the_value_of_a_secret_is_only_known_by_its_salted_digest() -> None:
    host = dict(facts("debian-12").env)
    values = {
        "DREAM_ANTHROPIC_API_KEY": "sk-ant-one",
        "DREAM_GATEWAY_KEY": "sk it is",
        "DREAM_GOOGLE_API_KEY": 'a"b$c',
        "DREAM_OPENAI_API_KEY": "two\nlines",
        "DREAM_VLLM_KEY": "abc",
        "DREAM_WEBUI_SECRET_KEY": "w",
        "HF_HOME": "/x",
    }
    assert host == {name: sha256(f"s4lt{value}".encode()) for name, value in values.items()}


def test_a_newer_docker_lists_ports_and_digests_differently() -> None:
    host = facts("ubuntu-24.04")
    assert (host.user, host.uid, host.groups) == ("ada", 1000, ("ada", "adm", "sudo", "docker"))
    assert (host.engine, host.compose, host.unit) == ("29.0.1", "2.40.3", True)
    assert host.published == ("127.0.0.1:4000", "::1:4000")
    assert {"0.0.0.0:9000", "0.0.0.0:9001", ":::9443", "127.0.0.53:53", "127.0.0.1:8080", "::1:3000"} <= set(host.ports)
    images = dict(host.images)
    assert images["ghcr.io/berriai/litellm:v1.106.2"] == images[f"ghcr.io/berriai/litellm@sha256:{'d' * 64}"]
    assert f"redis@sha256:{'f' * 64}" in images
    assert [(one.service, one.state, one.exit_code, one.restarts) for one in host.containers if one.restarts] == [
        ("redis", "restarting", 137, 12)
    ]


def test_disks_are_told_apart_by_their_device() -> None:
    disks = {disk.path: disk for disk in facts("ubuntu-24.04").disks}
    assert disks["/opt/dream"].device == disks["/var/lib/docker"].device
    assert disks["/opt/dream/models/huggingface"] == Disk(
        "/opt/dream/models/huggingface", 1921724608 * 1024, 1024000000 * 1024, "/dev/nvme1n1p1"
    )
    assert facts("debian-12-no-docker").disks[0].device == "overlay /"


def test_a_link_in_the_hub_cache_that_leads_nowhere_makes_a_model_incomplete() -> None:
    ((path, size, complete),) = facts("ubuntu-24.04").weights
    assert path.endswith("models--Qwen--Qwen3-8B")
    assert size == 728 + 3996250744
    assert not complete


def test_a_user_outside_the_docker_group_is_told_so() -> None:
    host = facts("ubuntu-22.04-no-permission")
    assert host.engine == ""
    assert host.engine_problem.startswith("permission denied")
    assert not host.writable


def test_an_old_driver_that_knows_no_capability_leaves_it_empty() -> None:
    assert facts("ubuntu-22.04-no-permission").gpus == (Gpu(0, "NVIDIA GeForce RTX 3090", 24 * GIB, "", "470.256.02"),)


def test_a_card_that_is_cut_into_instances_is_marked() -> None:
    assert [gpu.mig for gpu in facts("rhel-9-podman-mig").gpus] == [True, False]


def test_podman_under_the_name_of_docker_is_recognised() -> None:
    assert "Podman" in facts("rhel-9-podman-mig").engine_problem
    assert facts("rhel-9-podman-mig").groups == ("root",)


def test_a_host_without_docker_and_without_a_driver_is_no_error() -> None:
    host = facts("debian-12-no-docker")
    assert (host.engine_problem, host.gpu_problem) == ("Docker is not installed", "nvidia-smi is not there")
    assert (host.release, host.containers, host.lock, host.systemd) == ("", (), None, False)
    assert host.root == "/srv/dream"


def test_an_engine_that_hangs_and_a_driver_that_fails_say_so() -> None:
    host = facts("driver-broken-engine-hangs")
    assert host.engine_problem == "Docker does not answer within 10 seconds"
    assert host.gpus == ()
    assert "couldn't communicate with the NVIDIA driver" in host.gpu_problem


def test_what_an_activation_that_was_cut_off_left_behind_is_seen() -> None:
    host = facts("cut-off-in-the-middle")
    assert host.lock == HeldLock("ada@laptop", "2026-11-20T11:58:00Z", "apply hybrid = all", "7f3a", stale=True)
    assert "phase=up" in host.transaction
    assert (host.edited, host.strangers) == (("README.md", "config/policy.json", "dream"), ("notes",))
