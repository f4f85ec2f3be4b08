"""`dreamc check`: what goes to which stream, what exits how, and that each format is what its reader expects."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from threading import Thread
from xml.etree import ElementTree as ET

import pytest
from jsonschema import Draft4Validator

from tests.unit.cli.shell import ROOT, process
from tests.unit.cli.verbs import EXAMPLES, example, run

Capture = pytest.CaptureFixture[str]
LAB = example("rtx5000-lab")
CASES = ROOT / "tests" / "cases" / "err"
MACHINES = ("json", "github", "sarif", "junit", "markdown")


@pytest.fixture
def bad(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An error and its place, in a folder of its own with a name that needs care."""
    folder = tmp_path / "a b & é"
    folder.mkdir()
    text = (EXAMPLES / "hybrid-4070" / "dream.yaml").read_text(encoding="utf-8")
    (folder / "dream.yaml").write_text(text.replace("gemini, claude]", "gemini, claud]"), encoding="utf-8")
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize("name", sorted(path.name for path in EXAMPLES.iterdir()))
def test_every_example_passes_with_a_summary_on_standard_error(capsys: Capture, name: str) -> None:
    said = run(capsys, "check", *example(name))
    assert said.code == 0
    assert "error" not in said.out
    assert said.err.startswith(f"{example(name)[1]}: ")
    assert said.err.count("\n") == 1


def test_an_error_is_1_and_on_standard_output_alone(capsys: Capture, bad: Path) -> None:
    said = run(capsys, "check")
    assert (said.code, said.err) == (1, "")
    assert "error[DRM202]" in said.out
    assert "--> dream.yaml:31:35" in said.out
    assert "did you mean 'claude'?" in said.out


def test_warnings_count_when_they_are_told_to(capsys: Capture) -> None:
    assert run(capsys, "check", *LAB).code == 0
    assert run(capsys, "check", *LAB, "--strict").code == 1


def test_notes_never_count(capsys: Capture) -> None:
    said = run(capsys, "check", *example("fleet"), "--strict")
    assert (said.code, " notes" in said.out) == (0, True)


def test_quiet_leaves_the_findings_alone(capsys: Capture) -> None:
    loud, quiet = run(capsys, "check", *LAB), run(capsys, "check", *LAB, "-q")
    assert quiet.out == loud.out != ""
    assert quiet.err == ""


@pytest.mark.parametrize("format_", MACHINES)
def test_what_machines_read_stands_alone_on_standard_output(capsys: Capture, format_: str) -> None:
    said = run(capsys, "check", *LAB, "--format", format_)
    assert said.err == ""
    assert "DRM408" in said.out
    assert "\x1b" not in said.out
    assert said.out.endswith("\n")


def test_json_names_code_file_line_and_column(capsys: Capture, bad: Path) -> None:
    found = json.loads(run(capsys, "check", "--json").out)
    assert found["summary"]["errors"] == 1
    wrong = next(one for one in found["findings"] if one["severity"] == "error")
    place = wrong["place"]
    assert (wrong["code"], place["file"], place["line"], place["column"]) == ("DRM202", "dream.yaml", 31, 35)


@pytest.mark.parametrize("file", ["", "absent.yaml", "."])
def test_sarif_fits_its_schema_whatever_is_wrong(capsys: Capture, bad: Path, file: str) -> None:
    said = run(capsys, "check", "--format", "sarif", *(("-f", file) if file else ()))
    log = json.loads(said.out)
    schema = json.loads((ROOT / "tests" / "schemas" / "sarif-2.1.0.json").read_text(encoding="utf-8"))
    Draft4Validator(schema).validate(log)
    assert said.code == 1
    assert [one["level"] for one in log["runs"][0]["results"]].count("error") == 1


def test_junit_is_xml_with_a_failure_for_the_error(capsys: Capture, bad: Path) -> None:
    root = ET.fromstring(run(capsys, "check", "--format", "junit").out)
    failures = list(root.iter("failure"))
    assert len(failures) == 1
    assert "claud" in (failures[0].get("message") or "") + (failures[0].text or "")


def test_github_gets_a_command_per_finding(capsys: Capture, bad: Path) -> None:
    lines = run(capsys, "check", "--format", "github").out.splitlines()
    assert all(re.match(r"::(error|warning|notice) ", line) for line in lines)
    (wrong,) = (line for line in lines if line.startswith("::error "))
    assert re.search(r"file=dream\.yaml,line=31,col=35", wrong)


def test_markdown_is_a_table_with_a_row_per_finding(capsys: Capture, bad: Path) -> None:
    lines = run(capsys, "check", "--format", "markdown").out.splitlines()
    rows = [line for line in lines if line.startswith("|")]
    assert len({len(re.findall(r"(?<!\\)\|", row)) for row in rows}) == 1
    assert sum("error DRM202" in row for row in rows) == 1


@pytest.mark.parametrize("charset", ["latin-1", "ascii"])
@pytest.mark.parametrize("format_", ["json", "sarif", "junit"])
def test_what_machines_read_is_utf_8_on_every_terminal(charset: str, format_: str) -> None:
    arguments = ("check", "-f", str(CASES / "DRM101-misspelt-key.yaml"), "--format", format_)
    here = process(*arguments, PYTHONIOENCODING=charset)
    assert here.stdout == process(*arguments).stdout != ""


