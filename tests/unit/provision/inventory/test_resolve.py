"""Whose variable counts, and what it says about the connection."""

from __future__ import annotations

from pathlib import Path

from dreamc.provision.inventory.files import Inventory, read_inventory
from dreamc.provision.types import Address


def inventory(folder: Path, **files: str) -> Inventory:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    found, findings = read_inventory([folder])
    assert findings == ()
    return found


def users(found: Inventory) -> dict[str, str]:
    return {address.name: address.user for address in found.addresses}


def test_the_example_inventory_reads_as_it_says(root: Path) -> None:
    found, findings = read_inventory([root / "inventories" / "example.yaml"])
    assert findings == ()
    by_name = {address.name: address for address in found.addresses}
    assert list(by_name) == ["gpu01", "desk", "den", "box", "h200-a", "h200-b"]
    assert by_name["gpu01"] == Address("gpu01", "192.0.2.10", "ssh", "dream", 22, groups=("workstations",))
    assert by_name["den"].transport == "local"
    assert by_name["box"].key == "~/.ssh/id_ed25519"
    assert by_name["h200-b"].options == ("-o", "ProxyJump=jump@bastion.example.com")
    assert (by_name["h200-b"].host, by_name["h200-b"].groups) == ("h200-b", ("datacentre",))


def test_a_child_wins_over_its_parent_and_a_host_over_both(tmp_path: Path) -> None:
    found = inventory(tmp_path, a="""
all:
  vars: {ansible_user: everyone}
  hosts: {alone: }
  children:
    east:
      vars: {ansible_user: east}
      hosts: {east1: }
      children:
        racks:
          vars: {ansible_user: racks}
          hosts: {rack1: , rack2: {ansible_user: own}}
""")  # fmt: skip
    assert users(found) == {"alone": "everyone", "east1": "east", "rack1": "racks", "rack2": "own"}
    assert found.addresses[2].groups == ("east", "racks")


def test_among_siblings_the_alphabet_decides_unless_a_priority_does(tmp_path: Path) -> None:
    text = """
all:
  children:
    zebra: {vars: {ansible_user: zebra}, hosts: {h: }}
    apple: {vars: {ansible_user: apple%s}, hosts: {h: }}
"""
    assert users(inventory(tmp_path, a=text % "")) == {"h": "zebra"}
    assert users(inventory(tmp_path, a=text % ", ansible_group_priority: 10")) == {"h": "apple"}


def test_a_deeper_group_wins_whatever_its_name(tmp_path: Path) -> None:
    found = inventory(tmp_path, a="""
all:
  children:
    zebra: {vars: {ansible_user: zebra}, hosts: {h: }}
    mid: {children: {apple: }}
    apple: {vars: {ansible_user: apple}, hosts: {h: }}
""")  # fmt: skip
    assert users(found) == {"h": "apple"}


def test_files_are_joined_and_the_later_one_wins(tmp_path: Path) -> None:
    one = "all: {vars: {ansible_user: first, ansible_port: 22}, hosts: {h: , i: }}\n"
    found = inventory(tmp_path, a=one, b="all: {vars: {ansible_user: second}, hosts: {h: {ansible_port: 2222}}}\n")
    assert users(found) == {"h": "second", "i": "second"}
    assert [address.port for address in found.addresses] == [2222, 22]


def test_a_null_takes_back_what_a_parent_said(tmp_path: Path) -> None:
    text = "all: {vars: {ansible_user: dream}, hosts: {h: {ansible_user: null}}}\n"
    assert users(inventory(tmp_path, a=text)) == {"h": ""}


def test_group_vars_and_host_vars_beside_the_inventory_count(tmp_path: Path) -> None:
    for folder, name, text in (
        ("group_vars", "all.yml", "ansible_user: all-vars\n"),
        ("group_vars/racks", "main.yml", "ansible_user: racks-vars\nanything: [1]\n"),
        ("group_vars/racks", "empty.yml", "---\n"),
        ("host_vars", "r2.yaml", "ansible_user: host-vars\n"),
    ):
        (tmp_path / folder).mkdir(exist_ok=True, parents=True)
        (tmp_path / folder / name).write_text("" if "empty" in name else text)
    racks = "{vars: {ansible_user: inline}, hosts: {r1: , r2: {ansible_user: own}}}"
    text = f"all: {{children: {{racks: {racks}}}, hosts: {{h: }}}}\n"
    assert users(inventory(tmp_path, hosts=text)) == {"r1": "racks-vars", "r2": "host-vars", "h": "all-vars"}
    found, findings = read_inventory([tmp_path / "hosts.yaml"])
    assert (users(found), findings) == ({"r1": "racks-vars", "r2": "host-vars", "h": "all-vars"}, ())


def test_every_connection_variable_reaches_the_address(tmp_path: Path) -> None:
    found = inventory(tmp_path, a="""
all:
  hosts:
    a:
      ansible_ssh_host: 192.0.2.1
      ansible_ssh_user: root
      ansible_ssh_port: "2222"
      ansible_private_key_file: /keys/a key
      ansible_ssh_args: -C
      ansible_ssh_common_args: -o 'ProxyCommand=nc %h %p'
      ansible_ssh_extra_args: -4
      ansible_become: yes
      ansible_become_user: root
      ansible_become_method: ansible.builtin.sudo
    b: {ansible_connection: paramiko_ssh, ansible_become: false}
    c: {ansible_connection: ansible.builtin.ssh}
    "[2001:db8::1]:2200": {}
    d:2201: {}
""")  # fmt: skip
    a, b, c, six, d = found.addresses
    options = ("-C", "-o", "ProxyCommand=nc %h %p", "-4")
    assert a == Address("a", "192.0.2.1", "ssh", "root", 2222, "/keys/a key", options, become=True)
    assert (b.transport, b.become, c.transport) == ("fabric", False, "ssh")
    assert (six.host, six.port, d.host, d.port) == ("2001:db8::1", 2200, "d", 2201)


def test_values_that_only_ansible_reads_do_not_stand_in_the_way(tmp_path: Path) -> None:
    text = "all: {hosts: {h: {note: !unsafe '{{ x }}', list: [1, {a: b}], ansible_python_interpreter: auto}}}\n"
    assert users(inventory(tmp_path, a=text)) == {"h": ""}


def test_one_name_without_a_colon_is_taken_as_ansible_takes_it(tmp_path: Path) -> None:
    assert users(inventory(tmp_path, a="all: {hosts: h, children: {racks: {hosts: r}}}\n")) == {"h": "", "r": ""}


def test_a_missing_file_is_said_with_what_to_do(tmp_path: Path) -> None:
    found, (finding,) = read_inventory([tmp_path / "none.yaml"])
    assert found.addresses == ()
    assert (finding.code, finding.help) == ("DRM001", "name a file or a directory with -i")


def test_a_syntax_error_points_into_its_own_file(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("all:\n  hosts:\n    h:\n")
    (tmp_path / "b.yaml").write_text("all:\n\thosts:\n")
    found, (finding,) = read_inventory([tmp_path], first=3)
    assert finding.span is not None
    assert found.document.sources[finding.span.source].name == (tmp_path / "b.yaml").as_posix()
    assert (finding.span.start_line, finding.span.source) == (2, 4)


def test_ten_thousand_hosts_are_read(tmp_path: Path) -> None:
    found = inventory(
        tmp_path,
        a="all: {children: {a: {hosts: {'g[0:9998]': }}, b: {vars: {ansible_user: u}, hosts: {'g[0:9998]': }}}}\n",
    )
    assert len(found.addresses) == 9999
    assert {address.user for address in found.addresses} == {"u"}
