"""The policy that counts now: the compiled one, with the whitelist as it was edited since. No restart is needed."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

from .edits import merged
from .edits_file import EDITS, read_edits
from .reading import PolicyError
from .types import Policy, Whitelist

_LOG = logging.getLogger("dream.whitelist")

LOOK_S = 1.0
"""Seconds between two looks at the file."""
NOTHING = Whitelist((), (), (), MappingProxyType({}))
_State = tuple[int, int, int] | None


@dataclass(slots=True)
class Live:
    """`folder` None, or a policy without a whitelist: what was compiled, for ever.

    A file that breaks leaves the last good one in force, and the log says so once. If it is broken from the start,
    nobody knows what was taken back: no cloud is asked then until it is mended, and local models answer.
    """

    compiled: Policy
    folder: Path | None
    ticks: Callable[[], float] = time.monotonic
    _now: Policy = field(init=False)
    _next: float = field(init=False, default=0.0)
    _seen: _State = field(init=False, default=None)
    _begun: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        self._now = self.compiled

    def policy(self) -> Policy:
        """The policy as of at most LOOK_S ago."""
        if self.folder is not None and self.compiled.whitelist is not None and self.ticks() >= self._next:
            self._look(self.folder, self.compiled.whitelist)
            self._next = self.ticks() + LOOK_S
        return self._now

    def _look(self, folder: Path, compiled: Whitelist) -> None:
        state = _state(folder / EDITS)
        if self._begun and state == self._seen:
            return
        self._seen = state
        try:
            found = merged(compiled, read_edits(folder))
        except PolicyError as error:
            kept = "the edits before it count on" if self._begun else "no cloud is asked until it is mended"
            _LOG.error("the edits of the whitelist cannot be read, and %s: %s", kept, error)
            if not self._begun:
                self._now = replace(self.compiled, whitelist=NOTHING)
        else:
            self._now = replace(self.compiled, whitelist=found)
            _LOG.info("the whitelist is that of %s", folder / EDITS if state else "the bundle")
        self._begun = True


def _state(path: Path) -> _State:
    """What changes whenever the file is replaced or rewritten; None without one."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
