"""What breaks a LiteLLM configuration and can be caused by a source file is a finding; the rest cannot be written.

The numbers are those of the review of LiteLLM 1.106.2 that the back end's own lints use, too. What a file cannot cause
is held by tests of what is emitted: tests/unit/backends/test_litellm_*.py.
"""

from __future__ import annotations

import pytest

from dreamc.diagnostics.types import Source
from dreamc.document.read import read
from dreamc.document.validate import validate
from dreamc.spec import RENAMED, Dream
from tests.unit.stack.files import BOX, CHAT, CLAUDE, HEAD, SMALL, lowered, tiered, usual


def cloud(entry: str, more: str = "") -> str:
    return f"{HEAD}mode: cloud\n{BOX}providers:\n  {entry}\n{more}"


ACME = 'acme: {kind: openai-compatible, base_url: "https://acme.example/v1", key: env://K, models: {a: }}'
CAUSED: dict[str, tuple[str, str]] = {
    "E01 member undefined": (usual().replace("[m, claude]", "[m, claudia]"), "DRM202"),
    "E01 tier undefined": (tiered("actions: {edit: none}"), "DRM203"),
    "E02 entry twice": (usual().replace("[m, claude]", "[m, claude, m]"), "DRM205"),
    "E02 chain in itself": (usual().replace("[m, claude]", "[m, chat]"), "DRM212"),
    "E04 without /v1": (cloud(ACME.replace("/v1", "")), "DRM614"),
    "E04 with /v1": (cloud('anthropic: {base_url: "https://a.example/v1", key: env://K, models: {a: }}'), "DRM614"),
    "E06 provider without key": (cloud("openai: {models: {gpt-5.4: }}"), "DRM502"),
    "E08 E19 a local server as OpenAI": (
        cloud('openai: {base_url: "http://10.0.0.9:8080/v1", key: env://K, models: {a: {id: gpt-5.4}}}'), "DRM618",
    ),
    "E09 budget of nothing": (usual("budget: {daily: 0 USD}\n"), "DRM418"),
    "E09 budget without currency": (usual("budget: {daily: 10}\n"), "DRM108"),
    "E10 cloud tag as a local model": (
        HEAD + BOX + 'models: {m: {source: "ollama:gpt-oss:120b-cloud"}}\n' + CLAUDE + CHAT, "DRM310",
    ),
    "E10 local mode without a local model": (cloud(ACME).replace("mode: cloud", "mode: local"), "DRM402"),
    "E11 bounds that fall": (tiered("complexity: {fast: 0.9, dear: {up_to: 0.5}}"), "DRM416"),
    "E11 scores without a tier": (tiered("complexity: {fast: 0.9}"), "DRM416"),
    "E13 one name twice": (HEAD + BOX + SMALL + CLAUDE.replace("{claude:", "{m:") + CHAT, "DRM204"),
    "E15 negative cooldown": (usual().replace("{chains", "{cooldown: -5s, chains"), "DRM109"),
    "E15 rpm of nothing": (usual().replace("key: env", "rate_limits: {requests_per_minute: 0}, key: env"), "DRM107"),
    "E16 one member in two measured groups": (
        usual("capabilities: {a: {models: [m], strategy: fastest}, b: {models: [m], strategy: least_loaded}}\n"),
        "DRM417",
    ),
    "W02 window shrinks": (usual().replace("[m, claude]", "[claude, m]"), "DRM408"),
    "W06 no time at all": (usual().replace("{chains", "{timeout: 0s, chains"), "DRM107"),
    "W07 price unknown": (cloud(ACME, "budget: {daily: 1 USD}\n"), "DRM604"),
    "W07 price of Together": (
        cloud("together: {key: env://K, models: {MiniMaxAI/MiniMax-M2.7: {usd_per_mtok: {input: 1, output: 1}}}}"),
        "DRM605",
    ),
    "W08 end of life": (usual().replace("claude-sonnet-5-5", "claude-sonnet-4-5"), "DRM602"),
    "W09 replicas without Redis": (usual("gateway: {replicas: 2}\n"), "DRM421"),
    "W13 window larger than the model's": (usual().replace("sonnet-5-5}", "sonnet-5-5, context: 2M}"), "DRM613"),
    "W14 no local last resort": (
        usual("budget: {daily: 1 USD}\n").replace("chat: [m, claude]", "chat: [m, claude], think: [claude]"), "DRM407",
    ),
    "W15 slower than clients": (usual().replace("{chains", "{timeout: 10m, chains"), "DRM410"),
}  # fmt: skip


def codes(text: str) -> set[str]:
    document, _ = read(Source("dream.yaml", text))
    assert document is not None
    dream, problems = validate(Dream, document, RENAMED)
    return {each.code for each in (problems if dream is None else lowered(text)[1])}


@pytest.mark.parametrize("lint", CAUSED)
def test_what_a_file_can_cause_is_a_finding(lint: str) -> None:
    text, code = CAUSED[lint]
    assert code in codes(text)
    assert code not in codes(usual())
