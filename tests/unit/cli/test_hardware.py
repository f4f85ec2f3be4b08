"""What a host showed, in the words of `hardware:`."""

from __future__ import annotations

import math

import msgspec
import pytest

from dreamc.cli.hardware import changes, name_of, seen
from dreamc.document.gpus import GpuRequest
from dreamc.provision.types import Disk, Gpu, HostFacts
from dreamc.spec.hardware import Host
from tests.unit.provision.world import bare

GIB = 2**30


def gpu(name: str, mib: int, index: int = 0, capability: str = "8.9") -> Gpu:
    return Gpu(index, name, mib * 2**20, capability, "580.95.05")


R4090 = gpu("NVIDIA GeForce RTX 4090", 24564)


def host(*gpus: Gpu, ram: float = 62.7, disk: float = 465.0) -> HostFacts:
    size = round(disk * GIB)
    disks = (Disk("/opt/dream", size // 2, 1, "/dev/a"), Disk("/opt/dream/models", size, 1, "/dev/b"))
    return msgspec.structs.replace(bare(), gpus=gpus, ram=math.ceil(ram * GIB), disks=disks)


def test_cards_are_called_by_their_names_in_the_table() -> None:
    assert seen(host(R4090)).gpus == "rtx-4090"
    assert seen(host(R4090, gpu("NVIDIA GeForce RTX 4090", 24564, 1))).gpus == "2 x rtx-4090"
    other = gpu("NVIDIA GeForce RTX 3090", 24576, 1, "8.6")
    assert seen(host(R4090, other, R4090)).gpus == ["rtx-4090", "rtx-3090", "rtx-4090"]


def test_two_cards_of_one_name_are_told_apart_by_their_memory() -> None:
    small, large = gpu("NVIDIA A100-SXM4-40GB", 40960, 0, "8.0"), gpu("NVIDIA A100-SXM4-80GB", 81920, 0, "8.0")
    assert name_of(small) != name_of(large)


def test_a_card_that_no_table_knows_is_described_as_it_was_seen() -> None:
    own = gpu("NVIDIA RTX 9999 Ti", 65536, 0, "13.0")
    assert seen(host(own)).gpus == {"model": "rtx-9999-ti", "memory": "64.0 GiB", "capability": "13.0"}
    assert seen(host(own, own)).gpus == {"model": "rtx-9999-ti", "count": 2, "memory": "64.0 GiB", "capability": "13.0"}


def test_a_known_name_with_quite_another_memory_is_not_that_card() -> None:
    assert seen(host(gpu("NVIDIA GeForce RTX 4090", 49140))).gpus == {
        "model": "rtx-4090",
        "memory": "48.0 GiB",
        "capability": "8.9",
    }


def test_memory_and_disk_are_what_was_seen_and_the_disk_is_that_of_the_models() -> None:
    assert (seen(host()).ram, seen(host()).disk) == ("62.7 GiB", "465 GiB")


KNOWN = Host(gpus=(GpuRequest(1, "rtx-4090"),), ram="64 GiB", disk="500 GiB")  # type: ignore[arg-type]


def test_what_firmware_and_file_systems_keep_is_no_change() -> None:
    assert changes(host(R4090), KNOWN) == {}


@pytest.mark.parametrize(
    "written",
    [GpuRequest(1, "NVIDIA GeForce RTX 4090"), GpuRequest(1, "rtx-4090", int(23.5 * GIB)), GpuRequest(1, "RTX 4090")],
)
def test_another_way_of_writing_the_same_card_is_no_change(written: GpuRequest) -> None:
    assert "gpus" not in changes(host(R4090), KNOWN.model_copy(update={"gpus": (written,)}))


def test_what_differs_is_written() -> None:
    other = gpu("NVIDIA GeForce RTX 3090", 24576)
    assert changes(host(other, ram=125.6, disk=900), KNOWN) == {
        "gpus": "rtx-3090",
        "ram": "125.6 GiB",
        "disk": "900 GiB",
    }
    assert changes(host(R4090, R4090), KNOWN) == {"gpus": "2 x rtx-4090"}


def test_a_driver_that_does_not_answer_takes_no_card_away() -> None:
    assert changes(host(), KNOWN) == {}
    assert changes(host(ram=0, disk=0), KNOWN) == {}


def test_a_host_that_the_file_does_not_know_is_written_whole() -> None:
    assert changes(host(R4090), None) == {"gpus": "rtx-4090", "ram": "62.7 GiB", "disk": "465 GiB"}
