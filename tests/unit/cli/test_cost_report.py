"""`dreamc cost report` says what was spent, and of a log that cannot be read what to do."""

from __future__ import annotations

import csv
import gzip
import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from dreamc.runtime.logfile import named
from tests.runtime.month import rows as month_rows
from tests.unit.cli.shell import script
from tests.unit.cli.verbs import Said, example, run
from tests.unit.cost.logs import numbered, row, write

TODAY = ("--today", "2026-11-20")
FILE = example("hybrid-4070")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty folder, without a dream.yaml."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def log(tmp_path: Path) -> str:
    return write(tmp_path / "usage.jsonl", month_rows(date(2026, 11, 20))).name


def booked() -> Decimal:
    """USD in the log."""
    return sum((Decimal(str(one["usd"])) for one in month_rows(date(2026, 11, 20))), Decimal())


def report(capsys: pytest.CaptureFixture[str], *arguments: str) -> Said:
    return run(capsys, "cost", "report", *arguments, *TODAY)


def test_a_month_by_tier_with_savings_and_forecast(capsys: pytest.CaptureFixture[str], log: str) -> None:
    said = report(capsys, log, *FILE, "--month", "2026-11", "--by", "tier")
    assert (said.err, said.code) == ("", 0)
    assert said.out == (
        "usage.jsonl: 7,280 lines from 2026-10-22 to 2026-11-20, days in UTC\n"
        "reported: 2026-11-01 to 2026-11-30, 5,374 lines\n"
        "\n"
        "tier           calls  requests   in tokens  out tokens  cost USD  rejected  own calls  p50 s  p95 s\n"
        "api_premium      513       491   5,850,784     701,678   22.8512    0.9113     0.0000   3.63   10.3\n"
        "api_cheap        629       612   4,772,204     451,055    3.2094    0.0428     0.0000   1.07   2.69\n"
        "local_fast     2,642     2,506   1,223,318     176,414    0.0000    0.0000     0.0000  0.336  0.844\n"
        "local_quality  1,590     1,538   3,756,182     760,876    0.0000    0.0000     0.0000   1.54   3.94\n"
        "total          5,374     5,147  15,602,488   2,090,023   26.0606    0.9541     0.0000  0.691    4.1\n"
        "\n"
        "5,147 requests answered: local 75.2%, cloud 20.8%, cache 3.9%\n"
        "  rejected 109 times: empty answer\n"
        "savings: 42.6870 USD (62.1%) against gpt alone, at 2.5 and 15 USD per million tokens in and out\n"
        "  68.7476 USD less 26.0606 paid; power and hardware are not in it\n"
        "forecast for 2026-11, from its 19 full days until 2026-11-20\n"
        "  26.0606 USD so far, 38.8720 at its end (80 % band 35.5017 to 42.2423)\n"
        "  budget of 50.0000 USD a month: not reached this month (under 1% chance that it is)\n"
        "  days to come as the full days were, Student's t; the gateway's own ledger may know of more than these logs\n"
    )


def test_json_holds_the_same_with_money_to_the_last_digit(capsys: pytest.CaptureFixture[str], log: str) -> None:
    said = report(capsys, log, *FILE, "--by", "provider,status", "--by", "day", "--json")
    found = json.loads(said.out, parse_float=str)
    assert found["by"] == ["provider", "status", "day"]
    assert sum(Decimal(one["usd"]) for one in found["rows"]) == Decimal(found["total"]["usd"]) == booked()
    assert (found["savings"]["reference_model"], found["forecast"]["full_days"]) == ("gpt", 19)
    assert found["forecast"]["caps"][0]["limit_usd"] == "50.000000000"


def test_an_export_to_csv_or_json_is_written_beside_what_is_said(capsys: pytest.CaptureFixture[str], log: str) -> None:
    for name in ("out.csv", "out.json"):
        said = report(capsys, log, "--by", "day,model", "-o", name)
        assert (said.err, said.code) == (f"dreamc: wrote {name}\n", 0)
        assert said.out.startswith("usage.jsonl: 7,280 lines")
    found = json.loads(Path("out.json").read_text())
    with Path("out.csv").open(newline="") as file:
        table = list(csv.DictReader(file))
    assert len(table) == len(found["rows"]) > 100
    assert sum(Decimal(one["usd"]) for one in table) == booked()


def test_files_put_aside_belong_to_the_log_and_a_copy_counts_once(capsys: pytest.CaptureFixture[str]) -> None:
    rows = numbered([row() for _ in range(30)])
    log = write(Path("usage.jsonl"), rows[20:])
    write(named(log, 1_790_000_000.0), rows[:20])
    copy = write(Path("copy.jsonl.gz"), rows)
    said = report(capsys, "--log", str(log), str(copy), "--json")
    found = json.loads(said.out)
    assert (found["lines"], found["skipped"]["repeated"]) == (30, 30)
    assert found["logs"][-2:] == ["usage-20260921T141320.000Z.jsonl", "usage.jsonl"]
    assert said.err == "dreamc: 30 lines came a second time and counted once\n"


