"""Sessions on this machine, and the ways of becoming root."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dreamc.provision.session import Answer, Connected, Step, open_session
from dreamc.provision.types import Address
from dreamc.provision.unreachable import Unreachable

HERE = Address("here", "here", "local")
ROOT = Address("here", "here", "local", become=True)
PASSWORD = "it's \\ $secret"

# What sudo 1.9 does, in few words: -n refuses, -S reads a line and asks again after a wrong one.
SUDO = """#!/bin/sh
echo "$*" >>{folder}/calls
case {rule} in
free) shift ;;
refused) echo "nobody is not in the sudoers file." >&2; exit 1 ;;
*)
    if [ "$1" = -n ]; then echo "sudo: a password is required" >&2; exit 1; fi
    while IFS= read -r line; do
        if [ "$line" = '{password}' ]; then shift 4; exec env AS_ROOT=yes "$@"; fi
        echo "Sorry, try again." >&2
    done
    exit 1 ;;
esac
shift
exec env AS_ROOT=yes "$@"
"""


class Asked:
    def __init__(self, answer: str | None) -> None:
        self.answer = answer
        self.questions: list[tuple[str, str, str]] = []

    def password(self, host: str, user: str, purpose: str) -> str | None:
        self.questions.append((host, user, purpose))
        return self.answer


def stub(folder: Path, monkeypatch: pytest.MonkeyPatch, rule: str) -> None:
    """Makes us someone who is not root, on a machine with a sudo of this kind."""
    sudo, who = folder / "sudo", folder / "id"
    sudo.write_text(SUDO.format(folder=folder, rule=rule, password=PASSWORD.replace("'", "'\\''")))
    who.write_text("#!/bin/sh\necho 1000\n")
    for file in (sudo, who):
        file.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


AS_ROOT = Step("who", "echo root: $AS_ROOT; wc -c", 3)


def test_this_machine_is_a_host_like_any_other() -> None:
    session = Connected(HERE)
    assert session.run(Step("a", "echo out; echo err >&2; exit 3")) == Answer(3, "out\n", "err\n")
    assert session.run(Step("b", "cat", 3), (b"ab", b"c")).out == "abc"
    assert session.execs == 1
    session.close()


def test_output_that_is_not_utf8_is_no_traceback() -> None:
    session = open_session(HERE)
    assert session.run(Step("a", r"printf '\377\303'")).out == "\ufffd\ufffd"
    session.close()


def test_a_session_that_was_never_used_can_be_closed() -> None:
    open_session(HERE).close()


def test_sudo_without_a_password_asks_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stub(tmp_path, monkeypatch, "free")
    asked = Asked(PASSWORD)
    session = Connected(ROOT, asked)
    assert session.run(AS_ROOT, (b"abc",)).out.split() == ["root:", "yes", "3"]
    session.close()
    assert (asked.questions, session.execs) == ([], 1)


def test_a_sudo_password_is_asked_once_and_goes_over_stdin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stub(tmp_path, monkeypatch, "password")
    asked = Asked(PASSWORD)
    session = Connected(ROOT, asked)
    for _ in range(2):
        assert session.run(AS_ROOT, iter((b"abc",))).out.split() == ["root:", "yes", "3"]
    session.close()
    assert asked.questions == [("here", "", "sudo")]
    assert session.execs == 2
    assert PASSWORD not in (tmp_path / "calls").read_text()


@pytest.mark.parametrize(
    ("rule", "answer", "reason"),
    [("password", None, "sudo-password"), ("password", "wrong", "sudo-refused"), ("refused", "any", "sudo-refused")],
)
def test_sudo_that_refuses_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rule: str, answer: str | None, reason: str
) -> None:
    stub(tmp_path, monkeypatch, rule)
    session = open_session(ROOT, Asked(answer))
    with pytest.raises(Unreachable) as caught:
        session.run(AS_ROOT, (b"abc",))
    session.close()
    assert caught.value.reason == reason
    assert "wrong" not in str(caught.value)


def test_root_needs_no_sudo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stub(tmp_path, monkeypatch, "refused")
    (tmp_path / "id").write_text("#!/bin/sh\necho 0\n")
    session = open_session(ROOT)
    assert session.run(Step("a", "echo here")).out == "here\n"
    session.close()
    assert not (tmp_path / "calls").exists()


def test_bytes_of_any_kind_come_back_as_they_are_and_the_session_goes_on() -> None:
    session, got = open_session(HERE), bytearray()
    step = Step("a", "cat; echo err >&2; exit 3", 70_000)
    wanted = bytes(range(256)) * 273 + b"\n\n" + b"\0" * 110
    assert session.read(step, got.extend, (wanted,)) == Answer(3, "", "err\n")
    assert bytes(got) == wanted
    assert session.run(Step("b", "echo after")).out == "after\n"
    assert session.execs == 1
    session.close()


def test_who_takes_no_more_bytes_ends_the_connection_and_the_next_step_makes_another() -> None:
    class Enough(Exception):
        pass

    def take(data: bytes) -> None:
        raise Enough

    session = open_session(HERE)
    with pytest.raises(Enough):
        session.read(Step("a", "cat /dev/zero"), take)
    assert session.run(Step("b", "echo after")).out == "after\n"
    assert session.execs == 2
    session.close()
