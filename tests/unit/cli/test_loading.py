"""What is loaded when: an SSH handshake begins before the compiler is read, and takes its time beside it."""

from __future__ import annotations

import gc
import subprocess
import sys

import pytest

from dreamc.cli.loading import load


@pytest.mark.parametrize("verb", ["plan", "apply", "rollback", "mode", "down"])
def test_a_verb_for_hosts_can_connect_before_the_compiler_is_loaded(verb: str) -> None:
    asked = "print([name for name in ('pydantic', 'dreamc.compiler', 'dreamc.spec', 'jinja2') if name in sys.modules])"
    program = f"import sys, dreamc.cli.{verb}, dreamc.provision.connectors.ssh; {asked}"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_garbage_is_collected_again_after_an_import() -> None:
    assert load("dreamc.cli.loading").load is load
    assert gc.isenabled()
    with pytest.raises(ModuleNotFoundError):
        load("dreamc.cli.no_such_verb")
    assert gc.isenabled()
