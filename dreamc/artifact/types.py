"""Artifact and Bundle: text files with portable relative paths, their digests and their manifest."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

MANIFEST = "MANIFEST.json"
# POSIX portable file name character set, no leading hyphen: POSIX.1-2024 3.265 "Portable Filename"
SEGMENT = re.compile(r"[A-Za-z0-9._][A-Za-z0-9._-]*")
HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
LONGEST_SEGMENT = 255  # bytes, NAME_MAX of Linux and macOS

Mode = Literal["0644", "0755"]


def sha256(content: bytes) -> str:
    """Hex digest of the bytes."""
    return hashlib.sha256(content).hexdigest()


def portable(path: str) -> bool:
    """True for a relative path that means the same on every POSIX system and cannot leave its directory."""
    return all(_portable_segment(segment) for segment in path.split("/"))


def _portable_segment(segment: str) -> bool:
    short = len(segment) <= LONGEST_SEGMENT
    return short and segment not in (".", "..") and SEGMENT.fullmatch(segment) is not None


@dataclass(frozen=True, slots=True)
class Artifact:
    """One generated file: path relative to the host's directory, text with LF line ends; ValueError otherwise."""

    path: str
    text: str
    executable: bool = False

    def __post_init__(self) -> None:
        if not portable(self.path):
            raise ValueError(f"artifact path {self.path!r} is not a portable relative POSIX path")
        if "\r" in self.text or "\0" in self.text:
            raise ValueError(f"artifact {self.path}: text must have LF line ends and no NUL")
        self.text.encode()  # a lone surrogate is a ValueError here, not a surprise while writing

    @property
    def content(self) -> bytes:
        """The bytes of the file: UTF-8."""
        return self.text.encode()

    @property
    def mode(self) -> Mode:
        """Permission bits as four octal digits."""
        return "0755" if self.executable else "0644"


@dataclass(frozen=True, slots=True)
class Bundle:
    """Everything one host gets, sorted by path. ValueError when two artifacts claim one path."""

    host: str
    artifacts: tuple[Artifact, ...]

    def __post_init__(self) -> None:
        if HOST.fullmatch(self.host) is None or len(self.host) > LONGEST_SEGMENT:
            raise ValueError(f"host {self.host!r} cannot be the name of a directory")
        object.__setattr__(self, "artifacts", tuple(sorted(self.artifacts, key=lambda artifact: artifact.path)))
        _refuse_clashes(self.host, (("bundle", self.artifacts),))


def bundle(host: str, makers: Iterable[tuple[str, tuple[Artifact, ...]]], extra: Mapping[str, str]) -> Bundle:
    """The host's bundle from what each named back end made, manifest included.

    ValueError names both back ends when they claim one path; that is a bug of the compiler.
    """
    parts = tuple(makers)
    _refuse_clashes(host, parts)
    artifacts = tuple(artifact for _, made in parts for artifact in made)
    return Bundle(host, (*artifacts, manifest(host, artifacts, extra)))


def manifest(host: str, artifacts: tuple[Artifact, ...], extra: Mapping[str, str]) -> Artifact:
    """MANIFEST.json over the artifacts; `extra` brings `tool`, `input_sha256` and, to tell projects apart, `stack`."""
    taken = sorted({"version", "host", "files"} & set(extra))
    if taken:
        raise ValueError(f"manifest of {host}: {', '.join(taken)} cannot be given in extra")
    files = [
        {"path": artifact.path, "mode": artifact.mode, "sha256": sha256(artifact.content)}
        for artifact in sorted(artifacts, key=lambda artifact: artifact.path)
    ]
    value = {"version": 1, **{key: extra[key] for key in sorted(extra)}, "host": host, "files": files}
    return Artifact(MANIFEST, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def digest(bundle: Bundle) -> str:
    """Release id: the first 12 hex digits of the sha256 over the sorted lines `path mode sha256`."""
    lines = (f"{artifact.path} {artifact.mode} {sha256(artifact.content)}\n" for artifact in bundle.artifacts)
    return sha256("".join(sorted(lines)).encode())[:12]


def _refuse_clashes(host: str, parts: tuple[tuple[str, tuple[Artifact, ...]], ...]) -> None:
    owner: dict[str, str] = {}
    for maker, made in parts:
        for artifact in made:
            if artifact.path in owner:
                raise ValueError(f"{host}: {owner[artifact.path]} and {maker} both made {artifact.path}")
            owner[artifact.path] = maker
    for path, maker in owner.items():
        for parent in _parents(path):
            if parent in owner:
                raise ValueError(f"{host}: {owner[parent]} made the file {parent}, {maker} made {path} below it")


def _parents(path: str) -> tuple[str, ...]:
    segments = path.split("/")
    return tuple("/".join(segments[:count]) for count in range(1, len(segments)))
