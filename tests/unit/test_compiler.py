from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from msgspec.structs import replace

from dreamc.compiler import Request, Result, emit, resolve
from dreamc.diagnostics.render import render
from dreamc.diagnostics.report import make_report
from tests.unit.stack.files import TODAY, tiered, usual


def run(folder: Path, text: str, overlay: str | None = None, today: date = TODAY, **environment: str) -> Result:
    (folder / "dream.yaml").write_text(text, encoding="utf-8")
    return resolve(Request(folder / "dream.yaml", overlay, environment, today))


def shown(result: Result) -> str:
    return render(make_report(result.findings, result.document, result.sources), "text")


def test_a_good_file_has_a_stack_and_a_bundle_for_every_host(tmp_path: Path) -> None:
    result = run(tmp_path, usual())
    assert (result.findings, result.failed) == ((), False)
    assert result.stack is not None
    assert [bundle.host for bundle in emit(result.stack)] == ["box"]


def test_a_phase_runs_only_on_what_the_one_before_left_whole(tmp_path: Path) -> None:
    unreadable = run(tmp_path, "a: [\n")
    assert (unreadable.document, unreadable.dream, unreadable.stack) == (None, None, None)
    shapeless = run(tmp_path, usual().replace("4k", "four"))
    assert shapeless.document is not None
    assert (shapeless.dream, shapeless.stack) == (None, None)
    meaningless = run(tmp_path, usual().replace("[m,", "[n,"))
    assert meaningless.dream is not None
    assert meaningless.stack is None


def test_the_profile_lies_under_the_file_and_the_overlay_on_top(tmp_path: Path) -> None:
    (tmp_path / "dream.prod.yaml").write_text("gateway: {port: 4999}\nbudget: {monthly: 3 USD}\n", encoding="utf-8")
    result = run(tmp_path, usual("profile: conservative\ngateway: {port: 4001, replicas: 2}\n"), "prod")
    assert result.stack is not None, result.findings
    assert (result.stack.gateway.port, result.stack.gateway.replicas) == (4999, 2)
    assert result.stack.policy.budget.monthly == 3
    assert result.stack.policy.when_cut == "local_with_cot"


def test_the_overlay_may_choose_another_profile(tmp_path: Path) -> None:
    (tmp_path / "dream.prod.yaml").write_text("profile: performance\n", encoding="utf-8")
    result = run(tmp_path, usual("profile: conservative\n"), "prod")
    assert result.stack is not None
    assert result.stack.policy.prefer == "cloud"


def test_a_missing_overlay_is_said_with_its_name(tmp_path: Path) -> None:
    text = shown(run(tmp_path, usual(), "prod"))
    assert "DRM001" in text
    assert "dream.prod.yaml" in text
    assert "dreamc init" not in text
    assert "--env" in text


@pytest.mark.parametrize("where", ["profile", "overlay", "file"])
def test_a_mistake_is_shown_in_the_file_that_it_is_in(where: str, tmp_path: Path) -> None:
    bad, good = "budget: {daily: 5}\n", "budget: {daily: 5 USD}\n"
    (tmp_path / "house.yaml").write_text(bad if where == "profile" else good, encoding="utf-8")
    (tmp_path / "dream.prod.yaml").write_text(bad if where == "overlay" else "mode: hybrid\n", encoding="utf-8")
    text = usual("profile: house.yaml\n", bad if where == "file" else "")
    found = shown(run(tmp_path, text, "prod"))
    name = {"profile": "house.yaml", "overlay": "dream.prod.yaml", "file": "dream.yaml"}[where]
    assert f"--> {(tmp_path / name).as_posix()}:" in found
    assert "DRM108" in found


def test_keys_that_begin_with_x_are_a_home_for_anchors(tmp_path: Path) -> None:
    text = usual("x-limits: &limits {daily: 5 USD}\nbudget: *limits\n").replace("x-limits", "x-limits")
    result = run(tmp_path, text)
    assert result.stack is not None, result.findings
    assert result.stack.policy.budget.daily == 5


def test_a_variable_of_the_environment_fills_a_value(tmp_path: Path) -> None:
    text = usual('gateway: {port: "${PORT:-4000}"}\n')
    assert [port(run(tmp_path, text)), port(run(tmp_path, text, PORT="4321"))] == [4000, 4321]


def port(result: Result) -> int:
    assert result.stack is not None, result.findings
    return result.stack.gateway.port


def test_the_day_is_an_input_and_no_part_of_the_output(tmp_path: Path) -> None:
    text = usual().replace("claude-sonnet-5-5", "claude-sonnet-4-5")
    early, late = (run(tmp_path, text, today=date(2026, month, 1)) for month in (1, 11))
    assert [one.code for one in early.findings] == []
    assert [one.code for one in late.findings] == ["DRM602"]
    assert early.stack == late.stack


def test_the_digest_is_of_the_texts_and_not_of_their_names(tmp_path: Path) -> None:
    other = tmp_path / "elsewhere"
    other.mkdir()
    first, second, third = run(tmp_path, usual()), run(other, usual()), run(tmp_path, usual("# more\n"))
    assert first.stack is not None
    assert second.stack == first.stack
    assert third.stack is not None
    assert third.stack != first.stack
    assert replace(third.stack, input_sha256=first.stack.input_sha256) == first.stack


def test_a_written_secret_is_one_finding_and_nothing_else_is_said_of_its_value(tmp_path: Path) -> None:
    key = "sk-ant-api03-" + "a1B2" * 8
    result = run(tmp_path, usual().replace("env://ANTHROPIC_API_KEY", key))
    assert [one.code for one in result.findings] == ["DRM501"]
    assert key not in shown(result)


def test_the_tests_of_the_file_run_on_a_stack_without_errors_only(tmp_path: Path) -> None:
    tests = "tests: [{ask: draw, action: design, expect: {tier: fast}}]\n"
    text = tiered("actions: {design: dear}", more=tests)
    assert [one.code for one in run(tmp_path, text).findings] == ["DRM411"]
    broken = run(tmp_path, tiered("actions: {design: dear}", more=tests + "gateway: {bind: 1.2.3.999}\n"))
    assert [one.code for one in broken.findings] == ["DRM507"]