def test_an_overlay_goes_on_top_and_its_mistakes_are_shown_there(capsys: Capture, tmp_path: Path) -> None:
    text = (EXAMPLES / "zero-cloud" / "dream.yaml").read_text(encoding="utf-8")
    (tmp_path / "dream.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "dream.small.yaml").write_text("hardware: {den: {gpus: rtx-4070}}\n", encoding="utf-8")
    (tmp_path / "dream.wrong.yaml").write_text("hardware: {den: {gpu: rtx-4070}}\n", encoding="utf-8")
    file = ("-f", str(tmp_path / "dream.yaml"))
    assert run(capsys, "check", *file).code == 0
    small = run(capsys, "check", *file, "--env", "small")
    assert (small.code, "error[DRM301]" in small.out) == (1, True)
    wrong = run(capsys, "check", *file, "--env", "wrong")
    assert f"--> {tmp_path.as_posix()}/dream.wrong.yaml:1:18" in wrong.out


def test_an_overlay_that_is_not_there_is_named(capsys: Capture) -> None:
    said = run(capsys, "check", *LAB, "--env", "prod")
    assert said.code == 1
    assert "dream.prod.yaml" in said.out


def test_the_environment_fills_in_variables(capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "dream.yaml"
    text = (EXAMPLES / "zero-cloud" / "dream.yaml").read_text(encoding="utf-8")
    file.write_text(text.replace("rtx-3090", "${CARD:-rtx-3090}"), encoding="utf-8")
    assert run(capsys, "check", "-f", str(file)).code == 0
    monkeypatch.setenv("CARD", "rtx-9999")
    assert run(capsys, "check", "-f", str(file)).code == 1


def test_a_variable_that_is_not_utf_8_is_no_traceback(tmp_path: Path) -> None:
    file = tmp_path / "dream.yaml"
    file.write_text('dream: 1\nname: "${WILD}"\n', encoding="utf-8")
    done = process("check", "-f", str(file), WILD="\udcff")
    assert done.returncode == 1
    assert "error[" in done.stdout
    assert "Traceback" not in done.stderr


def test_the_day_decides_whether_a_model_is_near_its_end(capsys: Capture) -> None:
    file = ("-f", str(CASES / "DRM602-end-of-life.yaml"))
    codes = [
        {one["code"] for one in json.loads(run(capsys, "check", "--json", "--today", day, *file).out)["findings"]}
        for day in ("2024-01-01", "2026-11-20")
    ]
    assert codes[1] - codes[0] == {"DRM602"}


def test_a_test_of_the_file_that_fails_is_an_error(capsys: Capture, tmp_path: Path) -> None:
    text = (EXAMPLES / "hybrid-4070" / "dream.yaml").read_text(encoding="utf-8")
    file = tmp_path / "dream.yaml"
    file.write_text(text.replace("expect: {location: local}", "expect: {location: cloud}"), encoding="utf-8")
    said = run(capsys, "check", "-f", str(file))
    assert (said.code, "1 error" in said.out) == (1, True)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "DRM005"),
        (b"\x7fELF\x00\x00", "DRM003"),
        (b"dream: \xff\n", "DRM003"),
        ("dream: 1\n".encode("utf-16"), "DRM003"),
        (b"[1, 2]\n", "DRM013"),
        (b"a: " + b"[" * 20_000, "DRM012"),
    ],
    ids=["empty", "binary", "latin-1", "utf-16", "a list", "deep"],
)
def test_a_file_that_is_none_is_one_plain_error(capsys: Capture, tmp_path: Path, data: bytes, code: str) -> None:
    file = tmp_path / "dream.yaml"
    file.write_bytes(data)
    for verb in ("check", "compile"):
        said = run(capsys, verb, "-f", str(file), "--json")
        assert said.code == 1
        assert [one["code"] for one in json.loads(said.out)["findings"]] == [code]


def test_a_file_of_50_mb_is_refused_unread(capsys: Capture, tmp_path: Path) -> None:
    file = tmp_path / "dream.yaml"
    with file.open("wb") as handle:
        handle.truncate(50_000_000)
    said = run(capsys, "check", "-f", str(file))
    assert (said.code, "error[DRM002]" in said.out) == (1, True)


@pytest.mark.parametrize("name", ["absent.yaml", ".", "/", "", "dream.yaml/x", "x" * 300, "a\nb.yaml"])
def test_a_path_to_no_file_is_one_plain_error(capsys: Capture, bad: Path, name: str) -> None:
    for format_ in ("text", *MACHINES):
        said = run(capsys, "check", "-f", name, "--format", format_)
        assert (said.code, "DRM001" in said.out) == (1, True)


@pytest.mark.parametrize("format_", ["text", "json", "github", "junit", "markdown"])
def test_a_path_that_is_not_utf_8_is_one_plain_error(bad: Path, format_: str) -> None:
    done = process("check", "-f", "\udcff.yaml", "--format", format_)
    assert (done.returncode, "DRM001" in done.stdout, done.stderr) == (1, True, "")


def test_a_pipe_is_as_good_as_a_file(capsys: Capture, tmp_path: Path) -> None:
    pipe = tmp_path / "dream.yaml"
    os.mkfifo(pipe)
    text = Path(LAB[1]).read_bytes()
    writer = Thread(target=pipe.write_bytes, args=(text,))
    writer.start()
    assert "1 warning, 2 notes" in run(capsys, "check", "-f", str(pipe)).out
    writer.join()
