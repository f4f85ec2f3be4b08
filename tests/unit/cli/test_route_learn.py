"""`dreamc route learn`: from logs and labels to a change of dream.yaml that checks."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from tests.unit.cli.verbs import EXAMPLES, Said, run
from tests.unit.learning.worlds import line, written

Capture = pytest.CaptureFixture[str]
MODELS = {"local_fast": "llama3-8b", "local_quality": "codestral", "api_fallback": "claude-sonnet"}
EXAMPLE = (EXAMPLES / "daemon-tiers" / "dream.yaml").read_text(encoding="utf-8")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """An agent daemon's file, which sends write_memory and edit_file to local_quality."""
    found = tmp_path / "dream.yaml"
    found.write_text(EXAMPLE, encoding="utf-8")
    return found


def labels(tmp_path: Path, *rows: tuple[str, str, int, int]) -> str:
    """Rows of action, tier, successes and failures."""
    found = tmp_path / "labels.jsonl"
    lines = (
        json.dumps({"action": action, "tier": tier, "ok": ok})
        for action, tier, good, bad in rows
        for ok in (True,) * good + (False,) * bad
    )
    found.write_text("\n".join(lines), encoding="utf-8")
    return str(found)


def log(tmp_path: Path, *lines: dict[str, object]) -> str:
    found = tmp_path / "usage.jsonl"
    made = (
        written(line(n, **{"member": MODELS[str(one.get("tier") or "local_quality")], **one}))
        for n, one in enumerate(lines, 1)
    )
    found.write_text("".join(made), encoding="utf-8")
    return str(found)


DOWN = ("write_memory", "local_quality", 150, 5), ("write_memory", "local_fast", 152, 3)


def learn(capsys: Capture, file: Path, *arguments: str) -> Said:
    return run(capsys, "route", "learn", *arguments, "-f", str(file), "--today", "2026-11-20")


def test_the_table_is_shown_with_its_evidence_and_the_diff_and_nothing_is_written(
    capsys: Capture, file: Path, tmp_path: Path
) -> None:
    said = learn(capsys, file, "--outcomes", labels(tmp_path, *DOWN))

    assert said.code == 0
    assert "write_memory     local_quality  local_fast" in said.out
    assert "write_memory: local_quality -> local_fast: local_fast is at most 5% below local_quality" in said.out
    assert "-    write_memory: local_quality\n+    write_memory: local_fast\n" in said.out
    assert said.err == "dreamc: nothing was written; --write does it\n"
    assert file.read_text(encoding="utf-8") == EXAMPLE


def test_write_changes_the_one_line(capsys: Capture, file: Path, tmp_path: Path) -> None:
    file.chmod(0o600)

    said = learn(capsys, file, "--outcomes", labels(tmp_path, *DOWN), "--write")

    assert (said.code, said.err) == (0, f"dreamc: {file} is written\n")
    after = EXAMPLE.replace("write_memory: local_quality", "write_memory: local_fast")
    assert file.read_text(encoding="utf-8") == after
    assert file.stat().st_mode & 0o777 == 0o600
    assert sorted(one.name for one in tmp_path.iterdir()) == ["dream.yaml", "labels.jsonl"]


def test_windows_line_ends_and_a_byte_order_mark_stay(capsys: Capture, file: Path, tmp_path: Path) -> None:
    before = b"\xef\xbb\xbf" + EXAMPLE.replace("\n", "\r\n").encode()
    file.write_bytes(before)

    assert learn(capsys, file, "--outcomes", labels(tmp_path, *DOWN), "--write").code == 0

    assert file.read_bytes() == before.replace(b"write_memory: local_quality", b"write_memory: local_fast")


def test_what_a_symbolic_link_points_at_is_written_and_the_link_stays(
    capsys: Capture, file: Path, tmp_path: Path
) -> None:
    real = file.rename(tmp_path / "real.yaml")
    file.symlink_to(real)

    assert learn(capsys, file, "--outcomes", labels(tmp_path, *DOWN), "--write").code == 0

    assert file.is_symlink()
    assert "write_memory: local_fast" in real.read_text(encoding="utf-8")


