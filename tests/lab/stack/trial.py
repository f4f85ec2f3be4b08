"""One fault at one step: before it a host serves a release, after it a whole release too, with the same data."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from tests.lab.report import Report, Row
from tests.lab.stack.fleet import Fleet, Ran, Running
from tests.lab.stack.look import Seen

CONTEXT = "context: 8k..16k"
_LAST = re.compile(r"^(dreamc: |\S+: (done|not changed|rolled back|NEEDS YOU|locked): |  (state|to do): |    (!|-> )|! )")


@dataclass(slots=True)
class Bench:
    """A host under test and the releases that it is given, each another one than all before."""

    fleet: Fleet
    report: Report
    turn: int = 0

    def trial(self, step: str, fault: str, *changes: tuple[str, str], host: str = "gpu-a") -> Trial:
        """Writes a dream.yaml whose model servers differ from those that run; then `changes`, the fault."""
        self.turn += 1
        change = (CONTEXT, f"context: 8k..{16384 - 16 * self.turn}")
        if host == "front":
            change = ("monthly: 20 USD", f"monthly: {20 + self.turn} USD")
        self.fleet.write(change, *changes)
        before = self.fleet.look(host)
        assert before.problems() == (), "the fault before this one was not mended"
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

    def ends(self, ran: Ran, code: int, state: str, *says: str) -> None:
        """Judges the host, then applies what was wanted without the fault, and judges again."""
        after = self._whole()
        assert ran.code == code, ran.text
        ran.says(*says)
        self.bench.fleet.write(self.change)
        again = self.bench.fleet.apply(self.host)
        assert again.code == 0, again.text
        final = self._whole()
        assert final.release != self.before.release
        found = {self.before.release: "old", final.release: "new"}.get(after.release, "another")
        assert found == state.partition(",")[0], f"{after.release} is current: {found}"
        self._note(ran, found + self._touched(found, after))

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
        assert seen.problems() == ()
        assert seen.data == self.before.data
        return seen

    def _touched(self, found: str, after: Seen) -> str:
        if found != "old":
            return ""
        return ", not touched" if after.lives == self.before.lives else ", back again"

    def _note(self, ran: Ran, state: str) -> None:
        said = [line.strip() for line in ran.text.splitlines() if _LAST.match(line)]
        self.bench.report.add(Row(self.step, self.fault, state, "identical", ran.code, " · ".join(said)))
