"""Edits of the whitelist: laid over the compiled one, in one step, with an audit, and seen without a restart."""

from __future__ import annotations

import json
import logging
import threading
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dreamc.runtime.edits import RESOURCE_TYPES, Change, Edits, changed, left, load_edits, merged, objection, text_of
from dreamc.runtime.edits import wrong_name as wrong
from dreamc.runtime.edits_file import AUDIT, EDITS, Reason, edit, read_edits
from dreamc.runtime.live import Live
from dreamc.runtime.reading import PolicyError
from dreamc.runtime.types import Whitelist
from tests.runtime.policies import policy

COMPILED = Whitelist(("openai.com",), ("github.com",), ("memory",), MappingProxyType({"code_review": True}))
AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
WHY = Reason("anna", "a ticket")
EMPTY: Edits = ()

names = st.sampled_from(("openai.com", "api.openai.com", "OPENAI.com", "github.com", "memory", "code_review", "x"))
changes = st.builds(Change, st.sampled_from(RESOURCE_TYPES), names, st.booleans()).filter(
    lambda change: wrong(change.resource_type, change.resource_name) is None
)


def allows(whitelist: Whitelist, change: Change) -> bool:
    lists: dict[str, Any] = {
        "cloud_apis": {name.lower() for name in whitelist.cloud_domains},
        "domains": {name.lower() for name in whitelist.domains},
        "mcp_servers": whitelist.mcp_servers,
        "allowed_for_cloud": [task for task, may in whitelist.tasks.items() if may],
    }
    folds = change.resource_type in ("cloud_apis", "domains")
    return (change.resource_name.lower() if folds else change.resource_name) in lists[change.resource_type]


def make(folder: Path, change: Change) -> str | None:
    return edit(folder, COMPILED, change, WHY, lambda: AT)


@given(st.lists(changes, max_size=12))
def test_the_last_word_about_a_thing_counts_and_survives_being_written(done: list[Change]) -> None:
    edits = EMPTY
    for change in done:
        edits = changed(COMPILED, edits, change)
        assert allows(merged(COMPILED, edits), change) is change.allowed
    assert load_edits(text_of(edits)) == edits
    assert left(COMPILED, edits) == edits


@given(st.lists(changes, max_size=12))
def test_what_was_taken_over_into_the_file_is_no_longer_shown_as_an_edit_and_still_counts(done: list[Change]) -> None:
    edits = EMPTY
    for change in done:
        edits = changed(COMPILED, edits, change)
    taken_over = merged(COMPILED, edits)
    assert left(taken_over, edits) == ()
    assert merged(taken_over, edits).tasks == taken_over.tasks
    assert set(merged(taken_over, edits).cloud_domains) == set(taken_over.cloud_domains)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("domains", "https://github.com"),
        ("domains", "*.github.com"),
        ("domains", "github.com/x"),
        ("domains", "github.com\n"),
        ("domains", ""),
        ("domains", "a." * 127 + "com"),
        ("cloud_apis", "api.openai.com:443"),
        ("mcp_servers", "me mory"),
        ("allowed_for_cloud", "x\x00"),
        ("files", "x"),
    ],
)
def test_what_dream_yaml_would_refuse_is_refused_here_too(kind: Any, name: str, tmp_path: Path) -> None:
    assert wrong(kind, name)
    assert make(tmp_path, Change(kind, name, allowed=True))
    assert not (tmp_path / EDITS).exists()
    assert not (tmp_path / AUDIT).exists()


@settings(deadline=None)
@given(st.sampled_from(("cloud_apis", "mcp_servers", "allowed_for_cloud")), st.text(max_size=80))
def test_dream_yaml_and_an_edit_take_the_same_names(kind: str, name: str) -> None:
    from pydantic import TypeAdapter, ValidationError

    from dreamc.spec.base import Domain, McpName, Word

    scalar: Any = {"cloud_apis": Domain, "mcp_servers": McpName, "allowed_for_cloud": Word}[kind]
    try:
        TypeAdapter(scalar).validate_python(name)
        taken = True
    except ValidationError:
        taken = False
    assert (wrong(kind, name) is None) is taken


def test_a_subdomain_of_what_is_listed_is_taken_back_with_what_lists_it() -> None:
    why = objection(COMPILED, Change("cloud_apis", "api.openai.com", allowed=False))
    assert why is not None
    assert "allowed by openai.com" in why
    assert objection(COMPILED, Change("cloud_apis", "OpenAI.com", allowed=False)) is None
    assert objection(COMPILED, Change("cloud_apis", "other.org", allowed=False)) is not None


def test_kinds_of_task_are_not_narrowed_to_nothing_by_taking_back_one_that_nobody_listed() -> None:
    bare = Whitelist(("openai.com",), (), (), MappingProxyType({}))
    assert objection(bare, Change("allowed_for_cloud", "x", allowed=False)) is not None


