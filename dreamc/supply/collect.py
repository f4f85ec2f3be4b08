"""What goes into an archive: the bundles' files, every model and every image that they name."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import dreamc
from dreamc.artifact.release import Image, Weights, release_of
from dreamc.artifact.types import Bundle, sha256
from dreamc.errors import DreamError
from dreamc.supply.archive import Content, Index, Member, Model, Saved, blob_member, write
from dreamc.supply.read import CHUNK
from dreamc.supply.types import Blob, Parcel, Progress, Shelf
from dreamc.supply.want import label_of

Save = Callable[[str, Path], None]
"""Writes an image, as `docker save` does, to a file."""


def save(
    file: Path,
    bundles: tuple[Bundle, ...],
    shelves: tuple[Shelf, ...],
    progress: Progress,
    save_image: Save | None = None,
) -> tuple[Index, str]:
    """The archive of these bundles; its index and its id. Models are fetched to the shelves where they are not there.

    Images are asked of this machine's Docker, which pulls what it lacks; they lie beside the archive until it is done.
    """
    spool = file.with_name(f"{file.name}.images")
    members: list[tuple[Member, Content]] = []
    try:
        members += [pair for bundle in bundles for pair in _of_bundle(bundle)]
        models = _models(_weights(bundles), shelves, members, progress)
        images = _images(_named(bundles), spool, members, save_image or docker_save)
        first = release_of(bundles[0])
        hosts = tuple(one.host for one in bundles)
        index = Index(
            1, f"dreamc {dreamc.__version__}", first.stack, hosts, tuple(one for one, _ in members), models, images
        )
        return index, write(file, index, tuple(content for _, content in members), progress)
    finally:
        for path in sorted(spool.glob("*")) if spool.is_dir() else ():
            path.unlink()
        if spool.is_dir():
            spool.rmdir()


def _of_bundle(bundle: Bundle) -> Iterator[tuple[Member, Content]]:
    for one in bundle.artifacts:
        path = f"bundles/{bundle.host}/{one.path}"
        member = Member(path, len(one.content), sha256(one.content), "bundle", 0o755 if one.executable else 0o644)
        yield member, partial(_once, one.content)


def _once(content: bytes) -> Iterator[bytes]:
    yield content


def _weights(bundles: tuple[Bundle, ...]) -> tuple[Weights, ...]:
    every = (one for bundle in bundles for mode in release_of(bundle).modes for one in mode.weights)
    return tuple({(one.kind, one.name, one.revision, one.digest): one for one in every}.values())


def _named(bundles: tuple[Bundle, ...]) -> tuple[Image, ...]:
    every = (one for bundle in bundles for mode in release_of(bundle).modes for one in mode.images)
    return tuple(one for _, one in sorted({one.name: one for one in every}.items()))


def _models(
    weights: tuple[Weights, ...], shelves: tuple[Shelf, ...], members: list[tuple[Member, Content]], progress: Progress
) -> tuple[Model, ...]:
    found: list[Model] = []
    for one in weights:
        shelf = next((shelf for shelf in shelves if shelf.offers(one)), None)
        if shelf is None:
            raise DreamError(f"{label_of(one)} cannot be had here", "no archive was made", "fetch it first")
        parcel = shelf.parcel(one, progress)
        taken = {member.path for member, _ in members}
        members += [_blob(shelf, parcel, blob) for blob in parcel.blobs if blob_member(blob) not in taken]
        found.append(_model(parcel, members))
    return tuple(found)


def _blob(shelf: Shelf, parcel: Parcel, blob: Blob) -> tuple[Member, Content]:
    content = partial(shelf.read, parcel, ((blob, 0, blob.size),))
    digest = hashlib.sha256()
    git = hashlib.sha1(b"blob %d\0" % blob.size, usedforsecurity=False) if blob.algorithm == "git" else None
    for chunk in content():
        digest.update(chunk)
        if git:
            git.update(chunk)
    if blob.digest != (git or digest).hexdigest():
        raise DreamError(
            f"{blob.name} of {label_of(parcel.weights)} in {shelf.label} has other content than it should",
            "no archive was made",
            "remove that file and repeat: it is fetched anew",
        )
    return Member(blob_member(blob), blob.size, digest.hexdigest(), "blob"), content


def _model(parcel: Parcel, members: list[tuple[Member, Content]]) -> Model:
    weights, manifest = parcel.weights, ""
    digest = weights.digest
    if parcel.manifest:
        got = sha256(parcel.manifest)
        manifest, digest = f"manifests/{got}", digest or f"sha256:{got}"
        if all(member.path != manifest for member, _ in members):
            member = Member(manifest, len(parcel.manifest), got, "manifest")
            members.append((member, partial(_once, parcel.manifest)))
    return Model(
        weights.kind, weights.name, weights.revision, digest, parcel.commit, parcel.pinned, parcel.files, parcel.blobs,
        manifest,
    )  # fmt: skip


def _images(
    images: tuple[Image, ...], spool: Path, members: list[tuple[Member, Content]], save_image: Save
) -> tuple[Saved, ...]:
    found = []
    for number, image in enumerate(images):
        spool.mkdir(exist_ok=True)
        path = spool / f"{number}.tar"
        save_image(image.name, path)
        with path.open("rb") as opened:
            digest = hashlib.file_digest(opened, "sha256").hexdigest()
        member = Member(f"images/{number}.tar", path.stat().st_size, digest, "image")
        members.append((member, partial(_chunks, path)))
        found.append(Saved(image.name, image.digest, member.path))
    return tuple(found)


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def docker_save(name: str, path: Path) -> None:
    """Asks this machine's Docker; what it lacks is pulled."""
    try:
        if subprocess.run(("docker", "image", "inspect", name), capture_output=True, check=False).returncode:
            _docker(("docker", "pull", name), name)
        _docker(("docker", "save", "--output", str(path), name), name)
    except FileNotFoundError:
        raise DreamError(
            "docker is not installed here", "no archive was made", "save the archive where it is"
        ) from None


def _docker(command: tuple[str, ...], name: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise DreamError(
            f"{name}: {said[-1] if said else 'docker failed'}", "no archive was made", f"try: {' '.join(command)}"
        )
