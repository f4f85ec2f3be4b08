"""From groups and hosts to addresses: whose variable counts, and what it says about the connection."""

from __future__ import annotations

from dreamc.provision.inventory import variables as v
from dreamc.provision.inventory.tree import Tree, Variables, descendants
from dreamc.provision.types import Address


def addresses(tree: Tree) -> tuple[Address, ...]:
    """One address per host, in the order of the inventory."""
    depths = _depths(tree)
    members = {name: _members(tree, name) for name in tree.groups}
    order = sorted(tree.groups, key=lambda name: (depths[name], _priority(tree, name), name))
    return tuple(_address(tree, host, [name for name in order if host in members[name]]) for host in tree.hosts)


def _members(tree: Tree, name: str) -> frozenset[str]:
    if name == "all":
        return frozenset(tree.hosts)
    return frozenset(host for one in descendants(tree, name) for host in tree.groups[one].hosts)


def _depths(tree: Tree) -> dict[str, int]:
    """How far each group is from `all`, along the longest way."""
    depths = {name: 0 if name == "all" else 1 for name in tree.groups}
    waiting = list(tree.groups)
    while waiting:
        name = waiting.pop()
        for child in tree.groups[name].children:
            if depths[child] <= depths[name]:
                depths[child] = depths[name] + 1
                waiting.append(child)
    return depths


def _priority(tree: Tree, name: str) -> int:
    value = tree.groups[name].variables.get(v.PRIORITY)
    return value if isinstance(value, int) else 1


def _merged(tree: Tree, host: str, groups: list[str]) -> Variables:
    """Child over parent, host over group, and what stands in group_vars over what stands in the inventory.

    Order of Ansible: lib/ansible/vars/manager.py (VARIABLE_PRECEDENCE) and lib/ansible/inventory/group.py (depth,
    priority, name).
    """
    found: Variables = {}
    for name in groups:
        found.update(tree.groups[name].variables)
    for name in groups:
        found.update(tree.groups[name].beside)
    found.update(tree.hosts[host])
    found.update(tree.beside.get(host, {}))
    return found


def _address(tree: Tree, host: str, groups: list[str]) -> Address:
    given = _merged(tree, host, groups)
    port = _last(given, v.PORT)
    transport = given.get(v.CONNECTION)
    options = tuple(word for name in v.OPTIONS for word in _list(given.get(name)))
    return Address(
        name=host,
        host=str(_last(given, v.HOST) or host),
        transport=transport if transport in ("fabric", "local") else "ssh",  # type: ignore[arg-type]
        user=str(_last(given, v.USER) or ""),
        port=port if isinstance(port, int) else None,
        key=str(_last(given, v.KEY) or ""),
        options=options,
        become=given.get(v.BECOME) is True,
        groups=tuple(sorted(name for name in groups if name != "all")),
    )


def _last(given: Variables, names: tuple[str, ...]) -> object:
    """Of a variable's names the last one that is set counts, as in Ansible's own connection plug-ins."""
    values = [given[name] for name in names if given.get(name) is not None]
    return values[-1] if values else None


def _list(value: object) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else ()
