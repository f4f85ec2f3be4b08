"""Ranges as Ansible expands them."""

from __future__ import annotations

import pytest

from dreamc.provision.inventory.names import names


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("gpu[01:03]", ("gpu01", "gpu02", "gpu03")),
        ("gpu[8:11]", ("gpu8", "gpu9", "gpu10", "gpu11")),
        ("gpu[008:010].example.com", ("gpu008.example.com", "gpu009.example.com", "gpu010.example.com")),
        ("h-[a:c]", ("h-a", "h-b", "h-c")),
        ("h-[y:B]", ("h-y", "h-z", "h-A", "h-B")),
        ("g[1:10:4]", ("g1", "g5", "g9")),
        ("g[:2]", ("g0", "g1", "g2")),
        ("r[1:2]-[a:b]", ("r1-a", "r1-b", "r2-a", "r2-b")),
        ("192.0.2.[9:10]", ("192.0.2.9", "192.0.2.10")),
        ("plain", ("plain",)),
        ("2001:db8::1", ("2001:db8::1",)),
        ("[2001:db8::1]", ("2001:db8::1",)),
        ("fe80::1%eth0", ("fe80::1%eth0",)),
    ],
)
def test_a_name_stands_for_its_hosts(text: str, hosts: tuple[str, ...]) -> None:
    found = names(text)
    assert (found.hosts, found.port, found.problem) == (hosts, None, "")


@pytest.mark.parametrize(
    ("text", "host"), [("g:22", "g"), ("g[1:2]:22", "g1"), ("[::1]:22", "::1"), ("1.2.3.4:22", "1.2.3.4")]
)
def test_a_port_may_stand_behind(text: str, host: str) -> None:
    found = names(text)
    assert (found.hosts[0], found.port, found.problem) == (host, 22, "")


@pytest.mark.parametrize(
    "text", ["g[2:1]", "g[b:a]", "g[1-2]", "g[01:1]", "g[1:2", "g]", "g[]", "-oX=y", "a b", "a;b", "g:0", "g:"]
)
def test_what_is_no_name_is_told(text: str) -> None:
    found = names(text)
    assert found.hosts == ()
    assert found.problem
