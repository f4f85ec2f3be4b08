"""What a model consists of, and what a host lacks of it."""

from __future__ import annotations

import hashlib
import json

import pytest
from msgspec.structs import replace

from dreamc.artifact.release import ModelFile, Weights
from dreamc.errors import DreamError
from dreamc.supply.types import Blob, Seen
from dreamc.supply.want import gap, hub_parcel, ollama_parcel, parts, pinned, pointer

COMMIT = "c" * 40
A, B = "a" * 64, "b" * 40
HF = Weights(
    "hf", "acme/tiny", "/m/hub/models--acme--tiny", "/m", COMMIT,
    files=(
        ModelFile("x/model.safetensors", 100, A), ModelFile("config.json", 5, sha1=B),
        ModelFile("copy.json", 5, sha1=B),
    ),
)  # fmt: skip
NOTHING = Seen(HF, COMMIT, {}, {}, {}, b"", ())


def test_files_with_the_same_content_are_one_blob() -> None:
    parcel = hub_parcel(HF)
    assert [blob.name for blob in parcel.blobs] == [A, B]
    assert parcel.size == 105
    assert parcel.files == (("x/model.safetensors", A), ("config.json", B), ("copy.json", B))


def test_links_climb_out_of_the_snapshot_from_any_depth() -> None:
    assert pointer("config.json", B) == f"../../blobs/{B}"
    assert pointer("x/y/model.safetensors", A) == f"../../../../blobs/{A}"


@pytest.mark.parametrize(
    "weights",
    [
        replace(HF, revision="main"),
        replace(HF, files=()),
        replace(HF, files=(*HF.files, ModelFile("y", 1))),
    ],
)
def test_a_branch_no_files_or_a_file_without_a_digest_are_not_pinned(weights: Weights) -> None:
    assert not pinned(weights)
    with pytest.raises(ValueError, match="not pinned"):
        hub_parcel(weights)


def test_the_gap_says_in_words_and_bytes_what_is_wanting() -> None:
    assert (gap(NOTHING).why, gap(NOTHING).needed, gap(NOTHING).total) == ("not there", 105, 105)
    begun = replace(NOTHING, partial={A: 40})
    assert (gap(begun).why, gap(begun).needed) == ("begun", 65)
    half = replace(NOTHING, blobs={B: 5}, snapshot={"config.json": 5, "copy.json": 5})
    assert (gap(half).why, gap(half).needed) == ("1 of 3 files are not there", 100)
    unlinked = replace(NOTHING, blobs={A: 100, B: 5})
    assert (gap(unlinked).why, gap(unlinked).needed) == ("not there", 0)
    whole = replace(NOTHING, snapshot={"x/model.safetensors": 100, "config.json": 5, "copy.json": 5})
    assert gap(whole).complete


def test_a_file_of_another_size_is_not_there() -> None:
    torn = replace(NOTHING, snapshot={"x/model.safetensors": 99, "config.json": 5, "copy.json": 5})
    assert gap(torn).why == "1 of 3 files are not there"


def test_a_partial_file_that_is_too_long_is_begun_anew() -> None:
    assert parts(hub_parcel(HF), {B: 5}, {A: 101}) == ((Blob(A, 100, "sha256", A), 0),)


def manifest(*sizes: int) -> bytes:
    rows = [{"digest": f"sha256:{str(size) * 64}"[:71], "size": size} for size in sizes]
    return json.dumps({"config": rows[0], "layers": rows[1:]}).encode()


def test_an_ollama_manifest_names_the_blobs() -> None:
    weights = Weights("ollama", "tiny:1b", "/o/manifests/registry.ollama.ai/library/tiny/1b", "/o")
    parcel = ollama_parcel(weights, manifest(1, 2, 2))
    assert [(blob.name[:8], blob.size) for blob in parcel.blobs] == [("sha256-1", 1), ("sha256-2", 2)]
    assert not parcel.pinned


def test_another_manifest_than_the_pinned_one_is_refused() -> None:
    text = manifest(1, 2)
    digest = "sha256:" + hashlib.sha256(text).hexdigest()
    weights = Weights("ollama", "tiny:1b", "/o/m", "/o", digest=digest)
    assert ollama_parcel(weights, text).pinned
    with pytest.raises(DreamError, match="the lock file says"):
        ollama_parcel(weights, manifest(1, 3))


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b'{"config": {}, "layers": []}', b"<html>"])
def test_what_is_no_manifest_is_said_to_be_none(text: bytes) -> None:
    with pytest.raises(DreamError, match="not one of Ollama's"):
        ollama_parcel(Weights("ollama", "tiny:1b", "/o/m", "/o"), text)


def test_a_manifest_cannot_name_a_file_outside_the_store() -> None:
    evil = json.dumps({"config": {"digest": "sha256:../../x", "size": 1}, "layers": []}).encode()
    with pytest.raises(DreamError, match="not one of Ollama's"):
        ollama_parcel(Weights("ollama", "tiny:1b", "/o/m", "/o"), evil)
