"""release.json: what a host must know of its bundle without reading compose files; the provisioner reads only this.

The compiler writes it (`backends/release.py`), `provision/` and `supply/` read it, and so does anyone's script.
Sizes in bytes, times in seconds, money in US dollars.
"""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import Struct

from dreamc.artifact.types import Artifact, Bundle

RELEASE = "release.json"
VERSION = 1

ModeName = Literal["cloud", "local", "hybrid"]


class ModelFile(Struct, frozen=True, omit_defaults=True):
    """One file of a model. `sha256`, or for small files of a Git repository `sha1` (the blob id); empty: not pinned."""

    path: str
    size: int
    sha256: str = ""
    sha1: str = ""


class Weights(Struct, frozen=True, omit_defaults=True):
    """A model's files on this host.

    `kind` is `hf` (a repository in the hub cache) or `ollama` (a tag in Ollama's store); `path` is where it lies,
    `store` the cache it belongs to. `size` is 0 and `files` empty where no lock file pins them; `revision` is then a
    branch such as `main`, and `digest` (of an Ollama manifest) empty.
    """

    kind: Literal["hf", "ollama"]
    name: str
    path: str
    store: str
    revision: str = ""
    digest: str = ""
    size: int = 0
    files: tuple[ModelFile, ...] = ()
    used_by: tuple[str, ...] = ()


class Image(Struct, frozen=True, omit_defaults=True):
    """An image as compose names it. `digest` (sha256:…) and `size` (compressed) come from the lock file."""

    name: str
    digest: str = ""
    size: int = 0


class Service(Struct, frozen=True, omit_defaults=True):
    """One compose service of one mode.

    `definition` is the sha256 of its compose mapping, which the container carries as the label `dev.dreamc.service`;
    it changes when anything about the service or the files that it mounts changes. `start` is the longest time until
    healthy, `stop` until stopped. `secrets` are variables whose values reach it, `data` the host directories it writes.
    """

    name: str
    image: str
    definition: str
    title: str = ""
    gpus: tuple[int, ...] = ()
    ports: tuple[int, ...] = ()
    secrets: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    start: int = 0
    stop: int = 0
    after: tuple[str, ...] = ()


class Part(Struct, frozen=True, omit_defaults=True):
    """What one claimant takes of a card."""

    name: str
    size: int
    engine: str
    confidence: str


class Card(Struct, frozen=True, omit_defaults=True):
    """One GPU as the compiler sized it: `total` is what CUDA shows; `capability` such as "8.9"."""

    index: int
    name: str
    total: int
    capability: str
    confidence: str
    parts: tuple[Part, ...] = ()


class Alias(Struct, frozen=True, omit_defaults=True):
    """A name that clients may ask for. `deployments` are the ids that may answer, in the order of the policy."""

    name: str
    kind: Literal["chat", "embeddings"]
    deployments: tuple[str, ...]


class Secret(Struct, frozen=True, omit_defaults=True):
    """A secret that the mode needs: the variable in `.env`, and the reference that it is resolved from."""

    variable: str
    reference: str
    what: str


class Needs(Struct, frozen=True, omit_defaults=True):
    """What the host must have; 0 or empty: nothing is asked. `cuda` is the toolkit in the GPU images, `driver` the
    oldest Linux driver that runs it."""

    gpus: int = 0
    capability: str = ""
    ram: int = 0
    cuda: str = ""
    driver: str = ""


class ModeFacts(Struct, frozen=True, omit_defaults=True):
    """One mode on this host. `reason` says why it was not compiled; then everything else is empty.

    `worst_month` is the most that the clouds can cost in a month under the budget, None where nothing limits it;
    0 where no cloud is asked. `expected_month` is what they cost on the stated traffic, None where none is stated or a
    price is not known. `cards` are as full as this mode makes them.
    """

    mode: ModeName
    reason: str = ""
    services: tuple[Service, ...] = ()
    images: tuple[Image, ...] = ()
    weights: tuple[Weights, ...] = ()
    secrets: tuple[Secret, ...] = ()
    aliases: tuple[Alias, ...] = ()
    cards: tuple[Card, ...] = ()
    needs: Needs = Needs()
    worst_month: float | None = 0.0
    expected_month: float | None = None


class Directory(Struct, frozen=True):
    """A directory that must exist before the first start. `keep`: it holds data of the user or of a service."""

    path: str
    mode: str
    uid: int
    gid: int
    keep: bool


class Release(Struct, frozen=True, omit_defaults=True):
    """One host's release. `gateway` is the service that answers clients, empty on a host without one; `after` are
    hosts whose services this one's gateway asks."""

    version: int
    tool: str
    stack: str
    host: str
    project: str
    root: str
    input_sha256: str
    default_mode: ModeName
    modes: tuple[ModeFacts, ...]
    directories: tuple[Directory, ...] = ()
    gateway: str = ""
    gateway_url: str = ""
    after: tuple[str, ...] = ()

    def mode(self, name: str) -> ModeFacts:
        """The facts of a mode; KeyError for one that is none of the three."""
        found = {one.mode: one for one in self.modes}
        return found[name]  # type: ignore[index]


def release_text(release: Release) -> str:
    """Deterministic JSON, two spaces of indent, LF at the end."""
    return msgspec.json.format(msgspec.json.encode(release, order="deterministic"), indent=2).decode() + "\n"


def read_release(text: str | bytes) -> Release:
    """The release that a text describes. msgspec.ValidationError names the place of what is wrong."""
    return msgspec.json.decode(text, type=Release)


def release_of(bundle: Bundle) -> Release:
    """The release.json of a bundle; ValueError where it has none: it was compiled by an older version."""
    found = next((one for one in bundle.artifacts if one.path == RELEASE), None)
    if found is None:
        raise ValueError(f"the bundle of {bundle.host} has no {RELEASE}")
    return read_release(found.text)


def release_artifact(release: Release) -> Artifact:
    """The file in the bundle."""
    return Artifact(RELEASE, release_text(release))
