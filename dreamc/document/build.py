"""From nodes to plain values and their places: scalars get their YAML 1.2 meaning, `<<` and aliases are followed."""

from __future__ import annotations

from collections.abc import Iterable

from dreamc.diagnostics.types import Diagnostic, Path, Place, Related
from dreamc.document.core_schema import is_finite, plain_scalar
from dreamc.document.lines import Lines, Offsets
from dreamc.document.nodes import DEEPEST, Alias, Mapping, Node, Scalar, Sequence, Trouble
from dreamc.document.words import describe, quote

MOST_REPEATED = 200_000
"""Values that aliases and merge keys may add to one file."""

_CORE = "tag:yaml.org,2002:"
_TAGGED: dict[str, tuple[type, ...]] = {
    "int": (int,), "float": (int, float), "bool": (bool,), "null": (type(None),),
}  # fmt: skip

Pair = tuple[str, Node, Node, Alias | None]


class Builder:
    """Walks one tree once. `entries` and `found` are what it has seen."""

    def __init__(self, lines: Lines) -> None:
        self.lines = lines
        self.entries: dict[Path, Offsets | Place] = {}
        self.found: list[Diagnostic] = []
        self.left = MOST_REPEATED
        self.merging = 0

    def value(self, node: Node, path: Path = (), key: Node | None = None, via: Alias | None = None) -> object:
        """The value of `node`, which stands at `path` under `key`; `via` is the alias that brought it here."""
        while isinstance(node, Alias):
            via, node = via or node, node.target
        if via is not None:
            self._spend(via)
        key_start, key_end = (key.start, key.end) if key is not None else (-1, -1)
        via_start, via_end = (via.start, via.end) if via is not None else (-1, -1)
        self.entries[path] = Offsets(self.lines, key_start, key_end, node.start, node.end, via_start, via_end)
        if isinstance(node, Scalar):
            return self._scalar(node, path)
        if len(path) >= DEEPEST:
            where = via or node
            raise Trouble("DRM012", where.start, where.end, f"more than {DEEPEST} levels of nesting")
        self._check_tag(node, path)
        if isinstance(node, Mapping):
            return {
                name: self.value(item, (*path, name), at, by) for name, at, item, by in self._pairs(node, path, via)
            }
        return [self.value(item, (*path, position), None, via) for position, item in enumerate(node.items)]

    def _pairs(self, node: Mapping, path: Path, via: Alias | None) -> Iterable[Pair]:
        merged: list[Pair] = []
        own: list[Pair] = []
        seen: dict[str, Node] = {}
        for key, value in node.pairs:
            name = self._key(key, path)
            if name is None:
                continue
            if name in seen:
                self._duplicate(name, key, seen[name], path)
            elif name == "<<" and isinstance(key, Scalar) and key.plain:
                merged = self._merged(value, path, via)
            else:
                own.append((name, key, value, via))
            seen.setdefault(name, key)
        return {pair[0]: pair for pair in (*merged, *own)}.values() if merged else own

    def _merged(self, value: Node, path: Path, via: Alias | None) -> list[Pair]:
        """The pairs that `<<: value` brings in, the weakest first: of several mappings the first one wins."""
        sources = value.items if isinstance(value, Sequence) else (value,)
        found: list[Pair] = []
        for source in reversed(sources):
            by, target = via, source
            while isinstance(target, Alias):
                by, target = by or target, target.target
            if not isinstance(target, Mapping):
                self._bad_merge(source, path)
                continue
            self._enter_merge(source)
            for pair in self._pairs(target, path, by):
                self._spend(source)
                found.append(pair)
            self.merging -= 1
        return found

    def _key(self, node: Node, path: Path) -> str | None:
        while isinstance(node, Alias):
            node = node.target
        if not isinstance(node, Scalar):
            help = "put text with '{' or '[' in it between quotes" if node.start + 1 < node.end else ""
            self._report("DRM015", path, node, "a key must be text; got " + _kind(node), "expected text", help)
            return None
        value = plain_scalar(node.text) if node.plain and not node.tag else node.text
        if not isinstance(value, str):
            help = f'write "{node.text}":' if node.text else "write the key before ':'"
            self._report("DRM015", path, node, f"a key must be text; got {describe(value)}", "expected text", help)
        return node.text

    def _scalar(self, node: Scalar, path: Path) -> object:
        if node.tag and node.tag != "!":
            return self._tagged(node, path)
        if not node.plain or node.tag:
            return node.text
        value = plain_scalar(node.text)
        if is_finite(value):
            return value
        message = f"{quote(node.text)} is not a number that can be used"
        self._report("DRM016", path, node, message, "expected a finite number", "put it between quotes if it is text")
        return node.text

    def _tagged(self, node: Scalar, path: Path) -> object:
        kind = node.tag.removeprefix(_CORE)
        if kind == "str":
            return node.text
        value = plain_scalar(node.text)
        wanted = _TAGGED.get(kind, ()) if node.tag.startswith(_CORE) else ()
        if type(value) in wanted and is_finite(value):
            return float(value) if kind == "float" and isinstance(value, int) else value
        message = f"the tag !!{kind} does not fit {quote(node.text)}" if wanted else f"unknown tag {_shown(node.tag)}"
        self._wrong_tag(path, node, message)
        return node.text

    def _check_tag(self, node: Mapping | Sequence, path: Path) -> None:
        if node.tag and node.tag not in ("!", _CORE + ("map" if isinstance(node, Mapping) else "seq")):
            message = f"the tag {_shown(node.tag)} does not fit {_kind(node)}"
            self._wrong_tag(path, node, message)

    def _wrong_tag(self, path: Path, node: Mapping | Sequence | Scalar, message: str) -> None:
        span = self.lines.span(*node.tagged)
        self.found.append(Diagnostic("DRM017", path, message, help="remove the tag; dream.yaml needs none", span=span))

    def _duplicate(self, name: str, key: Node, first: Node, path: Path) -> None:
        earlier = Related(path, "first written here", span=self.lines.span(first.start, first.end))
        span = self.lines.span(key.start, key.end)
        help = "remove one of them, or give it another name"
        if name == "<<":
            help = "write one '<<' with a list: <<: [*first, *second]"
        message = f"the key {quote(name)} is written twice"
        self.found.append(Diagnostic("DRM008", (*path, name), message, "written again", help, True, (earlier,), span))

    def _bad_merge(self, node: Node, path: Path) -> None:
        label = "expected an alias of a mapping, such as *defaults"
        self._report("DRM010", path, node, "'<<' can only merge mappings", label)

    def _enter_merge(self, source: Node) -> None:
        self.merging += 1
        if self.merging > DEEPEST:
            raise Trouble("DRM012", source.start, source.end, f"more than {DEEPEST} merges inside each other")

    def _spend(self, via: Node) -> None:
        self.left -= 1
        if self.left < 0:
            message = f"aliases repeat more than {MOST_REPEATED:,} values"
            raise Trouble("DRM011", via.start, via.end, message, "too much is repeated here")

    def _report(self, code: str, path: Path, node: Node, message: str, label: str = "", help: str = "") -> None:
        span = self.lines.span(node.start, node.end)
        self.found.append(Diagnostic(code, path, message, label, help, span=span))


def _kind(node: Node) -> str:
    return "a mapping" if isinstance(node, Mapping) else "a list"


def _shown(tag: str) -> str:
    return quote("!!" + tag.removeprefix(_CORE) if tag.startswith(_CORE) else tag)
