"""Files that are no YAML, as plain values with lines: .env files, and the command lines in shell scripts and .args."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from dreamc.diagnostics.types import Path

Read = tuple[object, dict[Path, int]]

_ASSIGNED = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)")
_SERVES = re.compile(r"\bvllm\s+serve\b|vllm\.entrypoints\.(?:openai\.)?api_server")
_PULLS = re.compile(r"\bollama\s+(?:pull|run)\s+([^\s\"';|&]+)")


def env(text: str) -> Read:
    """`NAME=value` lines; a name that stands twice has its last value."""
    value: dict[str, object] = {}
    lines: dict[Path, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        found = _ASSIGNED.fullmatch(line)
        if found:
            value[found[1]] = _unquoted(found[2])
            lines[(found[1],)] = number
    return value, lines


def commands(text: str) -> Read:
    """`commands`: the words of every vLLM server that is started, `pulls`: Ollama tags, `exports`: variables."""
    lines: dict[Path, int] = {}
    servers: list[list[str]] = []
    pulls: list[str] = []
    exports: dict[str, str] = {}
    for number, line in _joined(text):
        found = _SERVES.search(line)
        if found:
            lines[("commands", len(servers))] = number
            servers.append(_words(line[found.end() :]))
        for pull in _PULLS.finditer(line):
            lines[("pulls", len(pulls))] = number
            pulls.append(pull[1])
        assigned = _ASSIGNED.fullmatch(line)
        if assigned and not found:
            lines[("exports", assigned[1])] = number
            exports[assigned[1]] = _unquoted(assigned[2])
    several: dict[str, object] = {"commands": servers, "pulls": pulls, "exports": exports}
    return {key: below for key, below in several.items() if below}, lines


def arguments(text: str) -> Read:
    """A file that holds what stands behind `vllm serve`, over one or many lines."""
    words: list[str] = []
    lines: dict[Path, int] = {("commands", 0): 1}
    for number, line in enumerate(text.splitlines(), 1):
        for word in _words(line.removesuffix("\\")):
            lines["commands", 0, len(words)] = number
            words.append(word)
    if words[:2] == ["vllm", "serve"]:
        return commands(" ".join(text.replace("\\\n", " ").splitlines()))
    return {"commands": [words]}, lines


def words_of(command: str) -> list[str]:
    """A command line as words, up to the first thing that is the shell's own."""
    return _words(command)


def _joined(text: str) -> Iterator[tuple[int, str]]:
    """Lines, with those that end in a backslash joined to the next; comments are left out."""
    held, first = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        first = first or number
        if line.rstrip().endswith("\\"):
            held += line.rstrip()[:-1] + " "
            continue
        whole, number_, held, first = held + line, first, "", 0
        if not whole.lstrip().startswith("#"):
            yield number_, whole
    if held:
        yield first, held


def _words(line: str) -> list[str]:
    try:
        words = shlex.split(line, comments=True)
    except ValueError:
        words = line.split()
    stop = next((at for at, word in enumerate(words) if word in (";", "&&", "||", "|", "&", ">", ">>", "2>&1")), None)
    return words[:stop]


def _unquoted(text: str) -> str:
    text = text.strip()
    if len(text) > 1 and text[0] in "\"'" and text.endswith(text[0]):
        return text[1:-1]
    return re.split(r"\s+#", text, maxsplit=1)[0]
