from __future__ import annotations

from dreamc.backends.env import emit
from tests.unit.backends.stacks import assistant, fleet, stack


def _text(there: object, host: str = "desk") -> str:
    (artifact,) = emit(there, host)  # type: ignore[arg-type]
    return artifact.text


def test_every_name_is_there_without_a_value() -> None:
    names = [line for line in _text(assistant()).splitlines() if line and not line.startswith("#")]
    assert names == [
        "DREAM_ANTHROPIC_API_KEY=",
        "DREAM_GATEWAY_KEY=",
        "DREAM_N8N_ENCRYPTION_KEY=",
        "DREAM_SEARXNG_SECRET=",
        "DREAM_WEBUI_SECRET_KEY=",
    ]


def test_each_says_where_it_comes_from_and_which_modes_want_it() -> None:
    block = next(block for block in _text(stack()).split("\n\n") if "ANTHROPIC" in block)
    assert "# from env://ANTHROPIC_API_KEY" in block
    assert "# wanted in mode cloud, hybrid" in block


def test_a_host_that_needs_none_says_so() -> None:
    assert "# This host needs no secret." in _text(fleet(locals=()), "gpu01")


def test_what_an_operator_may_switch_is_there_and_commented_out() -> None:
    lines = _text(stack()).splitlines()
    assert {"# HYBRID_FALLBACK_ENABLED=", "# HYBRID_FALLBACK_TIMEOUT=", "# HYBRID_MAX_BODY_BYTES="} <= set(lines)
