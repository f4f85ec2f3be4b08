"""The work of the provisioning race, done as `dreamc apply` works: a session per host, a check, an upload, a command.

dreamc_tree.py SSH_CONFIG HOSTS_JSON MANIFEST FILES   (the fields of the harness's --tool)

The session, the listing of files, the archive and the waves are apply's own. What differs is the target: the race wants
files in place rather than a release beside the old one, so that the check and the installation below are its own.
Prints `host outcome execs steps` a line; exit 1 when a host failed.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from shlex import quote
from typing import Any

from dreamc.errors import DreamError
from dreamc.provision.session import Answer, Session, Step, open_session
from dreamc.provision.types import Address

# Directories beside what the facts ask of the files of a release.
CHECK = """
limit() {{ "$@"; }}
cd -- {root} || exit 1
find . -mindepth 1 -type d -printf 'D%m %P\\n'
{files}
"""
INSTALL = """
set -u
umask 077
fail() {{ echo "$1"; rm -rf "$in"; exit 1; }}
cd -- {root} || exit 1
in=.incoming.{token}
mkdir "$in" && tar -xzpf - --no-same-owner -C "$in" || fail "the files could not be unpacked: is the disk full?"
(cd "$in" && sha256sum -c --quiet --strict >/dev/null) <<'SUMS' || fail "the files did not arrive as they were sent"
{sums}
SUMS
sync -f "$in" 2>/dev/null || sync
{moves}
rm -rf "$in"
"""


class Tree:
    """What is to be true: directories and files with their modes, as the manifest of the race has them."""

    def __init__(self, manifest: Path, files: Path) -> None:
        said = json.loads(manifest.read_text())
        self.folders: dict[str, str] = {one["path"]: one["mode"] for one in said["dirs"]}
        self.files: dict[str, tuple[str, str]] = {one["path"]: (one["mode"], one["sha256"]) for one in said["files"]}
        self.below = files


class Counted:
    """A session that counts its steps."""

    def __init__(self, session: Session) -> None:
        self.session, self.steps = session, 0

    def run(self, step: Step, data: bytes = b"") -> Answer:
        """The answer of a step that ended well; DreamError otherwise."""
        self.steps += 1
        answer = self.session.run(step, (data,))
        if answer.code:
            raise DreamError(f"{step.name} failed: {answer.out}{answer.err}")
        return answer


def wrong(tree: Tree, answer: Answer) -> tuple[str, ...]:
    """The files that are to be sent, from one listing; all of them where a directory is not as it should be."""
    from dreamc.provision.facts.releases import listed

    lines = tuple(answer.out.splitlines())
    there = dict(line[1:].split(" ", 1)[::-1] for line in lines if line.startswith("D"))
    if any(int(there.get(path, "0"), 8) != int(mode, 8) for path, mode in tree.folders.items()):
        return tuple(tree.files)
    now = {path: (mode, digest) for path, mode, digest in listed(lines)}
    return tuple(path for path, wanted in tree.files.items() if now.get(path) != wanted)


def install(tree: Tree, root: str, paths: tuple[str, ...]) -> tuple[Step, bytes]:
    """One archive of the files, verified beside the target; then each is renamed into its place."""
    from dreamc.provision.operations.upload import archive

    data = archive((path, tree.files[path][0], (tree.below / path).read_bytes()) for path in paths)
    made = [f"mkdir -p {quote(path)} && chmod {mode} {quote(path)} || exit 1" for path, mode in tree.folders.items()]
    by_folder: dict[str, list[str]] = {}
    for path in paths:
        by_folder.setdefault(str(Path(path).parent), []).append(f'"$in"/{quote(path)}')
    moved = [f"mv -f {' '.join(names)} {quote(folder)}/ || exit 1" for folder, names in by_folder.items()]
    sums = "\n".join(f"{tree.files[path][1]}  {path}" for path in paths)
    token = os.urandom(8).hex()
    text = INSTALL.format(root=quote(root), token=token, sums=sums, moves="\n".join((*made, *moved)))
    return Step("upload", text, len(data)), data


def bring(tree: Tree, session: Counted, root: str, command: str) -> str:
    """Makes one host right: nothing but the check where nothing differs."""
    from dreamc.provision.facts.releases import LIST

    paths = wrong(tree, session.run(Step("check", CHECK.format(root=quote(root), files=LIST))))
    if not paths:
        return "same"
    session.run(*install(tree, root, paths))
    session.run(Step("command", command))
    return f"changed {len(paths)}"


def main(config: str, hosts: str, manifest: str, files: str) -> int:
    """All hosts at once; the handshakes go on while the rest is read and imported."""
    rows: dict[str, Any] = {row["name"]: row for row in json.loads(Path(hosts).read_text())}
    sessions = {name: Counted(open_session(Address(name, name, options=("-F", config)))) for name in rows}
    from dreamc.provision.events import Outcome
    from dreamc.provision.fleet import Pace, run, waves

    tree = Tree(Path(manifest), Path(files))

    def work(name: str) -> Outcome:
        try:
            return Outcome(name, 0, bring(tree, sessions[name], rows[name]["target"], rows[name]["command"]))
        except DreamError as error:
            return Outcome(name, 1, error.what)

    outcomes = run(waves(tuple(rows), {}, Pace()), work, Pace().parallel)
    for one in outcomes:
        session = sessions[one.host]
        print(one.host, one.what, session.session.execs, session.steps)
        session.session.close()
    return max(one.code for one in outcomes)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