def test_check_is_1_where_there_is_something_to_learn_else_0(capsys: Capture, file: Path, tmp_path: Path) -> None:
    assert learn(capsys, file, "--outcomes", labels(tmp_path, *DOWN), "--check").code == 1
    few = labels(tmp_path, ("write_memory", "local_quality", 5, 0), ("write_memory", "local_fast", 5, 0))
    said = learn(capsys, file, "--outcomes", few, "--check")
    assert (said.code, said.err) == (0, "dreamc: nothing to change\n")
    assert "write_memory: 5 labels on local_quality; 20 are needed" in said.out


def test_json_is_for_programs(capsys: Capture, file: Path, tmp_path: Path) -> None:
    found = json.loads(learn(capsys, file, "--outcomes", labels(tmp_path, *DOWN), "--json").out)

    row = next(row for row in found["table"] if row["action"] == "write_memory")
    assert (row["kind"], row["present"], row["tier"]) == ("down", "local_quality", "local_fast")
    assert [cell["labels"] for cell in row["cells"]] == [155, 155, 0]
    assert found["written"] is False
    assert "+    write_memory: local_fast" in found["diff"]


def test_labels_are_joined_with_the_log_by_id_and_rescues_are_not_counted(
    capsys: Capture, file: Path, tmp_path: Path
) -> None:
    lines: list[dict[str, object]] = [{"action": "edit_file", "id": f"a{n}", "quality": 1.0} for n in range(30)]
    rejected = {"action": "edit_file", "status": "rejected: empty", "quality": 0.9, "served": "cloud"}
    lines += [{**rejected, "id": f"b{n}"} for n in range(30)]
    told = tmp_path / "told.jsonl"
    told.write_text("".join(json.dumps({"id": f"a{n}", "ok": n < 10}) + "\n" for n in range(31)), encoding="utf-8")

    said = learn(capsys, file, log(tmp_path, *lines), "--outcomes", str(told), "--json")

    (row,) = (row for row in json.loads(said.out)["table"] if row["action"] == "edit_file")
    cells = {cell["tier"]: cell for cell in row["cells"]}
    assert (row["kind"], row["tier"], row["rescued"], row["rescues"]) == ("up", "api_fallback", 30, 30)
    assert (cells["local_quality"]["labels"], cells["local_quality"]["failed"]) == (30, 30)
    assert (cells["api_fallback"]["labels"], cells["api_fallback"]["known"]) == (0, False)
    assert "1 labels match no request of the log" in said.err


def test_a_kind_without_a_key_gets_one(capsys: Capture, file: Path, tmp_path: Path) -> None:
    said = learn(capsys, file, "--outcomes", labels(tmp_path, ("web_search", "local_fast", 50, 1)))

    assert "+    web_search: local_fast\n" in said.out


def test_a_name_that_no_key_may_have_is_not_proposed(capsys: Capture, file: Path, tmp_path: Path) -> None:
    """Clients choose the names of their actions."""
    said = learn(capsys, file, "--outcomes", labels(tmp_path, ("drop: {x}", "local_fast", 50, 1), *DOWN), "--write")

    assert said.code == 0
    assert "drop" not in file.read_text(encoding="utf-8")
    assert "write_memory: local_fast" in file.read_text(encoding="utf-8")
    assert "'drop: {x}' cannot be a key of routing: actions:; none is proposed" in said.err


