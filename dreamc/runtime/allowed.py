"""whitelist.json for agents: what stands in it, and whether one thing is allowed. What is not listed is denied."""

from __future__ import annotations

import re
from pathlib import Path
from types import MappingProxyType
from typing import TypedDict

from .edits import RESOURCE_TYPES, ResourceType, merged
from .edits_file import read_bytes, read_edits
from .reading import PolicyError, parse
from .types import Whitelist
from .whitelist import task_objection, within

__all__ = [
    "LARGEST",
    "RESOURCE_TYPES",
    "Listing",
    "ResourceType",
    "Verdict",
    "WhitelistFile",
    "check",
    "listed",
    "load",
]

LARGEST = 1_048_576
"""Bytes of a whitelist.json; a larger file counts as broken."""

_HOST = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*\.?")


class Verdict(TypedDict):
    allowed: bool
    reason: str


class Listing(TypedDict):
    resource_type: str
    allowed: list[str]
    reason: str


class WhitelistFile:
    """The file at `path` and the edits in the folder `edits`, read anew for every question, so that what was replaced
    counts at once.

    Bytes are compared, not times: an edit within one tick of the clock counts too.
    """

    def __init__(self, path: Path, edits: Path | None = None) -> None:
        self.path, self.edits = path, edits
        self._parsed: tuple[bytes, Whitelist] | None = None

    def read(self) -> Whitelist:
        """What counts now. Raises PolicyError for a file that is missing or broken: nothing is allowed then."""
        compiled = self.compiled()
        return compiled if self.edits is None else merged(compiled, read_edits(self.edits))

    def compiled(self) -> Whitelist:
        """What the bundle says, without the edits. Raises PolicyError."""
        given = read_bytes(self.path, LARGEST)
        if given is None:
            raise PolicyError(str(self.path), "No such file")
        if self._parsed is None or self._parsed[0] != given:
            self._parsed = (given, _load(given))
        return self._parsed[1]

    def check(self, resource_type: str, resource_name: str) -> Verdict:
        """Whether it is allowed, and why; a broken file denies everything."""
        try:
            return check(self.read(), resource_type, resource_name)
        except PolicyError as error:
            return Verdict(allowed=False, reason=_broken(error))

    def listing(self, resource_type: str) -> Listing:
        """Everything of one type that is allowed; nothing where the file is broken, and `reason` says so."""
        try:
            found = listed(self.read(), resource_type)
        except PolicyError as error:
            return Listing(resource_type=resource_type, allowed=[], reason=_broken(error))
        return Listing(resource_type=resource_type, allowed=[*found], reason="all that the whitelist allows")


def load(text: str) -> Whitelist:
    """Reads a whitelist.json. Raises PolicyError, with the JSON path, for one that must not be trusted."""
    root = parse(text).shape(RESOURCE_TYPES)
    return Whitelist(
        cloud_domains=root.key("cloud_apis").texts(),
        domains=root.key("domains").texts(),
        mcp_servers=root.key("mcp_servers").texts(),
        tasks=MappingProxyType({task: node.flag() for task, node in root.key("allowed_for_cloud").entries()}),
    )


def check(whitelist: Whitelist, resource_type: str, resource_name: str) -> Verdict:
    """Whether the whitelist allows `resource_name`: a domain with its subdomains, other names letter for letter."""
    if resource_type not in RESOURCE_TYPES:
        return _denied(f"{resource_type!r} is not a resource type; known: {', '.join(RESOURCE_TYPES)}")
    match resource_type:
        case "cloud_apis":
            return _host(whitelist.cloud_domains, resource_type, resource_name)
        case "domains":
            return _host(whitelist.domains, resource_type, resource_name)
        case "mcp_servers":
            return _listed(resource_name in whitelist.mcp_servers, resource_type, resource_name)
        case "allowed_for_cloud":
            return _task(whitelist, resource_name)


def listed(whitelist: Whitelist, resource_type: str) -> tuple[str, ...]:
    """The allowed names of one type, in the order of the file; none for a type that does not exist."""
    allowed = {
        "cloud_apis": whitelist.cloud_domains,
        "domains": whitelist.domains,
        "mcp_servers": whitelist.mcp_servers,
        "allowed_for_cloud": tuple(task for task, may in whitelist.tasks.items() if may),
    }
    return allowed.get(resource_type, ())


def _load(given: bytes) -> Whitelist:
    try:
        return load(given.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise PolicyError("$", f"not UTF-8: {error.reason} at byte {error.start}") from None


def _host(domains: tuple[str, ...], resource_type: str, name: str) -> Verdict:
    """A URL is denied, not taken apart: who reads it differently would go elsewhere than what was checked."""
    if not _HOST.fullmatch(name):
        return _denied(f"{name!r:.80} is not a host name; ask for the host alone, such as docs.example.com")
    return _listed(within(domains, name), resource_type, name)


def _task(whitelist: Whitelist, name: str) -> Verdict:
    """As the gateway decides: without a list of kinds the domains decide alone, and without these nothing may go."""
    if not whitelist.tasks and whitelist.cloud_domains:
        return Verdict(allowed=True, reason="no kinds of task are listed, so the domains under cloud_apis decide alone")
    if task_objection(whitelist, name) is not None and name in whitelist.tasks:
        return _denied(f"the whitelist keeps {name!r} away from the cloud")
    return _listed(name in whitelist.tasks, "allowed_for_cloud", name)


def _listed(found: bool, resource_type: str, name: str) -> Verdict:
    if found:
        return Verdict(allowed=True, reason=f"{name!r:.80} is listed under {resource_type}")
    return _denied(f"{name!r:.80} is not listed under {resource_type}; what is not listed is denied")


def _denied(reason: str) -> Verdict:
    return Verdict(allowed=False, reason=reason)


def _broken(error: PolicyError) -> str:
    return f"the whitelist cannot be read, so everything is denied: {error}"
