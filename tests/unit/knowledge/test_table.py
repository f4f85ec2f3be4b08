"""One row is read without the others, by YAML 1.2 rules."""

from __future__ import annotations

from dreamc.knowledge.table import Table, parse

TEXT = """
  first: {answer: no, clock: 12:30, octal: 010, size: 4.5, on: yes, none: null}
  # a remark
  first-and-more: {n: 1, source: "https://example.com/own"}
  block:
    n: 3
    deep:
      text: |
        a: 1

        b: 2
  last: {n: 4}
# remark before the next section
"""
KNOWN = Table("t.yaml", {"source": "https://example.com", "checked": "2026-11-20"}, {"rows": TEXT})


def test_words_that_older_yaml_takes_for_booleans_stay_words() -> None:
    row = KNOWN.row("first")
    assert row is not None
    assert (row["answer"], row["clock"], row["octal"]) == ("no", "12:30", "010")
    assert (row["size"], row["on"], row["none"]) == (4.5, "yes", None)


def test_a_row_inherits_source_and_date_unless_it_has_its_own() -> None:
    first, second = KNOWN.row("first"), KNOWN.row("first-and-more")
    assert first is not None
    assert second is not None
    assert (first["source"], second["source"]) == ("https://example.com", "https://example.com/own")
    assert second["checked"] == "2026-11-20"


def test_a_name_that_begins_another_finds_its_own_row() -> None:
    row = KNOWN.row("first-and-more")
    assert row is not None
    assert row["n"] == 1
    assert KNOWN.row("fir") is None
    assert KNOWN.row("n") is None


def test_a_row_over_several_lines_is_read_to_its_end() -> None:
    row = KNOWN.row("block")
    assert row is not None
    assert row["deep"]["text"] == "a: 1\n\nb: 2\n"


def test_keys_keep_the_order_of_the_file() -> None:
    assert KNOWN.keys() == ("first", "first-and-more", "block", "last")
    assert KNOWN.keys("nothing") == ()


def test_a_version_number_is_no_float() -> None:
    assert parse("a: 0.10.2\nb: 1.5\nc: -3") == {"a": "0.10.2", "b": 1.5, "c": -3}
