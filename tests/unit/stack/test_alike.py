from __future__ import annotations

from dreamc.sizing.ollama import OllamaClaim
from dreamc.workloads import workloads
from tests.unit.stack.files import found, local, stack

SMALL = 'source: "ollama:qwen2.5-coder:3b", context: 8k'
MIXED = f"  a: {{{SMALL}, kv_cache_dtype: q8_0}}\n  b: {{{SMALL}, concurrency: 4}}\n"


def test_every_model_of_an_ollama_server_is_sized_for_what_the_server_is_told() -> None:
    made = stack(local(MIXED))
    (server,) = (one for one in workloads(made, "box", "local") if one.service == "ollama")
    told = dict(server.environment)
    for model in made.locals:
        assert isinstance(model.size, OllamaClaim)
        assert str(model.size.parallel) == told["OLLAMA_NUM_PARALLEL"]
        assert model.size.kv_type == told["OLLAMA_KV_CACHE_TYPE"]


def test_who_is_given_more_than_it_asked_for_is_named() -> None:
    assert [finding.path for finding in found(local(MIXED), "DRM309")] == [("models", "a")]
    assert found(local(MIXED.replace(", kv_cache_dtype: q8_0", ", concurrency: 4")), "DRM309") == []


def test_models_of_different_hosts_keep_their_own() -> None:
    two = f"  a: {{{SMALL}, host: x}}\n  b: {{{SMALL}, concurrency: 4, host: y}}\n"
    made = stack(local(two, "hardware: {x: {gpus: rtx-3090}, y: {gpus: rtx-3090}}\ngateway: {hosts: [x]}\n"))
    assert [model.concurrency for model in made.locals] == [1, 4]
