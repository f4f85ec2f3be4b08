"""The bundles of one stack as they lie on disk: their files as values, host by host."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path as FilePath
from typing import Any

import msgspec
from msgspec import Struct

from dreamc.artifact.release import RELEASE, Release, read_release
from dreamc.diagnostics.types import Path, Source
from dreamc.document.read import read
from dreamc.errors import DreamError
from dreamc.moving import texts
from dreamc.moving.types import Given, Origin

POLICY, MAPPINGS, PROVIDERS = "config/policy.json", "config/model-mappings.yaml", "config/providers.yaml"
CONFIGS = {"hybrid": "hybrid", "cloud": "cloud", "local": "offline"}
"""Modes, the one that shows the most first, and what their gateway configuration is called."""
_CODE = "config/runtime/"


class Host(Struct, frozen=True):
    """One bundle: `files` are its bytes, `read` those of its files that hold keys; both by relative path."""

    name: str
    folder: FilePath
    release: Release
    files: Mapping[str, bytes]
    read: Mapping[str, Given]

    def value(self, path: str) -> Any:
        """The value of a file; an empty mapping where there is none."""
        return self.read[path].value if path in self.read else {}

    def at(self, path: str, *keys: str | int) -> Origin | None:
        """A key of a file as an origin."""
        return Origin(self.read[path], keys) if path in self.read else None

    def services(self) -> dict[str, Any]:
        """Every compose service of any mode, by name, as the fullest mode has it."""
        found: dict[str, Any] = {}
        for mode in CONFIGS:
            for name, one in self.value(f"docker-compose.{mode}.yml").get("services", {}).items():
                found.setdefault(name, one)
        return found

    def service_at(self, name: str) -> Origin | None:
        """Where a compose service stands."""
        for mode in CONFIGS:
            path = f"docker-compose.{mode}.yml"
            if name in self.value(path).get("services", {}):
                return self.at(path, "services", name)
        return None


class Opened(Struct, frozen=True):
    """All hosts of a stack whose bundles are there; `gateway` is the first that answers clients."""

    hosts: tuple[Host, ...]
    gateway: Host

    @property
    def policy(self) -> Any:
        """policy.json."""
        return self.gateway.value(POLICY)

    @property
    def locked(self) -> bool:
        """Whether a lock file pinned what the bundle names."""
        modes = [mode for host in self.hosts for mode in host.release.modes]
        weights = any(one.size for mode in modes for one in mode.weights)
        return weights or any(one.digest for mode in modes for one in mode.images)

    def modules(self) -> dict[str, str]:
        """The user's own checks of answers: module files by path."""
        files = self.gateway.files.items()
        own = {path.removeprefix(_CODE): text for path, text in files if path.startswith(_CODE)}
        return {path: text.decode() for path, text in own.items() if not path.startswith("dream_runtime/")}

    def deployments(self) -> dict[str, dict[str, Any]]:
        """The gateway's deployments by the model that they serve, those of the fullest configuration first."""
        found: dict[str, dict[str, Any]] = {}
        for name in CONFIGS.values():
            for one in self.gateway.value(f"config/litellm/{name}-config.yaml").get("model_list", []):
                found.setdefault(one["model_info"]["dream_member"], {}).setdefault(one["model_info"]["id"], one)
        return found

    def secrets(self) -> dict[str, str]:
        """Variable to the reference it is resolved from."""
        found = {}
        for host in self.hosts:
            for mode in host.release.modes:
                found.update({one.variable: one.reference for one in mode.secrets})
        return found


def opened(folders: tuple[FilePath, ...], first: int) -> Opened:
    """The bundles in `folders`; their files are sources from index `first` on. DreamError for what is no bundle."""
    hosts: list[Host] = []
    for folder in folders:
        hosts.append(_host(folder, first + sum(len(host.read) for host in hosts)))
    stacks = {host.release.stack for host in hosts}
    if len(stacks) > 1:
        known = ", ".join(sorted(stacks))
        raise DreamError(f"the bundles are of several stacks: {known}", "nothing was written", "name those of one")
    gateways = [host for host in hosts if host.release.gateway]
    if not gateways:
        remedy = "name the directory that holds the bundles of all hosts, such as build"
        raise DreamError("no bundle of a host with the gateway is among them", "nothing was written", remedy)
    return Opened(tuple(hosts), gateways[0])


def _host(folder: FilePath, first: int) -> Host:
    files = {path: (folder / path).read_bytes() for path in sorted(_paths(folder))}
    try:
        release = read_release(files[RELEASE])
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        remedy = "compile the bundle anew with this version"
        raise DreamError(f"{folder / RELEASE} cannot be read: {error}", "nothing was written", remedy) from None
    held: dict[str, Given] = {}
    for path, content in files.items():
        one = None if path.startswith(_CODE) else _given(folder / path, content, first + len(held))
        if one is not None:
            held[path] = one
    return Host(release.host, folder, release, files, held)


def _paths(folder: FilePath) -> Iterator[str]:
    for path in folder.rglob("*"):
        relative = path.relative_to(folder).as_posix()
        if path.is_file() and "__pycache__" not in relative:
            yield relative


def _given(path: FilePath, content: bytes, index: int) -> Given | None:
    name, text = path.as_posix(), content.decode("utf-8", "replace")
    if path.suffix in (".json", ".yaml", ".yml"):
        document, _ = read(Source(name, text), index)
        if document is None:
            return None
        lines: dict[Path, int] = {at: (place.key or place.value).start_line for at, place in document.places.items()}
        return Given(index, name, "bundle", document.value, lines)
    if path.suffix == ".args":
        return Given(index, name, "bundle", *texts.arguments(text))
    if path.name == ".env.example":
        return Given(index, name, "bundle", *texts.env(text))
    return None
