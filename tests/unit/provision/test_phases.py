"""What the host script says becomes what a user reads."""

from __future__ import annotations

from functools import reduce

from dreamc.provision.phases import Said, event, heard

LOG = """@check
@begin from=aaa from_mode=local to=bbb to_mode=local
@stop vllm-qwen
some line of docker
@switch
@up
@healthy
@gate chat ok qwen@gpu01.0 210 answers
@gate code failed - 180000 HTTP 500
@failed the gateway does not answer for every alias
@back to=aaa mode=local
@rolled-back
"""


def said(text: str) -> Said:
    return reduce(heard, text.splitlines(), Said())


def test_the_reason_of_a_failure_is_kept() -> None:
    found = said(LOG)
    assert found.failure == "the gateway does not answer for every alias"
    assert found.begun


def test_lines_that_are_no_phases_are_kept_as_a_hint() -> None:
    assert said(LOG).lines == ("some line of docker",)


def test_a_failure_before_the_beginning_is_told_apart() -> None:
    assert not said("@check\n@failed no GPU\n").begun


def test_the_state_of_a_stuck_host_is_told() -> None:
    assert said("@stuck litellm exited\n").state == "litellm exited"


def test_a_gate_that_fails_is_a_warning_and_one_that_passes_is_none() -> None:
    passed, failed = (event("gpu01", line) for line in LOG.splitlines() if line.startswith("@gate"))
    assert passed is not None
    assert failed is not None
    assert (passed.text, passed.warning) == ("chat ok qwen@gpu01.0 210 answers", False)
    assert failed.warning


def test_what_docker_says_is_no_event() -> None:
    assert event("gpu01", "some line of docker") is None
