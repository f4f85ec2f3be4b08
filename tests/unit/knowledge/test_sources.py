"""Every fact says where it is from and when it was looked at, and every file reads as strict YAML."""

from __future__ import annotations

import re
from datetime import date

import pytest

from dreamc.diagnostics.types import Source
from dreamc.document.read import read
from dreamc.knowledge.table import table
from tests.unit.knowledge.tables import FILES, ROOM, every_row

SOURCE = re.compile(r"https://|vLLM \d|[\w.-]+/[\w.-]+#\d+")
ROWS = list(every_row())


def test_every_file_of_the_room_is_under_test() -> None:
    found = {str(path.relative_to(ROOM)) for path in ROOM.rglob("*.yaml") if "shapes" not in path.parts}
    assert set(FILES) <= found


@pytest.mark.parametrize(("name", "section", "key", "row"), ROWS, ids=[f"{r[0]}:{r[1]}:{r[2]}" for r in ROWS])
def test_a_row_names_its_public_source_and_its_date(name: str, section: str, key: str, row: dict[str, object]) -> None:
    assert SOURCE.search(str(row["source"]))
    assert date.fromisoformat(str(row["checked"])) >= date(2026, 11, 1)


@pytest.mark.parametrize("name", FILES)
def test_a_table_reads_with_the_reader_that_gives_carets(name: str) -> None:
    text = (ROOM / name).read_text(encoding="utf-8")
    document, findings = read(Source(name, text))
    assert document is not None, findings
    assert not findings
    whole = document.value
    assert isinstance(whole, dict)
    for section in table(name).sections:
        for key, row in table(name).rows(section):
            written = dict(whole[section][key])
            assert {field: row[field] for field in written} == written
        assert list(whole[section]) == list(table(name).keys(section))


@pytest.mark.parametrize("name", [name for name in FILES if name not in ("secrets.yaml", "vllm/capabilities.yaml")])
def test_rows_are_in_order_so_that_a_reviewer_finds_them(name: str) -> None:
    for section in table(name).sections:
        keys = table(name).keys(section)
        assert list(keys) == sorted(set(keys))
