"""`fallbacks.triggers` and the variables of a host, in real LiteLLM proxies."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.runtime.policies import desk
from tests.runtime.proxy import Proxy, Reply, config, free_port, litellm, running, start
from tests.runtime.upstream import Upstream, upstream

PROGRAM = litellm()
pytestmark = [
    pytest.mark.gateway,
    pytest.mark.slow,
    pytest.mark.skipif(PROGRAM is None, reason="no litellm beside this interpreter, and DREAMC_LITELLM is not set"),
]
Break = Callable[[Upstream], object]
BREAKS: dict[str, Break] = {
    "timeout": lambda models: models.hangs.add("quality"),
    "connection": lambda models: models.drops.add("quality"),
    "server_error": lambda models: models.statuses.update(quality=503),
    "rate_limit": lambda models: models.statuses.update(quality=429),
    "empty": lambda models: models.says.update(quality=""),
    "invalid": lambda models: models.says.update(quality="no JSON"),
}
HALVES = (("timeout", "server_error", "empty"), ("connection", "rate_limit", "invalid"))
STATUS = {"timeout": 504, "connection": 502, "server_error": 502, "rate_limit": 429, "empty": 200, "invalid": 200}


@pytest.fixture(scope="module")
def models() -> Iterator[Upstream]:
    with upstream() as fake:
        yield fake


def settings(raw: dict[str, Any], models: Upstream) -> dict[str, Any]:
    """No member is ever rested, so that a test leaves nothing behind for the next one."""
    made = config(raw, "hybrid", models.port)
    made["router_settings"] |= {"disable_cooldowns": True}
    return made


@pytest.fixture(scope="module", params=HALVES, ids="+".join)
def halved(
    request: pytest.FixtureRequest, models: Upstream, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Proxy, tuple[str, ...]]]:
    """A gateway where half of the triggers are switched on, and members get one second."""
    raw = desk()
    raw["triggers"] = list(request.param)
    folder = tmp_path_factory.mktemp("gateway")
    variables = {"HYBRID_FALLBACK_TIMEOUT": "1s", "HYBRID_FALLBACK_ENABLED": ""}
    assert PROGRAM is not None
    with running(PROGRAM, folder, settings(raw, models), json.dumps(raw), variables=variables) as proxy:
        yield proxy, request.param


@pytest.fixture(scope="module")
def alone(models: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """A gateway where the operator has switched fallbacks off."""
    raw, folder = desk(), tmp_path_factory.mktemp("gateway")
    variables = {"HYBRID_FALLBACK_ENABLED": "false"}
    assert PROGRAM is not None
    with running(PROGRAM, folder, settings(raw, models), json.dumps(raw), variables=variables) as proxy:
        yield proxy


def asked(proxy: Proxy, trigger: str, *, stream: bool) -> Reply:
    form: dict[str, Any] = {"response_format": {"type": "json_object"}} if trigger == "invalid" else {}
    return proxy.chat("code", stream=stream, **form)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("trigger", BREAKS)
def test_only_a_trigger_that_is_switched_on_sends_a_request_to_the_next_model(
    halved: tuple[Proxy, tuple[str, ...]], models: Upstream, trigger: str, *, stream: bool
) -> None:
    proxy, on = halved
    models.reset()
    models.says |= {"quality": "{}", "fast": '{"from":"fast"}'}
    BREAKS[trigger](models)

    reply = asked(proxy, trigger, stream=stream)

    if trigger in on:
        assert "from" in reply.text
        assert models.asked == {"quality": 1, "fast": 1}
    else:
        assert models.asked == {"quality": 1}
        assert reply.status == STATUS[trigger]
        assert STATUS[trigger] == 200 or trigger in reply.text


def test_with_fallbacks_off_only_the_first_model_is_asked(alone: Proxy, models: Upstream) -> None:
    models.reset()
    models.statuses["quality"] = 503

    reply = alone.chat("code")

    assert (reply.status, "server_error" in reply.text) == (502, True)
    assert models.asked == {"quality": 1}
    assert alone.chat("auto", action="inline_completion").said == "from fast"


@pytest.mark.parametrize(
    ("name", "text"), [("HYBRID_FALLBACK_TIMEOUT", "soon"), ("HYBRID_FALLBACK_ENABLED", "perhaps")]
)
def test_a_switch_that_says_nothing_stops_the_gateway_at_its_start(
    models: Upstream, tmp_path_factory: pytest.TempPathFactory, name: str, text: str
) -> None:
    raw, folder = desk(), tmp_path_factory.mktemp("gateway")
    assert PROGRAM is not None
    process = start(PROGRAM, folder, settings(raw, models), json.dumps(raw), "hybrid", free_port(), {name: text})

    assert process.wait(120) != 0
    assert f"{name}: expected" in (folder / "proxy.log").read_text()
