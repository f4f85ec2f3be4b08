"""What is kept of a compiled file saves time and changes nothing: whatever happens to it, a compile says the same."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from threading import Thread

import click
import pytest

from dreamc import resources
from dreamc.cli import compiled as kept
from dreamc.cli import findings
from dreamc.cli.compiled import Compiled, compiled, of
from dreamc.compiler import Request, resolve

DREAM = """\
dream: 1
name: den
mode: cloud
hardware:
  box: {ram: 16 GiB, disk: 100 GiB}
providers:
  cloud:
    kind: openai-compatible
    base_url: http://192.0.2.7:8800/v1
    key: env://CLOUD_KEY
    models:
      large: {id: large-1, context: 32k, usd_per_mtok: {input: 3, output: 15}}
gateway: {key: env://GATEWAY_KEY}
fallbacks:
  chains:
    chat: [large]
"""
CHECKED = """\
dream: 1
name: checked
mode: local
hardware: {box: {gpus: rtx-3090}}
models:
  fast: {source: "ollama:qwen2.5-coder:3b", context: 4k, tier: fast}
fallbacks: {chains: {auto: routed}}
routing: {tiers: [fast], quality: {checks: [not_empty, "house:polite"]}}
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of its own, and a cache of its own that is empty."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path = tmp_path / "dream.yaml"
    path.write_text(DREAM)
    return path


@pytest.fixture
def compiles(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that are compiled, one row each time."""
    rows: list[Path] = []
    whole = findings.whole

    def counted(ctx: click.Context, wanted: Request, otherwise: str) -> findings.Whole:
        rows.append(wanted.file)
        return whole(ctx, wanted, otherwise)

    monkeypatch.setattr(findings, "whole", counted)
    return rows


def asked(file: Path, overlay: str | None = None, today: str = "2026-11-20") -> Compiled:
    return compiled(click.Context(click.Command("plan")), file, overlay, today, "no host was asked anything")


def fresh(file: Path, overlay: str | None = None, today: str = "2026-11-20") -> Compiled:
    stack = resolve(Request(file, overlay, dict(os.environ), date.fromisoformat(today))).stack
    assert stack is not None
    return of(stack)


def folder(file: Path) -> Path:
    return file.parent / "cache" / "dreamc" / "compiled"


def test_a_file_that_has_not_changed_is_compiled_once(file: Path, compiles: list[Path]) -> None:
    first, second = asked(file), asked(file)
    assert first == second == fresh(file)
    assert compiles == [file]


def test_what_is_kept_is_of_this_user_alone(file: Path) -> None:
    asked(file)
    assert folder(file).stat().st_mode & 0o777 == 0o700
    (one,) = folder(file).iterdir()
    assert b"CLOUD_KEY" in one.read_bytes()


def _overlay(file: Path) -> None:
    file.with_name("dream.prod.yaml").write_text("name: other\n")


def _text(file: Path) -> None:
    file.write_text(DREAM.replace("large-1", "large-2"))


def _calibration(file: Path) -> None:
    file.with_name("dream.calibration.yaml").write_text("# none yet\n[]\n")


def _lock(file: Path) -> None:
    file.with_name("dream.lock.yaml").write_text("lock: 1\n")


@pytest.mark.parametrize("change", [_text, _overlay, _lock, _calibration], ids=lambda one: one.__name__.strip("_"))
def test_a_change_of_any_file_that_has_a_say_is_seen(
    file: Path, compiles: list[Path], change: Callable[[Path], None]
) -> None:
    overlay = "prod" if change is _overlay else None
    file.with_name("dream.prod.yaml").write_text("name: prod\n")
    asked(file, overlay)
    change(file)
    try:
        assert asked(file, overlay) == fresh(file, overlay)
    except click.exceptions.Exit:
        assert resolve(Request(file, overlay, {}, date(2026, 11, 20))).failed
    assert len(compiles) == 2


def test_another_day_and_another_overlay_are_other_results(file: Path, compiles: list[Path]) -> None:
    _overlay(file)
    assert asked(file).name == "den"
    assert asked(file, "prod").name == "other"
    asked(file, today="2027-01-01")
    assert len(compiles) == 3


def test_another_program_has_other_results(file: Path, compiles: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = file.parent / "templates"
    template = next(Path(f"{resources.folder('templates')}").rglob("*.j2"))
    shipped.mkdir()
    shutil.copy(template, shipped)
    found = resources.folder
    monkeypatch.setattr(resources, "folder", lambda kind: shipped if kind == "schemas" else found(kind))
    asked(file)
    os.utime(shipped / template.name, ns=(1, 1))
    asked(file)
    monkeypatch.syspath_prepend(file.parent)
    (file.parent / "pydantic-99.dist-info").mkdir()
    asked(file)
    (file.parent / "dreamc-99.dist-info").mkdir()
    asked(file)
    (file.parent / "dreamc-99.dist-info" / "RECORD").write_text("dreamc/cli/__init__.py,sha256=x,1\n")
    asked(file)
    asked(file)
    assert len(compiles) == 5


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[:-9],
        lambda data: data[:-1] + b"\0",
        lambda data: data.replace(b"den", b"dan"),
    ],
    ids=["empty", "cut off", "last byte", "edited"],
)
def test_what_was_damaged_is_compiled_anew_and_mended(
    file: Path, compiles: list[Path], damage: Callable[[bytes], bytes]
) -> None:
    right = asked(file)
    (one,) = folder(file).iterdir()
    whole = one.read_bytes()
    one.write_bytes(damage(whole))
    assert asked(file) == right
    assert one.read_bytes() == whole
    assert len(compiles) == 2


def test_what_another_key_has_kept_is_not_taken(file: Path, compiles: list[Path]) -> None:
    asked(file)
    (first,) = folder(file).iterdir()
    _text(file)
    asked(file)
    (second,) = set(folder(file).iterdir()) - {first}
    shutil.copy(first, second)
    assert asked(file) == fresh(file)
    assert len(compiles) == 3


def test_a_sound_digest_over_something_else_is_passed_over(file: Path, compiles: list[Path]) -> None:
    right = asked(file)
    (one,) = folder(file).iterdir()
    data = b"\x80"
    one.write_bytes(kept._digest(one.name, data) + data)
    assert asked(file) == right
    assert len(compiles) == 2


def test_a_file_that_takes_a_value_from_the_environment_is_not_kept(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text(DREAM.replace("id: large-1", 'id: "${LARGE}"'))
    for name in ("large-1", "large-2"):
        monkeypatch.setenv("LARGE", name)
        assert asked(file) == fresh(file)
    assert list(folder(file).iterdir()) == []


def test_a_file_that_names_a_profile_of_ones_own_is_not_kept(file: Path, compiles: list[Path]) -> None:
    file.write_text(DREAM.replace("name: den", "profile: own.yaml"))
    own = file.with_name("own.yaml")
    for name in ("den", "cave"):
        own.write_text(f"name: {name}\n")
        assert asked(file) == fresh(file)
    assert len(compiles) == 2


def test_a_file_with_checks_of_ones_own_is_not_kept(file: Path, compiles: list[Path]) -> None:
    file.write_text(CHECKED)
    own = file.with_name("house.py")
    for answer in ("True", "False"):
        own.write_text(f"def polite(answer, action, prompt):\n    return {answer}\n")
        assert asked(file) == fresh(file)
    assert len(compiles) == 2


def test_a_shipped_profile_is_kept(file: Path, compiles: list[Path]) -> None:
    file.write_text(DREAM.replace("mode: cloud", "mode: cloud\nprofile: balanced"))
    assert asked(file) == asked(file) == fresh(file)
    assert len(compiles) == 1


def test_a_file_with_errors_shows_them_each_time(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(DREAM.replace("[large]", "[larger]"))
    for _ in range(2):
        with pytest.raises(click.exceptions.Exit):
            asked(file)
        said = capsys.readouterr().err
        assert "larger" in said
        assert "no host was asked anything" in said


def test_a_file_that_is_not_there_is_told(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.unlink()
    with pytest.raises(click.exceptions.Exit):
        asked(file)
    assert "there is no file" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["", ".", "/", "..", "no/such"])
def test_what_is_no_file_is_told(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(click.exceptions.Exit):
        asked(Path(name))
    assert "error[DRM0" in capsys.readouterr().err


def test_a_program_that_changes_meanwhile_is_no_reason_to_stop(
    file: Path, compiles: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = file.parent / "templates"
    shipped.mkdir()
    (shipped / "gone").symlink_to("nowhere")
    found = resources.folder
    monkeypatch.setattr(resources, "folder", lambda kind: shipped if kind == "schemas" else found(kind))
    assert asked(file) == asked(file) == fresh(file)
    assert len(compiles) == 2


def test_a_pipe_is_read_only_once(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)
    writer = Thread(target=lambda: file.write_text(DREAM))
    writer.start()
    assert asked(file).name == "den"
    writer.join()


@pytest.mark.parametrize("spoil", ["open", "a file", "no home"])
def test_without_a_private_directory_nothing_is_kept(
    file: Path, compiles: list[Path], monkeypatch: pytest.MonkeyPatch, spoil: str
) -> None:
    if spoil == "open":
        folder(file).mkdir(parents=True, mode=0o755)
        folder(file).chmod(0o755)
    elif spoil == "a file":
        (file.parent / "cache").write_text("")
    else:
        monkeypatch.delenv("XDG_CACHE_HOME")
        monkeypatch.delenv("HOME")
        monkeypatch.chdir(file.parent)
    assert asked(file) == asked(file)
    assert len(compiles) == 2
    assert not list(file.parent.glob(".cache")) + list(file.parent.glob("cache/*/*/*"))


def test_the_newest_few_are_kept(file: Path) -> None:
    for day in range(1, kept.NEWEST + 4):
        asked(file, today=f"2026-11-{day:02}")
    assert len(list(folder(file).iterdir())) == kept.NEWEST


def test_a_result_that_is_too_large_is_not_kept(
    file: Path, compiles: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "LARGEST", 10_000)
    assert asked(file) == asked(file)
    assert len(compiles) == 2
