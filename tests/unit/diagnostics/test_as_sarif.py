"""SARIF that code scanning dashboards take, with identities that survive moved lines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator, FormatChecker

from dreamc.diagnostics.as_sarif import as_sarif
from dreamc.diagnostics.report import Report, make_report
from dreamc.diagnostics.types import Source
from tests.unit.diagnostics.rendering import EMPTY, TEXT, everything, report, said

SCHEMA = Path(__file__).parents[2] / "schemas" / "sarif-2.1.0.json"


def _run(of: Report) -> Any:
    return json.loads(as_sarif(of))["runs"][0]


@pytest.mark.parametrize("of", [EMPTY, everything(), report(said(("name",)), name="a b/漢.yaml"), Report((), ())])
def test_the_log_fits_the_schema(of: Report) -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    Draft4Validator.check_schema(schema)
    Draft4Validator(schema, format_checker=FormatChecker()).validate(json.loads(as_sarif(of)))


def test_each_result_names_its_rule() -> None:
    run = _run(everything())
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == sorted(rule["id"] for rule in rules)
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    assert all(rule["helpUri"].endswith(rule["id"]) and rule["fullDescription"]["text"] for rule in rules)


def test_places_are_regions_and_second_places_are_related() -> None:
    result = next(item for item in _run(everything())["results"] if item["ruleId"] == "DRM204")
    where = result["locations"][0]["physicalLocation"]
    assert where["artifactLocation"]["uri"] == "dream.yaml"
    assert where["region"] == {"startLine": 3, "startColumn": 13, "endLine": 3, "endColumn": 14}
    assert result["relatedLocations"][0]["message"]["text"] == "also here"


def test_a_finding_without_a_place_belongs_to_the_file() -> None:
    of = make_report([said((), "DRM901")], sources=(Source("", ""), Source("dream.yaml", "")))
    (result,) = _run(of)["results"]
    assert result["locations"] == [{"physicalLocation": {"artifactLocation": {"uri": "dream.yaml"}}}]


def test_an_ignored_finding_is_a_suppressed_result() -> None:
    suppressed = [item for item in _run(everything())["results"] if "suppressions" in item]
    assert [item["suppressions"] for item in suppressed] == [[{"kind": "inSource", "justification": "tested by hand"}]]


def test_a_fingerprint_survives_moved_lines_and_tells_twins_apart() -> None:
    first = said(("models", "a", "port"), "DRM204")
    second = said(("models", "a", "port"), "DRM204", "another message")
    before = [item["partialFingerprints"] for item in _run(report(first, second))["results"]]
    moved = report(first, second, text="# new line\n\n" + TEXT)
    after = [item["partialFingerprints"] for item in _run(moved)["results"]]
    assert before == after
    assert before[0] != before[1]


def test_no_secret_is_written() -> None:
    assert "hunter2" not in as_sarif(everything())
    assert "hunter2" not in as_sarif(Report((Source("x", "hunter2"),), everything().findings))
