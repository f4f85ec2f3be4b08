from __future__ import annotations

import pytest

from tests.unit.stack.files import HEAD, one

CHAIN = "mode: local\nfallbacks: {chains: {all: [m]}}\n"


def asked(tag: str, gpus: str) -> str:
    return f'{HEAD}hardware: {{box: {{gpus: {gpus}}}}}\nmodels: {{m: {{source: "ollama:{tag}"}}}}\n{CHAIN}'


def test_it_says_what_is_needed_what_there_is_and_what_would_fit() -> None:
    finding = one(asked("qwen3-coder:480b-cloud", "2 x rtx-3090"), "DRM310")
    assert "about 224 GiB" in finding.message
    assert "47.1 GiB" in finding.message
    assert "ollama:qwen2.5-coder:14b" in finding.help
    assert "providers: ollama-cloud" in finding.help


@pytest.mark.parametrize(("gpus", "offered"), [("rtx-3090", True), ("rtx-3050", False)])
def test_only_what_fits_the_card_is_offered(gpus: str, offered: bool) -> None:
    finding = one(asked("qwen3-coder:480b-cloud", gpus), "DRM310")
    assert ("hf:Qwen/Qwen2.5-Coder-14B-Instruct-AWQ" in finding.help) is offered


def test_a_size_that_nobody_published_is_not_guessed() -> None:
    finding = one(asked("made-up:9t-cloud", "rtx-3090"), "DRM310")
    assert "its size is not public" in finding.message
