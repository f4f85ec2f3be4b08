"""Changes hosts under `hardware:` in the text of a dream.yaml; comments and everything else stay as they are."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from io import StringIO
from typing import Any

from dreamc.diagnostics.types import Source
from dreamc.document.read import read
from dreamc.errors import DreamError

KEY = "hardware"
WIDE = 4096
"""Characters: nothing is wrapped that was not."""


def rewritten(text: str, hosts: Mapping[str, Mapping[str, Any]], name: str) -> str:
    """`text` with these keys of these hosts set; a host that is not there is added.

    DreamError where `text` cannot be changed without touching more than that.
    """
    try:
        found = _spliced(text, hosts)
    except Exception as error:  # ruamel.yaml raises what it likes for a file that is no YAML
        raise _refused(name, hosts) from error
    if _value(found) != _expected(text, hosts):
        raise _refused(name, hosts)
    return found


def _spliced(text: str, hosts: Mapping[str, Mapping[str, Any]]) -> str:
    """Only the lines of hosts that change are taken from what ruamel.yaml writes."""
    for host, keys in hosts.items():
        text = _one(text, host, keys)
    return text


def _one(text: str, host: str, keys: Mapping[str, Any]) -> str:
    yaml = _yaml(text)
    data = yaml.load(text)
    if data.get(KEY) is None:
        return text.rstrip("\n") + f"\n\n{KEY}:\n  {host}: {_flow(keys)}\n"
    is_block = bool(data[KEY]) and not data[KEY].fa.flow_style()
    if is_block and host not in data[KEY]:
        return _added(text, data, host, keys)
    path = (KEY, host) if is_block else (KEY,)
    _set(data[KEY], host, keys)
    out = StringIO()
    yaml.dump(data, out)
    made = out.getvalue()
    (start, end), (first, last) = _lines(text, data, path), _lines(made, _yaml(made).load(made), path)
    old, new = text.splitlines(keepends=True), made.splitlines(keepends=True)
    return "".join((*old[:start], *new[first:last], *old[end:]))


def _added(text: str, data: Any, host: str, keys: Mapping[str, Any]) -> str:
    """Below the last host; what stands between it and the next key is about that key."""
    lines = text.splitlines(keepends=True)
    start, end = _lines(text, data, (KEY,))
    while end > start + 1 and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#")):
        end -= 1
    indent = " " * min(data[KEY].lc.key(name)[1] for name in data[KEY])
    last = lines[end - 1] if lines[end - 1].endswith("\n") else f"{lines[end - 1]}\n"
    return "".join((*lines[: end - 1], last, f"{indent}{host}: {_flow(keys)}\n", *lines[end:]))


def _set(hardware: Any, host: str, keys: Mapping[str, Any]) -> None:
    from ruamel.yaml.comments import CommentedMap

    if not isinstance(hardware.get(host), dict):
        hardware[host] = CommentedMap()
        hardware[host].fa.set_flow_style()
    machine = hardware[host]
    for key, value in keys.items():
        if key in machine or not machine:
            machine[key] = _node(value)
        else:  # before the last key: comments behind that one are about what follows
            machine.insert(len(machine) - 1, key, _node(value))


def _node(value: Any) -> Any:
    from ruamel.yaml.comments import CommentedMap, CommentedSeq
    from ruamel.yaml.scalarstring import SingleQuotedScalarString

    if isinstance(value, dict):
        node = CommentedMap({key: _node(one) for key, one in value.items()})
        node.fa.set_flow_style()
        return node
    if isinstance(value, list):
        series = CommentedSeq([_node(one) for one in value])
        series.fa.set_flow_style()
        return series
    is_number = isinstance(value, str) and value.replace(".", "", 1).isdigit()
    return SingleQuotedScalarString(value) if is_number else value


def _flow(keys: Mapping[str, Any]) -> str:
    out = StringIO()
    _yaml("").dump(_node(dict(keys)), out)
    return out.getvalue().strip()


def _lines(text: str, data: Any, path: tuple[str, ...]) -> tuple[int, int]:
    """First line of the key at `path` and the line behind its value, comments up to the next key included."""
    end = len(text.splitlines())
    start = 0
    for name in path:
        start = data.lc.key(name)[0]
        later = [data.lc.key(other)[0] for other in data if data.lc.key(other)[0] > start]
        end = min((end, *later))
        data = data[name]
    return start, end


def _yaml(text: str) -> Any:
    from ruamel.yaml import YAML
    from ruamel.yaml.util import load_yaml_guess_indent

    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = WIDE
    if text:
        _, indent, offset = load_yaml_guess_indent(text)
        yaml.indent(mapping=2, sequence=indent or 2, offset=offset or 0)
    return yaml


def _expected(text: str, hosts: Mapping[str, Mapping[str, Any]]) -> object:
    value: Any = copy.deepcopy(_value(text))
    if isinstance(value, dict):
        machines = value.get(KEY) or {}
        for host, keys in hosts.items():
            machines[host] = {**(machines.get(host) or {}), **copy.deepcopy(dict(keys))}
        value[KEY] = machines
    return value


def _value(text: str) -> object:
    document, _ = read(Source("dream.yaml", text))
    return document.value if document is not None else None


def _refused(name: str, hosts: Mapping[str, Mapping[str, Any]]) -> DreamError:
    wanted = "; ".join(f"{host}: {_flow(keys)}" for host, keys in hosts.items())
    what = f"{KEY}: in {name} cannot be changed without touching more than that"
    return DreamError(what, "nothing was written", f"write it there yourself: {wanted}")
