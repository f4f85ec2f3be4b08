"""Whether a host is well, asked in one round trip of a real host script."""

from __future__ import annotations

import json

import pytest

from dreamc.errors import DreamError
from dreamc.provision.status import HostStatus, ask, read
from tests.unit.provision.installed import Installed


def status(installed: Installed) -> HostStatus:
    session = installed.session()
    try:
        found = ask(session, str(installed.root))
        assert session.execs == 1
        return found
    finally:
        session.close()


def test_a_host_on_which_everything_serves_is_well(installed: Installed) -> None:
    found = status(installed)
    assert (found.healthy, found.problems, found.mode) == (True, (), "hybrid")
    assert [(one.name, one.is_well) for one in found.services] == [("litellm", True), ("ollama", True)]
    assert (found.gateway.answers, found.gpus[0].used >> 20) == (True, 8100)
    assert found.last is not None
    assert found.last.who == "ada@desk"


def test_what_is_not_well_is_named(installed: Installed) -> None:
    installed.change("ollama", state="restarting", health="")
    installed.state["alive"] = False
    installed.change("litellm", health="unhealthy")
    found = status(installed)
    assert not found.healthy
    assert found.problems[:2] == ("litellm is unhealthy", "ollama is restarting")
    assert "the gateway does not answer: connection refused" in found.problems


def test_a_service_without_a_container_is_missed(installed: Installed) -> None:
    installed.state["containers"] = [installed.container("litellm")]
    installed.save()
    assert status(installed).problems == ("ollama is not there",)


def test_docker_that_does_not_answer_is_the_only_problem_that_is_told(installed: Installed) -> None:
    installed.state["down"] = True
    installed.save()
    (problem,) = status(installed).problems
    assert "Docker does not answer" in problem


def test_a_host_to_which_nothing_was_applied_is_not_well(installed: Installed) -> None:
    (installed.root / "current").unlink()
    found = status(installed)
    assert (found.release, found.problems) == ("", ("nothing was applied to it yet",))


def test_a_stack_that_was_stopped_on_purpose_says_so_once(installed: Installed) -> None:
    (installed.root / "down").touch()
    installed.state["containers"] = []
    installed.save()
    assert status(installed).problems == ("it was stopped on purpose",)


def test_an_activation_that_was_cut_off_is_a_problem(installed: Installed) -> None:
    (installed.root / "transaction").write_text("token=t\naction=apply\nphase=up\nfrom_mode=cloud\n")
    found = status(installed)
    assert "an activation was cut off in phase up" in found.problems
    assert found.transaction is not None
    assert found.transaction["from_mode"] == "cloud"


def test_the_values_of_env_are_in_nothing_that_a_status_says(installed: Installed) -> None:
    installed.state["alive"] = False
    installed.save()
    from tests.unit.provision.installed import CANARY

    assert CANARY not in repr(status(installed))


def test_an_answer_that_is_cut_short_is_no_status() -> None:
    with pytest.raises(DreamError, match="cut short"):
        read("== status\n{}\n", "box")


def test_a_script_that_says_something_else_counts_as_none() -> None:
    text = f"== status\nsh: not found\n{json.dumps([1])}\n== journal\n{{torn\n== gpus\nsmi\n== end\n"
    found = read(text, "box")
    assert (found.problems, found.last, found.gpus) == (("nothing was applied to it yet",), None, ())
