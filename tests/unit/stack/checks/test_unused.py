from __future__ import annotations

from tests.unit.stack.files import found, local, one, usual

SMALL = '  m: {source: "ollama:qwen2.5-coder:3b", context: 4k}\n'


def test_web_search_without_a_mode_to_run_in() -> None:
    text = local(SMALL, more="services: {searxng: {}, qdrant: {}}\n")
    assert one(text, "DRM420").path == ("services", "searxng")


def test_web_search_beside_a_cloud_runs() -> None:
    assert found(usual("services: {searxng: {}}\n"), "DRM420") == []
