"""A model file from one host to another by way of the controller, against `ssh a cat | ssh b 'cat >'`: two real sshd.

The bare pipe neither counts, verifies nor resumes. The same file is then pushed from here, against scp, and against scp
with what a push does besides: the checksum, and the file on its disk before anybody is told that it is there.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from dreamc.artifact.release import ModelFile, Weights
from dreamc.provision.session import Answer, Connected, Step
from dreamc.supply.deliver import deliver
from dreamc.supply.hub import Hub
from dreamc.supply.shelf_hub import HubShelf
from dreamc.supply.shelf_neighbour import NeighbourShelf
from dreamc.supply.types import Errand, Shelf
from dreamc.supply.want import hub_parcel
from tests.sshd import Server

ROUNDS = 3
COMMIT = "c" * 40
MIB = 1 << 20


class Moved(Connected):
    """Another host, which is this machine: what the first has in `here` lies in `there`."""

    here = there = ""

    def read(self, step: Step, take: Callable[[bytes], None], data: Iterable[bytes] = ()) -> Answer:
        """The same step with other paths."""
        asked = b"".join(data).replace(self.here.encode(), self.there.encode())
        return super().read(Step(step.name, step.script, len(asked)), take, (asked,))


def made(folder: Path, size: int) -> Weights:
    """One file of random bytes in the controller's cache and on the neighbour, and the lock's words for it."""
    snapshot = folder / "cache/models--a--b/snapshots" / COMMIT
    snapshot.mkdir(parents=True)
    file, digest = snapshot / "model.bin", hashlib.sha256()
    with file.open("wb") as out:
        for _ in range(size // MIB):
            chunk = os.urandom(MIB)
            digest.update(chunk)
            out.write(chunk)
    blobs = folder / "there/models--a--b/blobs"
    blobs.mkdir(parents=True)
    (blobs / digest.hexdigest()).hardlink_to(file)
    store = f"{folder}/store"
    files = (ModelFile(file.name, size, digest.hexdigest()),)
    return Weights("hf", "a/b", f"{store}/models--a--b", store, COMMIT, size=size, files=files)


def words(server: Server, command: str = "ssh", port: str = "-p") -> list[str]:
    """The command line that reaches a server."""
    address = server.address()
    return [command, "-q", *address.options, port, str(address.port), "-i", address.key]


def bare(source: Server, target: Server, file: Path, out: Path) -> None:
    """Bytes from one server to the other."""
    with subprocess.Popen([*words(source), "127.0.0.1", f"cat {file}"], stdout=subprocess.PIPE) as reader:
        subprocess.run([*words(target), "127.0.0.1", f"cat >{out}"], stdin=reader.stdout, check=True)


def scp(target: Server, file: Path, out: Path) -> None:
    """A file from here to a server, by the old protocol, which needs no subsystem."""
    subprocess.run([*words(target, "scp", "-P"), "-O", str(file), f"127.0.0.1:{out}"], check=True)


def checked(target: Server, file: Path, out: Path) -> None:
    """The same, then its checksum there, and the disk's word that it has it."""
    scp(target, file, out)
    subprocess.run([*words(target), "127.0.0.1", f"sha256sum {out} >/dev/null && sync {out}"], check=True)


def ours(target: Server, weights: Weights, shelf: Shelf) -> None:
    """The model to a server: looked for, brought, verified, linked."""
    session = Connected(target.address(), keep=False)
    deliver(session, hub_parcel(weights), shelf, Errand(spare=0))
    session.close()


def seconds(work: Callable[[], None], *after: Path) -> float:
    """Wall time; what was made is removed."""
    os.sync()
    start = time.perf_counter()
    work()
    spent = time.perf_counter() - start
    for path in after:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    return spent


def race(folder: Path, size: int, one: Server, two: Server) -> dict[str, list[float]]:
    """Seconds of each way, interleaved."""
    weights = made(folder, size)
    file, out, store = folder / "cache/models--a--b/snapshots" / COMMIT / "model.bin", folder / "out", folder / "store"
    other = Moved(one.address(), keep=False)
    other.here, other.there = str(store), str(folder / "there")
    near, mine = NeighbourShelf("one", lambda: other), HubShelf(Hub(), folder / "cache", online=False)
    ways: tuple[tuple[str, Callable[[], None], Path], ...] = (
        ("ssh | ssh", lambda: bare(one, two, file, out), out),
        ("neighbour", lambda: ours(two, weights, near), store),
        ("scp", lambda: scp(two, file, out), out),
        ("scp, sum", lambda: checked(two, file, out), out),
        ("push", lambda: ours(two, weights, mine), store),
    )
    found: dict[str, list[float]] = {name: [] for name, _, _ in ways}
    for _ in range(ROUNDS):
        for name, work, after in ways:
            found[name].append(seconds(work, after))
    near.close()
    return found


def main() -> None:
    """Medians; the size in MiB may be given."""
    size = int(sys.argv[1]) * MIB if len(sys.argv) > 1 else 512 * MIB
    one, two = Server(), Server()
    try:
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            found = {name: statistics.median(times) for name, times in race(Path(folder), size, one, two).items()}
    finally:
        one.remove()
        two.remove()
    print(f"{size // MIB} MiB over sshd on loopback, {os.cpu_count()} cores for both hosts and the controller")
    for name, spent in found.items():
        print(f"  {name:<10} {size / spent / 1e6:6.0f} MB/s")
    print(f"  neighbour: {found['neighbour'] / found['ssh | ssh']:.2f} times the bare pipe")
    print(
        f"  push: {found['push'] / found['scp']:.2f} times scp, {found['push'] / found['scp, sum']:.2f} with checksum"
    )


if __name__ == "__main__":
    main()
