"""whitelist.json for agents: what stands in it, and whether one thing is allowed. What is not listed is denied."""

from __future__ import annotations

import re
from pathlib import Path
from types import MappingProxyType
from typing import Literal, TypedDict, get_args

from .reading import Node, PolicyError, parse
from .types import Whitelist
from .whitelist import within

ResourceType = Literal["cloud_apis", "domains", "mcp_servers", "allowed_for_cloud"]
RESOURCE_TYPES: tuple[ResourceType, ...] = get_args(ResourceType)

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
    """The file at `path`, read anew for every question, so that a replaced file counts at once.

    Its bytes are compared, not its times: an edit within one tick of the clock counts too.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._parsed: tuple[bytes, Whitelist] | None = None

    def read(self) -> Whitelist:
        """What the file says now. Raises PolicyError for a file that is missing or broken: nothing is allowed then."""
        try:
            with self.path.open("rb") as file:
                given = file.read(LARGEST + 1)
        except OSError as error:
            raise PolicyError(str(self.path), error.strerror or str(error)) from error
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
            if whitelist.tasks.get(resource_name) is False:
                return _denied(f"the whitelist keeps {resource_name!r} away from the cloud")
            return _listed(resource_name in whitelist.tasks, resource_type, resource_name)


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
    if len(given) > LARGEST:
        Node(None, "$").fail(f"larger than {LARGEST} bytes")
    try:
        return load(given.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise PolicyError("$", f"not UTF-8: {error.reason} at byte {error.start}") from None


def _host(domains: tuple[str, ...], resource_type: str, name: str) -> Verdict:
    """A URL is denied, not taken apart: who reads it differently would go elsewhere than what was checked."""
    if not _HOST.fullmatch(name):
        return _denied(f"{name!r:.80} is not a host name; ask for the host alone, such as docs.example.com")
    return _listed(within(domains, name), resource_type, name)


def _listed(found: bool, resource_type: str, name: str) -> Verdict:
    if found:
        return Verdict(allowed=True, reason=f"{name!r:.80} is listed under {resource_type}")
    return _denied(f"{name!r:.80} is not listed under {resource_type}; what is not listed is denied")


def _denied(reason: str) -> Verdict:
    return Verdict(allowed=False, reason=reason)


def _broken(error: PolicyError) -> str:
    return f"the whitelist cannot be read, so everything is denied: {error}"
