"""References to secrets become values while a release is applied: in memory only, and out of all that is shown."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from msgspec import Struct

from dreamc.artifact.release import Secret
from dreamc.diagnostics.blot import blotted

SHORTEST = 4
"""Characters; a shorter value is masked only where it stands alone, or half of every text would be gone."""
MASK = "••••••••"
PATIENCE = 120
"""Seconds that a tool may take, a touch or a fingerprint included."""


class Problem(Struct, frozen=True):
    """A secret without a value: which, what happened, what to do. Never a value."""

    variable: str
    reference: str
    what: str
    remedy: str


class Ran(Struct, frozen=True):
    """How a tool ended; `code` 127 where there is no such tool."""

    code: int
    out: str
    err: str


Runner = Callable[[tuple[str, ...]], Ran]
_Found = tuple[str, str, str]
"""A value, or what is wrong and what to do about it."""


def resolve(
    secrets: Iterable[Secret], environment: Mapping[str, str], runner: Runner, folder: Path
) -> tuple[dict[str, str], tuple[Problem, ...]]:
    """The value of each variable, and the problems of those that have none.

    Paths are relative to `folder`, that of dream.yaml. A file of sops is decrypted once, however many keys it holds.
    """
    wanted = tuple(secrets)
    read = _Reader(environment, runner, folder)
    found = {one.reference: read.value(one.reference) for one in wanted}
    values = {one.variable: found[one.reference][0] for one in wanted if not found[one.reference][1]}
    problems = (Problem(one.variable, one.reference, *found[one.reference][1:]) for one in wanted)
    return values, tuple(problem for problem in problems if problem.what)


def run_tool(command: tuple[str, ...]) -> Ran:
    """Runs sops or op. They may ask on the terminal; what they print is kept to ourselves."""
    try:
        done = subprocess.run(command, capture_output=True, check=False, timeout=PATIENCE, encoding="utf-8")
    except FileNotFoundError:
        return Ran(127, "", "")
    except subprocess.TimeoutExpired:
        return Ran(124, "", f"no answer within {PATIENCE} seconds")
    except UnicodeDecodeError:
        return Ran(65, "", "the value is not text")
    return Ran(done.returncode, done.stdout, done.stderr)


class _Reader:
    """Reads references of one run; what sops has decrypted is kept for the next key of the same file."""

    def __init__(self, environment: Mapping[str, str], runner: Runner, folder: Path) -> None:
        self._environment, self._runner, self._folder = environment, runner, folder
        self._decrypted: dict[str, tuple[object, str, str]] = {}

    def value(self, reference: str) -> _Found:
        kind, _, name = reference.partition("://")
        readers = {"env": self._env, "file": self._file, "sops": self._sops, "op": self._op}
        if kind not in readers:
            return "", "its reference is of no known kind", "use env://, file://, sops:// or op://"
        value, what, remedy = readers[kind](name)
        if not what and not value:
            return "", "it is empty", f"give {reference} a value"
        return ("", "it holds a zero byte", "a secret is text") if "\0" in value else (value, what, remedy)

    def _env(self, name: str) -> _Found:
        if name not in self._environment:
            return "", f"{name} is not set here", f"export {name}=… and run again"
        return self._environment[name], "", ""

    def _file(self, name: str) -> _Found:
        path = self._folder / Path(name).expanduser()
        try:
            return path.read_text(encoding="utf-8").removesuffix("\n").removesuffix("\r"), "", ""
        except OSError as error:
            return "", f"{name} cannot be read: {(error.strerror or 'unknown').lower()}", "correct file:// or the file"
        except UnicodeDecodeError:
            return "", f"{name} is not UTF-8 text", "a secret is text; encode bytes as base64"

    def _op(self, name: str) -> _Found:
        ran = self._runner(("op", "read", "--no-newline", f"op://{name}"))
        if ran.code == 127:
            return "", "op, 1Password's command line, is not installed here", "install it, then: op signin"
        if ran.code:
            return "", f"op cannot read it: {_reason(ran)}", "op signin, and check the name of vault, item and field"
        return ran.out, "", ""

    def _sops(self, name: str) -> _Found:
        file, _, key = name.partition("#")
        if file not in self._decrypted:
            self._decrypted[file] = self._decrypt(file)
        values, what, remedy = self._decrypted[file]
        if what:
            return "", what, remedy
        value = _at(values, key)
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            return "", f"{file} holds no text under {key}", f"sops {file} shows and edits what it holds"
        return str(value), "", ""

    def _decrypt(self, file: str) -> tuple[object, str, str]:
        path = self._folder / Path(file).expanduser()
        if not path.is_file():
            return None, f"there is no file {file}", "correct the path after sops://"
        ran = self._runner(("sops", "--decrypt", "--output-type", "json", str(path)))
        if ran.code == 127:
            return None, "sops is not installed here", "install sops"
        if ran.code:
            return None, f"sops cannot decrypt {file}: {_reason(ran)}", f"try it by hand: sops --decrypt {file}"
        return _parsed(ran.out), "", ""


def _parsed(text: str) -> object:
    import json

    try:
        return json.loads(text)
    except ValueError:
        return None


def _at(values: object, key: str) -> object:
    """The value under `a.b.c`; a key that holds dots itself is found as well."""
    if not isinstance(values, dict):
        return None
    if key in values:
        return values[key]
    words = key.split(".")
    for length in range(len(words) - 1, 0, -1):
        first = ".".join(words[:length])
        if first in values and (found := _at(values[first], ".".join(words[length:]))) is not None:
            return found
    return None


def _reason(ran: Ran) -> str:
    """The first line that the tool said, without anything that looks like a secret."""
    lines = [line.strip() for line in ran.err.splitlines() if line.strip()]
    return blotted(lines[0])[:200] if lines else f"exit code {ran.code}"


def mask(text: str, values: Iterable[str]) -> str:
    """`text` without the values: as they are, as JSON, YAML and `.env` escape them, and line by line."""
    for form in sorted({form for value in values for form in _forms(value)}, key=lambda form: (-len(form), form)):
        if len(form) >= SHORTEST:
            text = text.replace(form, MASK)
        else:
            text = re.sub(rf"(?<!\w){re.escape(form)}(?!\w)", MASK, text)
    return text


def _forms(value: str) -> set[str]:
    import json
    from urllib.parse import quote

    lines = {line for line in value.splitlines() if len(line.strip()) >= SHORTEST}
    escaped = {json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1], _inside(value)}
    return {form for form in {value, value.strip(), quote(value, safe=""), *escaped, *lines} if form}


_BARE = re.compile(r"[A-Za-z0-9_./:@%+,=-]+")


def env_lines(values: Mapping[str, str]) -> str:
    """`NAME=value` lines, sorted, one for each variable whatever its value holds, as docker compose v2 reads them.

    compose-go, dotenv/parser.go: nothing is expanded between single quotes; between double quotes `\\n`, `\\"`, `\\\\`
    and `\\$` stand for one character.
    """
    return "".join(f"{name}={_env_value(values[name])}\n" for name in sorted(values))


def _env_value(value: str) -> str:
    if _BARE.fullmatch(value):
        return value
    if not re.search(r"['\\\n\r]", value):
        return f"'{value}'"
    return f'"{_inside(value)}"'


def _inside(value: str) -> str:
    escaped = re.sub(r'(["$\\])', r"\\\1", value)
    return escaped.replace("\n", "\\n").replace("\r", "\\r")
