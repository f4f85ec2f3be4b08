"""Pointers into emitted files: `services.vllm-qwen.command[--max-model-len]`.

Keys may hold dots, colons, dashes and brackets, so a pointer is not split: it is matched against what is there.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from dreamc.explain.types import Key

NAMED = ("name", "group_name", "model_name", "id", "path", "target", "tier")
"""Keys by whose value an entry of a list may be called."""


class Step(Struct, frozen=True):
    """A value of a tree, the keys that lead to it, and the option whose value it is, if it is one."""

    keys: tuple[Key, ...]
    value: object
    flag: str = ""


def find(root: object, pointer: str) -> Step | None:
    """The value that `pointer` names; None where there is none. An empty pointer names the whole file."""
    return next(_walk(Step((), root), pointer), None)


def deepest(root: object, pointer: str) -> Step:
    """The last value on the way that exists."""
    for end in range(len(pointer), 0, -1):
        if pointer[end - 1 : end] != "." and (found := find(root, pointer[:end])) is not None:
            return found
    return Step((), root)


def written(root: object, keys: tuple[Key, ...], flag: str = "") -> str:
    """The pointer that `find` turns into these keys, as short as it can be told apart."""
    text, value = "", root
    for position, key in enumerate(keys):
        if isinstance(value, list):
            last = position == len(keys) - 1
            text += f"[{flag if flag and last else _called(value, int(key))}]"
            value = value[int(key)]
        elif isinstance(value, dict):
            text += f".{key}" if text else str(key)
            value = value[key]
    return text


def scalars(root: object) -> Iterator[Step]:
    """Every value that holds no others, in the order of the file; options of command lines under their names."""
    yield from _scalars(Step((), root))


def children(step: Step) -> Iterator[Step]:
    """What stands directly below a value."""
    if isinstance(step.value, dict):
        for key, value in step.value.items():
            yield Step((*step.keys, key), value)
    elif isinstance(step.value, list):
        for index, value in enumerate(step.value):
            yield _entry(step, index, value)


def _scalars(step: Step) -> Iterator[Step]:
    if isinstance(step.value, dict | list):
        for below in children(step):
            yield from _scalars(below)
    else:
        yield step


def _entry(step: Step, index: int, value: object) -> Step:
    """One entry of a list; `--name=value` is the option `--name` with its value."""
    if isinstance(value, str) and value.startswith("--"):
        name, _, given = value.partition("=")
        return Step((*step.keys, index), given or value, name)
    return Step((*step.keys, index), value)


def _walk(step: Step, rest: str) -> Iterator[Step]:
    if not rest:
        yield step
    elif isinstance(step.value, dict):
        yield from _into_mapping(step, step.value, rest)
    elif isinstance(step.value, list) and rest.startswith("["):
        yield from _into_list(step, step.value, rest)


def _into_mapping(step: Step, mapping: dict[str, object], rest: str) -> Iterator[Step]:
    """The longest key first: with `a` and `a.b` both there, `a.b` means the second."""
    rest = rest.removeprefix(".") if step.keys else rest
    for key in sorted(mapping, key=len, reverse=True):
        for spelt in (f'["{key}"]', f"[{key}]", key):
            after = rest.removeprefix(spelt)
            if rest.startswith(spelt) and (not after or after[0] in ".["):
                yield from _walk(Step((*step.keys, key), mapping[key]), after)


def _into_list(step: Step, entries: list[object], rest: str) -> Iterator[Step]:
    for end in (position for position, letter in enumerate(rest) if letter == "]"):
        name = rest[1:end].strip('"')
        for index, value in enumerate(entries):
            if name == str(index) or name in _names(value):
                yield from _walk(_entry(step, index, value), rest[end + 1 :])


def _called(entries: list[object], index: int) -> str:
    """A name that no entry before has, else the number."""
    before = {name for value in entries[:index] for name in (*_names(value),)} | {str(n) for n in range(len(entries))}
    return next((name for name in _names(entries[index]) if name not in before and "]" not in name), str(index))


def _names(value: object) -> tuple[str, ...]:
    """What an entry of a list may be called."""
    if isinstance(value, dict):
        inner = value.get("model_info")
        own = [str(value[key]) for key in NAMED if isinstance(value.get(key), str | int)]
        return tuple(own + ([str(inner["id"])] if isinstance(inner, dict) and "id" in inner else []))
    if isinstance(value, str):
        return (value, value.partition("=")[0]) if value.startswith("--") else (value,)
    return (str(value),) if isinstance(value, int | float) else ()
