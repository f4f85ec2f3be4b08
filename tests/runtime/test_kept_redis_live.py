"""Answers kept in a Redis: shared by gateways, and without it requests go on."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.runtime.policies import desk
from tests.runtime.proxy import config, litellm, running
from tests.runtime.servers import Server, redis_missing, redis_server
from tests.runtime.upstream import Upstream, upstream

PROGRAM = litellm()
pytestmark = [
    pytest.mark.gateway,
    pytest.mark.slow,
    pytest.mark.skipif(PROGRAM is None, reason="no litellm beside this interpreter, and DREAMC_LITELLM is not set"),
    pytest.mark.skipif(redis_missing() is not None, reason=str(redis_missing())),
]


@pytest.fixture
def models() -> Iterator[Upstream]:
    with upstream() as fake:
        yield fake


def settings(raw: dict[str, Any], models: Upstream, redis: Server) -> dict[str, Any]:
    made = config(raw, "hybrid", models.port)
    port = int(redis.address.rpartition(":")[2].partition("/")[0])
    params = {"type": "redis", "host": "127.0.0.1", "port": port, "namespace": "dream:t:hybrid", "ttl": 600}
    made["litellm_settings"] |= {"cache": True, "cache_params": {**params, "supported_call_types": ["acompletion"]}}
    return made


def test_two_gateways_share_answers_and_go_on_without_redis(
    models: Upstream, tmp_path_factory: pytest.TempPathFactory
) -> None:
    assert PROGRAM is not None
    raw = desk()
    with ExitStack() as stop:
        redis = stop.enter_context(redis_server(tmp_path_factory.mktemp("redis")))
        one, two = (
            stop.enter_context(
                running(PROGRAM, tmp_path_factory.mktemp(f"g{n}"), settings(raw, models, redis), json.dumps(raw))
            )
            for n in (1, 2)
        )
        first = one.chat("code", "shared?")
        assert first.headers["x-dream-cache"] == "miss"
        time.sleep(0.5)  # LiteLLM writes when the answer is gone
        assert two.chat("code", "shared?").headers["x-dream-cache"] == "hit"
        assert models.asked["quality"] == 1

        redis.stop()
        for n in range(8):
            reply = one.chat("code", f"alone {n}")
            assert (reply.status, reply.said) == (200, "from quality")
        assert two.chat("code", "still alone").said == "from quality"

        redis.start()
        assert two.chat("code", "again").status == 200
