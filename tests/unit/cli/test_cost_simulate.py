"""`dreamc cost simulate` as people type it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.unit.cli.shell import ROOT, Done, process

DAEMON = ROOT / "examples" / "daemon-tiers" / "dream.yaml"
LINE = {
    "time": "2026-11-01T12:00:00.000Z", "status": "ok", "alias": "auto", "group": "tier:api_fallback",
    "member": "claude-sonnet", "location": "cloud", "tier": "api_fallback", "action": "spawn_daemon", "reason": "",
    "prompt_tokens": 1000, "completion_tokens": 100, "usd": 0.003, "latency_s": 1.0, "provider": "anthropic", "id": "a",
    "client": "", "attempts": 1, "score": None, "quality": None, "part": "", "served": "cloud", "writer": "w", "n": 1,
}  # fmt: skip


def run(*arguments: str, file: Path = DAEMON, cwd: Path | None = None) -> Done:
    return process("cost", "simulate", "-f", str(file), *arguments, cwd=cwd, DREAMC_TODAY="2026-11-20")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Forty requests on twenty days."""
    path = tmp_path / "usage.jsonl"
    lines = ({**LINE, "id": f"r{n}", "n": n + 1, "time": f"2026-11-{n // 2 + 1:02}T12:00:00.000Z"} for n in range(40))
    path.write_text("".join(f"{json.dumps(one)}\n" for one in lines))
    return path


def test_the_default_is_the_scenario_of_the_daemon_with_its_assumptions() -> None:
    done = run()
    assert done.returncode == 0, done.stderr
    assert "the realistic scenario of the original daemon" in done.stdout
    assert "token sizes: the same for every action" in done.stdout
    assert "bootstrap over 30 days" in done.stdout
    assert "takes 12.2 % of the calls in the API" in done.stdout


def test_the_same_options_give_the_same_bytes_and_another_seed_others() -> None:
    assert run("--json").stdout == run("--json").stdout
    assert run("--json").stdout != run("--json", "--seed", "1").stdout


def test_json_has_every_figure() -> None:
    told = json.loads(run("--json", "--days", "10", "--requests-per-day", "20").stdout)
    assert told["result"]["requests"] == 200
    assert told["result"]["usd"] == pytest.approx(sum(row["usd"] for row in told["result"]["members"]))
    assert told["result"]["usd_interval"]["unit"] == "days"
    assert told["other"] is told["difference"] is None
    assert told["remarks"]


def test_a_budget_that_is_too_small_says_when_it_is_in_the_way(tmp_path: Path) -> None:
    file = tmp_path / "dream.yaml"
    file.write_text(DAEMON.read_text().replace("daily: 10 USD", "monthly: 3 USD"))
    told = json.loads(run("--json", "--max-tokens", "1500", file=file).stdout)["result"]
    assert 2.9 < told["usd"] <= 3
    assert "2026-11-01" < told["hits"]["first_day"] < "2026-11-30"
    assert told["hits"]["diverted"] > 50


def test_what_the_file_expects_is_the_default_where_it_says_so(tmp_path: Path) -> None:
    file = tmp_path / "dream.yaml"
    traffic = "costs: {traffic: {requests_per_day: 7, input: 1k, output: 100, actions: {spawn_daemon: 50%}}}\n"
    file.write_text(DAEMON.read_text() + traffic)
    told = json.loads(run("--json", file=file).stdout)
    assert told["source"] == "costs: traffic: in dream.yaml"
    assert told["result"]["requests"] == 210
    assert told["remarks"] == []


def test_a_mix_is_read_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "mix.yaml").write_text("{requests_per_day: 3, input: 1k, output: 100, actions: {list_files: 100%}}")
    told = json.loads(run("--json", "--mix", "mix.yaml", cwd=tmp_path).stdout)
    assert (told["source"], told["result"]["requests"], told["result"]["usd"]) == ("mix.yaml", 90, 0)


def test_a_log_is_replayed_and_another_file_is_compared_with_it(log: Path) -> None:
    told = json.loads(run("--json", "--log", str(log), "--against", str(DAEMON)).stdout)
    assert (told["result"]["requests"], told["result"]["usd"], told["result"]["days"]) == (40, 0.12, 20)
    assert told["difference"] == {
        "usd": 0, "usd_interval": {"low": 0, "high": 0, "unit": "days", "count": 20, "again": False},
        "moved": 0, "lost": 0, "gained": 0, "clear": False,
    }  # fmt: skip
    assert told["notes"] == ["40 of 40 answered requests go to the model that answered them in the log"]


