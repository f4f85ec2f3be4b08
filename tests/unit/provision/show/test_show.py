"""A plan as a person reads it at two in the morning, as a reviewer does, and as a program does."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import jsonschema
import msgspec
import pytest

from dreamc import resources
from dreamc.document.write import json_text
from dreamc.errors import DreamError
from dreamc.provision.plan import HostPlan, Plan, plan, together, unreachable
from dreamc.provision.plan.types import FileChange, Month
from dreamc.provision.show import markdown, read_saved, saved, text
from dreamc.provision.show.schema import plan_schema
from dreamc.provision.show.words import money
from dreamc.provision.types import HeldLock, Target
from tests.unit.provision import world
from tests.unit.provision.world import ENV, LITELLM, after, bare, bundle, mode, planned, release

HERE = release()
BUNDLE = bundle(HERE)
RUNNING = after(HERE, BUNDLE)


def fleet(*hosts: HostPlan) -> Plan:
    return together("dreamc 0.2.0", "home", "f" * 64, hosts)


def upgrade() -> HostPlan:
    new = world.service(
        "vllm-quality", "vllm/vllm-openai:v0.34.0", title="--max-model-len 32768", gpus=(0,), start=400, stop=60
    )
    of = release(mode(services=(LITELLM, new), worst_month=None))
    made = bundle(of, {"config/litellm.yaml": "of: litellm\nfence: ```\n"})
    texts = {one.path: one.text for one in BUNDLE.artifacts}
    return planned(of, RUNNING, made=made, texts=texts, env={**ENV, "DREAM_OPENAI_API_KEY": "0" * 64})


LOCK = HeldLock("ada", "2026-11-20T12:00:00Z", "apply", "t", stale=False)
CASES = {
    "first": planned(HERE, bare()),
    "nothing": planned(HERE, RUNNING),
    "upgrade": upgrade(),
    "blocked": planned(
        HERE,
        bare(ports=("0.0.0.0:4000",), gpus=(), lock=HeldLock("ada", "2026-11-20T12:00:00Z", "apply", "t", stale=False)),
    ),
    "mode": planned(HERE, RUNNING, "cloud"),
    "unreachable": unreachable(
        Target("gpu01", "1a2b3c4d5e6f", "hybrid"), DreamError("gpu01: no route to host", "", "is it switched on?")
    ),
    "down": plan(Target("gpu01", "", "hybrid"), None, None, RUNNING, world.given()),
}
WANTED = Path(__file__).parent / "wanted"


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("form", ["txt", "md"])
def test_a_plan_reads_like_this(name: str, form: str) -> None:
    found = text(fleet(CASES[name]), diffs=True) if form == "txt" else markdown(fleet(CASES[name]))
    file = WANTED / f"{name}.{form}"
    if os.environ.get("UPDATE"):
        WANTED.mkdir(exist_ok=True)
        file.write_text(found, encoding="utf-8")
    assert found == file.read_text(encoding="utf-8")


def test_what_is_in_the_way_stands_first() -> None:
    lines = text(fleet(CASES["blocked"])).splitlines()
    assert [line.split("[")[0].strip() for line in lines[1:7:2]] == ["error", "error", "error"]
    assert "[locked]" in lines[1]


def test_a_host_with_nothing_to_do_takes_one_line() -> None:
    assert len(text(fleet(CASES["nothing"])).splitlines()) == 1
    many = [msgspec.structs.replace(CASES["nothing"], host=f"gpu{at:03}") for at in range(200)]
    assert len(text(fleet(*many)).splitlines()) == 201
    assert text(fleet(*many)).splitlines()[-1] == "200 hosts: 200 with nothing to do"


@pytest.mark.parametrize(
    ("month", "words"),
    [
        (Month(50.0, 200.0), "at most $50.00 -> at most $200.00"),
        (Month(50.0, 50.0, expected_before=4.2, expected_after=12.5), "expected $4.20 -> $12.50; at most $50.00"),
        (Month(0.0, None, expected_before=0.0, expected_after=0.0), "expected $0.00; nothing -> without limit"),
        (Month(None, 9.0, known=False, expected_after=3.0), "expected unknown -> $3.00; unknown -> at most $9.00"),
        (Month(0.0, 0.0, expected_before=0.0, expected_after=0.0), ""),
    ],
)
def test_the_money_of_a_month_is_said_expected_and_at_most(month: Month, words: str) -> None:
    assert money(month) == words
    host = msgspec.structs.replace(upgrade(), month=month)
    line = f"clouds in a month: {words}"
    assert (line in text(fleet(host))) is bool(words)
    assert words.replace(">", "&gt;") in markdown(fleet(host))
    assert read_saved(saved(fleet(host)), "plan.json").hosts[0].month == month


def test_colours_are_there_only_when_asked_for_and_change_no_word() -> None:
    plain, coloured = text(fleet(upgrade()), diffs=True), text(fleet(upgrade()), colour=True, diffs=True)
    assert "\x1b" not in plain
    assert re.sub(r"\x1b\[\d+m", "", coloured) == plain


def test_a_fence_in_a_file_does_not_end_the_fence_of_its_diff() -> None:
    found = markdown(fleet(upgrade()))
    start = found.index("````diff")
    assert "+fence: ```\n" in found[start : found.index("\n````\n", start) + 1]


def test_nothing_in_a_table_can_break_it() -> None:
    odd = msgspec.structs.replace(upgrade().services[0], name="a|b", why=("x <script>\n| y",))
    found = markdown(fleet(msgspec.structs.replace(upgrade(), services=(odd,))))
    assert "| a\\|b | recreate | x &lt;script&gt; \\| y |" in found


def test_a_comment_that_would_be_too_long_leaves_the_diffs_out() -> None:
    long = FileChange("config/x.yaml", "changed", "-x\n" * 40_000)
    found = markdown(fleet(msgspec.structs.replace(upgrade(), files=(long,))))
    assert len(found) < 10_000
    assert "config/x.yaml" in found
    assert "too long for a comment" in found


@pytest.mark.parametrize("name", CASES)
def test_a_saved_plan_is_valid_and_comes_back_as_it_was(name: str) -> None:
    found = saved(fleet(CASES[name]))
    jsonschema.validate(json.loads(found), plan_schema(), jsonschema.Draft202012Validator)
    assert read_saved(found, "plan.json") == fleet(CASES[name])
    assert saved(read_saved(found, "plan.json")) == found


def test_the_schema_that_is_shipped_is_the_one_of_the_structs() -> None:
    shipped = json.loads(resources.text("schemas", "plan.schema.json"))
    jsonschema.Draft202012Validator.check_schema(shipped)
    assert shipped == json.loads(json_text(plan_schema())), "make schema writes it"
    assert shipped["$defs"]["Plan"]["properties"]["version"] == {"const": 1}


@pytest.mark.parametrize(
    ("content", "word"),
    [("", "no plan"), ("[]", "no plan"), ('{"version": 1}', "no plan"), ('{"version": 2}', "version 2")],
)
def test_what_is_no_plan_or_of_another_version_is_refused(content: str, word: str) -> None:
    with pytest.raises(DreamError) as caught:
        read_saved(content, "plan.json")
    assert caught.value.what.startswith("plan.json ")
    assert word in caught.value.what
    assert "dreamc plan" in caught.value.remedy
