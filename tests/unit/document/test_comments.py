"""Which line a `# dreamc: ignore[...]` comment speaks of."""

from __future__ import annotations

import pytest

from tests.unit.document.sample import findings, only, parsed, sliced


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1  # dreamc: ignore[DRM301] tight but tested", [("DRM301", 1, "tight but tested")]),
        ("# dreamc: ignore[DRM301] why\na: 1", [("DRM301", 2, "why")]),
        ("a: 1\n  # dreamc: ignore[DRM301] why\n\n# more\nb: 1", [("DRM301", 5, "why")]),
        ("a: 1 #dreamc:ignore[DRM301,DRM302]", [("DRM301", 1, ""), ("DRM302", 1, "")]),
        ("a: 1 # dreamc: ignore[ DRM301 , DRM302 ]  - both", [("DRM301", 1, "both"), ("DRM302", 1, "both")]),
        ("a: [1, # dreamc: ignore[DRM301] in a list\n 2]", [("DRM301", 1, "in a list")]),
        ("a: |\n  text\n# dreamc: ignore[DRM301] after text\nb: 1", [("DRM301", 4, "after text")]),
        ("a: 1\r\n# dreamc: ignore[DRM301] dos\r\nb: 1\r\n", [("DRM301", 3, "dos")]),
        ("# plain comment\na: 1 # about dreamc: nothing", []),
        ("a: '# dreamc: ignore[DRM301] text'", []),
        ('a: "x # dreamc: ignore[DRM301] text"', []),
        ("a: |\n  # dreamc: ignore[DRM301] text\nb: 1", []),
        ("a: x#dreamc:ignore[DRM301]", []),
        (
            "# dreamc: ignore[DRM301] one\n# dreamc: ignore[DRM302] two\na: 1",
            [("DRM301", 3, "one"), ("DRM302", 3, "two")],
        ),
    ],
)
def test_an_ignore_names_code_line_and_reason(text: str, expected: list[tuple[str, int, str]]) -> None:
    found = [(ignore.code, ignore.line, ignore.reason) for ignore in parsed(text).ignores]
    assert found == expected


def test_the_span_is_that_of_the_comment() -> None:
    text = "a: 1  # dreamc: ignore[DRM301] why"
    assert sliced(text, parsed(text).ignores[0].span) == "# dreamc: ignore[DRM301] why"


@pytest.mark.parametrize(
    "comment", ["dreamc: ignore", "dreamc: ignore DRM301", "dreamc: ignore[]", "dreamc: ignore[E501] x"]
)
def test_a_comment_that_means_nothing_is_reported(comment: str) -> None:
    assert only(findings(f"a: 1 # {comment}")).code == "DRM043"
