"""What a plan says. It is printed, saved as JSON (schemas/plan.schema.json, version 1), read back and compared.

Sizes in bytes, times in seconds, money in US dollars a month. No value of a secret is in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from msgspec import Struct

from dreamc.artifact.release import Part
from dreamc.provision.types import Target

VERSION = 1

Action = Literal["keep", "create", "recreate", "start", "remove"]


class Finding(Struct, frozen=True, omit_defaults=True):
    """Something in the way (a blocker) or worth knowing (a warning). `id` is stable, `code` the exit code it means."""

    id: str
    what: str
    remedy: str = ""
    code: int = 1


class FileChange(Struct, frozen=True, omit_defaults=True):
    """A file of the release that differs from what is current. `diff` is empty where the old text is not known."""

    path: str
    kind: Literal["added", "changed", "removed", "mode"]
    diff: str = ""


class ServiceChange(Struct, frozen=True, omit_defaults=True):
    """What happens to one container, and why, in words. `runs`: it serves now; `start`, `stop` at the longest.

    `forced`: compose sees no difference and must be told, as for one that is unhealthy.
    """

    name: str
    action: Action
    why: tuple[str, ...] = ()
    title: str = ""
    gpus: tuple[int, ...] = ()
    runs: bool = False
    stop: int = 0
    start: int = 0
    forced: bool = False


class SecretChange(Struct, frozen=True, omit_defaults=True):
    """A variable of `.env`. `unknown`: nobody has resolved its value yet."""

    variable: str
    change: Literal["same", "new", "changed", "kept", "generated", "unknown"]


class Interruption(Struct, frozen=True, omit_defaults=True):
    """`most`: the longest that any of `services`, which serve now, can be away; `ready`: until all are healthy."""

    most: int = 0
    ready: int = 0
    services: tuple[str, ...] = ()


class CardChange(Struct, frozen=True, omit_defaults=True):
    """What stands on a card before and after, as the compiler sized it. `before` is None where that is not known."""

    index: int
    name: str
    total: int
    before: tuple[Part, ...] | None
    after: tuple[Part, ...]


class Download(Struct, frozen=True, omit_defaults=True):
    """An image to pull or a model to fetch. `size` is None where no lock file says it; `have` bytes are there."""

    kind: Literal["image", "weights"]
    name: str
    size: int | None = None
    have: int = 0


class DiskChange(Struct, frozen=True, omit_defaults=True):
    """One file system: what is free, what the downloads take at the most, and what is left. `sure` is False where a
    size is not known; then `left` is an upper bound."""

    paths: tuple[str, ...]
    free: int
    takes: int
    left: int
    sure: bool = True


class Month(Struct, frozen=True, omit_defaults=True):
    """The most that the clouds can cost in a month; None where nothing limits it. Without `known` there was no release
    to read it from. Expected is what the stated traffic costs; None where none is stated or a price is not known."""

    before: float | None
    after: float | None
    known: bool = True
    expected_before: float | None = None
    expected_after: float | None = None


class Data(Struct, frozen=True, omit_defaults=True):
    """Data that stays on the disk but would not be used any more. `lost_to`: the service that would not see it, which
    is refused unless it is allowed; empty where the service goes too."""

    path: str
    what: str
    lost_to: str = ""


class HostPlan(Struct, frozen=True):
    """All that would happen on one host, and whether it can. `state` is `plan.state` of the facts it was made from.

    `steps` are the same in words, in the order in which they happen. `after`: hosts that come first.
    """

    host: str
    target: Target
    before_release: str
    before_mode: str
    changed: bool
    state: str
    blockers: tuple[Finding, ...]
    warnings: tuple[Finding, ...]
    files: tuple[FileChange, ...]
    services: tuple[ServiceChange, ...]
    secrets: tuple[SecretChange, ...]
    steps: tuple[str, ...]
    interruption: Interruption
    cards: tuple[CardChange, ...]
    downloads: tuple[Download, ...]
    disks: tuple[DiskChange, ...]
    month: Month
    data_at_risk: tuple[Data, ...]
    after: tuple[str, ...] = ()


class Plan(Struct, frozen=True):
    """What would happen to all hosts that were asked for. `changed`: at least one of them."""

    version: int
    tool: str
    stack: str
    input_sha256: str
    changed: bool
    hosts: tuple[HostPlan, ...]


def same(text: str) -> str:
    """The mask of someone who knows no secret."""
    return text


class Given(Struct, frozen=True):
    """What a plan takes from elsewhere than files and facts.

    `env`: per variable the salted sha256 of the value that `.env` will hold; `kept` and `generated` are variables whose
    value stays on, or is made on, the host; `unresolved`: per variable why there is no value. `texts`: the current
    release's files by path, for the diffs. `clock`: here, in seconds since 1970. `token`: that of a lock which is ours.
    `become`: commands run as root through sudo. `unit`: the systemd unit is wanted.
    """

    env: Mapping[str, str] = {}
    kept: tuple[str, ...] = ()
    generated: tuple[str, ...] = ()
    unresolved: Mapping[str, str] = {}
    texts: Mapping[str, str] = {}
    clock: float | None = None
    token: str = ""
    steal: bool = False
    become: bool = False
    unit: bool = True
    allow_data_loss: bool = False
    mask: Callable[[str], str] = same