def test_a_day_for_which_it_is_too_early_to_forecast_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    write(Path("usage.jsonl"), [row()])
    assert (
        "forecast for 2026-11: too early, 0 full days of 2026-11 are known, 3 are needed; "
        "the log begins on 2026-11-20, what was spent before is not in it\n"
    ) in report(capsys, "usage.jsonl").out


def test_a_cap_that_will_be_reached_says_when(capsys: pytest.CaptureFixture[str]) -> None:
    days = [row(time=f"2026-{month}-{day:02d}T12:00:00Z", usd=1.0 + day % 3) for month in (10, 11) for day in
            range(1, 21)]  # fmt: skip
    write(Path("usage.jsonl"), days)
    said = report(capsys, "usage.jsonl", *FILE).out
    assert "budget of 50.0000 USD a month: likely reached on 2026-11-25 (80 % band 2026-11-24 to 2026-11-27)\n" in said
    write(Path("usage.jsonl"), [{**one, "usd": 10.0} for one in days])
    assert "budget of 50.0000 USD a month: reached on 2026-11-05\n" in report(capsys, "usage.jsonl", *FILE).out


def test_the_files_own_prices_replace_what_was_booked(capsys: pytest.CaptureFixture[str]) -> None:
    write(Path("usage.jsonl"), [row(usd=0.0, member="gpt", prompt_tokens=100_000, completion_tokens=0)])
    booked = report(capsys, "usage.jsonl", *FILE).out
    assert "gpt: 1 answer of a cloud model booked at 0 USD: no price, or free\n" in booked
    said = report(capsys, "usage.jsonl", *FILE, "--reprice", "--json")
    assert (json.loads(said.out)["total"]["usd"], json.loads(said.out)["repriced"]) == (0.25, True)
    assert "reckoned anew with the prices of the file" in report(capsys, "usage.jsonl", *FILE, "--reprice").out


def test_names_that_clients_made_up_reach_neither_terminal_nor_spreadsheet(capsys: pytest.CaptureFixture[str]) -> None:
    bad = "\x1b]0;owned\x07=1+1\u202e\nx"
    refused = "refused: \x1b[2J sk-0123456789abcdef0123"
    write(Path("usage.jsonl"), [row(action=bad), row(action="=HYPERLINK(1)"), row(status=refused, served="")])
    said = report(capsys, "usage.jsonl", "--by", "action", "-o", "out.csv")
    assert "\\x1b]0;owned\\x07=1+1\\u202e\\nx" in said.out
    assert "\\x1b[2J ••••••••" in said.out
    assert all(one.isprintable() or one == "\n" for one in said.out)
    with Path("out.csv").open(newline="") as file:
        assert "'=HYPERLINK(1)" in [one["action"] for one in csv.DictReader(file)]
    shown = report(capsys, "usage.jsonl", "--by", "action", "--json").out
    assert all(one.isprintable() or one == "\n" for one in shown)


def test_more_rows_than_a_terminal_holds_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    write(Path("usage.jsonl"), [row(action=f"a{at:03d}", usd=at / 1000) for at in range(100)])
    said = report(capsys, "usage.jsonl", "--by", "action").out
    assert "… and 40 cheaper rows: --json and -o FILE.csv hold all\n" in said
    assert "a099" in said
    assert "a001" not in said
    write(Path("usage.jsonl"), [row(time=f"2026-{at // 25 + 1:02d}-{at % 25 + 1:02d}T00:00:00Z") for at in range(100)])
    said = report(capsys, "usage.jsonl").out
    assert "… and 40 earlier rows" in said
    assert "\n2026-04-25 " in said


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["no.jsonl"], "dreamc: no.jsonl is not there\n  to do: name a usage log\n"),
        (["."], "dreamc: . is a directory, not a usage log\n  to do: name the log in it: usage.jsonl\n"),
        (
            ["empty.jsonl"],
            "dreamc: empty.jsonl: empty\n  to do: ask the gateway something, or name an older log\n",
        ),
        (
            ["noise.jsonl"],
            "dreamc: noise.jsonl: no line can be read as JSON\n  to do: name the gateway's usage log, plain or .gz\n",
        ),
        (
            ["spend.jsonl"],
            (
                "dreamc: spend.jsonl: no usage log of the gateway, but LiteLLM's spend log\n"
                "  to do: name the gateway's usage log (usage.log of dream.yaml)\n"
            ),
        ),
        (
            ["usage.jsonl", "--since", "2027-01-01"],
            (
                "dreamc: usage.jsonl: no line since 2027-01-01\n  state: the log goes from 2026-10-22 to 2026-11-20\n"
                "  to do: ask for other days\n"
            ),
        ),
        (
            [*FILE],
            "dreamc: the file keeps no usage log\n  to do: add usage: {log: usage.jsonl}, or name a log\n",
        ),
    ],
)  # fmt: skip
def test_a_log_that_cannot_be_read_says_why_and_what_to_do(
    capsys: pytest.CaptureFixture[str], log: str, arguments: list[str], message: str
) -> None:
    Path("empty.jsonl").touch()
    Path("noise.jsonl").write_bytes(bytes(range(256)) * 20)
    write(Path("spend.jsonl"), [{"request_id": "r", "spend": 1.0}])
    said = report(capsys, *arguments)
    assert (said.out, said.err, said.code) == ("", message, 1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--since", "2026-11-20", "--until", "2026-11-01"], "--until 2026-11-01 is before --since 2026-11-20"),
        (["--since", "yesterday"], "Invalid value for --since: 'yesterday' is not a day such as 2026-11-20"),
        (["--month", "2026-13"], "Invalid value for --month: '2026-13' is not a month such as 2026-11"),
        (["--month", "0000-01"], "Invalid value for --month: '0000-01' is not a month such as 2026-11"),
        (["--month", "2026-11", "--until", "2026-11-03"], "--month says both days: leave out --since and --until"),
        (["--by", "tir"], "Invalid value for --by: there is no column 'tir'. Did you mean 'tier'?"),
        (["-o", "out.xlsx"], "Invalid value for --output: 'out.xlsx' ends neither in .csv nor in .json"),
        (["-o", "no/out.csv"], "Invalid value for --output: there is no directory no"),
    ],
)
def test_wrong_usage_is_64_and_says_what_is_wrong(
    capsys: pytest.CaptureFixture[str], log: str, arguments: list[str], message: str
) -> None:
    said = report(capsys, log, *arguments)
    assert (said.code, said.err.splitlines()[-1]) == (64, f"Error: {message}")


