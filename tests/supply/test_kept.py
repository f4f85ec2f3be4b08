"""What lies on a host: listed, read in full, and swept."""

from __future__ import annotations

from pathlib import Path

import pytest

from dreamc.artifact.release import Release, Weights, release_text
from dreamc.errors import DreamError
from dreamc.supply.kept import Garbage, garbage, listed, releases, sweep
from dreamc.supply.look import gaps
from dreamc.supply.shelf_ollama import OllamaShelf
from dreamc.supply.supply import Sources, supply
from dreamc.supply.types import Errand
from dreamc.supply.verify import verify
from tests.hub_server.server import HubServer
from tests.supply.here import Here
from tests.supply.made import FILES, PINNED, content, hf, ollama, place, release


def keep(root: Path, name: str, made: Release) -> None:
    folder = root / "releases" / name
    folder.mkdir(parents=True)
    (folder / "release.json").write_text(release_text(made))


def pushed(hub: HubServer, root: Path, tmp_path: Path) -> Weights:
    weights = ollama(hub, root)
    shelf = OllamaShelf(tmp_path / "ollama", registry=hub.url)
    session = Here()
    supply(
        session, release(root, weights), gaps(session, (weights,)), Sources(ollama_shelf=shelf), "push", Errand(spare=0)
    )
    return weights


def test_ls_shows_what_is_there_of_what_is_wanted(hub: HubServer, host: Path, tmp_path: Path) -> None:
    weights = hf(hub, host)
    snapshot = place(host, weights)
    (snapshot / PINNED[4]).resolve().unlink()
    tag = pushed(hub, host, tmp_path)
    one, two = listed(Here(), release(host, weights, tag))
    large = len(FILES[PINNED[4]])
    assert (one.model, one.there, one.total, one.why) == (
        "acme/tiny", weights.size - large, weights.size, "1 of 6 files are not there"
    )  # fmt: skip
    assert (two.model, two.there, two.total, two.why) == ("ollama:tiny:1b", tag.size, tag.size, "")
    assert two.used_by == ("fast",)


def test_verify_reads_every_byte_and_finds_the_wrong_one(hub: HubServer, host: Path, tmp_path: Path) -> None:
    weights, tag = hf(hub, host), pushed(hub, host, tmp_path)
    snapshot = place(host, weights)
    wrong = bytearray(FILES[PINNED[4]])
    wrong[77] ^= 1
    (snapshot / PINNED[4]).write_bytes(wrong)
    (snapshot / "config.json").write_bytes(b'{"model_type": "lLama"}')
    assert gaps(Here(), (weights,))[0].complete, "sizes alone do not tell"
    counts: list[tuple[int, int]] = []
    first, second = verify(Here(), (weights, tag), lambda host, model, done, total: counts.append((done, total)))
    folder = f"snapshots/{weights.revision}"
    assert set(first.bad) == {f"{folder}/{PINNED[4]}", f"{folder}/config.json"}
    assert (first.files, first.size, first.right, first.pinned) == (6, weights.size, False, True)
    assert (second.right, second.files) == (True, 4)
    assert (weights.size, weights.size) in counts


def test_verify_can_take_the_wrong_file_away_and_only_that(hub: HubServer, host: Path) -> None:
    weights = hf(hub, host)
    snapshot = place(host, weights)
    (snapshot / "config.json").write_bytes(b'{"model_type": "lLama"}')
    before = content(host)
    verify(Here(), (weights,), remove=True)
    gone = {path for path in before if path not in content(host)}
    assert {Path(path).parent.name for path in gone} == {"blobs", weights.revision}
    assert len(gone) == 2, "the link, which points to nothing now, and its file"
    (after,) = verify(Here(), (weights,))
    assert after.gone == (f"snapshots/{weights.revision}/config.json",)


def test_verify_of_a_tag_that_is_another_one_names_its_manifest(hub: HubServer, host: Path, tmp_path: Path) -> None:
    weights = pushed(hub, host, tmp_path)
    manifest = Path(weights.path)
    manifest.write_bytes(manifest.read_bytes() + b" ")
    (found,) = verify(Here(), (weights,))
    assert found.bad == ("manifests/registry.ollama.ai/library/tiny/1b",)