def test_a_key_that_a_profile_gives_is_laid_over_it_in_the_file(capsys: Capture, file: Path, tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text("routing:\n  actions: {draw: local_quality}\n", encoding="utf-8")
    file.write_text(EXAMPLE.replace("mode: hybrid\n", "mode: hybrid\nprofile: own.yaml\n"), encoding="utf-8")
    told = labels(tmp_path, ("draw", "local_quality", 150, 5), ("draw", "local_fast", 152, 3))

    assert learn(capsys, file, "--outcomes", told, "--write").code == 0

    assert "    spawn_daemon: api_fallback\n    draw: local_fast\n" in file.read_text(encoding="utf-8")
    assert "draw: local_quality" in (tmp_path / "own.yaml").read_text(encoding="utf-8")


TESTED = EXAMPLE + "\ntests:\n  - {ask: remember, action: write_memory, expect: {tier: local_quality}}\n"


def test_what_the_files_own_tests_speak_against_is_not_written(capsys: Capture, file: Path, tmp_path: Path) -> None:
    file.write_text(TESTED, encoding="utf-8")

    said = learn(capsys, file, "--outcomes", labels(tmp_path, *DOWN), "--write")

    assert said.code == 1
    assert "DRM411" in said.err
    assert f"dreamc: {file} would not check with what was learnt" in said.err
    assert file.read_text(encoding="utf-8") == TESTED


def test_an_alias_that_would_change_other_keys_is_left_to_people(capsys: Capture, file: Path, tmp_path: Path) -> None:
    text = EXAMPLE.replace("write_memory: local_quality", "write_memory: &tier local_quality")
    file.write_text(text.replace("read_file: local_quality", "read_file: *tier"), encoding="utf-8")

    said = learn(capsys, file, "--outcomes", labels(tmp_path, *DOWN), "--write")

    assert said.code == 1
    assert "cannot be changed without touching more" in said.err
    assert "write it there yourself: routing.actions.write_memory: local_fast" in said.err


def test_bounds_are_set_by_the_log_and_the_shares_asked_for(capsys: Capture, file: Path, tmp_path: Path) -> None:
    draw = random.Random(1)
    lines: list[dict[str, object]] = [
        {"action": None, "tier": "local_fast", "score": round(draw.betavariate(2, 9), 4)} for _ in range(2000)
    ]
    asked = ("--bounds", "--shares", "local_fast=50%,local_quality=30%", "--json")

    found = json.loads(learn(capsys, file, log(tmp_path, *lines), *asked, "--write").out)

    assert [round(part["target"], 2) for part in found["bounds"]] == [0.5, 0.3, 0.2]
    assert not any(part["off"] for part in found["bounds"])
    fast, good, _ = (part["up_to"] for part in found["bounds"])
    added = f"  complexity:\n    local_fast: {fast}\n    local_quality: {good}\n    api_fallback: 1\n"
    assert file.read_text(encoding="utf-8") == EXAMPLE.replace("  cache: {ttl: 1h}\n", f"  cache: {{ttl: 1h}}\n{added}")


@pytest.mark.parametrize(
    ("shares", "said"),
    [
        ("local_fast=50%", "without a share: local_quality, api_fallback"),
        ("local_fast=50%,local_quality=40%,api_fallback=40%", "sum to 130%"),
        ("local_fast=half", "'half' is not a share such as 5%"),
        ("local_fat=50%", "'local_fat' has no bound; known: local_fast"),
        ("local_fast", "is not TIER=SHARE"),
    ],
)
def test_shares_that_make_no_sense_are_wrong_usage(
    capsys: Capture, file: Path, tmp_path: Path, shares: str, said: str
) -> None:
    found = learn(capsys, file, "--outcomes", labels(tmp_path, *DOWN), "--shares", shares)

    assert found.code == 64
    assert said in found.err


@pytest.mark.parametrize(
    "wrong", [(), ("--margin", "5 points"), ("--min-labels", "3"), ("--write", "--check"), ("--write", "--env", "prod")]
)
def test_wrong_usage_is_64(capsys: Capture, file: Path, tmp_path: Path, wrong: tuple[str, ...]) -> None:
    given = ("--outcomes", labels(tmp_path, *DOWN)) if wrong else ()
    assert learn(capsys, file, *given, *wrong).code == 64


def test_a_log_without_outcomes_says_how_to_get_some(capsys: Capture, file: Path, tmp_path: Path) -> None:
    said = learn(capsys, file, log(tmp_path, {}, {}))

    assert said.code == 1
    assert "2 requests, and of none is it known whether it ended well" in said.err
    assert "--outcomes FILE" in said.err


def test_a_log_that_names_no_kind_of_action_says_so(capsys: Capture, file: Path, tmp_path: Path) -> None:
    said = learn(capsys, file, log(tmp_path, {"action": None, "quality": 1.0}))

    assert said.code == 1
    assert "metadata.action_type" in said.err


def test_labels_that_match_nothing_are_an_error(capsys: Capture, file: Path, tmp_path: Path) -> None:
    told = tmp_path / "told.jsonl"
    told.write_text('{"id": "elsewhere", "ok": true}\n', encoding="utf-8")

    said = learn(capsys, file, log(tmp_path, {"quality": 1.0}), "--outcomes", str(told))

    assert said.code == 1
    assert "none of the 1 labels matches a request" in said.err


def test_a_tier_that_the_file_does_not_have_is_named_with_its_line(capsys: Capture, file: Path, tmp_path: Path) -> None:
    said = learn(capsys, file, "--outcomes", labels(tmp_path, ("edit_file", "local_qualty", 1, 0)))

    assert said.code == 1
    assert "labels.jsonl:1: there is no tier 'local_qualty'; did you mean 'local_quality'?" in said.err


@pytest.mark.parametrize("option", ["--outcomes", "--log"])
def test_a_file_that_is_not_there_is_said(capsys: Capture, file: Path, tmp_path: Path, option: str) -> None:
    said = learn(capsys, file, option, str(tmp_path / "missing.jsonl"))

    assert said.code == 1
    assert "missing.jsonl" in said.err


def test_an_empty_log_and_empty_labels_are_said(capsys: Capture, file: Path, tmp_path: Path) -> None:
    assert "no request" in learn(capsys, file, log(tmp_path)).err
    assert "is empty" in learn(capsys, file, "--outcomes", labels(tmp_path)).err


def test_too_few_scores_for_bounds_are_said(capsys: Capture, file: Path, tmp_path: Path) -> None:
    said = learn(capsys, file, log(tmp_path, {"action": None, "score": 0.2}), "--bounds")

    assert said.code == 1
    assert "1 requests were decided by their score; bounds need 100" in said.err


def test_a_file_with_errors_is_not_learnt_for(capsys: Capture, file: Path, tmp_path: Path) -> None:
    file.write_text(EXAMPLE.replace("edit_file: local_quality", "edit_file: local_best"), encoding="utf-8")

    said = learn(capsys, file, "--outcomes", labels(tmp_path, *DOWN))

    assert said.code == 1
    assert "nothing can be learnt for a file with errors" in said.err


def test_a_file_without_tiers_has_nothing_to_choose_between(capsys: Capture, tmp_path: Path) -> None:
    told = labels(tmp_path, *DOWN)
    said = run(capsys, "route", "learn", "--outcomes", told, "-f", str(EXAMPLES / "rtx5000-lab" / "dream.yaml"))

    assert said.code == 1
    assert "has no tiers" in said.err


def test_both_helps_are_there_and_the_prompt_learn_goes_behind_two_dashes(capsys: Capture, file: Path) -> None:
    assert "dreamc route learn LOGS" in " ".join(run(capsys, "route", "--help").out.split())
    assert "--outcomes FILE" in run(capsys, "route", "learn", "--help").out
    said = run(capsys, "route", "-f", str(file), "--dry", "--", "learn")
    assert (said.code, said.out.partition("\n")[0]) == (
        0,
        "auto in hybrid mode: tier local_fast, group tier:local_fast",
    )


def test_lines_that_cannot_be_read_are_said_once(capsys: Capture, file: Path, tmp_path: Path) -> None:
    found = log(tmp_path, *({"action": "edit_file", "score": 0.4} for _ in range(3)))
    Path(found).write_text(Path(found).read_text() + '{"time": cut\n')
    said = learn(capsys, file, found, "--outcomes", labels(tmp_path, *DOWN))
    assert said.code == 0
    assert said.err.count("1 line cut off or not JSON, skipped") == 1


def test_a_log_without_requests_is_blamed_and_not_the_labels(capsys: Capture, file: Path, tmp_path: Path) -> None:
    other, known = tmp_path / "spend.jsonl", tmp_path / "ids.jsonl"
    other.write_text('{"request_id": "a", "spend": 1}\n')
    known.write_text('{"id": "a", "ok": true}\n')
    said = learn(capsys, file, str(other), "--outcomes", str(known))
    assert said.code == 1
    assert "spend.jsonl: no request, but LiteLLM's spend log" in said.err