def test_an_export_never_overwrites_a_log(capsys: pytest.CaptureFixture[str]) -> None:
    file = write(Path("usage.json"), [row()])
    said = report(capsys, "usage.json", "-o", "usage.json")
    assert (said.code, said.err.splitlines()[0]) == (1, "dreamc: usage.json is one of the logs")
    assert json.loads(file.read_text()) == row()


def test_odd_lines_are_reported_beside_the_figures(capsys: pytest.CaptureFixture[str]) -> None:
    late = row(time="2027-01-01T00:00:00Z")
    whole = write(Path("usage.jsonl"), [row(), late, {"request_id": "r", "spend": 1}], more=b'{"time":"2026')
    Path("old.jsonl.gz").write_bytes(gzip.compress(whole.read_bytes())[:-9])
    said = report(capsys, "usage.jsonl", "old.jsonl.gz")
    assert said.code == 0
    assert "1 line cut off or not JSON, skipped\n" in said.err
    assert "of another kind skipped: LiteLLM's spend log\n" in said.err
    assert "dreamc: old.jsonl.gz ends too early: what came before is counted\n" in said.err
    assert "the log goes on to 2027-01-01, after today (2026-11-20): a clock is wrong, or --today is\n" in said.err


def dream(*more: str) -> None:
    text = Path(FILE[1]).read_text(encoding="utf-8")
    Path("dream.yaml").write_text("\n".join((text, "usage: {log: usage.jsonl}", *more)), encoding="utf-8")


def test_without_logs_the_one_of_the_file_is_looked_for_on_this_machine(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    dream(f"data: {{root: {tmp_path}/opt}}")
    folder = tmp_path / "opt" / "data" / "litellm"
    said = report(capsys)
    assert (said.code, said.out) == (1, "")
    assert said.err == (
        f"dreamc: {folder}/usage.jsonl is not on this machine\n"
        f"  to do: fetch it from desk: scp 'desk:{folder}/usage*.jsonl*' .   "
        "then name it: dreamc cost report usage.jsonl\n"
    )
    folder.mkdir(parents=True)
    log = write(folder / "usage.jsonl", [row()])
    write(named(log, 1_790_000_000.0), [row()])
    said = report(capsys)
    assert said.out.startswith(f"{folder}/usage.jsonl and 1 more: 2 lines from 2026-11-20 to 2026-11-20, days in UTC\n")
    assert "budget of" not in said.out


def test_a_file_with_errors_leaves_out_caps_unless_it_was_named(capsys: pytest.CaptureFixture[str], log: str) -> None:
    Path("dream.yaml").write_text("dream: 1\nnonsense: 1\n", encoding="utf-8")
    said = report(capsys, log)
    assert said.code == 0
    assert said.err == "dreamc: dream.yaml has errors: caps and savings are left out; see dreamc check\n"
    assert "savings" not in said.out
    explicit = report(capsys, log, "-f", "dream.yaml")
    assert (explicit.code, explicit.out) == (1, "")
    assert explicit.err.endswith("dreamc: caps, savings and prices come from the file\n")


def test_a_pipe_is_a_log(log: str) -> None:
    said = script(f"cat {log} | dreamc cost report - --today 2026-11-20 --month 2026-11")
    first = "standard input: 7,280 lines from 2026-10-22 to 2026-11-20, days in UTC"
    assert (said.returncode, said.stdout.splitlines()[0]) == (0, first)
