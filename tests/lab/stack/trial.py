"""One fault at one step: before it a host serves a release, after it a whole release too, with the same data."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.lab.report import Report, Row
from tests.lab.stack.fleet import Fleet, Ran, Running
from tests.lab.stack.look import Seen

_NONE: Mapping[str, str] = {}
CONTEXT = "context: 8k..16k"
_LAST = re.compile(
    r"""(?mx) ^(dreamc:.*  |  \ *(error|warning)\[(?!gpu|memory).*\n.*  |  Error:.*
    |  \S+:\ (done:\ release|not\ changed|rolled\ back|NEEDS\ YOU|locked).*  |  \ \ (state|to\ do):.*)$"""
)
"""The last words of a run on a host, and what stood in its way with what to do about it."""


@dataclass(slots=True)
class Bench:
    """A host under test and the releases that it is given, each another one than all before."""

    fleet: Fleet
    report: Report
    turn: int = 0
    applied: tuple[tuple[str, str], ...] = ()

    def same(self) -> None:
        """The dream.yaml that was applied last, again."""
        self.fleet.write(*self.applied)

    def trial(self, step: str, fault: str, *changes: tuple[str, str], host: str = "gpu-a") -> Trial:
        """Writes a dream.yaml whose model servers differ from those that run; then `changes`, the fault."""
        self.turn += 1
        change = (CONTEXT, f"context: 8k..{16384 - 16 * self.turn}")
        if host == "front":
            change = ("monthly: 20 USD", f"monthly: {20 + self.turn} USD")
        self.fleet.write(change, *changes)
        before = self.fleet.look(host)
        if before.problems():
            # a test before this one has failed and said so
            mended = self.fleet.apply(host)
            before = self.fleet.look(host)
            assert before.problems() == (), mended.text
            self.applied = (change, *changes)
            return self.trial(step, fault, *changes, host=host)
        return Trial(self, step, fault, host, change, before)


@dataclass(slots=True)
class Trial:
    """What is known of the host before the fault, and what is to be applied."""

    bench: Bench
    step: str
    fault: str
    host: str
    change: tuple[str, str]
    before: Seen
    running: list[Running] = field(default_factory=list)

    def apply(self, *words: str, **env: str) -> Ran:
        return self.bench.fleet.apply(self.host, *words, env=env)

    def start(self, *words: str) -> Running:
        """An apply that goes on while the fault happens."""
        return self.bench.fleet.start("apply", "-y", "-H", self.host, *words)

    def waits_for(self, text: str, seconds: float = 60) -> None:
        """Until the running apply has printed this."""
        until = time.monotonic() + seconds
        while text not in self.running[0].text():
            assert time.monotonic() < until, self.running[0].text()
            time.sleep(0.1)

    def settles(self, seconds: float = 120) -> None:
        """Until no activation goes on at the host."""
        until = time.monotonic() + seconds
        while "transaction" in self.bench.fleet.look(self.host).left:
            assert time.monotonic() < until, "the host is still at work"
            time.sleep(0.2)

    def ends(
        self, ran: Ran, code: int, state: str, *says: str, again: tuple[str, ...] = (), env: Mapping[str, str] = _NONE
    ) -> None:
        """Judges the host, then applies what was wanted without the fault, and judges again."""
        after = self._whole()
        assert ran.code == code, ran.text
        ran.says(*says)
        self.bench.fleet.write(self.change)
        then = self.bench.fleet.apply(self.host, *again, env=env)
        assert then.code == 0, then.text
        final = self._whole()
        assert final.release != self.before.release
        assert final.left == ()
        self.bench.applied = (self.change,)
        found = {self.before.release: "old", final.release: "new"}.get(after.release, "another")
        assert found == state.partition(",")[0], f"{after.release} is current: {found}"
        self._note(ran, found + self._touched(found, after))

    def mended(self, ran: Ran, *says: str) -> None:
        """Judges a host that was edited by hand, after an apply of what was there before."""
        after = self._whole()
        assert ran.code == 0, ran.text
        ran.says(*says)
        assert (after.release, after.mode, after.env) == (self.before.release, self.before.mode, self.before.env)
        again = self.bench.fleet.apply(self.host)
        assert "nothing to do" in again.text, again.text
        self._note(ran, "as it was applied")

    def serves(self, seconds: float = 60) -> None:
        """Until everything is healthy again that Docker starts by itself."""
        until = time.monotonic() + seconds
        while problems := self.bench.fleet.look(self.host).problems():
            assert time.monotonic() < until, problems
            time.sleep(0.5)

    def untouched(self, ran: Ran, code: int, *says: str) -> None:
        """The fault came before anything: the same containers run on, and a plan for the change is made as before."""
        after = self._whole()
        assert ran.code == code, ran.text
        ran.says(*says)
        assert (after.release, after.lives, after.env) == (self.before.release, self.before.lives, self.before.env)
        self.bench.fleet.write(self.change)
        again = self.bench.fleet.run("plan", "--detailed-exitcode", "-H", self.host)
        assert again.code == 2, again.text
        self._note(ran, "old, not touched")

    def _whole(self) -> Seen:
        seen = self.bench.fleet.look(self.host)
        problems = seen.problems()
        assert not problems, problems
        assert set(self.before.data) <= set(seen.data), set(self.before.data) - set(seen.data)
        return seen

    def _touched(self, found: str, after: Seen) -> str:
        if found != "old":
            return ""
        return ", not touched" if after.lives == self.before.lives else ", back again"

    def _note(self, ran: Ran, state: str) -> None:
        said = (" -> ".join(part.strip() for part in one[0].splitlines()) for one in _LAST.finditer(ran.text))
        self.bench.report.add(Row(self.step, self.fault, state, "identical", ran.code, " · ".join(said)))
