"""One file for a machine that never sees a network: saved, read back, damaged in every member."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from dreamc.artifact.release import Release, release_artifact
from dreamc.artifact.types import Artifact, Bundle, bundle
from dreamc.errors import DreamError
from dreamc.supply import archive
from dreamc.supply.collect import save
from dreamc.supply.hub import Hub
from dreamc.supply.images import images, look_images
from dreamc.supply.look import gaps, missing
from dreamc.supply.shelf_hub import HubShelf
from dreamc.supply.shelf_ollama import OllamaShelf
from dreamc.supply.supply import Sources, supply
from dreamc.supply.types import Errand, silent
from tests.hub_server.server import HubServer
from tests.supply.here import Here
from tests.supply.made import hf, ollama, release


def bundle_of(made: Release) -> Bundle:
    files = (
        release_artifact(made),
        Artifact("dream", "#!/bin/sh\n", executable=True),
        Artifact("config/a.yaml", "a: 1\n"),
    )
    return bundle(made.host, (("test", files),), {"tool": "dreamc 0", "input_sha256": "0" * 64})


def saved_image(name: str, path: Path) -> None:
    path.write_text(f"{name} layers")


@pytest.fixture
def file(hub: HubServer, host: Path, tmp_path: Path) -> Path:
    """An archive of one host with both kinds of model and an image."""
    made = release(host, hf(hub, host), ollama(hub, host), images=("a/b:1",))
    shelves = (HubShelf(Hub(endpoint=hub.url), tmp_path / "cache"), OllamaShelf(tmp_path / "o", registry=hub.url))
    target = tmp_path / "lab.dream"
    save(target, (bundle_of(made),), shelves, silent, saved_image)
    return target


def test_a_host_without_a_network_gets_everything_from_the_archive(
    file: Path, hub: HubServer, host: Path, docker: Path
) -> None:
    hub.heal()
    read = archive.read(file)
    (one,) = read.bundles()
    assert next(part for part in one.artifacts if part.path == "dream").executable
    made = release(host, hf(hub, host), ollama(hub, host), images=("a/b:1",))
    assert one == bundle_of(made)
    session = Here()
    done = supply(session, made, missing(session, made, "local"), Sources(archive=read), errand=Errand(spare=0))
    assert {way.way for way in done} == {"the archive lab.dream"}
    assert all(gap.complete for gap in gaps(session, made.mode("local").weights))
    assert images(session, look_images(session, made.mode("local").images), read) == ("a/b:1",)
    assert hub.requests == []


def test_the_same_inputs_make_the_same_archive(file: Path, hub: HubServer, host: Path, tmp_path: Path) -> None:
    made = release(host, hf(hub, host), ollama(hub, host), images=("a/b:1",))
    shelves = (HubShelf(Hub(endpoint=hub.url), tmp_path / "cache"), OllamaShelf(tmp_path / "o", registry=hub.url))
    _, id_ = save(tmp_path / "again.dream", (bundle_of(made),), shelves, silent, saved_image)
    assert (tmp_path / "again.dream").read_bytes() == file.read_bytes()
    assert archive.read(file).id == id_
    assert not (tmp_path / "again.dream.images").exists()


def members(file: Path) -> list[tarfile.TarInfo]:
    with tarfile.open(file) as tar:
        return tar.getmembers()


def test_a_flipped_byte_in_any_member_is_found_and_the_member_is_named(file: Path, tmp_path: Path) -> None:
    whole = file.read_bytes()
    for member in members(file)[1:]:
        if not member.size:
            continue
        damaged = bytearray(whole)
        damaged[member.offset_data + member.size // 2] ^= 0xFF
        copy = tmp_path / "damaged"
        copy.write_bytes(damaged)
        with pytest.raises(DreamError, match="has other content in") as caught:
            archive.read(copy)
        assert caught.value.what.endswith(member.name)


def test_an_archive_that_was_torn_off_names_where(file: Path, tmp_path: Path) -> None:
    whole, copy = file.read_bytes(), tmp_path / "torn"
    for member in (one for one in members(file)[1:] if one.size):
        copy.write_bytes(whole[: member.offset_data + member.size // 2])
        with pytest.raises(DreamError, match=member.name.replace("+", r"\+")):
            archive.read(copy)
    for end in (0, 100, 600):
        copy.write_bytes(whole[:end])
        with pytest.raises(DreamError, match=r"index\.json|not an archive"):
            archive.read(copy)


def test_a_member_that_was_added_or_swapped_is_found(file: Path, tmp_path: Path) -> None:
    copy = tmp_path / "more"
    copy.write_bytes(file.read_bytes())
    with tarfile.open(copy, "a") as tar:
        tar.addfile(tarfile.TarInfo("extra"))
    with pytest.raises(DreamError, match="holds more than its index names"):
        archive.read(copy)


def test_any_other_file_is_not_an_archive(tmp_path: Path) -> None:
    for content in (b"", b"hello", b"\0" * 2048):
        other = tmp_path / "x"
        other.write_bytes(content)
        with pytest.raises(DreamError, match="not an archive"):
            archive.read(other)
    with pytest.raises(DreamError, match="No such file"):
        archive.read(tmp_path / "nothing")


def test_a_damaged_cache_does_not_get_into_an_archive(hub: HubServer, host: Path, tmp_path: Path) -> None:
    weights = hf(hub, host)
    shelf = HubShelf(Hub(endpoint=hub.url), tmp_path / "cache")
    shelf.parcel(weights, silent)
    wrong = tmp_path / "cache/models--acme--tiny/snapshots" / weights.revision / "config.json"
    wrong.write_bytes(b'{"model_type": "lLama"}')
    with pytest.raises(DreamError, match="has other content than it should"):
        save(tmp_path / "x.dream", (bundle_of(release(host, weights)),), (shelf,), silent, saved_image)
    assert not list(tmp_path.glob("x.dream*"))
