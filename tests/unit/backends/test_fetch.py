from __future__ import annotations

import shlex

from dreamc.backends.fetch import fetch_lines, weight_lines
from dreamc.backends.runbook import emit
from dreamc.workloads import workloads
from tests.unit.stack.files import local, stack

SMALL = '  m: {source: "ollama:qwen2.5-coder:3b", context: 4k}\n'
ALONE = local(SMALL, more="services: {whisper: {}, mcp-memory: {}}\n")


def lines(service: str) -> list[list[str]]:
    made = stack(ALONE)
    (one,) = (found for found in workloads(made, "box", "local") if found.service == service)
    return [shlex.split(line) for line in fetch_lines(made, one)]


def test_a_stack_with_local_mode_only_is_told_how_to_fetch_what_its_containers_cannot() -> None:
    (runbook,) = emit(stack(ALONE), "box")
    assert "docker run --detach --rm --name dream-t-fetch-whisper" in runbook.text
    assert "docker exec dream-t-whisper-1" not in runbook.text


def test_the_container_that_fetches_has_the_data_and_no_word_of_being_offline() -> None:
    run = next(words for words in lines("whisper") if words[:2] == ["docker", "run"])
    assert "/opt/dream/data/whisper:/home/ubuntu/.cache/huggingface/hub" in run
    assert not any(word.startswith("HF_HUB_OFFLINE") for word in run)
    assert "--network" not in run


def test_it_waits_until_the_service_answers_then_fetches_then_goes() -> None:
    words = lines("mcp-memory")
    assert words[0][:2] == ["sudo", "install"]
    assert words[-3][0] == "until"
    assert words[-2][:3] == ["docker", "exec", "dream-t-fetch-mcp-memory"]
    assert words[-1] == ["docker", "stop", "dream-t-fetch-mcp-memory"]


def test_every_model_of_a_host_is_fetched_into_the_directory_that_its_server_mounts() -> None:
    text = local(
        SMALL + '  v: {source: "hf:Qwen/Qwen3-0.6B@abc", context: 4k}\n  w: {source: "hf:Qwen/Qwen3-0.6B@abc"}\n'
    )
    made = stack(text)
    hub, *ollama = weight_lines(made, "box")
    assert hub.endswith("download Qwen/Qwen3-0.6B --revision abc")
    assert "--volume /opt/dream/models/huggingface:/models/huggingface" in hub
    assert "docker exec dream-t-fetch-ollama ollama pull qwen2.5-coder:3b" in ollama
    (runbook,) = emit(made, "box")
    assert all(line in runbook.text for line in (hub, *ollama))


def test_a_host_without_models_fetches_none() -> None:
    assert weight_lines(stack(ALONE), "elsewhere") == ()
