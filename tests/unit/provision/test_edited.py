"""What was edited at run time is shown, with what to write into dream.yaml, until it stands there."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dreamc.artifact.types import Artifact, Bundle
from dreamc.provision.edited import edited
from dreamc.provision.session import open_session
from dreamc.provision.survey import Wish
from dreamc.provision.types import Address

COMPILED = {
    "cloud_apis": ["openai.com"],
    "domains": [],
    "mcp_servers": ["memory"],
    "allowed_for_cloud": {"code_review": True},
}


def change(kind: str, name: str, *, allowed: bool) -> dict[str, Any]:
    return {"resource_type": kind, "resource_name": name, "allowed": allowed}


def found(root: Any, text: str, compiled: dict[str, Any] | None = COMPILED) -> tuple[str, ...]:
    folder = root / "data" / "whitelist"
    folder.mkdir(parents=True)
    (folder / "additions.json").write_text(text)
    artifacts = () if compiled is None else (Artifact("config/whitelist.json", json.dumps(compiled)),)
    session = open_session(Address("box", "box", "local"))
    try:
        return edited(session, Wish(str(root), "p", Bundle("box", artifacts)))
    finally:
        session.close()


def test_each_edit_says_what_to_write_and_those_that_stand_in_the_file_are_left_out(tmp_path: Any) -> None:
    changes = [
        change("domains", "example.org", allowed=True),
        change("cloud_apis", "OpenAI.com", allowed=False),
        change("allowed_for_cloud", "plan", allowed=False),
        change("mcp_servers", "memory", allowed=True),
        change("allowed_for_cloud", "code_review", allowed=True),
    ]
    lines = found(tmp_path, json.dumps({"version": 1, "changes": changes}))
    assert [line.partition(":")[0] for line in lines] == [
        "example.org was allowed at run time, and stays so",
        "OpenAI.com was denied at run time, and stays so",
        "plan was denied at run time, and stays so",
    ]
    assert "add it to `whitelist: domains:`" in lines[0]
    assert "remove it from `whitelist: cloud_apis:`" in lines[1]
    assert "write plan: false under `whitelist: allowed_for_cloud:`" in lines[2]


@pytest.mark.parametrize("text", ["{", "[]", '{"changes": [1]}', '{"changes": [{}]}'])
def test_a_broken_file_is_said_and_never_a_traceback(tmp_path: Any, text: str) -> None:
    assert "cannot be read" in found(tmp_path, text)[0]


def test_a_host_without_a_whitelist_is_not_asked(tmp_path: Any) -> None:
    assert found(tmp_path, "{", None) == ()
