"""README.md is true: its file compiles, its error is that error, its commands run, its table is what is written."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from dreamc.cli import VERBS
from dreamc.cli.plan import CHANGES
from dreamc.diagnostics.codes import codes
from dreamc.provision.events import LOCKED, ROLLED_BACK, STUCK
from tests.unit.cli.shell import script
from tests.unit.cli.verbs import run

Capture = pytest.CaptureFixture[str]
ON_HOSTS = {"plan", "apply", "mode", "rollback", "status", "drift", "doctor", "logs", "facts", "models", "bundle"}
ELSEWHERE = {"init", "import", "serve", "lock", "route", *ON_HOSTS}
"""Verbs that need a terminal, a gateway, a network or a host: they have tests of their own."""
METERED = {("cost", "local"), ("cost", "break-even")}
"""They need figures of a machine, which the file of the page does not hold."""
LINE = {
    "time": "2026-11-20T09:00:00Z", "id": "1", "status": "ok", "alias": "code", "member": "quality",
    "location": "local", "prompt_tokens": 900, "completion_tokens": 90, "usd": 0.0, "served": "local",
}  # fmt: skip


@pytest.fixture
def readme(root: Path) -> str:
    return (root / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def folder(readme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with the file that stands on top of the page."""
    (text,) = re.findall(r"```yaml\n(dream: 1\n.*?)```", readme, re.DOTALL)
    (tmp_path / "other").mkdir()
    for path in (tmp_path / "dream.yaml", tmp_path / "other/dream.yaml"):
        path.write_text(text, encoding="utf-8")
    (tmp_path / "usage.jsonl").write_text(json.dumps(LINE) + "\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def commands(readme: str) -> list[list[str]]:
    lines = re.findall(r"^dreamc .*$", readme, re.MULTILINE)
    return [shlex.split(line, comments=True)[1:] for line in lines]


def test_every_command_of_the_page_runs(capsys: Capture, readme: str, folder: Path) -> None:
    done = [words for words in commands(readme) if words[0] not in ELSEWHERE and tuple(words[:2]) not in METERED]
    verbs = ["check", "compile", "compile", "explain", "explain", "explain", "cost", "size", *["cost"] * 4]
    assert [words[0] for words in done] == verbs
    for words in done:
        said = run(capsys, *words)
        assert said.code == 0, (words, said.err)


def test_the_starter_of_the_page_checks(capsys: Capture, folder: Path) -> None:
    (folder / "dream.yaml").unlink()
    assert run(capsys, "init").code == 0
    assert run(capsys, "check", "--strict").code == 0


def test_every_option_of_the_page_is_known(capsys: Capture, readme: str) -> None:
    for words in commands(readme):
        inner = 2 if words[0] == "cost" or words[:2] == ["route", "learn"] else 1
        shown = run(capsys, *words[:inner], "--help").out
        assert [word for word in words if word.startswith("--") and word not in shown] == []


def test_the_error_of_the_page_is_what_is_shown(capsys: Capture, readme: str, folder: Path) -> None:
    (shown,) = re.findall(r"```\n\$ dreamc check\n(.*?)```", readme, re.DOTALL)
    file = folder / "dream.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("quality, claude]", "quality, claud]"), encoding="utf-8")
    said = run(capsys, "check")
    assert said.code == 1
    assert said.out.startswith(shown)


def patterns(readme: str) -> list[str]:
    """The paths of the table, as regular expressions."""
    rows = re.findall(r"^\| (`[^|]+`) \|", readme[readme.index("## What you get") :], re.MULTILINE)
    found = []
    for path in re.findall(r"`([^`]+)`", " ".join(rows)):
        text = re.escape(path).replace(r"\{", "(").replace(r"\}", ")").replace(",", "|").replace("<model>", "[^/]+")
        found.append(text + (".*" if path.endswith("/") else ""))
    return found


def test_the_table_lists_all_files_and_no_others(capsys: Capture, readme: str, root: Path, tmp_path: Path) -> None:
    for name in ("hybrid-4070", "zero-cloud", "fleet"):
        file = str(root / "examples" / name / "dream.yaml")
        assert run(capsys, "compile", "-q", "-f", file, "-o", str(tmp_path / name)).code == 0
    files = {path.relative_to(tmp_path).as_posix().split("/", 2)[2] for path in tmp_path.rglob("*") if path.is_file()}
    listed = patterns(readme)
    assert [file for file in sorted(files) if not any(re.fullmatch(one, file) for one in listed)] == []
    assert [one for one in listed if not any(re.fullmatch(one, file) for file in files)] == []


def test_codes_examples_and_schema_of_the_page_are_there(readme: str, root: Path) -> None:
    assert set(re.findall(r"DRM\d{3}", readme)) <= set(codes())
    assert "$schema=dream.schema.json" in readme
    assert "dreamc schema > dream.schema.json" in readme
    assert len(list((root / "examples").iterdir())) == 5
    assert "`examples/` has five files" in readme
    for name in re.findall(r"examples/([a-z0-9-]+)", readme):
        assert (root / "examples" / name / "dream.yaml").is_file()


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_make_targets_files_and_links_that_a_page_names_are_there(root: Path, page: str) -> None:
    text = (root / page).read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", (root / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"(?:^ *|`)make ([a-z]+)", text, re.MULTILINE)) <= targets
    links = [link for link in re.findall(r"\]\(([^)#:]+)\)", text) if not (root / link).exists()]
    named = re.findall(r"`((?:dreamc|tests|examples|schemas|templates)/[\w./-]+)`", text)
    assert (links, [name for name in named if not (root / name).exists()]) == ([], [])


def test_exit_codes_of_the_page_are_those_of_the_program(readme: str, folder: Path) -> None:
    table = set(re.findall(r"^\| (\d+) \|", readme, re.MULTILINE))
    text = 'for words in "check" "check -f absent" "chek"; do dreamc $words >/dev/null 2>&1 && echo 0 || echo $?; done'
    assert script(text, cwd=folder).stdout.split() == ["0", "1", "64"]
    applied = {str(code) for code in (CHANGES, ROLLED_BACK, STUCK, LOCKED)}
    assert table == {"0", "1", "64", "130", *applied}


def test_every_verb_is_on_the_page(readme: str) -> None:
    assert [verb for verb, _, _ in VERBS if f"dreamc {verb}" not in readme] == []
