"""The JSON form that scripts depend on."""

from __future__ import annotations

import json

from dreamc.diagnostics.as_json import as_json
from tests.unit.diagnostics.rendering import EMPTY, everything


def test_a_finding_has_code_severity_path_and_place() -> None:
    value = json.loads(as_json(everything()))
    assert value["version"] == 1
    finding = next(item for item in value["findings"] if item["code"] == "DRM204")
    assert finding["path"] == ["models", "a", "port"]
    assert finding["place"] == {"file": "dream.yaml", "line": 3, "column": 13, "endLine": 3, "endColumn": 14}
    assert (finding["severity"], finding["message"], finding["help"]) == ("error", "port 1 is taken", "use 2")
    assert [(item["label"], item["place"]["line"]) for item in finding["related"]] == [("also here", 4)]


def test_ignored_findings_come_with_their_reason() -> None:
    value = json.loads(as_json(everything()))
    assert [(item["code"], item["reason"]) for item in value["ignored"]] == [("DRM302", "tested by hand")]
    assert value["summary"] == {"errors": 2, "warnings": 1, "notes": 0, "ignored": 1}


def test_nothing_found_is_still_an_object() -> None:
    assert json.loads(as_json(EMPTY))["findings"] == []


def test_no_secret_is_written() -> None:
    assert "hunter2" not in as_json(everything())
