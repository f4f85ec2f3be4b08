"""Whether a text has the form that was asked for: JSON of a schema, code that parses. Never an opinion."""

from __future__ import annotations

import ast
import json
import re
import textwrap
import warnings
from collections.abc import Callable, Mapping
from functools import partial

LONGEST_CODE = 100_000
"""Characters of code that are looked at; about longer code nothing is said."""

_FENCE = re.compile(
    r"^[ \t]*(?:```|~~~)[ \t]*([A-Za-z0-9+#_.-]*)[^\n]*\n(.*?)^[ \t]*(?:```|~~~)[ \t]*$", re.MULTILINE | re.DOTALL
)
_OPENING = re.compile(r"^[ \t]*(?:```|~~~)", re.MULTILINE)
_ASKS_FOR_CODE = re.compile(
    r"\b(?:write|implement|create|generate|complete|refactor|fix|rewrite|port|add)\b.{0,80}?"
    r"\b(?:functions?|class(?:es)?|code|scripts?|programs?|methods?|modules?|components?|decorators?|python|json|yaml)\b",
    re.IGNORECASE | re.DOTALL,
)
_ACTION_OF_CODE = re.compile(r"code|edit_file|refactor|completion|debug|script|unit_?test", re.IGNORECASE)
_SCRIPT = ("javascript", "js", "jsx", "typescript", "ts", "tsx")
_CURLY = ("c", "cpp", "c++", "java", "go", "rust", "rs", "csharp", "cs", "kotlin", "swift")
_STRINGS = r"\"(?:\\.|[^\"\\\n])*\"|`(?:\\.|[^`\\])*`|//[^\n]*|/\*.*?\*/"
_NOT_CURLY = re.compile(_STRINGS + r"|'(?:\\[^\n']+|[^'\\\n])'", re.DOTALL)
_NOT_SCRIPT = re.compile(
    _STRINGS + r"|'(?:\\.|[^'\\\n])*'|(?<=[(=,:!&|?;{}\[])[ \t]*/(?![/*])(?:\\.|[^/\\\n])+/", re.DOTALL
)
_PAIRS = {")": "(", "]": "[", "}": "{"}
_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "null": type(None),
    "integer": int,
    "number": (int, float),
}


def json_of(text: str) -> object:
    """The JSON value of a text. Raises ValueError for anything else."""
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def misfit(value: object, schema: Mapping[str, object], at: str = "$") -> str | None:
    """Where a JSON value does not fit its schema; None where it does, as far as is looked.

    Looked at are `type`, `enum`, `required`, `properties` and `items`; everything else in a schema is taken to hold.
    """
    wanted = schema.get("type")
    if isinstance(wanted, str) and wanted in _TYPES and not _is(value, wanted):
        return f"{at} is not of type {wanted}"
    allowed = schema.get("enum")
    if isinstance(allowed, list) and value not in allowed:
        return f"{at} is none of the values allowed"
    if isinstance(value, dict):
        return _misfit_keys(value, schema, at)
    items = schema.get("items")
    if not isinstance(value, list) or not isinstance(items, Mapping):
        return None
    return next((why for n, item in enumerate(value) if (why := misfit(item, items, f"{at}[{n}]"))), None)


def wants_code(prompt: str, action: str | None) -> bool:
    """Whether a request asks for code: by the name of its action, else by the words of the prompt."""
    return bool(action and _ACTION_OF_CODE.search(action)) or bool(_ASKS_FOR_CODE.search(prompt[:4_000]))


def broken_code(text: str) -> str | None:
    """What is wrong with the code of an answer; None where its longest fenced block parses, or has no known language.

    Python is parsed, JSON is read, and languages with curly brackets are looked at for brackets that do not match.
    Nothing is said about other languages, nor about code outside fences.
    """
    blocks = [(language.lower(), code) for language, code in _FENCE.findall(text)]
    if not blocks:
        return None
    language, code = max(blocks, key=lambda block: len(block[1]))
    check = _checker(language)
    return None if check is None or len(code) > LONGEST_CODE else check(code)


def open_fence(text: str) -> bool:
    """Whether the last block of code is never closed."""
    return len(_OPENING.findall(text)) % 2 == 1


def code_of(text: str) -> str:
    """The longest fenced block of an answer; empty where it has none."""
    return max((code for _, code in _FENCE.findall(text)), key=len, default="")


def _is(value: object, wanted: str) -> bool:
    if isinstance(value, bool):
        return wanted == "boolean"
    whole = wanted == "integer" and isinstance(value, float) and value.is_integer()
    return whole or isinstance(value, _TYPES[wanted])


def _misfit_keys(value: Mapping[str, object], schema: Mapping[str, object], at: str) -> str | None:
    required, properties = schema.get("required"), schema.get("properties")
    for name in required if isinstance(required, list) else ():
        if name not in value:
            return f"{at} has no {name!r}"
    for name, inner in properties.items() if isinstance(properties, Mapping) else ():
        if name in value and isinstance(inner, Mapping) and (why := misfit(value[name], inner, f"{at}.{name}")):
            return why
    return None


def _checker(language: str) -> Callable[[str], str | None] | None:
    if language in ("python", "py", "python3"):
        return _python
    if language == "json":
        return _json
    if language in _CURLY:
        return partial(_brackets, _NOT_CURLY)
    return partial(_brackets, _NOT_SCRIPT) if language in _SCRIPT else None


def _python(code: str) -> str | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(textwrap.dedent(code))
    except SyntaxError as error:
        return f"Python that does not parse: {error.msg}, line {error.lineno}"
    except (ValueError, RecursionError, MemoryError):
        return "Python that does not parse"
    return None


def _json(code: str) -> str | None:
    try:
        json_of(code)
    except ValueError as error:
        return f"JSON that cannot be read: {error}"
    return None


def _brackets(strings: re.Pattern[str], code: str) -> str | None:
    """Brackets outside of strings and comments; an apostrophe that closes nothing is no string."""
    waiting: list[str] = []
    for char in strings.sub(" ", code):
        if char in "([{":
            waiting.append(char)
        elif char in _PAIRS and (not waiting or waiting.pop() != _PAIRS[char]):
            return f"code with a {char} that nothing opens"
    return f"code with a {waiting[-1]} that is never closed" if waiting else None