def test_every_edit_is_audited_with_who_when_what_and_why(tmp_path: Path) -> None:
    assert make(tmp_path, Change("domains", "example.org", allowed=True)) is None
    assert make(tmp_path, Change("mcp_servers", "memory", allowed=False)) is None
    rows = [json.loads(line) for line in (tmp_path / AUDIT).read_text().splitlines()]
    assert [(row["did"], row["resource_type"], row["resource_name"]) for row in rows] == [
        ("add", "domains", "example.org"),
        ("remove", "mcp_servers", "memory"),
    ]
    assert {(row["who"], row["why"], row["time"]) for row in rows} == {("anna", "a ticket", "2026-11-20T12:00:00.000Z")}
    assert merged(COMPILED, read_edits(tmp_path)).mcp_servers == ()
    assert sorted(path.name for path in tmp_path.iterdir()) == [".lock", EDITS, AUDIT]


def test_edits_of_many_at_once_are_all_there_and_no_reader_ever_sees_half_of_one(tmp_path: Path) -> None:
    seen: list[int] = []
    writers = [
        threading.Thread(
            target=lambda n=n: [make(tmp_path, Change("domains", f"d{n}-{i}.org", allowed=True)) for i in range(10)]
        )
        for n in range(4)
    ]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        seen.append(len(read_edits(tmp_path)))
    assert len(read_edits(tmp_path)) == 40
    assert len((tmp_path / AUDIT).read_text().splitlines()) == 40
    assert seen == sorted(seen)


def test_an_audit_that_cannot_be_written_stops_the_edit(tmp_path: Path) -> None:
    (tmp_path / AUDIT).mkdir()
    with pytest.raises(OSError, match="directory"):
        make(tmp_path, Change("domains", "example.org", allowed=True))
    assert read_edits(tmp_path) == ()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "not JSON"),
        ('{"version": 2, "changes": []}', r"\$\.version"),
        ('{"version": 1, "changes": [{"resource_type": "domains"}]}', "resource_name"),
        ('{"version": 1, "changes": [{"resource_type": "domains", "resource_name": "*", "allowed": true}]}', r"\[0\]"),
        (json.dumps({"version": 1, "changes": [{"resource_type": "x", "resource_name": "x", "allowed": True}]}), "'x'"),
        (text_of((Change("domains", "a.b", True), Change("domains", "A.b", False))), "twice"),
    ],
)
def test_a_poisoned_overlay_is_refused_with_the_place(text: str, says: str, tmp_path: Path) -> None:
    (tmp_path / EDITS).write_text(text)
    with pytest.raises(PolicyError, match=says):
        read_edits(tmp_path)


class Ticks:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def domains(live: Live) -> tuple[str, ...]:
    found = live.policy().whitelist
    assert found is not None
    return found.cloud_domains


def test_an_edit_counts_without_a_restart_and_the_file_is_looked_at_once_a_second(tmp_path: Path) -> None:
    ticks = Ticks()
    live = Live(policy(), tmp_path, ticks)
    compiled = domains(live)
    assert make(tmp_path, Change("cloud_apis", "mistral.ai", allowed=True)) is None
    assert domains(live) == compiled
    ticks.now = 1.0
    assert domains(live) == (*compiled, "mistral.ai")
    assert make(tmp_path, Change("cloud_apis", "mistral.ai", allowed=False)) is None
    ticks.now = 2.0
    assert domains(live) == compiled


def test_a_file_that_breaks_leaves_the_last_good_one_and_is_logged_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ticks = Ticks()
    assert make(tmp_path, Change("cloud_apis", "openai.com", allowed=False)) is None
    live = Live(policy(), tmp_path, ticks)
    good = domains(live)
    assert "openai.com" not in good
    (tmp_path / EDITS).write_text('{"version": 1')
    with caplog.at_level(logging.ERROR, "dream.whitelist"):
        for second in range(1, 6):
            ticks.now = float(second)
            assert domains(live) == good
    assert len(caplog.records) == 1
    (tmp_path / EDITS).unlink()
    ticks.now = 6.0
    assert "openai.com" in domains(live)


def test_an_overlay_that_is_broken_from_the_start_closes_the_clouds_until_it_is_mended(tmp_path: Path) -> None:
    ticks = Ticks()
    (tmp_path / EDITS).write_text("{")
    live = Live(policy(), tmp_path, ticks)
    assert domains(live) == ()
    (tmp_path / EDITS).write_text(text_of(()))
    ticks.now = 1.0
    assert "openai.com" in domains(live)


def test_edits_do_not_make_a_whitelist_where_none_is_given(tmp_path: Path) -> None:
    from dataclasses import replace

    assert make(tmp_path, Change("cloud_apis", "mistral.ai", allowed=True)) is None
    assert Live(replace(policy(), whitelist=None), tmp_path).policy().whitelist is None
