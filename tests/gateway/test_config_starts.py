"""Every example in every mode, compiled, started as a real gateway, asked, and broken."""

from __future__ import annotations

import pytest

from dreamc.errors import DreamError
from dreamc.gateway.ask import Gate, ask, fetch, models
from dreamc.gateway.bundle import Compiled
from dreamc.gateway.reach import deployments
from dreamc.gateway.upstream import Upstream
from tests.gateway.chains import Served, next_in_line

pytestmark = pytest.mark.gateway


def test_the_models_listed_are_the_aliases_and_nothing_else(compiled: Compiled, served: Served) -> None:
    assert sorted(models(served.gate)) == sorted(compiled.aliases)


def test_every_alias_answers(compiled: Compiled, served: Served, upstream: Upstream) -> None:
    for alias in compiled.aliases:
        reply = served.ask(alias)
        assert reply.text
        assert reply.attempts == 1
        assert served.name_of(reply.deployment) in served.chain(reply.group)


def test_the_next_member_answers_when_the_first_is_down(compiled: Compiled, served: Served, upstream: Upstream) -> None:
    tired: set[str] = set()
    for alias in compiled.aliases:
        if len(served.chain(served.ask(alias).group)) == 1:
            continue
        first, second, allowed = next_in_line(served, alias, tired)
        assert first != second
        assert second in allowed


def test_names_inside_the_gateway_are_refused(served: Served, upstream: Upstream) -> None:
    deployment = next(deployments(served.config))
    inside = (deployment["model_name"], deployment["model_info"]["id"], deployment["litellm_params"]["model"])
    for name in inside:
        with pytest.raises(DreamError, match="answered 40"):
            ask(served.gate, name, "hello")
    assert upstream.calls == ()


def test_a_wrong_key_is_refused(compiled: Compiled, served: Served, upstream: Upstream) -> None:
    with pytest.raises(DreamError, match="answered 401"):
        ask(Gate(served.gate.url, "sk-wrong"), compiled.aliases[0], "hello")
    assert upstream.calls == ()


def test_the_paths_that_cost_money_without_a_question_are_closed(served: Served, upstream: Upstream) -> None:
    for path in ("/health", "/v1/health", "/openai/v1/models"):
        with pytest.raises(DreamError, match="answered 40"):
            fetch(served.gate, path)
    assert upstream.calls == ()
