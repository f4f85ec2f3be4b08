"""The provisioner against Ansible, pyinfra and bare ssh on the same work, and `dreamc apply` with nothing to do.

Needs a directory with the race's harness (bench.py, hosts.py, peers/) in DREAMC_RACE; says so and stops without one.
The peers' virtual environments are made once, below DREAMC_RACE_CACHE, by default ~/.cache/dreamc-race.
`--busy` does not wait for an idle machine: then the median of more rounds has to do. `--write` writes docs/race.md.
`--command` measures the command line alone, which needs no harness.
"""

from __future__ import annotations

import argparse
import compileall
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.race.commandline import applies
from benchmarks.race.figures import read
from benchmarks.race.report import command_line, report, told

ROOT = Path(__file__).parents[1]
SLOW, BARE = "ansible-loop,ansible-sync,pyinfra", "limit,limit-warm,oneshot-sh"
QUICK_ROUNDS = 4
"""Rounds of the tools that take less than a second to one of those that take many."""
NEAR, FAR = "0", "20"
"""Round trips in milliseconds."""
PORT = 2601


class Race:
    """The harness, its hosts and its results; everything but the virtual environments is thrown away in the end."""

    def __init__(self, harness: Path, cache: Path, top: Path, rounds: int, busy: bool) -> None:
        self.harness, self.venvs, self.top, self.rounds = harness, cache / "venvs", top, rounds
        self._quiet = ["--no-quiet"] if busy else []

    def prepare(self) -> None:
        """The peers' virtual environments, from the package index."""
        if not (self.venvs / "collections").exists():
            print(f"the peers are installed below {self.venvs}; this takes some minutes", flush=True)
            self._harness("bench.py", "setup", "--venvs", str(self.venvs))

    def up(self, rtt: str) -> None:
        """Eight hosts at this distance."""
        words = ("--count", "8", "--port", str(PORT), "--rtt-ms", rtt)
        self._harness("hosts.py", "up", str(self.top / f"lab{rtt}"), *words)

    def run(self, rtt: str, hosts: str) -> Path:
        """Rounds of all tools, one after the other within a round: the file with the results."""
        out = self.top / f"rtt{rtt}.jsonl"
        words = ["--lab", str(self.top / f"lab{rtt}"), "--venvs", str(self.venvs), "--work", str(self.top / f"w{rtt}")]
        words += ["--out", str(out), "--hosts", hosts, *self._quiet]
        mine = [word for tool in self._mine() for word in ("--tool", tool)]
        for _ in range(self.rounds):
            if rtt == NEAR:
                self._harness("bench.py", "race", *words, "--rounds", "1", "--tools", SLOW, "--tool", self._nodelay())
            self._harness("bench.py", "race", *words, "--rounds", str(QUICK_ROUNDS), "--tools", BARE, *mine)
        return out

    def down(self, rtt: str) -> None:
        """Ends the hosts."""
        self._harness("hosts.py", "down", str(self.top / f"lab{rtt}"))

    def _mine(self) -> tuple[str, str]:
        program = f"{sys.executable} {ROOT}/benchmarks/race/dreamc_tree.py "
        program += "{ssh_config} {hosts_json} {manifest} {files}"
        return f"dreamc={program}", f"dreamc-warm~warm={program}"

    def _nodelay(self) -> str:
        program = f"{self.venvs}/pyinfra/bin/python {ROOT}/benchmarks/race/pyinfra_nodelay.py -y"
        peers = self.harness / "peers" / "pyinfra"
        return f"pyinfra-nodelay={program} {peers}/inventory.py {peers}/deploy.py"

    def _harness(self, program: str, *words: str) -> None:
        subprocess.run([sys.executable, str(self.harness / program), *words], check=True)


def main() -> None:
    """Both distances, then the command line; ratios and the bounds they are held to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="of the slow tools; the others run four times as often")
    parser.add_argument("--busy", action="store_true", help="do not wait for an idle machine")
    parser.add_argument("--write", action="store_true", help="write docs/race.md")
    parser.add_argument("--keep", type=Path, help="copy the results to this directory")
    parser.add_argument("--command", action="store_true", help="the command line alone")
    given = parser.parse_args()
    compileall.compile_dir(ROOT / "dreamc", quiet=1)
    if given.command:
        with tempfile.TemporaryDirectory(prefix="r", dir="/tmp") as folder:
            print("\n".join(command_line(applies(Path(folder), 3 * given.rounds, given.busy))))
        print("load average:", *os.getloadavg())
        return
    harness = Path(os.environ.get("DREAMC_RACE", ""))
    missing = _missing(harness)
    if missing:
        print(f"race: left out, {missing}")
        return
    with tempfile.TemporaryDirectory(prefix="r", dir="/tmp") as folder:  # short: sockets lie in it
        race = Race(harness.resolve(), _cache(), Path(folder), given.rounds, given.busy)
        race.prepare()
        command = applies(Path(folder), 3 * given.rounds, given.busy)
        files = _results(race)
        if given.keep:
            given.keep.mkdir(parents=True, exist_ok=True)
            for path in files:
                shutil.copy(path, given.keep)
        text = report(read(files), command, given.busy)
    print(told(text))
    if given.write:
        (ROOT / "docs" / "race.md").write_text(text, encoding="utf-8")


def _results(race: Race) -> list[Path]:
    files: list[Path] = []
    for rtt, hosts in ((NEAR, "1"), (FAR, "1,8")):
        if rtt != NEAR and os.geteuid():
            print("race: the round trip of 20 ms is left out, it needs root for network namespaces")
            continue
        race.up(rtt)
        try:
            files.append(race.run(rtt, hosts))
        finally:
            race.down(rtt)
    return files


def _missing(harness: Path) -> str:
    if not (harness / "bench.py").is_file():
        return "DREAMC_RACE names no directory with the harness"
    lacking = [name for name in ("ssh", "sshd", "ssh-keygen", "rsync") if shutil.which(name, path=_path()) is None]
    return f"{', '.join(lacking)} not found" if lacking else ""


def _path() -> str:
    return f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"


def _cache() -> Path:
    return Path(os.environ.get("DREAMC_RACE_CACHE") or Path.home() / ".cache" / "dreamc-race")


if __name__ == "__main__":
    main()
