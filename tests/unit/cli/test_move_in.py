"""`dreamc import` as people type it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.cli.shell import Done, process

SHAPES = Path(__file__).resolve().parents[2] / "moving"


def run(folder: Path, *arguments: str) -> Done:
    return process("import", *arguments, cwd=folder, DREAMC_TODAY="2026-11-20")


@pytest.fixture
def imported(tmp_path: Path) -> Done:
    return run(tmp_path, str(SHAPES / "daemon"), "--gpu", "rtx-3090")


def test_the_file_is_written_and_check_accepts_it(imported: Done, tmp_path: Path) -> None:
    assert imported.returncode == 0, imported.stderr
    assert imported.stdout == ""
    assert "check accepts it" in imported.stderr
    assert process("check", cwd=tmp_path, DREAMC_TODAY="2026-11-20").returncode == 0


def test_the_summary_counts_the_keys_of_each_source(imported: Done) -> None:
    assert "llm_config.yaml: tiers of a router (llm_config), " in imported.stderr
    assert " corrected, " in imported.stderr


def test_a_file_that_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "dream.yaml").write_text("dream: 1\n")
    done = run(tmp_path, str(SHAPES / "daemon"))
    assert done.returncode == 1
    assert "is there already" in done.stderr
    assert (tmp_path / "dream.yaml").read_text() == "dream: 1\n"
    assert run(tmp_path, str(SHAPES / "daemon"), "--gpu", "rtx-3090", "--force").returncode == 0
    assert (tmp_path / "dream.yaml").read_text() != "dream: 1\n"


@pytest.mark.parametrize("format_", ["text", "json", "markdown"])
def test_the_report_goes_to_a_file(format_: str, tmp_path: Path) -> None:
    done = run(tmp_path, str(SHAPES / "lab"), "--report", "why", "--format", format_)
    assert (done.returncode, done.stdout) == (0, "")
    text = (tmp_path / "why").read_text()
    assert "capabilities.large_context.fallback" in text
    if format_ == "json":
        value = json.loads(text)
        assert sum(value["counts"].values()) == len(value["keys"])


def test_programs_read_the_report_from_standard_output(tmp_path: Path) -> None:
    done = run(tmp_path, str(SHAPES / "whitelist"), "--gpu", "rtx-4070", "--format", "json")
    value = json.loads(done.stdout)
    assert {one["verdict"] for one in value["keys"]} == {"taken", "corrected", "not expressible"}


def test_a_broken_source_gets_its_caret_and_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("model_list:\n  - {a: [1\n")
    done = run(tmp_path, "bad.yaml", str(SHAPES / "daemon"))
    assert done.returncode == 1
    assert "--> bad.yaml:2:" in done.stderr
    assert "nothing was written: bad.yaml cannot be read" in done.stderr
    assert not (tmp_path / "dream.yaml").exists()


def test_a_source_that_is_not_there_is_said(tmp_path: Path) -> None:
    done = run(tmp_path, "no-such.yaml")
    assert done.returncode == 1
    assert "there is no file 'no-such.yaml'" in done.stderr


def test_what_holds_nothing_that_is_known_is_not_written(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("some: thing\n")
    done = run(tmp_path, "a.yaml")
    assert done.returncode == 1
    assert "a.yaml: nothing that dreamc knows" in done.stderr
    assert not (tmp_path / "dream.yaml").exists()


def test_what_check_finds_in_the_file_is_shown_and_counts(tmp_path: Path) -> None:
    (tmp_path / "w.json").write_text('{"cloud_apis": ["openai.com"]}')
    done = run(tmp_path, "w.json")
    assert done.returncode == 1
    assert "error[DRM403]" in done.stderr
    assert "check finds errors in it" in done.stderr
    assert (tmp_path / "dream.yaml").exists()


def test_a_bundle_comes_back_byte_for_byte(tmp_path: Path, root: Path) -> None:
    example = root / "examples" / "zero-cloud" / "dream.yaml"
    assert process("compile", "-f", str(example), "-o", str(tmp_path / "build")).returncode == 0
    done = run(tmp_path, "build")
    assert done.returncode == 0, done.stderr
    assert "byte for byte" in done.stderr
    again = process("compile", "-o", "again", cwd=tmp_path)
    assert again.returncode == 0
    for path in ("config/vllm/qwen-32b.args", "config/policy.json", "config/runtime/dream_runtime/policy.py"):
        assert (tmp_path / "again" / "den" / path).read_bytes() == (tmp_path / "build" / "den" / path).read_bytes()


def test_no_source_is_wrong_usage(tmp_path: Path) -> None:
    assert run(tmp_path).returncode == 64
