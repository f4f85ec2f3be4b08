"""What is loaded when: an SSH handshake begins before the compiler is read, and takes its time beside it."""

from __future__ import annotations

import gc
import subprocess
import sys
from typing import Any

import pytest

from dreamc.cli import compiled, hosts
from dreamc.cli.loading import load
from dreamc.provision.session import Session, open_session
from tests.unit.cli.verbs import run
from tests.unit.provision.installed import Installed

VERBS = ("plan", "apply", "rollback", "mode", "down", "status", "drift", "doctor", "logs", "history", "models")
UNCHANGED = """
import sys
from dreamc.cli import main
try:
    main(sys.argv[1:])
except SystemExit as stop:
    assert not stop.code, stop.code
heavy = "pydantic pydantic_core jinja2 rich dreamc.compiler dreamc.spec dreamc.stack dreamc.backends dreamc.hub"
further = "concurrent.futures logging tarfile secrets dreamc.provision.apply dreamc.supply.supply"
print([name for name in (heavy + " " + further).split() if name in sys.modules])
"""


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_for_hosts_can_connect_before_the_compiler_is_loaded(verb: str) -> None:
    asked = "print([name for name in ('pydantic', 'dreamc.compiler', 'dreamc.spec', 'jinja2') if name in sys.modules])"
    program = f"import sys, dreamc.cli.{verb}, dreamc.provision.connectors.ssh; {asked}"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("words", [("apply", "-y"), ("plan",)], ids=["apply", "plan"])
def test_where_nothing_has_changed_neither_the_compiler_nor_what_carries_out_is_loaded(
    installed: Installed, words: tuple[str, ...]
) -> None:
    command = [sys.executable, "-c", UNCHANGED, *words]
    first, second = (subprocess.run(command, capture_output=True, text=True, check=True).stdout for _ in range(2))
    assert "dreamc.compiler" in first.splitlines()[-1]
    assert second.splitlines()[-1] == "[]"
    assert first.splitlines()[:-1] == second.splitlines()[:-1]
    assert installed.calls().count("ps -a") == 2


def test_connecting_is_begun_before_anything_is_compiled(
    installed: Installed, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    order: list[str] = []
    opening, compiling = open_session, compiled.compiled

    def opened(*given: Any, **more: Any) -> Session:
        order.append("connect")
        return opening(*given, **more)

    def made(*given: Any) -> compiled.Compiled:
        order.append("compile")
        return compiling(*given)

    monkeypatch.setattr(hosts, "open_session", opened)
    monkeypatch.setattr(compiled, "compiled", made)
    assert run(capsys, "apply", "-y").code == 0
    assert order == ["connect", "compile"]


def test_garbage_is_collected_again_after_an_import() -> None:
    assert load("dreamc.cli.loading").load is load
    assert gc.isenabled()
    with pytest.raises(ModuleNotFoundError):
        load("dreamc.cli.no_such_verb")
    assert gc.isenabled()
