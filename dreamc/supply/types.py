"""The nouns of supply: a file by its content, a model as a parcel of such files, and what of it a host lacks.

Sizes in bytes. Nothing here touches a disk or a network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Literal, Protocol

from msgspec import Struct

from dreamc.artifact.release import Weights

Via = Literal["auto", "neighbour", "push", "host"]
VIAS: tuple[Via, ...] = ("auto", "neighbour", "push", "host")


class Blob(Struct, frozen=True):
    """A file by its content. `name` is what it is called in `blobs/`; `algorithm` `git` is the id of a Git blob.

    `size` is -1 and `digest` empty where nobody knows them yet.
    """

    name: str
    size: int
    algorithm: Literal["sha256", "git"]
    digest: str


class Parcel(Struct, frozen=True):
    """A model, complete: what it consists of and where each part goes.

    `folder` holds `blobs/`. Hugging Face: `commit` names the snapshot, `files` are (path in it, name of a blob), `refs`
    (name, commit). Ollama: `manifest` is the manifest's own bytes, which go to `Weights.path`. `pinned`: a lock file
    says what the content must be; else it is what the source said.
    """

    weights: Weights
    folder: str
    blobs: tuple[Blob, ...]
    pinned: bool
    commit: str = ""
    files: tuple[tuple[str, str], ...] = ()
    manifest: bytes = b""

    @property
    def size(self) -> int:
        """Bytes of all blobs."""
        return sum(one.size for one in self.blobs)


class Seen(Struct, frozen=True):
    """What a host has of one model.

    `blobs`: complete files by name; `partial`: bytes of unfinished ones; `snapshot`: files of the wanted snapshot that
    can be read, with their size; `commit`: the snapshot's; `manifest`: Ollama's. Sizes only: `verify` reads the bytes.
    """

    weights: Weights
    commit: str
    blobs: dict[str, int]
    partial: dict[str, int]
    snapshot: dict[str, int]
    manifest: bytes
    broken: tuple[str, ...]


class Gap(Struct, frozen=True):
    """What a host lacks of a model. `needed` bytes are still to be brought, None where no lock file says how many;
    `total` is the whole model; `why` says it in words, empty when the model is complete."""

    weights: Weights
    seen: Seen
    why: str
    needed: int | None = 0
    total: int = 0

    @property
    def complete(self) -> bool:
        """True when nothing is to be done."""
        return not self.why


class Progress(Protocol):
    """Told how far one model is on one host, in bytes; `total` is 0 where it is not known."""

    def __call__(self, host: str, model: str, done: int, total: int) -> None: ...


class Shelf(Protocol):
    """A place that whole models can be read from: the controller's caches, an archive, another host."""

    label: str

    def offers(self, weights: Weights) -> bool:
        """Whether the model may be had here; no network is asked."""
        ...

    def parcel(self, weights: Weights, moved: Progress) -> Parcel:
        """The model, complete here when this returns; DreamError where it cannot be had."""
        ...

    def read(self, parcel: Parcel, parts: Sequence[tuple[Blob, int, int]]) -> Iterator[bytes]:
        """The bytes of each (blob, offset, length), one after another, exactly so many."""
        ...


def silent(host: str, model: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


def unsaid(host: str, text: str) -> None:
    """Sentences that nobody reads."""


class Errand(Struct, frozen=True):
    """Who asks, and who is told. `say` is told (host, sentence): which way a model takes and what was tried in vain.

    `spare`: bytes that must stay free on the disk; -1 for a twentieth of what comes, 2 GiB at least.
    """

    who: str = "dreamc"
    progress: Progress = silent
    say: Callable[[str, str], None] = unsaid
    spare: int = -1
