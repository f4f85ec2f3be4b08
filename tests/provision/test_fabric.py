"""The same steps through fabric and paramiko, against the same sshd and against a server that takes passwords."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from dreamc.provision.session import Answer, Connected, Step, open_session
from dreamc.provision.types import Address
from dreamc.provision.unreachable import Lost, Unreachable
from tests.provision.password_server import PASSWORD, PasswordServer
from tests.sshd import Server, free_port, make_key

MEGABYTE = 1 << 20
NO_HOST = "x" * 64 + ".invalid"  # a label too long for any resolver: it is refused without asking one


class Asked:
    """Answers every question with one password, and remembers what was asked."""

    def __init__(self, answer: str | None) -> None:
        self.answer = answer
        self.questions: list[tuple[str, str, str]] = []

    def password(self, host: str, user: str, purpose: str) -> str | None:
        self.questions.append((host, user, purpose))
        return self.answer


def through_fabric(address: Address) -> Address:
    return replace(address, transport="fabric")


@pytest.fixture
def box(server: Server) -> Iterator[Connected]:
    session = Connected(through_fabric(server.address()), say=lambda text: None)
    yield session
    session.close()


def why(address: Address) -> Unreachable:
    session = open_session(through_fabric(address), say=lambda text: None)
    with pytest.raises(Unreachable) as caught:
        session.run(Step("hello", "echo hello"))
    session.close()
    return caught.value


def test_steps_answer_as_through_openssh(box: Connected) -> None:
    assert box.run(Step("a", "echo out; echo err >&2; exit 3")) == Answer(3, "out\n", "err\n")
    lines: list[str] = []
    assert box.run(Step("b", "echo 1; echo 2"), on_line=lines.append).code == 0
    assert lines == ["1", "2"]
    assert box.execs == 1


def test_megabytes_go_both_ways_at_once(box: Connected) -> None:
    chunk = os.urandom(MEGABYTE)
    script = f"head -c {8 * MEGABYTE} /dev/zero & wc -c >&2; wait"
    answer = box.run(Step("both", script, 8 * MEGABYTE), (chunk for _ in range(8)))
    assert (answer.code, len(answer.out), answer.err.strip()) == (0, 8 * MEGABYTE, str(8 * MEGABYTE))


def test_bytes_come_back_as_they_are(box: Connected) -> None:
    data, got = os.urandom(3 * MEGABYTE), bytearray()
    assert box.read(Step("a", "cat; exit 3", len(data)), got.extend, (data,)) == Answer(3, "", "")
    assert got == data


def test_a_key_exchange_that_is_not_post_quantum_is_said(shared_server: Server) -> None:
    server = Server("KexAlgorithms curve25519-sha256,curve25519-sha256@libssh.org\n")
    said: list[str] = []
    session = open_session(through_fabric(server.address()), say=said.append)
    assert session.run(Step("a", "echo here")).out == "here\n"
    session.close()
    server.remove()
    assert len(said) == 1
    assert "curve25519" in said[0]
    assert "not post-quantum" in said[0]


def test_host_keys_are_checked_whatever_the_configuration_says(server: Server, tmp_path: Path) -> None:
    server.know(make_key(tmp_path / "other"))
    assert why(server.address("-o", "StrictHostKeyChecking=no")).reason == "key-changed"
    server.known_hosts.write_text("")
    assert why(server.address("-o", "StrictHostKeyChecking=accept-new")).reason == "key-unknown"
    assert server.known_hosts.read_text() == ""


def test_what_is_wrong_is_said_in_the_same_words(server: Server, tmp_path: Path) -> None:
    port = free_port()
    assert f"127.0.0.1 port {port} refuses connections" in why(server.address(port=port)).what
    assert why(Address("box", NO_HOST, options=("-F", "none"))).reason == "unknown-host"
    assert why(server.address(key=make_key(tmp_path / "stranger"))).reason == "denied"


def test_a_jump_host_works_and_its_key_is_checked_too(server: Server, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text(
        f"Host jump\n  HostName localhost\n  Port {server.port}\nHost *\n  IdentityFile {server.key}\n"
        f"  UserKnownHostsFile {server.known_hosts}\n"
    )
    known = server.known_hosts.read_text()
    server.known_hosts.write_text(known + known.replace("127.0.0.1", "localhost"))
    address = Address("box", "127.0.0.1", "fabric", port=server.port, options=("-F", str(config), "-J", "jump"))
    before = server.logins()
    session = open_session(address, say=lambda text: None)
    assert session.run(Step("hop", "echo there")).out == "there\n"
    session.close()
    assert server.logins() == before + 2
    server.known_hosts.write_text(known)
    assert why(address).reason == "key-unknown"


def test_the_user_s_own_proxy_command_is_used(server: Server, tmp_path: Path) -> None:
    relay = tmp_path / "relay"
    relay.write_text(f"exec 3<>/dev/tcp/127.0.0.1/{server.port}; cat <&3 & cat >&3; wait\n")
    session = open_session(through_fabric(server.address("-o", f"ProxyCommand=bash {relay}")), say=lambda text: None)
    assert session.run(Step("through", "echo there")).out == "there\n"
    session.close()


def test_a_lost_connection_is_told_and_made_again(shared_server: Server) -> None:
    server = Server()
    session = Connected(through_fabric(server.address()), say=lambda text: None)
    with pytest.raises(Lost, match="lost during upload"):
        session.run(Step("upload", "echo begun; sleep 30"), on_line=lambda line: server.cut(), timeout=30)
    assert session.run(Step("follow", "echo here")).out == "here\n"
    assert session.execs == 2
    session.close()
    server.remove()


@pytest.fixture
def passwords(tmp_path: Path) -> Iterator[PasswordServer]:
    server = PasswordServer(tmp_path)
    yield server
    server.stop()


def test_a_password_is_asked_where_keys_are_refused(passwords: PasswordServer) -> None:
    asked = Asked(PASSWORD)
    session = Connected(passwords.address(), asked, keep=False, say=lambda text: None)
    assert session.run(Step("a", "echo here")).out == "here\n"
    assert session.run(Step("b", "wc -c", 3), (b"abc",)).out.strip() == "3"
    session.close()
    assert asked.questions == [("box", "dream", "login")]
    assert session.execs == 2


def test_a_wrong_password_and_nobody_to_ask_are_refused(passwords: PasswordServer) -> None:
    session = open_session(passwords.address(), Asked("wrong"), keep=False, say=lambda text: None)
    with pytest.raises(Unreachable, match="may not log in with that password"):
        session.run(Step("a", "echo here"))
    session.close()
    session = open_session(passwords.address(), keep=False)
    with pytest.raises(Unreachable, match="on a terminal with --ask-pass"):
        session.run(Step("a", "echo here"))
    session.close()
