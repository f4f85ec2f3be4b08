"""Deployments of a gateway: compiled against loaded."""

from __future__ import annotations

import json

from dreamc.provision.deployments import Deployment, compiled, divergences, loaded

CONFIG = """\
model_list:
  - model_name: small@local
    litellm_params:
      {model: ollama_chat/small, api_base: "http://ollama:11434", input_cost_per_token: 0, output_cost_per_token: 0}
    model_info: {id: small@box.0}
  - model_name: large@cloud
    litellm_params: {model: openai/large-1, input_cost_per_token: 3e-06, output_cost_per_token: 0.000015}
    model_info: {id: large@cloud.0}
"""
SMALL = Deployment("small@box.0", "small@local", "ollama_chat/small", "http://ollama:11434", (0.0, 0.0))
LARGE = Deployment("large@cloud.0", "large@cloud", "openai/large-1", "", (3e-06, 1.5e-05))


def row(one: Deployment, **known: object) -> dict[str, object]:
    params = {"model": one.model, "api_base": one.api_base or None, "input_cost_per_token": one.prices[0]}
    return {
        "id": one.id,
        "name": one.name,
        "params": params,
        "known": {"output_cost_per_token": one.prices[1], **known},
    }


def test_a_configuration_is_read_with_its_prices() -> None:
    assert compiled(CONFIG) == (SMALL, LARGE)


def test_a_text_that_is_no_configuration_has_no_deployments() -> None:
    assert compiled("model_list: 3\n") == compiled("- a\n") == compiled("{") == ()


def test_a_gateway_that_loaded_what_was_compiled_does_not_differ() -> None:
    said = json.dumps({"way": "live", "why": "", "rows": [row(SMALL), row(LARGE)]})
    (found,) = loaded(f"dream-den-litellm-1\t{said}\n")
    assert (found.way, found.container) == ("live", "dream-den-litellm-1")
    assert list(divergences(compiled(CONFIG), found.deployments)) == []


def test_every_kind_of_difference_is_named() -> None:
    other = Deployment("small@box.0", "small@local", "ollama_chat/other", "http://elsewhere:1", (0.0, 1e-06))
    stranger = Deployment("x", "x", "openai/x", "")
    found = list(divergences((SMALL, LARGE), (other, stranger)))
    assert [(one.id, one.kind) for one in found] == [
        *[("small@box.0", "changed")] * 3,
        ("large@cloud.0", "missing"),
        ("x", "extra"),
    ]
    said = " | ".join(one.what for one in found)
    assert "model ollama_chat/other instead of ollama_chat/small" in said
    assert "api_base http://elsewhere:1 instead of http://ollama:11434" in said
    assert "output_cost_per_token 1e-06 instead of 0" in said


def test_a_price_that_was_not_compiled_is_litellms_own() -> None:
    mine = Deployment("a", "a", "anthropic/a", "")
    assert list(divergences((mine,), (Deployment("a", "a", "anthropic/a", "", (1.0, 2.0)),))) == []


def test_whatever_a_gateway_says_is_no_failure() -> None:
    for text in ("", "null", "[]", '{"rows": [1], "way": "live", "why": ""}', "Traceback"):
        (found,) = loaded(f"one\t{text}\n")
        assert (found.way, found.why) == ("none", "it did not answer")


def test_a_price_that_stands_with_what_is_known_of_a_model_counts_too() -> None:
    text = (
        "model_list:\n"
        "  - model_name: big@openai\n"
        "    litellm_params: {model: openai/large-1}\n"
        "    model_info: {id: big@openai.0, input_cost_per_token: 3e-06, output_cost_per_token: 0.000015}\n"
    )
    assert [one.prices for one in compiled(text)] == [(3e-06, 1.5e-05)]
