"""The words behind `vllm serve` as a model and its options, spelt as vLLM spells them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from dreamc.knowledge.vllm import NEWEST, Flag, flag, flag_history

Value = str | int | float | bool | list[str]
TEXTS = (None, "str", "json", "loads")
"""Types of options that are no numbers."""
_SHORT = {"-tp": "--tensor-parallel-size", "-pp": "--pipeline-parallel-size", "-q": "--quantization"}


class Options(Struct, frozen=True):
    """`model` is a repository or a path; `values` are the options by canonical name, in order; `words` says which words
    (by index) each of them stood on, `""` being the model's."""

    model: str
    values: Mapping[str, Value]
    words: Mapping[str, tuple[int, ...]]


def parsed(command: Sequence[object]) -> Options:
    """Any spelling: `--a=b`, `--a b`, underscores, switches and their negations."""
    words = [str(word) for word in command]
    model, at = "", 0
    values: dict[str, Value] = {}
    places: dict[str, tuple[int, ...]] = {}
    while at < len(words):
        word = words[at]
        if not word.startswith("-"):
            if not model:
                model, places[""] = word, (at,)
            at += 1
            continue
        name, known, spelt = _named(word)
        end = _end(words, at, known, "=" in word)
        places[name] = tuple(range(at, end))
        values[name] = _value(words[at:end], known, spelt)
        at = end
    if "--model" in values:
        model, places[""] = str(values.pop("--model")), places.pop("--model")
    return Options(model, values, places)


def gone(name: str) -> str:
    """Why a version has no such option; empty for one that none has."""
    history = flag_history(name)
    if history is None:
        return ""
    took = f"; {history.renamed_to} took its place" if history.renamed_to else ""
    return f"vLLM {history.first} to {history.last} had it{took}"


def known(name: str) -> Flag | None:
    """The option in the newest version."""
    return flag(NEWEST, name)


def _named(word: str) -> tuple[str, Flag | None, str]:
    """Canonical name, the option, and the spelling that was used."""
    head = word.partition("=")[0]
    spelt = _SHORT.get(head, head)
    spelt = "--" + spelt.removeprefix("--").replace("_", "-") if spelt.startswith("--") else spelt
    found = flag(NEWEST, spelt) or flag(NEWEST, spelt.replace("--no-", "--", 1))
    return (found.name if found else spelt), found, spelt


def _end(words: Sequence[str], at: int, known_: Flag | None, joined: bool) -> int:
    """The index behind the option's last word."""
    if joined or (known_ is not None and not known_.takes_value):
        return at + 1
    many = known_ is not None and known_.nargs in ("+", "*")
    end = at + 1
    while end < len(words) and not words[end].startswith("--") and (many or end == at + 1):
        end += 1
    return end


def _value(words: Sequence[str], known_: Flag | None, spelt: str) -> Value:
    _, joined, behind = words[0].partition("=")
    given = [behind] if joined else list(words[1:])
    if not given:
        return not (known_ is not None and spelt != known_.name and spelt.startswith(("--no-", "--disable-")))
    if known_ is not None and known_.nargs in ("+", "*") and not joined:
        return given
    return _typed(given[0], known_)


def _typed(text: str, known_: Flag | None) -> Value:
    """As a number where the option is one; also where the parser reads `32k` as well."""
    kind = known_.type if known_ else "str"
    try:
        return text if kind in TEXTS else float(text) if kind == "float" else int(text)
    except ValueError:
        return text
