"""JUnit XML: errors fail, warnings do not."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from dreamc.diagnostics.as_junit import as_junit
from tests.unit.diagnostics.rendering import EMPTY, everything, report, said


def test_each_finding_is_a_test_case() -> None:
    suite = ET.fromstring(as_junit(everything())).find("testsuite")
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("4", "2", "1")
    outcomes = {str(case.get("name"))[:6]: case[0].tag for case in suite}
    assert outcomes == {"DRM019": "system-out", "DRM204": "failure", "DRM113": "failure", "DRM302": "skipped"}


def test_a_failure_says_where_and_what() -> None:
    failure = ET.fromstring(as_junit(everything())).find(".//failure[@type='DRM204']")
    assert failure is not None
    assert failure.text == "dream.yaml:3:13: port 1 is taken\nwanted twice\nhelp: use 2"


def test_nothing_found_is_one_passing_test() -> None:
    cases = ET.fromstring(as_junit(EMPTY)).findall(".//testcase")
    assert [len(case) for case in cases] == [0]


def test_signs_that_xml_cannot_hold_are_replaced() -> None:
    shown = as_junit(report(said(("name",), "DRM106", 'a "b" <c> & \x07]]>'), name='x<&>".yaml'))
    assert "\x07" not in shown
    assert ET.fromstring(shown).find(".//failure") is not None
