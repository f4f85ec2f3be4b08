"""The words of the ssh command, and where open connections are kept."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from dreamc.provision.connectors.ssh import LONGEST_DIRECTORY, command_line, socket_directory
from dreamc.provision.types import Address

BOX = Address("box", "192.0.2.7", "ssh", "dream", 2222, "/keys/id", ("-J", "bastion"))


@pytest.fixture
def short() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="d", dir="/tmp") as folder:
        yield Path(folder)


def settings(words: tuple[str, ...]) -> dict[str, str]:
    """What ssh itself makes of the command."""
    done = subprocess.run([words[0], "-G", *words[1:]], capture_output=True, text=True, check=True)
    return {line.split(" ", 1)[0]: line.split(" ", 1)[1] for line in done.stdout.splitlines() if " " in line}


@pytest.mark.parametrize("kept", [True, False])
def test_ssh_understands_what_is_meant(short: Path, kept: bool) -> None:
    found = settings(command_line(BOX, "true", short if kept else None))
    assert (found["hostname"], found["port"], found["user"]) == ("192.0.2.7", "2222", "dream")
    assert (found["proxyjump"], found["batchmode"], found["requesttty"]) == ("bastion", "yes", "false")
    assert (found["connecttimeout"], found["serveraliveinterval"], found["serveralivecountmax"]) == ("10", "15", "4")
    assert found["stricthostkeychecking"] not in ("no", "off", "false", "accept-new")
    assert found["clearallforwardings"] == "yes"
    if kept:
        assert (found["controlmaster"], found["controlpersist"]) == ("auto", "60")
        assert found["controlpath"].startswith(f"{short}/")
    else:
        assert found["controlmaster"] == "false"


def test_the_key_exchange_and_the_ciphers_are_ssh_s_own(short: Path) -> None:
    kinds = ("kexalgorithms", "ciphers", "macs", "hostkeyalgorithms", "pubkeyacceptedalgorithms")
    own = settings(("ssh", "-F", "none", "192.0.2.7"))
    for directory in (short, None):
        words = command_line(BOX, "true", directory)
        asked = " ".join(word for word in words if word != str(short)).lower()
        assert not any(kind in asked for kind in kinds)
        assert not {"-c", "-m"}.intersection(words)
        found = settings(words)
        assert [found.get(kind) for kind in kinds] == [own.get(kind) for kind in kinds]


def test_what_the_user_configured_wins_over_our_defaults(short: Path) -> None:
    config = short / "config"
    config.write_text("Host 192.0.2.*\n  ConnectTimeout 3\n  ControlPath /somewhere/%C\n  ServerAliveInterval 5\n")
    config.chmod(0o664)
    found = settings(command_line(Address("box", "192.0.2.7", options=("-F", str(config))), "true", short))
    assert (found["connecttimeout"], found["serveraliveinterval"], found["serveralivecountmax"]) == ("3", "5", "4")
    assert found["controlpath"].startswith("/somewhere/")


def test_a_host_that_looks_like_an_option_is_a_host(short: Path) -> None:
    words = command_line(Address("box", "-oProxyCommand=touch /tmp/x"), "true", short)
    assert words[words.index("--") + 1] == "-oProxyCommand=touch /tmp/x"


def test_a_configuration_that_is_missing_is_left_to_ssh_to_tell(short: Path) -> None:
    words = command_line(Address("box", "box", options=("-F", "/no/such/file")), "true", short)
    done = subprocess.run([*words[:-2], words[-2], "true"], capture_output=True, text=True, check=False)
    assert "/no/such/file" in done.stderr


def test_the_directory_is_this_user_s_alone(short: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(short))
    monkeypatch.delenv("HOME")
    assert socket_directory() == short / "dreamc"
    assert (short / "dreamc").stat().st_mode & 0o777 == 0o700
    (short / "dreamc").chmod(0o755)
    assert socket_directory() is None
    (short / "dreamc").rmdir()
    (short / "dreamc").symlink_to("/tmp")
    assert socket_directory() is None


def test_a_path_too_long_for_a_socket_is_not_used(short: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = short / ("x" * LONGEST_DIRECTORY)
    deep.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(deep))
    monkeypatch.setenv("HOME", str(short))
    assert socket_directory() == short / ".cache" / "dreamc" / "ssh"
    monkeypatch.setenv("HOME", str(deep))
    assert socket_directory() is None
