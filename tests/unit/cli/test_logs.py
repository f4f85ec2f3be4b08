"""`dreamc logs`: from several hosts, followed, and never with a secret."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time

import pytest

from dreamc.provision.operations.logs import PULSE
from tests.unit.cli.shell import COMMAND
from tests.unit.cli.verbs import run
from tests.unit.provision.installed import CANARY, Installed

Capture = pytest.CaptureFixture[str]


def test_the_log_of_a_service_is_shown_without_what_env_holds(installed: Installed, capsys: Capture) -> None:
    installed.change("ollama", log=f'ready, key {CANARY}\nlines "and" $more\n')
    said = run(capsys, "logs", "ollama", "--tail", "5")
    assert said.code == 0
    assert said.out.splitlines() == ["dream-den-ollama-1  | ready, key ***", "dream-den-ollama-1  | ***"]
    assert "logs --no-color --tail 5 ollama" in installed.calls()


def test_a_group_of_the_host_script_is_known(installed: Installed, capsys: Capture) -> None:
    installed.change("litellm", log="started\n")
    assert "started" in run(capsys, "logs", "gateway").out


def test_a_service_that_no_host_has_is_wrong_usage_and_says_which_there_are(
    installed: Installed, capsys: Capture
) -> None:
    said = run(capsys, "logs", "nope")
    assert said.code == 64
    assert "no service nope in hybrid mode; there are: litellm ollama" in said.err
    assert said.out == ""


def two_hosts(installed: Installed) -> None:
    """A second name for the same machine, as a host of its own."""
    text = installed.file.read_text().replace("models:\n", "  spare: {}\nmodels:\n", 1)
    installed.file.write_text(text)
    hosts = "".join(f"    {name}: {{ansible_connection: local}}\n" for name in ("box", "spare"))
    (installed.folder / "inventory.yaml").write_text(f"all:\n  hosts:\n{hosts}")


def test_several_hosts_have_their_names_in_front(installed: Installed, capsys: Capture) -> None:
    two_hosts(installed)
    installed.change("ollama", log="ready\n")
    said = run(capsys, "logs", "ollama")
    assert sorted(said.out.splitlines()) == [f"{name} | dream-den-ollama-1  | ready" for name in ("box", "spare")]
    assert run(capsys, "logs", "ollama", "--host", "box").out == "dream-den-ollama-1  | ready\n"


def test_a_host_to_which_nothing_was_applied_says_so(installed: Installed, capsys: Capture) -> None:
    (installed.root / "current").unlink()
    said = run(capsys, "logs", "ollama")
    assert (said.code, "nothing was applied" in said.out) == (1, True)


def test_following_ends_when_the_log_does_and_says_nothing_of_its_own(installed: Installed, capsys: Capture) -> None:
    installed.change("ollama", log=f"one\n{CANARY}\n")
    said = run(capsys, "logs", "ollama", "-f")
    assert (said.code, said.out.count("\n")) == (0, 2)
    assert PULSE not in said.out
    assert "***" in said.out
    assert "--tail 100 -f ollama" in installed.calls()


def test_ctrl_c_ends_following_and_nothing_is_left_on_the_host(installed: Installed) -> None:
    (installed.folder / "bin" / "docker").write_text(
        '#!/bin/sh\ncase "$*" in *logs*) echo first; echo $$ >"$FAKE_DOCKER.pid"; exec sleep 300 ;;\n'
        "*version*) echo 2.40.3 ;; esac\n"
    )
    command = [*COMMAND, "logs", "ollama", "-f"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        watchdog = threading.Timer(60, process.kill)
        watchdog.start()
        assert process.stdout.readline() == "first\n"
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
        watchdog.cancel()
    assert process.returncode in (0, 130)
    pid = int((installed.folder / "state.json.pid").read_text())
    assert gone(pid)


def gone(pid: int) -> bool:
    """Within the time in which the host notices that nobody listens."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False
