"""What lies in the stores of a host, what its releases need of it, and what may go."""

from __future__ import annotations

import base64
import json

import msgspec
from msgspec import Struct

from dreamc.artifact.release import Release, Weights, read_release
from dreamc.errors import DreamError
from dreamc.supply.look import look
from dreamc.supply.talk import Session, raise_refusal, step
from dreamc.supply.types import Gap
from dreamc.supply.want import COMMIT, gap, label_of, pinned

HUB = "models/huggingface/hub"
OLLAMA = "models/ollama"


class Listed(Struct, frozen=True):
    """A model of a release on a host. `there` are bytes, `total` 0 where not known."""

    model: str
    revision: str
    there: int
    total: int
    pinned: bool
    why: str
    used_by: tuple[str, ...]


class Garbage(Struct, frozen=True):
    """A path that no kept release names, and the bytes that its removal frees."""

    path: str
    size: int
    what: str


def listed(session: Session, release: Release) -> tuple[Listed, ...]:
    """Every model of any mode of the release, as it lies on the host."""
    return tuple(_listed(gap(seen)) for seen in look(session, every(release)))


def every(release: Release) -> tuple[Weights, ...]:
    """The models of all modes, each once."""
    return tuple({(one.path, one.revision): one for mode in release.modes for one in mode.weights}.values())


def _listed(one: Gap) -> Listed:
    weights = one.weights
    there = (one.total - one.needed) if one.needed is not None else sum(one.seen.snapshot.values())
    version = one.seen.commit if weights.kind == "hf" else weights.digest
    return Listed(label_of(weights), version, there, one.total, pinned(weights), one.why, weights.used_by)


def releases(session: Session, root: str) -> tuple[Release, ...]:
    """Every release that is kept on the host; DreamError where one cannot be read: then nothing may be removed."""
    answer = session.run(step("read releases", ("releases.sh",), root=root))
    raise_refusal(answer, session.address.name, root)
    found = []
    for name, text in (line.split(" ", 1) for line in answer.out.splitlines() if " " in line):
        try:
            found.append(read_release(base64.b64decode(text)))
        except (msgspec.DecodeError, ValueError) as error:
            raise DreamError(
                f"{session.address.name}: {root}/releases/{name}/release.json cannot be read: {error}",
                "nothing was removed",
                "remove that release by hand if it is not wanted, or apply again",
            ) from error
    return tuple(found)


def garbage(session: Session, root: str, also: tuple[Release, ...] = ()) -> tuple[Garbage, ...]:
    """What neither a kept release nor `also` names. Blobs that any kept snapshot or manifest points to stay.

    A repository that a release names without a lock keeps all its snapshots: which one it means is not known for sure.
    """
    wanted = tuple(one for release in (*releases(session, root), *also) for one in every(release))
    asked = f"{root}/{HUB}\n{root}/{OLLAMA}\n".encode()
    answer = session.run(step("list stores", ("list.sh",), len(asked), root=root), (asked,))
    raise_refusal(answer, session.address.name, root)
    lines = tuple(tuple(line.split("|")) for line in answer.out.splitlines())
    return (*_hub_garbage(root, lines, wanted), *_ollama_garbage(root, lines, wanted))


def _hub_garbage(root: str, lines: tuple[tuple[str, ...], ...], wanted: tuple[Weights, ...]) -> tuple[Garbage, ...]:
    commits: dict[str, set[str]] = {}
    for one in wanted:
        if one.kind == "hf":
            commits.setdefault(one.path, set()).add(one.revision if COMMIT.fullmatch(one.revision) else "*")
    found: list[Garbage] = []
    used: set[tuple[str, str]] = set()
    for _, repo, commit, *blobs in (line for line in lines if line[0] == "snapshot"):
        kept = commits.get(f"{root}/{HUB}/{repo}", set())
        if commit in kept or "*" in kept:
            used |= {(repo, blob) for blob in blobs}
        else:
            found.append(
                Garbage(f"{root}/{HUB}/{repo}/snapshots/{commit}", 0, f"snapshot {commit[:12]} of {_name(repo)}")
            )
    for _, repo, blob, size in (line for line in lines if line[0] == "hub"):
        whole = blob.partition(".")[0]
        if (repo, whole) not in used and not (blob.endswith(".incomplete") and f"{root}/{HUB}/{repo}" in commits):
            found.append(Garbage(f"{root}/{HUB}/{repo}/blobs/{blob}", int(size), f"file of {_name(repo)}"))
    return tuple(found)


def _name(repo: str) -> str:
    return repo.removeprefix("models--").replace("--", "/")


def _ollama_garbage(root: str, lines: tuple[tuple[str, ...], ...], wanted: tuple[Weights, ...]) -> tuple[Garbage, ...]:
    kept = {one.path for one in wanted if one.kind == "ollama"}
    found: list[Garbage] = []
    used: set[str] = set()
    for _, path, text in (line for line in lines if line[0] == "manifest"):
        if path in kept:
            used |= _digests(text, path)
        else:
            name = path.removeprefix(f"{root}/{OLLAMA}/manifests/")
            found.append(Garbage(path, 0, f"manifest of {name}"))
    for _, blob, size in (line for line in lines if line[0] == "blob"):
        begun = blob.endswith(".incomplete") and bool(kept)
        if blob.partition(".")[0] not in used and not begun:
            found.append(Garbage(f"{root}/{OLLAMA}/blobs/{blob}", int(size), "file of Ollama"))
    return tuple(found)


def _digests(text: str, path: str) -> set[str]:
    try:
        value = json.loads(base64.b64decode(text))
        return {str(one["digest"]).replace(":", "-") for one in (value["config"], *value["layers"])}
    except (ValueError, KeyError, TypeError) as error:
        raise DreamError(
            f"{path} cannot be read, so what it needs is not known", "nothing was removed", "fetch that model again"
        ) from error


def sweep(session: Session, root: str, what: tuple[Garbage, ...], who: str = "dreamc") -> int:
    """Removes these paths, manifests and snapshots before files; the bytes freed. Each store is locked meanwhile."""
    freed = 0
    for store in (f"{root}/models/huggingface", f"{root}/{OLLAMA}"):
        mine = tuple(one for one in what if one.path.startswith(f"{store}/"))
        if mine:
            asked = "".join(f"{one.path}\n" for one in mine).encode()
            answer = session.run(step("remove", ("store.sh", "remove.sh"), len(asked), store=store, who=who), (asked,))
            raise_refusal(answer, session.address.name, store)
            freed += sum(one.size for one in mine)
    return freed
