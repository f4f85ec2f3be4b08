"""`dreamc compile`: bundles on disk, the differences for CI, and the files of others and of hands that stay."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dreamc.artifact.types import MANIFEST, Artifact, bundle
from dreamc.cli import compile as verb
from dreamc.compiler import emit as really_emit
from dreamc.stack.types import Stack
from tests.unit.cli.shell import ROOT, script
from tests.unit.cli.verbs import EXAMPLES, Said, example, run

Capture = pytest.CaptureFixture[str]
ZERO = example("zero-cloud")
FLEET = example("fleet")
HOSTS = ["desk", "h200-a", "h200-b"]


def compiled(capsys: Capture, output: Path, *arguments: str, file: tuple[str, ...] = ZERO) -> Said:
    return run(capsys, "compile", *file, "-o", str(output), *arguments)


def tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_summary_is_on_standard_output_and_the_findings_are_not(capsys: Capture, tmp_path: Path) -> None:
    said = compiled(capsys, tmp_path / "out")
    assert said.code == 0
    assert "den GPU 0: GeForce RTX 3090" in said.out
    assert f"{tmp_path}/out/den: " in said.out
    assert "DRM" not in said.out
    assert "note[DRM401]" in said.err


def test_quiet_prints_no_summary(capsys: Capture, tmp_path: Path) -> None:
    assert compiled(capsys, tmp_path / "out", "-q").out == ""
    assert (tmp_path / "out" / "den" / "MANIFEST.json").is_file()


@pytest.mark.parametrize("format_", ["json", "sarif"])
def test_a_report_for_machines_stands_alone_on_standard_output(capsys: Capture, tmp_path: Path, format_: str) -> None:
    first = compiled(capsys, tmp_path / "out", "--format", format_)
    check = compiled(capsys, tmp_path / "out2", "--format", format_, "--check")
    assert json.loads(first.out) == json.loads(check.out)
    assert "begin with README.md" in first.err
    assert "added: den/README.md" in check.err


def test_a_second_compile_writes_the_same_and_says_so_to_check(capsys: Capture, tmp_path: Path) -> None:
    out = tmp_path / "out"
    compiled(capsys, out)
    before = tree(out)
    assert compiled(capsys, out).code == 0
    assert tree(out) == before
    said = compiled(capsys, out, "--check")
    assert (said.code, said.out) == (0, "")


def test_check_shows_what_is_missing_and_writes_nothing(capsys: Capture, tmp_path: Path) -> None:
    said = compiled(capsys, tmp_path / "out", "--check")
    assert said.code == 1
    assert "added: den/docker-compose.local.yml\n" in said.out
    assert "file(s) of" in said.err
    assert list(tmp_path.iterdir()) == []


def test_check_shows_an_edit_a_stale_and_a_missing_file(capsys: Capture, tmp_path: Path) -> None:
    out = tmp_path / "out"
    compiled(capsys, out)
    (out / "den" / "config" / "policy.json").unlink()
    with (out / "den" / "README.md").open("a") as handle:
        handle.write("by hand\n")
    before = tree(out)
    said = compiled(capsys, out, "--check")
    assert said.code == 1
    assert "added: den/config/policy.json\n" in said.out
    assert "changed: den/README.md\n" in said.out
    assert "-by hand\n" in said.out
    assert tree(out) == before


def test_another_source_is_a_difference(capsys: Capture, tmp_path: Path) -> None:
    compiled(capsys, tmp_path / "out")
    file = tmp_path / "dream.yaml"
    file.write_text(Path(ZERO[1]).read_text(encoding="utf-8").replace("concurrency: 2", "concurrency: 1"))
    said = compiled(capsys, tmp_path / "out", "--check", file=("-f", str(file)))
    assert said.code == 1
    assert "+--max-num-seqs=1" in said.out or "+--max-num-seqs\n" in said.out or "config/vllm" in said.out


def test_an_edit_by_hand_is_a_conflict_until_it_is_forced(capsys: Capture, tmp_path: Path) -> None:
    out = tmp_path / "out"
    compiled(capsys, out)
    before = tree(out)
    file = out / "den" / "docker-compose.local.yml"
    file.write_text("by: hand\n")
    said = compiled(capsys, out)
    assert (said.code, said.out) == (1, "")
    assert "conflict: den/docker-compose.local.yml: was edited by hand\n" in said.err
    assert "-by: hand\n" in said.err
    assert "nothing was written; --force overwrites edited files" in said.err
    assert file.read_text() == "by: hand\n"
    assert compiled(capsys, out, "--force").code == 0
    assert tree(out) == before


def test_a_directory_in_the_place_of_a_file_is_not_forced_away(capsys: Capture, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (out / "den" / "README.md" / "mine").mkdir(parents=True)
    said = compiled(capsys, out, "--force")
    assert said.code == 1
    assert said.err.endswith("dreamc: nothing was written\n")
    assert (out / "den" / "README.md" / "mine").is_dir()


def test_files_of_others_stay(capsys: Capture, tmp_path: Path) -> None:
    out = tmp_path / "out"
    compiled(capsys, out)
    for name in ("notes.txt", "den/.env", "den/config/mine.yaml"):
        (out / name).write_text("mine")
    file = tmp_path / "dream.yaml"
    file.write_text(Path(ZERO[1]).read_text(encoding="utf-8").replace("concurrency: 2", "concurrency: 1"))
    assert compiled(capsys, out, file=("-f", str(file))).code == 0
    assert [(out / name).read_text() for name in ("notes.txt", "den/.env", "den/config/mine.yaml")] == ["mine"] * 3
    assert compiled(capsys, out, "--check", file=("-f", str(file))).code == 0


@pytest.mark.parametrize(
    ("patterns", "hosts"),
    [(("h200-*",), HOSTS[1:]), (("desk",), ["desk"]), (("desk", "*-b"), ["desk", "h200-b"]), (("*",), HOSTS),
     (("h200-[!a]",), ["h200-b"])],
)  # fmt: skip
def test_only_the_hosts_asked_for_are_written(
    capsys: Capture, tmp_path: Path, patterns: tuple[str, ...], hosts: list[str]
) -> None:
    asked = tuple(word for pattern in patterns for word in ("-H", pattern))
    said = compiled(capsys, tmp_path, *asked, file=FLEET)
    assert said.code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == hosts
    assert {line.split()[0] for line in said.out.splitlines() if " GPU" in line and " visible " in line} == set(hosts)
    assert compiled(capsys, tmp_path, "--check", *asked, file=FLEET).code == 0


def test_hosts_come_from_the_variable_too(capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DREAMC_HOST", "desk h200-a")
    monkeypatch.setenv("DREAMC_OUTPUT", str(tmp_path / "there"))
    assert run(capsys, "compile", *FLEET).code == 0
    assert sorted(path.name for path in (tmp_path / "there").iterdir()) == HOSTS[:2]


@pytest.mark.parametrize("pattern", ["nobody", "H200-A", "", "["])
def test_a_host_that_is_not_there_is_wrong_usage(capsys: Capture, tmp_path: Path, pattern: str) -> None:
    said = compiled(capsys, tmp_path, "-H", "desk", "-H", pattern, file=FLEET)
    assert (said.code, said.out) == (64, "")
    assert f"no host is called '{pattern}'; there are h200-a, h200-b, desk" in said.err
    assert list(tmp_path.iterdir()) == []


def test_hosts_that_were_not_asked_for_are_left_alone(capsys: Capture, tmp_path: Path) -> None:
    compiled(capsys, tmp_path, file=FLEET)
    before = tree(tmp_path)
    assert compiled(capsys, tmp_path, "-H", "desk", file=FLEET).code == 0
    assert tree(tmp_path) == before


def test_a_host_that_is_gone_from_the_source_goes_from_the_output(capsys: Capture, tmp_path: Path) -> None:
    out = tmp_path / "out"
    compiled(capsys, out)
    file = tmp_path / "dream.yaml"
    file.write_text(Path(ZERO[1]).read_text(encoding="utf-8").replace("  den:", "  lair:"))
    other = ("-f", str(file))
    assert "removed: den/README.md" in compiled(capsys, out, "--check", file=other).out
    assert compiled(capsys, out, file=other).code == 0
    assert [path.name for path in out.iterdir()] == ["lair"]


@pytest.mark.parametrize("option", ["--strict", "--check"])
def test_a_file_with_findings_that_count_writes_nothing(capsys: Capture, tmp_path: Path, option: str) -> None:
    said = compiled(capsys, tmp_path / "out", option, file=example("rtx5000-lab"))
    assert said.code == 1
    assert not (tmp_path / "out").exists()


def test_a_file_with_an_error_writes_nothing(capsys: Capture, tmp_path: Path) -> None:
    file = tmp_path / "dream.yaml"
    file.write_text("dream: 1\n")
    said = compiled(capsys, tmp_path / "out", file=("-f", str(file)))
    assert (said.code, said.out) == (1, "")
    assert "error[DRM102]" in said.err
    assert said.err.endswith("dreamc: nothing was written\n")
    assert [path.name for path in tmp_path.iterdir()] == ["dream.yaml"]


def test_an_output_that_is_a_file_is_wrong_usage(capsys: Capture, tmp_path: Path) -> None:
    file = tmp_path / "out"
    file.write_text("mine")
    for option in ((), ("--check",), ("--force",)):
        said = compiled(capsys, file, *option)
        assert (said.code, said.out, file.read_text()) == (64, "", "mine")


def test_an_output_without_a_name_is_not_this_directory(
    capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(capsys, "compile", *ZERO, "-o", "").code == 64
    assert list(tmp_path.iterdir()) == []
    assert run(capsys, "compile", *ZERO, "-o", ".").code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["den"]


@pytest.mark.parametrize("option", [(), ("--force",)])
def test_an_output_that_cannot_be_made_is_told_with_its_state(
    capsys: Capture, tmp_path: Path, option: tuple[str, ...]
) -> None:
    (tmp_path / "file").write_text("mine")
    said = compiled(capsys, tmp_path / "file" / "out", *option)
    assert (said.code, said.out) == (1, "")
    assert "dreamc: " in said.err
    assert "  state: " in said.err
    assert "  to do: " in said.err
    assert (tmp_path / "file").read_text() == "mine"


def test_many_hosts_say_that_work_is_going_on(capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verb, "MANY_HOSTS", 3)
    assert "dreamc: 3 hosts …\n" in compiled(capsys, tmp_path, file=FLEET).err
    assert "hosts …" not in compiled(capsys, tmp_path, "-q", file=FLEET).err


def test_a_stale_file_goes_and_is_named_by_check(
    capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def with_one_more(stack: Stack) -> object:
        (one,) = really_emit(stack)
        files = tuple(file for file in one.artifacts if file.path != MANIFEST)
        more = (*files, Artifact("config/old.txt", "old\n"))
        return (bundle(one.host, (("an older version", more),), {"tool": "dreamc 0.0.9", "stack": stack.name}),)

    with monkeypatch.context() as patch:
        patch.setattr(verb, "emit", with_one_more)
        compiled(capsys, tmp_path)
    assert (tmp_path / "den" / "config" / "old.txt").is_file()
    assert "removed: den/config/old.txt\n" in compiled(capsys, tmp_path, "--check").out
    assert compiled(capsys, tmp_path).code == 0
    assert not (tmp_path / "den" / "config" / "old.txt").exists()


@pytest.mark.slow
def test_all_examples_check_compile_and_compare_in_one_output(tmp_path: Path) -> None:
    done = script(
        'for e in examples/*/; do dreamc check -q -f $e/dream.yaml && dreamc compile -f $e/dream.yaml -o "$OUT" '
        '&& dreamc compile -q -f $e/dream.yaml -o "$OUT" --check || exit; done',
        cwd=ROOT, OUT=str(tmp_path / "out"), PYTHONHASHSEED="random",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(f"{tmp_path}/out/") >= len(list(EXAMPLES.iterdir()))
