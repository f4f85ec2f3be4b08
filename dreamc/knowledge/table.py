"""Reads a knowledge table: a YAML file whose rows start at an indent of two, so that each can be parsed alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, cast

from msgspec import Struct

Row = Mapping[str, Any]

_KEY = re.compile(r'^  (?! )"?([^\s#"][^\n"]*?)"?:(?=\s)', re.MULTILINE)
_END = re.compile(r"\n(?=  ?[^\s])")
# The YAML 1.2 core schema; the C parser's own YAML 1.1 rules would read `no` as a boolean and 12:30 as a number.
_SCALARS = (
    ("null", r"^(?:null|~)$", "~n"),
    ("bool", r"^(?:true|false)$", "tf"),
    ("float", r"^[-+]?[0-9]+\.[0-9]+$", "-+0123456789"),
    ("int", r"^[-+]?(?:0|[1-9][0-9]*)$", "-+0123456789"),
)


class Table(Struct, frozen=True):
    """One file: its `name: value` lines, and the text of each section below them."""

    name: str
    header: Mapping[str, str]
    sections: Mapping[str, str]

    def keys(self, section: str = "rows") -> tuple[str, ...]:
        """Keys of a section in the order of the file."""
        return tuple(_KEY.findall(self.sections.get(section, "")))

    def row(self, key: str, section: str = "rows") -> Row | None:
        """The row `key`, with the file's `source` and `checked` where it has none of its own; None: no such row."""
        text = self.sections.get(section, "")
        at = max(text.find(f"\n  {key}: "), text.find(f"\n  {key}:\n"))
        if at < 0:
            return None
        end = _END.search(text, at + 3)
        values = parse(text[at : end.start() + 1 if end else len(text)])[key]
        return {"source": self.header.get("source", ""), "checked": self.header.get("checked", ""), **values}

    def rows(self, section: str = "rows") -> Iterator[tuple[str, Row]]:
        """Every row of a section; parses all of them."""
        for key in self.keys(section):
            yield key, cast(Row, self.row(key, section))


def parse(text: str) -> dict[str, Any]:
    """The mapping that `text` holds, read by the YAML 1.2 core schema."""
    loader = _loader()(text)
    try:
        return cast(dict[str, Any], loader.get_single_data())
    finally:
        loader.dispose()


@cache
def table(name: str) -> Table:
    """The table at `name`, a path below this package such as `gpus.yaml` or `prices/openai.yaml`."""
    lines = (Path(__file__).parent / name).read_text(encoding="utf-8").split("\n")
    header: dict[str, str] = {}
    starts: dict[str, int] = {}
    for number, line in enumerate(lines):
        if line and line[0] not in " #":
            key, value = line.split(":", 1)
            if value.strip():
                header[key] = value.strip().strip('"')
            else:
                starts[key] = number
    ends = [*starts.values(), len(lines)][1:]
    spans = zip(starts.items(), ends, strict=True)
    return Table(name, header, {key: "\n".join(["", *lines[at + 1 : end]]) for (key, at), end in spans})


@cache
def _loader() -> Any:
    import yaml

    base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}
    for tag, pattern, firsts in _SCALARS:
        for first in firsts:
            resolvers.setdefault(first, []).append((f"tag:yaml.org,2002:{tag}", re.compile(pattern)))
    return type("RowLoader", (base,), {"yaml_implicit_resolvers": resolvers})
