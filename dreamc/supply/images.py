"""Images to a host: pulled there and compared with the lock, or loaded from an archive over the session."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from msgspec import Struct

from dreamc.artifact.release import Image, Release
from dreamc.errors import DreamError
from dreamc.supply.talk import Answer, Session, marks, raise_refusal, step
from dreamc.supply.types import Progress, silent

Say = Callable[[str, str], None]


class ImageGap(Struct, frozen=True):
    """An image that a host has, or lacks. `have` is its id there, `digest` what is there of its repository digests."""

    image: Image
    have: str
    digests: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """There, and the pinned one; an image loaded from an archive carries no digest and is taken as such."""
        wanted = self.image.digest
        return bool(self.have) and (not wanted or not self.digests or wanted in self.digests)


class ImageSource(Protocol):
    """A place with images as `docker save` writes them."""

    label: str

    def has_image(self, image: Image) -> bool:
        """Whether it can be had here."""
        ...

    def read_image(self, image: Image) -> tuple[int, Iterator[bytes]]:
        """Its size and its bytes."""
        ...


def missing_images(session: Session, release: Release, mode: str) -> tuple[ImageGap, ...]:
    """The images of a mode, and which are there; one round trip."""
    return look_images(session, release.mode(mode).images)


def look_images(session: Session, images: tuple[Image, ...]) -> tuple[ImageGap, ...]:
    """The same for any images."""
    asked = "".join(f"{one.name}\n" for one in images).encode()
    answer = session.run(step("look for images", ("images.sh",), len(asked)), (asked,))
    _refuse(answer, session.address.name, "")
    found = []
    for image, line in zip(images, marks(answer, "image"), strict=True):
        have, *digests = line if line != ("-",) else ("",)
        found.append(ImageGap(image, have, tuple(one.rpartition("@")[2] for one in digests)))
    return tuple(found)


def images(
    session: Session,
    wanted: tuple[ImageGap, ...],
    source: ImageSource | None = None,
    progress: Progress = silent,
    say: Say = lambda _host, _text: None,
) -> tuple[str, ...]:
    """Brings the images that are not there; their names. Containers that run are not touched.

    DreamError where the registry refuses, the digest is another, or Docker's disk is full; other images stay.
    """
    host = session.address.name
    done = []
    for gap in wanted:
        if gap.complete:
            continue
        if source is not None:
            _load(session, gap.image, source, progress, say)
        else:
            say(host, f"{gap.image.name}: pulled by the host")
            _pull(session, gap.image, progress)
        done.append(gap.image.name)
    return tuple(done)


def _pull(session: Session, image: Image, progress: Progress) -> None:
    """`progress` counts in bytes where the lock knows the size: the share of layers that are there."""
    host = session.address.name
    layers: set[str] = set()
    ready: set[str] = set()

    def line(text: str) -> None:
        layer, _, state = text.partition(": ")
        if state.startswith(("Pulling fs layer", "Waiting", "Already exists")):
            layers.add(layer)
        if state.startswith(("Pull complete", "Already exists")):
            ready.add(layer)
            progress(host, image.name, image.size * len(ready) // max(len(layers), 1), image.size)

    one = step(f"pull {image.name}", ("pull_image.sh",), image=image.name, reference=_reference(image))
    _refuse(session.run(one, (), line), host, image.name)


def _reference(image: Image) -> str:
    """NAME@DIGEST where one is pinned: then the registry cannot give another. A name that holds one stays as it is."""
    if "@" in image.name:
        return image.name
    head, slash, last = image.name.rpartition("/")
    return f"{head}{slash}{last.partition(':')[0]}@{image.digest}" if image.digest else image.name


def _load(session: Session, image: Image, source: ImageSource, progress: Progress, say: Say) -> None:
    host = session.address.name
    if not source.has_image(image):
        raise DreamError(
            f"{host}: {source.label} has no image {image.name}", "nothing was stopped", "save the archive anew"
        )
    say(host, f"{image.name}: loaded from {source.label}")
    size, content = source.read_image(image)
    one = step(f"load {image.name}", ("load_image.sh",), size, image=image.name)
    _refuse(session.run(one, _counted(content, host, image.name, size, progress)), host, image.name)


def _counted(content: Iterator[bytes], host: str, name: str, size: int, progress: Progress) -> Iterator[bytes]:
    done = 0
    for chunk in content:
        yield chunk
        done += len(chunk)
        progress(host, name, done, size)


def _refuse(answer: Answer, host: str, name: str) -> None:
    if not answer.code:
        return
    said = [line for line in answer.err.splitlines() if line.strip()]
    text = said[-1].strip()[:300] if said else f"exit code {answer.code}"
    for words, remedy in _REMEDIES:
        if any(word in text.lower() for word in words):
            raise DreamError(f"{host}: {name or 'docker'}: {text}", "nothing was stopped", remedy)
    raise_refusal(answer, host, "Docker's store")


_REMEDIES: tuple[tuple[tuple[str, ...], str], ...] = (
    (("no space left",), "make room for Docker: docker system df shows what takes it, docker image prune frees some"),
    (("unauthorized", "denied", "authentication required"), "run docker login on the host as the user that connects"),
    (("manifest unknown", "not found", "does not exist"), "check the name and tag; dreamc lock pins one that exists"),
    (("cannot connect to the docker daemon",), "start Docker on the host: systemctl start docker"),
    (
        ("no such host", "timeout", "connection refused", "network is unreachable", "tls"),
        "check the host's way to the registry, or bring the image in an archive: dreamc bundle save",
    ),
)
