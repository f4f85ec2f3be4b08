"""Against the lock file: what it lacks, and what contradicts it."""

from __future__ import annotations

from typing import Any

import pytest

from dreamc.diagnostics.types import Diagnostic
from dreamc.hub.lock import layer
from dreamc.hub.pins import File, ImagePin, Lock, ModelPin
from dreamc.hub.safetensors import Checkpoint
from dreamc.stack.checks import check
from dreamc.stack.image_names import references, running
from dreamc.stack.inputs import Inputs
from dreamc.stack.lower import lower
from dreamc.stack.types import Local, Stack
from dreamc.workloads.images import reference
from tests.hub_server.made import CONFIG, TOTAL
from tests.unit.stack.files import BOX, HEAD, TODAY, dream

TINY = f'{HEAD}mode: local\n{BOX}models: {{m: {{source: "hf:acme/tiny@v1", context: 2k}}}}\n'
CHAT = "fallbacks: {chains: {chat: [m]}}\n"
HEX = "b" * 64


def pin(**changed: Any) -> ModelPin:
    files = (File("config.json", 3, sha1="c" * 40),)
    given = {"revision": "a" * 40, "config": CONFIG, "tensors": {"BF16": TOTAL}, **changed}
    return ModelPin(3, files, **given)


def images(text: str) -> dict[str, ImagePin]:
    wanted = references(dream(text))
    return {wanted[name]: ImagePin(wanted[name], f"sha256:{HEX}", 9) for name in running(dream(text))}


def resolved(text: str, lock: Lock | None, **given: Any) -> tuple[Stack | None, list[Diagnostic]]:
    spec, world = dream(text), Inputs(TODAY, "0" * 64, given.pop("configs", {}), lock, **given)
    stack, findings = lower(spec, world)
    found = findings if stack is None else (*findings, *check(stack, spec, world))
    return stack, [one for one in found if one.code.startswith(("DRM619", "DRM62", "DRM305"))]


def locked(text: str = TINY + CHAT, source: str = "hf:acme/tiny@v1", **changed: Any) -> Lock:
    return Lock({source: pin(**changed)}, images(text))


def test_what_is_locked_reaches_the_server_and_the_images() -> None:
    stack, findings = resolved(TINY + CHAT, locked())
    assert (findings, stack is not None) == ([], True)
    assert stack is not None
    (model,) = stack.locals
    assert isinstance(model, Local)
    assert (model.revision, model.files) == ("a" * 40, pin().files)
    assert reference(stack, "vllm") == f"vllm/vllm-openai:v0.33.0@sha256:{HEX}"
    assert {one.reference for one in stack.image_pins} == set(images(TINY + CHAT))


def test_an_ollama_tag_takes_what_its_layers_have() -> None:
    text = f'{HEAD}mode: local\n{BOX}models: {{m: {{source: "ollama:qwen2.5-coder:3b", context: 4k}}}}\n{CHAT}'
    row = ModelPin(
        5 * 10**9, (layer(f"sha256:{HEX}", 5 * 10**9, "application/vnd.ollama.image.model"),), digest=f"sha256:{HEX}"
    )
    stack, findings = resolved(text, Lock({"ollama:qwen2.5-coder:3b": row}, images(text)))
    assert (findings, stack is not None) == ([], True)
    assert stack is not None
    (model,) = stack.locals
    assert (model.digest, model.size.weights) == (f"sha256:{HEX}", 5 * 10**9)


def test_a_private_registry_has_rows_of_its_own() -> None:
    text = f"{TINY}{CHAT}images: {{registry: example.com/mirror}}\n"
    stack, findings = resolved(text, Lock({"hf:acme/tiny@v1": pin()}, images(TINY + CHAT)))
    assert [one.code for one in findings] == ["DRM619"]
    stack, findings = resolved(text, locked(text))
    assert (findings, stack is not None) == ([], True)
    assert stack is not None
    assert reference(stack, "redis") == "example.com/mirror/redis:8.4.0-alpine"
    assert reference(stack, "vllm") == f"example.com/mirror/vllm/vllm-openai:v0.33.0@sha256:{HEX}"


def test_an_image_that_the_file_pins_by_digest_keeps_it() -> None:
    text = f"{TINY}{CHAT}images: {{litellm: 'sha256:{'c' * 64}'}}\n"
    stack, findings = resolved(text, locked(text))
    assert (findings, stack is not None) == ([], True)
    assert stack is not None
    assert reference(stack, "litellm") == f"ghcr.io/berriai/litellm@sha256:{'c' * 64}"


def test_without_a_lock_file_nothing_is_said() -> None:
    text = f'{HEAD}mode: local\n{BOX}models: {{m: {{source: "hf:Qwen/Qwen2.5-7B-Instruct", context: 4k}}}}\n{CHAT}'
    assert resolved(text, None)[1] == []
    codes = [(one.code, one.path) for one in resolved(text, Lock())[1]]
    assert codes == [("DRM619", ("models", "m", "source")), ("DRM619", ("images",))]


def test_a_model_whose_cache_nobody_knows_is_refused_with_the_weights_of_its_headers() -> None:
    stack, (one,) = resolved(TINY + CHAT, locked(config={"model_type": "bamba"}, tensors={"BF16": 2**31}))
    assert (stack, one.code) == (None, "DRM305")
    assert "'bamba' is not modelled (its weights alone take 2.0 GiB, by their headers)" in one.message


@pytest.mark.parametrize(("size", "codes"), [(TOTAL, []), (TOTAL * 2, ["DRM622"])])
def test_headers_in_the_directory_of_the_config_are_compared_with_it(size: int, codes: list[str]) -> None:
    text = TINY.replace("@v1", "").replace("context: 2k", "context: 2k, config: here") + CHAT
    near = {"here": Checkpoint(("model.safetensors",), {"BF16": size})}
    _, findings = resolved(text, None, configs={"here": CONFIG}, headers=near)
    assert [(one.code, one.path) for one in findings] == [(code, ("models", "m", "config")) for code in codes]
