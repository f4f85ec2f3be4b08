"""The program that runs in the provisioning race does its work, on one exec, and nothing where nothing differs."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from benchmarks.race.dreamc_tree import Counted, Tree, bring
from dreamc.provision.session import open_session
from tests.sshd import Server

FILES = {"a.yml": "0644", "env/b.env": "0600", "it's a file": "0640"}


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """Three files in two directories, as the harness describes them."""
    source = tmp_path / "files"
    (source / "env").mkdir(parents=True)
    rows = []
    for path, mode in FILES.items():
        (source / path).write_text(f"{path}\n")
        rows.append({"path": path, "mode": mode, "sha256": hashlib.sha256(f"{path}\n".encode()).hexdigest()})
    manifest = tmp_path / "manifest.json"
    manifest.write_text(json.dumps({"dirs": [{"path": "env", "mode": "0700"}], "files": rows}))
    return Tree(manifest, source)


def modes(target: Path) -> dict[str, str]:
    return {str(one.relative_to(target)): f"{one.stat().st_mode & 0o7777:04o}" for one in target.rglob("*")}


def test_a_tree_is_installed_once_and_mended_where_it_differs(server: Server, tree: Tree, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.mkdir()
    seen: list[tuple[str, int, int]] = []

    def turn() -> None:
        session = Counted(open_session(server.address(), keep=False))
        said = bring(tree, session, str(target), f"echo ran >>{tmp_path}/ran")
        seen.append((said, session.session.execs, session.steps))
        session.session.close()

    turn()
    assert modes(target) == {"env": "0700", **FILES}
    turn()
    (target / "env" / "b.env").write_text("edited")
    turn()
    assert (target / "env" / "b.env").read_text() == "env/b.env\n"
    (target / "env").chmod(0o755)
    turn()
    assert modes(target) == {"env": "0700", **FILES}
    assert seen == [("changed 3", 1, 3), ("same", 1, 1), ("changed 1", 1, 3), ("changed 3", 1, 3)]
    assert (tmp_path / "ran").read_text() == "ran\n" * 3
