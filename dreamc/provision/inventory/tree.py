"""The groups and hosts of all parts of an inventory, joined as Ansible joins them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dreamc.diagnostics.nearest import nearest
from dreamc.diagnostics.types import Diagnostic, Path
from dreamc.document.words import describe, quote
from dreamc.provision.inventory.names import names
from dreamc.provision.inventory.parts import Findings, Part
from dreamc.provision.inventory.variables import PORT, Value, read_variable

_KEYS = ("hosts", "vars", "children")
Variables = dict[str, Value]


class Group:
    """A group while it is being read. `beside` are its variables from group_vars, which stand above `variables`."""

    __slots__ = ("beside", "children", "hosts", "name", "variables")

    def __init__(self, name: str) -> None:
        self.name = name
        self.variables: Variables = {}
        self.beside: Variables = {}
        self.children: dict[str, None] = {}
        self.hosts: dict[str, None] = {}


class Tree:
    """What stands in the parts. Groups and hosts are in the order in which they were first written."""

    def __init__(self) -> None:
        self.groups: dict[str, Group] = {"all": Group("all")}
        self.hosts: dict[str, Variables] = {}
        self.beside: dict[str, Variables] = {}
        self.findings = Findings()

    def group(self, name: str) -> Group:
        """The group of that name, made when it is new."""
        return self.groups.setdefault(name, Group(name))


def join(parts: Iterable[Part]) -> Tree:
    """The tree of all parts; a later one wins where two give one variable."""
    tree = Tree()
    for part in parts:
        value = part.document.value
        if not isinstance(value, dict):
            continue
        if part.kind == "groups":
            for name in value:
                _group(tree, part, name, value[name], (name,))
        else:
            beside = tree.group(part.name).beside if part.kind == "group" else tree.beside.setdefault(part.name, {})
            beside.update(_variables(tree, part, value, ()))
    _refuse_circles(tree, parts)
    return tree


def _group(tree: Tree, part: Part, name: str, value: object, path: Path) -> None:
    group = tree.group(name)
    entries = _mapping(tree, part, value, path, "a group")
    for key in entries:
        if key not in _KEYS:
            _stray(tree, part, key, (*path, key))
    here = _mapping(tree, part, entries.get("vars"), (*path, "vars"), "vars")
    group.variables.update(_variables(tree, part, here, (*path, "vars")))
    for host, variables in _members(tree, part, entries, "hosts", path).items():
        _host(tree, part, group, host, variables, (*path, "hosts", host))
    for child, inner in _members(tree, part, entries, "children", path).items():
        group.children[child] = None
        _group(tree, part, child, inner, (*path, "children", child))


def _members(tree: Tree, part: Part, entries: Mapping[str, object], key: str, path: Path) -> Mapping[str, object]:
    value = entries.get(key)
    # Ansible takes one name without a colon as well.
    return {value: None} if isinstance(value, str) else _mapping(tree, part, value, (*path, key), key)


def _host(tree: Tree, part: Part, group: Group, text: str, value: object, path: Path) -> None:
    meant = names(text)
    if meant.problem:
        message = f"{quote(text)} names no hosts: {meant.problem}"
        tree.findings.add(part, Diagnostic("DRM705", path, message, help=_RANGE_HELP, on_key=True))
        return
    variables = _variables(tree, part, _mapping(tree, part, value, path, "a host"), path)
    if meant.port is not None:
        variables = {PORT[0]: meant.port, **variables}
    for host in meant.hosts:
        group.hosts[host] = None
        tree.hosts.setdefault(host, {}).update(variables)


_RANGE_HELP = "write gpu[01:20], gpu-[a:f] or gpu[1:10:2]"


def _mapping(tree: Tree, part: Part, value: object, path: Path, what: str) -> Mapping[str, object]:
    if isinstance(value, dict):
        return value
    if value is not None:
        message = f"{what} must be a mapping; got {describe(value)}"
        help = "write each name on a line of its own, with a colon behind it" if isinstance(value, list) else ""
        label = "expected names with colons" if what in _KEYS else "expected hosts, vars or children"
        label = "expected variables" if what in ("a host", "vars") else label
        help = "write what is here below it, such as ansible_host: 192.0.2.10" if what == "a host" else help
        tree.findings.add(part, Diagnostic("DRM703", path, message, label, help))
    return {}


def _stray(tree: Tree, part: Part, key: str, path: Path) -> None:
    near = nearest(key, _KEYS)
    help = f"did you mean {near}?" if near else "put variables below vars, groups below children"
    message = f"{quote(key)} has no meaning in a group"
    tree.findings.add(part, Diagnostic("DRM704", path, message, "expected hosts, vars or children", help, on_key=True))


def _variables(tree: Tree, part: Part, entries: Mapping[str, object], path: Path) -> Variables:
    found: Variables = {}
    for name, given in entries.items():
        at = (*path, name)
        value, trouble = read_variable(name, given, at in part.encrypted)
        if trouble:
            parts = (trouble.message, trouble.label, trouble.help, trouble.on_key)
            tree.findings.add(part, Diagnostic(trouble.code, at, *parts, secret=trouble.secret))
        if value is not None or given is None:
            found[name] = value
    return found


def _refuse_circles(tree: Tree, parts: Iterable[Part]) -> None:
    """A group that holds itself is taken out of what it holds, so that everything later ends."""
    for group in tree.groups.values():
        for child in tuple(group.children):
            if group.name in descendants(tree, child):
                del group.children[child]
                _circle(tree, parts, group.name, child)


def _circle(tree: Tree, parts: Iterable[Part], group: str, child: str) -> None:
    for part in parts:
        for path in part.document.places:
            if part.kind == "groups" and path[-3:] == (group, "children", child):
                message = f"{quote(child)} holds {quote(group)}, which holds it"
                tree.findings.add(part, Diagnostic("DRM706", path, message, "closes the circle", on_key=True))
                return


def descendants(tree: Tree, name: str) -> tuple[str, ...]:
    """The group and all groups below it, each once."""
    seen: dict[str, None] = {}
    waiting = [name]
    while waiting:
        one = waiting.pop()
        if one not in seen:
            seen[one] = None
            waiting += tree.groups[one].children
    return tuple(seen)
