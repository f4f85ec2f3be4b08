"""How often a host is asked: one connection and one exec for a whole apply, and one step where nothing changes.

Counted twice: by the session itself, and in the log of a real sshd.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from dreamc.cli import main
from dreamc.provision.link import Link, Pending
from dreamc.provision.session import open_session
from dreamc.provision.survey import Secrets, Wish, survey
from tests.provision.behind_ssh import behind_ssh
from tests.sshd import SSHD, Server
from tests.unit.provision.installed import Installed, install

NOW = 1795180000.0


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sockets: Path) -> Installed:
    """An applied release, all of it well; what the server of `box` finds."""
    return install(tmp_path, monkeypatch)


@pytest.fixture
def box(installed: Installed) -> Iterator[Server]:
    """The host behind a server, and an inventory that leads to it."""
    if SSHD is None:
        pytest.skip("there is no sshd on this machine: install openssh-server")
    server = behind_ssh(installed)
    yield server
    server.remove()


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the steps that are run, in order."""
    names: list[str] = []
    run = Link.run

    def noted(link: Link, step: Pending) -> tuple[int, bytes, bytes]:
        names.append(step.name)
        return run(link, step)

    monkeypatch.setattr(Link, "run", noted)
    return names


def execs(server: Server) -> int:
    """Commands that clients asked the server to run."""
    return len(re.findall("Starting session: (?:forced-)?command", server.log.read_text(errors="replace")))


def apply(*words: str) -> int:
    """`dreamc apply`, and its exit code."""
    with pytest.raises(SystemExit) as stop:
        main(["apply", "-y", "--no-keep", *words])
    assert isinstance(stop.value.code, int)
    return stop.value.code


def test_an_apply_that_changes_nothing_is_one_login_one_exec_and_one_step(
    box: Server, steps: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    logins = box.logins()
    assert apply() == 0
    assert capsys.readouterr().out == "nothing to do on 1 host\n"
    assert steps == ["gather"]
    assert (box.logins() - logins, execs(box)) == (1, 1)


def test_an_apply_that_changes_a_file_still_is_one_login_and_one_exec(
    box: Server, steps: list[str], installed: Installed
) -> None:
    installed.file.write_text(installed.file.read_text().replace("timeout: 20s", "timeout: 25s"))
    logins = box.logins()
    apply()
    assert steps[:9] == ["gather", "texts", "base", "lock", "gather", "upload", "secrets", "activate", "follow"]
    assert len(steps) <= 12
    assert (box.logins() - logins, execs(box)) == (1, 1)


def test_the_session_counts_as_the_server_does(box: Server, steps: list[str], installed: Installed) -> None:
    secrets = Secrets({}, {}, str)
    with_release = Wish(str(installed.root), installed.release.project, mode="hybrid")
    session = open_session(box.address(), keep=False)
    survey(session, with_release, secrets, NOW)
    session.close()
    assert (session.execs, execs(box)) == (1, 1)
    assert steps == ["gather", "texts", "gather"]