def test_verify_without_a_lock_compares_the_names_of_the_files(hub: HubServer, host: Path) -> None:
    snapshot = place(host, hf(hub, host))
    weights = hf(None, host, revision=snapshot.name)
    (snapshot / PINNED[4]).write_bytes(b"z")
    (found,) = verify(Here(), (weights,))
    assert not found.pinned
    assert len(found.bad) == 1


def test_gc_removes_what_no_kept_release_names_and_nothing_else(hub: HubServer, host: Path, tmp_path: Path) -> None:
    old = hf(hub, host)
    place(host, old)
    new = hf(hub, host, {**FILES, "config.json": b'{"v": 2}'})
    place(host, new, {**FILES, "config.json": b'{"v": 2}'})
    tag = pushed(hub, host, tmp_path)
    stranger = host / "models/huggingface/hub/models--acme--unused/blobs" / ("a" * 64)
    stranger.parent.mkdir(parents=True)
    stranger.write_bytes(b"unused")
    keep(host, "111111111111", release(host, new))
    keep(host, "222222222222", release(host, new, tag))
    found = garbage(Here(), str(host))
    named = {one.path.removeprefix(f"{host}/models/") for one in found}
    config = next(file.sha1 for file in old.files if file.path == "config.json")
    assert named == {
        f"huggingface/hub/models--acme--tiny/snapshots/{old.revision}",
        f"huggingface/hub/models--acme--tiny/blobs/{config}",
        f"huggingface/hub/models--acme--unused/blobs/{'a' * 64}",
    }
    freed = sweep(Here(), str(host), found)
    assert freed == len(FILES["config.json"]) + len(b"unused")
    assert all(one.complete for one in gaps(Here(), (new, tag)))
    assert not stranger.parent.parent.exists()
    assert garbage(Here(), str(host)) == ()


def test_gc_leaves_a_model_without_a_lock_alone(hub: HubServer, host: Path) -> None:
    place(host, hf(hub, host))
    keep(host, "111111111111", release(host, hf(None, host, revision="main")))
    assert garbage(Here(), str(host)) == ()


def test_gc_removes_a_tag_that_no_release_names_but_not_the_layers_that_another_one_shares(
    hub: HubServer, host: Path, tmp_path: Path
) -> None:
    weights = pushed(hub, host, tmp_path)
    other = Path(weights.path).with_name("old")
    other.write_bytes(Path(weights.path).read_bytes())
    lone = Path(weights.store) / "blobs" / f"sha256-{'b' * 64}"
    lone.write_bytes(b"lone")
    keep(host, "111111111111", release(host, weights))
    found = garbage(Here(), str(host))
    assert {(Path(one.path).name, one.size) for one in found} == {("old", 0), (lone.name, 4)}
    sweep(Here(), str(host), found)
    assert gaps(Here(), (weights,))[0].complete


def test_gc_stops_at_a_release_that_it_cannot_read(hub: HubServer, host: Path) -> None:
    place(host, hf(hub, host))
    (host / "releases" / "111111111111").mkdir(parents=True)
    (host / "releases" / "111111111111" / "release.json").write_text("{half")
    with pytest.raises(DreamError, match=r"111111111111/release\.json cannot be read") as caught:
        garbage(Here(), str(host))
    assert caught.value.state == "nothing was removed"


def test_nothing_outside_the_stores_can_be_swept(host: Path, tmp_path: Path) -> None:
    outside = tmp_path / "precious"
    outside.write_text("x")
    paths = (str(outside), f"{host}/models/huggingface/../../../precious", f"{host}/data/x")
    for path in paths:
        try:
            assert sweep(Here(), str(host), (Garbage(path, 1, "x"),)) == 0
        except DreamError:
            continue
    assert outside.exists()


def test_releases_of_a_host_are_read_in_one_round_trip(hub: HubServer, host: Path) -> None:
    made = release(host, hf(hub, host))
    keep(host, "111111111111", made)
    session = Here()
    assert releases(session, str(host)) == (made,)
    assert len(session.steps) == 1
