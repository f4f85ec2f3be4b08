"""The output directory: old or new, never half; nobody else's files; conflicts shown, not overwritten."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import stat
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import pytest

from dreamc.artifact import commit
from dreamc.artifact.changes import Conflicts
from dreamc.artifact.types import Artifact, Bundle, bundle, digest, manifest
from dreamc.artifact.write import Written, compare, write
from dreamc.errors import DreamError

EXTRA = {"tool": "dreamc 1.0.0", "input_sha256": "0" * 64, "stack": "lab"}
Tree = dict[str, tuple[str, str]]


USUAL = {"config/litellm/cloud-config.yaml": "a: 1\n", "dream": "#!/bin/sh\n", "README.md": "read\n"}
NOTHING: dict[str, str] = {}


def made(host: str = "gpu01", files: Mapping[str, str] = NOTHING, stack: str = "lab") -> Bundle:
    parts = tuple(Artifact(path, text, executable=path == "dream") for path, text in {**USUAL, **files}.items())
    return bundle(host, (("test", parts),), EXTRA | {"stack": stack})


def tree(root: Path) -> Tree:
    return {
        str(path.relative_to(root)): (oct(path.stat().st_mode & 0o777), path.read_text())
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def written(bundles: tuple[Bundle, ...], directory: Path, **options: bool) -> Written:
    result = write(bundles, directory, **options)
    assert isinstance(result, Written), result
    return result


def refused(bundles: tuple[Bundle, ...], directory: Path, **options: bool) -> Conflicts:
    before = tree(directory)
    result = write(bundles, directory, **options)
    assert isinstance(result, Conflicts)
    assert tree(directory) == before
    return result


def temporary(*directories: Path) -> list[str]:
    return [path.name for directory in directories for path in directory.iterdir() if path.name.startswith(".dreamc-")]


STRANGE = ["/etc/passwd", "../x", "a/../b", "a//b", "./a", "a\\b", "", "a/", "-rf", "ä", "a b", "x" * 256]


@pytest.mark.parametrize("path", STRANGE)
def test_a_path_that_is_not_portable_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="portable"):
        Artifact(path, "")


@pytest.mark.parametrize("text", ["a\r\n", "a\0", "\ud800"])
def test_text_that_is_not_plain_utf8_with_lf_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"LF|surrogates"):
        Artifact("a", text)


def test_two_back_ends_that_claim_one_path_are_both_named() -> None:
    parts = (("compose", (Artifact("a", "1"),)), ("litellm", (Artifact("a", "2"),)))
    with pytest.raises(ValueError, match=r"compose and litellm both made a"):
        bundle("gpu01", parts, EXTRA)
    with pytest.raises(ValueError, match="below it"):
        bundle("gpu01", (("compose", (Artifact("a", "1"),)), ("litellm", (Artifact("a/b", "2"),))), EXTRA)
    with pytest.raises(ValueError, match="both made a"):
        Bundle("gpu01", (Artifact("a", "1"), Artifact("a", "1")))


@pytest.mark.parametrize("host", ["", "..", ".git", "a/b", "-x"])
def test_a_host_that_cannot_be_a_directory_is_refused(host: str) -> None:
    with pytest.raises(ValueError, match="name of a directory"):
        Bundle(host, ())


def test_the_manifest_lists_every_file_sorted_with_mode_and_digest() -> None:
    value = json.loads(made().artifacts[0].text)
    assert made().artifacts[0].path == "MANIFEST.json"
    assert [row["path"] for row in value["files"]] == ["README.md", "config/litellm/cloud-config.yaml", "dream"]
    assert [row["mode"] for row in value["files"]] == ["0644", "0644", "0755"]
    assert value["files"][0]["sha256"] == hashlib.sha256(b"read\n").hexdigest()
    assert {"version": 1, "host": "gpu01", "tool": "dreamc 1.0.0"}.items() <= value.items()
    with pytest.raises(ValueError, match="files"):
        manifest("gpu01", (), {"files": ""})


def test_the_release_id_depends_on_content_mode_and_path_and_on_nothing_else() -> None:
    one = Bundle("a", (Artifact("x", "1"), Artifact("y", "2")))
    assert digest(one) == digest(Bundle("b", (Artifact("y", "2"), Artifact("x", "1"))))
    assert len(digest(one)) == 12
    others = [
        (Artifact("x", "1"),),
        (Artifact("x", "1", executable=True), Artifact("y", "2")),
        (Artifact("x", "2"), Artifact("y", "1")),
    ]
    assert len({digest(one), *(digest(Bundle("a", parts)) for parts in others)}) == 4


def test_a_first_compile_writes_every_file_with_its_mode(tmp_path: Path) -> None:
    out = tmp_path / "not" / "yet" / "build"
    result = written((made(), made("gpu02")), out)
    assert len(result.written) == 8
    assert tree(out)["gpu01/dream"] == ("0o755", "#!/bin/sh\n")
    assert tree(out)["gpu02/config/litellm/cloud-config.yaml"] == ("0o644", "a: 1\n")
    assert compare((made(), made("gpu02")), out) == ()
    assert temporary(out, out.parent) == []


def test_the_same_compile_again_touches_nothing(tmp_path: Path) -> None:
    written((made(),), tmp_path / "build")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "build").rglob("*")}
    assert written((made(),), tmp_path / "build") == Written((), (), ())
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "build").rglob("*")} == before


@pytest.mark.parametrize("foreign", [False, True])
def test_a_stale_file_and_a_host_no_longer_compiled_go_and_foreign_files_stay(tmp_path: Path, foreign: bool) -> None:
    out = tmp_path / "build"
    written((made(files={"old_args": "x\n"}), made("gpu02")), out)
    if foreign:
        (out / "gpu01" / ".env").write_text("KEY=1")
        (out / "gpu02" / "data").mkdir()
        (out / "gpu02" / "data" / "chat.db").write_text("chat")
        (out / "gpu02" / "config" / "mine.yaml").write_text("mine")
    result = written((made(),), out)
    assert "gpu01/old_args" in result.removed
    assert "gpu02/MANIFEST.json" in result.removed
    kept = {"gpu01/.env", "gpu02/data/chat.db", "gpu02/config/mine.yaml"} if foreign else set()
    wanted = {f"gpu01/{artifact.path}" for artifact in made().artifacts}
    assert set(tree(out)) == wanted | kept
    assert result.kept == (("gpu01/.env", "gpu02/config/mine.yaml", "gpu02/data") if foreign else ())
    assert (out / "gpu02").exists() == foreign


def test_hosts_of_another_stack_and_hosts_left_out_on_purpose_are_not_removed(tmp_path: Path) -> None:
    written((made(), made("gpu02")), tmp_path)
    written((made("other", stack="shop"),), tmp_path)
    written((made(files={"README.md": "new\n"}),), tmp_path, retire=False)
    assert {path.split("/")[0] for path in tree(tmp_path)} == {"gpu01", "gpu02", "other"}
    assert compare((made(files={"README.md": "new\n"}),), tmp_path, retire=False) == ()
    assert {difference.path.split("/")[0] for difference in compare((made(),), tmp_path)} == {"gpu01", "gpu02"}


def test_a_hand_edited_file_is_shown_and_nothing_is_written(tmp_path: Path) -> None:
    written((made(files={"old_args": "x\n"}),), tmp_path / "build")
    (tmp_path / "build/gpu01/README.md").write_text("mine\n")
    (tmp_path / "build/gpu01/old_args").write_text("mine too\n")
    found = refused((made(files={"dream": "#!/bin/sh\nnew\n"}),), tmp_path / "build").items
    assert [(one.path, one.reason) for one in found] == [
        ("gpu01/README.md", "was edited by hand"),
        ("gpu01/old_args", "was edited by hand"),
    ]
    assert "-mine\n+read\n" in found[0].diff
    written((made(),), tmp_path / "build", overwrite=True)
    assert compare((made(),), tmp_path / "build") == ()


def test_an_edit_that_equals_the_new_output_and_a_deleted_file_are_no_conflict(tmp_path: Path) -> None:
    written((made(),), tmp_path / "build")
    (tmp_path / "build/gpu01/README.md").write_text("new\n")
    (tmp_path / "build/gpu01/dream").unlink()
    result = written((made(files={"README.md": "new\n"}),), tmp_path / "build")
    assert result.written == ("gpu01/MANIFEST.json", "gpu01/dream")


def test_a_directory_full_of_other_things_only_gains_the_hosts(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git/HEAD").write_text("ref")
    (tmp_path / "dream.yaml").write_text("dream: 1")
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos/MANIFEST.json").write_text('{"version": 1}')
    before = tree(tmp_path)
    inode = tmp_path.stat().st_ino
    assert written((made(),), tmp_path).kept == (".git", "dream.yaml", "photos")
    assert {path: value for path, value in tree(tmp_path).items() if not path.startswith("gpu01/")} == before
    assert tmp_path.stat().st_ino == inode
    assert temporary(tmp_path) == []


def test_a_hosts_directory_that_dreamc_did_not_make_is_a_conflict(tmp_path: Path) -> None:
    (tmp_path / "gpu01").mkdir()
    (tmp_path / "gpu01/notes.txt").write_text("mine")
    (tmp_path / "gpu01/README.md").write_text("mine")
    assert [one.path for one in refused((made(),), tmp_path).items] == ["gpu01/"]
    written((made(),), tmp_path, overwrite=True)
    assert tree(tmp_path)["gpu01/notes.txt"][1] == "mine"


def test_data_of_others_in_the_place_of_a_file_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "gpu01/README.md").mkdir(parents=True)
    (tmp_path / "gpu01/README.md/data").write_text("mine")
    (tmp_path / "gpu02").write_text("a file")
    found = refused((made(), made("gpu02")), tmp_path, overwrite=True).items
    assert [(one.path, one.final) for one in found] == [("gpu01/README.md", True), ("gpu02", True)]


def test_a_symbolic_link_is_never_written_through(tmp_path: Path) -> None:
    out = tmp_path / "build"
    written((made(),), out)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/cloud-config.yaml").write_text("theirs")
    (out / "gpu01/config/litellm/cloud-config.yaml").unlink()
    (out / "gpu01/config/litellm").rmdir()
    (out / "gpu01/config/litellm").symlink_to(tmp_path / "elsewhere")
    assert "symbolic link" in refused((made(),), out).items[0].reason
    written((made(),), out, overwrite=True)
    assert tree(tmp_path / "elsewhere")["cloud-config.yaml"][1] == "theirs"
    assert compare((made(),), out) == ()


def test_a_manifest_with_paths_outside_the_host_is_not_believed(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    rows = [{"path": "../../precious", "mode": "0644", "sha256": "0"}]
    (tmp_path / "build/gpu01").mkdir(parents=True)
    evil = {"version": 1, **EXTRA, "host": "gpu01", "files": rows}
    (tmp_path / "build/gpu01/MANIFEST.json").write_text(json.dumps(evil))
    refused((made(),), tmp_path / "build")
    written((made(),), tmp_path / "build", overwrite=True)
    assert (tmp_path / "precious").read_text() == "mine"


def test_an_output_that_is_a_symbolic_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "build").symlink_to(tmp_path / "real")
    written((made(),), tmp_path / "build")
    written((made(files={"README.md": "new\n"}),), tmp_path / "build")
    assert (tmp_path / "build").is_symlink()
    assert tree(tmp_path / "real")["gpu01/README.md"][1] == "new\n"


def test_a_shell_that_stands_in_the_output_is_not_left_in_a_deleted_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written((made(),), tmp_path / "build")
    monkeypatch.chdir(tmp_path / "build")
    written((made(files={"README.md": "new\n"}),), Path())
    assert Path("gpu01/README.md").read_text() == "new\n"


def test_differences_are_named_by_kind_with_a_diff(tmp_path: Path) -> None:
    written((made(files={"old_args": "x\n"}),), tmp_path)
    (tmp_path / "gpu01/dream").chmod(0o644)
    (tmp_path / "gpu01/README.md").write_text("changed")
    found = {one.path: one for one in compare((made(files={"new_args": "y\n"}),), tmp_path)}
    kinds = {path: one.kind for path, one in found.items()}
    assert kinds == {
        "gpu01/MANIFEST.json": "changed",
        "gpu01/README.md": "changed",
        "gpu01/dream": "mode",
        "gpu01/new_args": "added",
        "gpu01/old_args": "removed",
    }
    assert "-changed\n\\ No newline at end of file\n+read\n" in found["gpu01/README.md"].diff
    assert found["gpu01/new_args"].diff.endswith("+y\n")


def test_a_disk_that_fills_up_leaves_the_old_output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written((made(),), tmp_path / "build")
    before = tree(tmp_path)

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DreamError) as caught:
        write((made(files={"README.md": "new\n"}),), tmp_path / "build")
    assert "No space left" in caught.value.what
    assert "was not changed" in caught.value.state
    assert caught.value.remedy
    assert tree(tmp_path) == before


def test_an_output_that_is_a_file_is_refused_and_kept(tmp_path: Path) -> None:
    (tmp_path / "build").write_text("mine")
    with pytest.raises(DreamError, match="Not a directory"):
        write((made(),), tmp_path / "build")
    assert tree(tmp_path) == {"build": (oct(stat.S_IMODE((tmp_path / "build").stat().st_mode)), "mine")}


def test_a_read_only_output_is_refused_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written((made(),), tmp_path / "build")
    before = tree(tmp_path)

    def read_only(self: Path, mode: int = 0o777, parents: bool = False, exist_ok: bool = False) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(self))

    monkeypatch.setattr(Path, "mkdir", read_only)
    with pytest.raises(DreamError, match="Read-only file system"):
        write((made(files={"README.md": "new\n"}),), tmp_path / "build")
    assert tree(tmp_path) == before


def test_two_compiles_at_once_do_not_mix(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("")
    with commit.staging(tmp_path, "new") as stage:
        os.rename(stage, tmp_path / commit.JOURNAL)
        with pytest.raises(DreamError, match="another dreamc"):
            write((made(),), tmp_path)


def test_a_file_that_appears_during_the_exchange_is_not_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written((made(),), tmp_path / "build")
    exchange = commit.exchange
    calls: list[Path] = []

    def late(new: Path, old: Path) -> bool:
        if not calls:
            (old / "gpu01/.env").write_text("KEY=1")
        calls.append(old)
        return exchange(new, old)

    monkeypatch.setattr(commit, "exchange", late)
    if sys.platform.startswith("linux"):
        with pytest.raises(DreamError, match="changed while"):
            write((made(files={"README.md": "new\n"}),), tmp_path / "build")
    assert tree(tmp_path / "build")["gpu01/.env"][1] == "KEY=1"
    assert tree(tmp_path / "build")["gpu01/README.md"][1] == "read\n"


def dies_at(step: int, action: Callable[[], object], *, after: bool) -> bool:
    """Runs the action in a child that is killed at the step-th change of a name; True while that step exists."""
    child = os.fork()
    if child == 0:
        count = 0

        def deadly(real: Callable[..., object]) -> Callable[..., object]:
            def call(*arguments: object, **options: object) -> object:
                nonlocal count
                count += 1
                if count == step and not after:
                    os._exit(9)
                result = real(*arguments, **options)
                if count == step:
                    os._exit(9)
                return result

            return call

        for name in ("rename", "replace", "unlink", "rmdir"):
            setattr(os, name, deadly(getattr(os, name)))
        commit.exchange = deadly(commit.exchange)  # type: ignore[assignment]
        try:
            action()
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("kind", ["fresh", "ours", "shared"])
def test_a_compile_killed_at_any_step_leaves_old_or_new(tmp_path: Path, kind: str, after: bool) -> None:
    old = (made(files={"old_args": "x\n"}), made("gpu02"))
    new = (made(files={"README.md": "new\n", "config/vllm/a.args": "y\n"}), made("gpu03"))
    for step in range(1, 200):
        parent = tmp_path / f"{step}"
        out = parent / "build"
        parent.mkdir()
        if kind != "fresh":
            written(old, out)
        if kind == "shared":
            (out / "gpu02/.env").write_text("KEY=1")
        before = tree(out)
        existed = dies_at(step, partial(write, new, out), after=after)
        if kind != "shared":
            written(new, parent / "reference")
            assert tree(out) in (before, tree(parent / "reference"))
        written(new, out)
        assert compare(new, out) == ()
        assert temporary(parent, out) == []
        extra = {"gpu02/.env"} if kind == "shared" else set()
        assert set(tree(out)) == {f"{one.host}/{file.path}" for one in new for file in one.artifacts} | extra
        if not existed:
            assert step > 1
            return
    raise AssertionError("the compile never ended")


def test_an_edit_made_between_a_kill_and_the_next_compile_is_kept(tmp_path: Path) -> None:
    written((made(),), tmp_path / "build")
    (tmp_path / "build/mine").write_text("")
    new = (made(files={"README.md": "new\n"}),)
    assert dies_at(1, partial(write, new, tmp_path / "build"), after=True)
    assert (tmp_path / "build" / commit.JOURNAL).is_dir()
    (tmp_path / "build/gpu01/README.md").write_text("mine\n")
    result = write(new, tmp_path / "build")
    assert isinstance(result, Conflicts)
    assert [one.path for one in result.items] == ["gpu01/README.md"]
    assert (tmp_path / "build/gpu01/README.md").read_text() == "mine\n"
