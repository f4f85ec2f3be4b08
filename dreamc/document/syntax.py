"""What the YAML parser stumbled over, in words about the file: the place of the cause rather than of the symptom."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from dreamc.document.nodes import Trouble

if TYPE_CHECKING:
    from yaml import MarkedYAMLError

_KEY_VALUE = re.compile(r"\s*(?:- +)*(?P<key>[^\s#][^#]*?):[ \t]+(?P<value>[^\s#].*)")
_TIGHT_COLON = re.compile(r"\s*(?:- +)*[^\s:#\"'\[{]+:(?P<value>[^\s:/].*)")


class Line(NamedTuple):
    """One line, without its break; `start` is its offset."""

    start: int
    text: str

    @property
    def indent(self) -> int:
        return len(self.text) - len(self.text.lstrip(" "))

    @property
    def end(self) -> int:
        return self.start + len(self.text.rstrip())


class Stumble(NamedTuple):
    """Where the parser gave up (`at`) and where what it was reading had begun."""

    text: str
    problem: str
    at: int
    begun: int

    @property
    def character(self) -> str:
        return self.text[self.at : self.at + 1]

    def line(self, offset: int) -> Line:
        start = max(self.text.rfind("\n", 0, offset), self.text.rfind("\r", 0, offset)) + 1
        return Line(start, re.split(r"[\r\n]", self.text[start:], maxsplit=1)[0])

    def above(self, line: Line) -> Line | None:
        """The nearest line above that holds more than a comment."""
        while line.start > 0:
            line = self.line(line.start - 1)
            if line.text.strip() and not line.text.lstrip().startswith("#"):
                return line
        return None


def explain_syntax(text: str, error: MarkedYAMLError) -> Trouble:
    """The trouble behind a parser's error; the parser's own words only where nothing better is known."""
    mark = error.problem_mark or error.context_mark
    at = min(mark.index, len(text)) if mark else 0
    begun = min(error.context_mark.index, len(text)) if error.context_mark else at
    stumble = Stumble(text, error.problem or "", at, begun)
    hidden = _hidden_character(stumble)
    if hidden:
        return hidden
    for pattern, explain in _EXPLANATIONS:
        if re.search(pattern, stumble.problem):
            return explain(stumble)
    return _trouble(at, at + 1, f"this is not valid YAML: {stumble.problem}")


def _trouble(start: int, end: int, message: str, label: str = "", help: str = "") -> Trouble:
    return Trouble("DRM007", start, end, message, label, help)


def _hidden_character(stumble: Stumble) -> Trouble | None:
    line = stumble.line(stumble.at)
    indentation = line.text[: len(line.text) - len(line.text.lstrip())]
    if "\t" in indentation:
        start = line.start + indentation.index("\t")
        tabs = len(indentation[indentation.index("\t") :]) - len(indentation[indentation.index("\t") :].lstrip("\t"))
        return Trouble("DRM006", start, start + tabs, "a tab in the indentation", "expected spaces", "use spaces")
    for near in (line, stumble.above(line)):
        if near and "\u00a0" in near.text:
            start = near.start + near.text.index("\u00a0")
            message = "a no-break space (U+00A0) stands where YAML needs a space"
            return _trouble(start, start + 1, message, "looks like a space", "replace it with a space")
    return None


def _colon(stumble: Stumble) -> Trouble:
    line = stumble.line(stumble.at)
    before = _KEY_VALUE.match(line.text[: stumble.at - line.start])
    if before:
        start, value = line.start + before.start("value"), line.text[before.start("value") :].rstrip()
        help = (
            f'write {before["key"]}: "{value}"' if '"' not in value and "\\" not in value else "put it between quotes"
        )
        return _trouble(start, line.end, "a value with ': ' in it must stand between quotes", "", help)
    above = stumble.above(line)
    tight = _TIGHT_COLON.fullmatch(above.text) if above else None
    if above and tight:
        start = above.start + tight.start("value")
        return _trouble(start - 1, start, "a space is missing after ':'", "expected ': '")
    if above and ":" not in above.text:
        start = above.start + above.indent
        return _trouble(start, above.end, "a ':' is missing after this key", "expected key: value")
    where = f"expected it in column {above.indent + 1}, below the line above" if above else ""
    help = "a key that has a value cannot hold further keys: check the indentation"
    return _trouble(line.start + line.indent, stumble.at, "this key is indented too far", where, help)


def _no_colon(stumble: Stumble) -> Trouble:
    line = stumble.line(stumble.begun)
    tight = _TIGHT_COLON.fullmatch(line.text)
    if tight:
        start = line.start + tight.start("value")
        return _trouble(start - 1, start, "a space is missing after ':'", "expected ': '")
    return _trouble(stumble.begun, line.end, "this line has no ':'", "expected key: value")


def _quote(stumble: Stumble) -> Trouble:
    line = stumble.line(stumble.begun)
    return _trouble(stumble.begun, line.end, "this quote is never closed", "begins here", "close it on the same line")


def _flow(stumble: Stumble) -> Trouble:
    opening = stumble.text[stumble.begun]
    closing = {"[": "]", "{": "}"}.get(opening, "]")
    line = stumble.line(stumble.at)
    if stumble.character == "{" and stumble.text[stumble.at - 1 : stumble.at] == "$":
        help = f'inside {opening} {closing} put it between quotes: "${{NAME}}"'
        return _trouble(stumble.at - 1, line.end, "'${' must be quoted here", "", help)
    if line.start > stumble.begun or stumble.at >= len(stumble.text.rstrip()):
        return _trouble(
            stumble.begun, stumble.begun + 1, f"this '{opening}' is never closed", f"expected a '{closing}'"
        )
    help = f"separate entries with ',', and close the '{opening}' with '{closing}'"
    return _trouble(stumble.at, stumble.at + 1, f"expected ',' or '{closing}' here", "", help)


def _list_item(stumble: Stumble) -> Trouble:
    line = stumble.line(stumble.at)
    label = "expected '- ' as in the lines above, or less indentation"
    return _trouble(stumble.at, line.end, "this stands in a list but is not a list item", label)


def _key(stumble: Stumble) -> Trouble:
    line = stumble.line(stumble.at)
    if line.text[: stumble.at - line.start].strip():
        return _trailing(stumble, line)
    if re.match(r"-\s", stumble.text[stumble.begun :]) and stumble.begun != stumble.at:
        return _list_item(stumble)
    if stumble.character in ("]", "}"):
        return _closes_nothing(stumble)
    if re.match(r"-\s", stumble.text[stumble.at :]):
        message, help = "a list item stands where a key was expected", "a list needs a key of its own, such as 'names:'"
        return _trouble(stumble.at, line.end, message, "expected key: value", help)
    columns = " or ".join(str(indent + 1) for indent in _indents_above(stumble, line))
    return _trouble(stumble.at, line.end, "this indentation fits no line above", f"expected column {columns}")


def _trailing(stumble: Stumble, line: Line) -> Trouble:
    help = "put the whole value between quotes"
    if re.search(r"'[^']*'$", stumble.text[line.start : stumble.at]):
        help = "inside single quotes write a quote twice: 'it''s'; or put the whole value between double quotes"
    return _trouble(stumble.at, line.end, "the value has already ended here", "expected the end of the line", help)


def _indents_above(stumble: Stumble, line: Line) -> list[int]:
    indents: list[int] = []
    above = stumble.above(line)
    while above:
        if not indents or above.indent < indents[0]:
            indents.insert(0, above.indent)
        above = stumble.above(above) if above.indent else None
    return indents


def _first_character(stumble: Stumble) -> Trouble:
    line = stumble.line(stumble.at)
    message = f"a value cannot begin with '{stumble.character}'"
    return _trouble(stumble.at, line.end, message, "", "put the value between quotes")


def _closes_nothing(stumble: Stumble) -> Trouble:
    if stumble.character not in ("]", "}"):
        help = "keep one document in a file"
        return Trouble("DRM014", stumble.at, stumble.at + 1, "a second document begins here", "", help)
    return _trouble(stumble.at, stumble.at + 1, f"this '{stumble.character}' closes nothing", "remove it")


def _list_on_line(stumble: Stumble) -> Trouble:
    help = "begin the list on the next line, or write it as [a, b]"
    return _trouble(stumble.at, stumble.at + 1, "a list cannot begin on the line of its key", "", help)


def _missing_value(stumble: Stumble) -> Trouble:
    opening = max(stumble.text.rfind(sign, 0, stumble.at) for sign in "[{")
    if stumble.at >= len(stumble.text.rstrip()) and opening >= 0:
        return _flow(stumble._replace(begun=opening))
    if stumble.character in ("]", "}") and stumble.line(stumble.at).text[: stumble.at].rstrip().endswith(":"):
        return _closes_nothing(stumble)
    message = f"expected a value before '{stumble.character}'" if stumble.character else "expected a value here"
    return _trouble(stumble.at, stumble.at + 1, message, "", "remove it, or put it between quotes if it is the value")


def _tag(stumble: Stumble) -> Trouble:
    line = stumble.line(stumble.at)
    help = "put text that begins with '!' between quotes"
    return Trouble("DRM017", stumble.at, line.end, "unknown tag", "", help)


def _anchor(stumble: Stumble) -> Trouble:
    sign = stumble.text[stumble.begun]
    help = f"put text that begins with '{sign}' between quotes"
    return _trouble(stumble.begun, stumble.begun + 1, f"a name must follow '{sign}'", "", help)


def _escape(stumble: Stumble) -> Trouble:
    start = stumble.text.rfind("\\", stumble.begun, stumble.at + 1)
    start = start if start >= 0 else stumble.at
    if "Unicode" in stumble.problem:
        end = stumble.text.find('"', start)
        return _trouble(start, min(end, start + 10), "an escape in this text stands for half a character")
    shown = stumble.text[start : start + 2]
    help = "use single quotes, where a backslash is only a backslash, or write it twice"
    return _trouble(start, start + 2, f"'{shown}' means nothing between double quotes", "unknown escape", help)


def _block_text(stumble: Stumble) -> Trouble:
    line = stumble.line(stumble.at)
    help = "begin the text on the next line, indented"
    return _trouble(stumble.at, max(line.end, stumble.at + 1), "nothing may follow '|' or '>' on its line", "", help)


def _directive(stumble: Stumble) -> Trouble:
    line = stumble.line(stumble.at)
    return _trouble(line.start, line.end, "this line cannot be read", "", "remove it: dream.yaml needs no '%' lines")


# The words of libyaml 0.2.5 and of PyYAML 6's own parser.
_EXPLANATIONS = (
    ("mapping values are not allowed", _colon),
    ("could not find expected ':'", _no_colon),
    ("unexpected end of stream|unexpected document separator", _quote),
    ("expected ',' or", _flow),
    ("expected '-' indicator", _list_item),
    ("did not find expected key|expected <block end>", _key),
    ("cannot start any token", _first_character),
    ("expected '?<document start>'?", _closes_nothing),
    ("sequence entries are not allowed", _list_on_line),
    ("expected (the )?node content", _missing_value),
    ("tag handle|parsing a tag|scanning a tag", _tag),
    ("alphabetic or numeric", _anchor),
    ("escape|hexdecimal|hexadecimal", _escape),
    ("indentation indicator|chomping|comment or line break|comment or a line break", _block_text),
    ("YAML document|directive", _directive),
)