def test_a_policy_that_keeps_work_at_home_is_told_apart(log: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    other.write_text(DAEMON.read_text().replace("spawn_daemon: api_fallback", "spawn_daemon: local_quality"))
    done = run("--log", str(log), "--against", str(other))
    assert done.returncode == 0, done.stderr
    assert "the other policy costs -0.1200 USD (95 %: -0.1200 USD to -0.1200 USD" in done.stdout
    assert "40 requests are answered by another model" in done.stdout


def test_a_file_that_has_not_the_names_of_the_log_says_so(log: Path) -> None:
    zero = ROOT / "examples" / "zero-cloud" / "dream.yaml"
    done = run("--log", str(log), file=zero)
    assert done.returncode == 0, done.stderr
    assert "savings        no cloud model" in done.stdout


def test_a_picture_is_drawn_twice_alike(tmp_path: Path, log: Path) -> None:
    pytest.importorskip("matplotlib")
    for name in ("a.svg", "b.svg"):
        done = run("--log", str(log), "-o", str(tmp_path / name))
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    assert b"claude-sonnet alone" in (tmp_path / "a.svg").read_bytes()


def foreign(folder: Path) -> None:
    (folder / "empty.jsonl").write_text("")
    (folder / "other.jsonl").write_text('{"tier": "api_fallback", "cost": 1}\n')
    (folder / "over.yaml").write_text("{requests_per_day: 1, input: 1, output: 1, actions: {a: 60%, b: 50%}}")
    (folder / "none.yaml").write_text("{requests_per_day: 0, input: 1, output: 1}")
    (folder / "broken.yaml").write_text("a: [")
    (folder / "one.jsonl").write_text(json.dumps(LINE) + "\n")
    shutil.copy(DAEMON, folder / "dream.yaml")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--days", "0"), 64, "--days"),
        (("--days", "many"), 64, "--days"),
        (("--requests-per-day", "0"), 64, "--requests-per-day"),
        (("--requests-per-day", "1e7"), 1, "ask for 1 to 1,000,000"),
        (("--requests-per-day", "0.01"), 1, "are 0 requests"),
        (("--spread", "-1"), 64, "--spread"),
        (("--spread", "nan"), 64, "not a number"),
        (("--requests-per-day", "nan"), 64, "not a number"),
        (("--start", "yesterday"), 64, "is not a day"),
        (("--start", "9999-12-20"), 64, "is not a day"),
        (("--scenario", "demon"), 64, "did you mean 'daemon'?"),
        (("--scenario", "daemon", "--mix", "over.yaml"), 64, "two traffics"),
        (("--mix", "over.yaml"), 1, "DRM437"),
        (("--mix", "none.yaml"), 1, "are 0 requests"),
        (("--mix", "broken.yaml"), 1, "broken.yaml"),
        (("--mix", "nowhere.yaml"), 1, "there is no file 'nowhere.yaml'"),
        (("--log", "nowhere.jsonl"), 1, "nowhere.jsonl"),
        (("--log", "empty.jsonl"), 1, "holds no requests"),
        (("--log", "other.jsonl"), 1, "not the gateway's log"),
        (("--log", "."), 1, "is a directory"),
        (("--log", "one.jsonl", "--days", "3"), 64, "a log has its own traffic: --days"),
        (("--log", "one.jsonl", "--alias", "auto2"), 1, "no requests for 'auto2'"),
        (("--alias", "autoo"), 64, "did you mean 'auto'?"),
        (("--against", "nowhere.yaml"), 1, "nowhere.yaml"),
        (("-o", "picture.gif"), 64, ".svg or .png"),
        (("--today", "tomorrow"), 64, "is not a day"),
    ],
)
def test_bad_input_is_said_with_a_remedy_and_never_a_traceback(
    arguments: tuple[str, ...], code: int, said: str, tmp_path: Path
) -> None:
    foreign(tmp_path)
    done = run(*arguments, cwd=tmp_path)
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_mode_that_is_not_compiled_is_said() -> None:
    done = run("--mode", "hybrid", file=ROOT / "examples" / "zero-cloud" / "dream.yaml")
    assert done.returncode == 64
    assert "hybrid mode of" in done.stderr
    assert "is not compiled" in done.stderr


def test_a_cloud_model_without_a_price_makes_the_cost_a_least_one() -> None:
    lab = ROOT / "examples" / "rtx5000-lab" / "dream.yaml"
    done = run("--days", "10", "--mode", "cloud", file=lab)
    assert done.returncode == 0, done.stderr
    assert "cost           at least 0.00 USD" in done.stdout
    assert "1,000 calls of qwen3-coder:480b-cloud count nothing: it has no price" in done.stdout


def test_names_of_a_log_do_not_reach_the_terminal_as_they_are(log: Path) -> None:
    odd = {**LINE, "id": "r99", "status": "rejected: short", "served": "", "n": 999}
    lines = (odd, {**odd, "status": "ok", "served": "cloud", "member": "\x1b[2Jevil\u202e", "n": 1000})
    log.write_text(log.read_text() + "".join(f"{json.dumps(one)}\n" for one in lines))
    done = run("--log", str(log))
    assert done.returncode == 0, done.stderr
    assert "\\x1b[2Jevil\\u202e" in done.stdout


def test_too_few_requests_and_too_many_under_a_budget_have_no_interval_and_the_reason_is_said(tmp_path: Path) -> None:
    few = run("--days", "1", "--requests-per-day", "5")
    assert "no intervals: too few requests" in few.stdout
    tight = tmp_path / "dream.yaml"
    tight.write_text(DAEMON.read_text().replace("daily: 10 USD", "daily: 1 USD"))
    many = run("--days", "11", "--requests-per-day", "1000", file=tight)
    assert "too many requests to decide other days anew" in many.stdout.replace("\n               ", " ")
    assert "bootstrap" not in many.stdout


def test_own_calls_without_their_request_are_left_out_and_said(log: Path) -> None:
    own = {**LINE, "id": "p", "n": 900, "part": "critique", "action": "other", "served": ""}
    log.write_text(log.read_text() + f"{json.dumps(own)}\n")
    done = run("--log", str(log))
    assert done.stdout.startswith("daemon: 40 requests")
    assert "1 call of the gateway's own left out" in done.stdout
