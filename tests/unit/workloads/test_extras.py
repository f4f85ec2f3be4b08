from __future__ import annotations

import pytest
from msgspec.structs import replace

from dreamc.sizing.types import GIB
from dreamc.stack.types import Extra, Mode, Stack
from dreamc.workloads import workloads
from dreamc.workloads.types import DependsOn, Directory, Publish, SecretUse, Workload
from tests.unit.backends.stacks import POLICY, assistant, extra, stack


def _service(there: Stack, name: str, mode: Mode = "hybrid") -> Workload:
    found = workloads(there, "desk", mode)
    return next(workload for workload in found if workload.service == name)


def test_the_web_ui_talks_to_the_gateway_only_and_keeps_no_settings_of_its_own() -> None:
    ui = _service(assistant(), "open-webui")
    environment = dict(ui.environment)
    assert environment["OPENAI_API_BASE_URL"] == "http://gateway:4000/v1"
    assert environment["ENABLE_OLLAMA_API"] == "false"
    assert environment["ENABLE_PERSISTENT_CONFIG"] == "false"
    assert SecretUse("OPENAI_API_KEY", "DREAM_GATEWAY_KEY") in ui.secrets
    assert DependsOn("litellm", "started") in ui.depends_on


def test_the_web_ui_listens_where_the_gateway_does() -> None:
    wide = replace(assistant().gateway, bind="0.0.0.0")
    assert _service(assistant(gateway=wide), "open-webui").publish == (Publish("0.0.0.0", 3000, 8080),)


def test_workflows_are_published_on_loopback_only() -> None:
    wide = replace(assistant().gateway, bind="0.0.0.0")
    assert _service(assistant(gateway=wide), "n8n").publish == (Publish("127.0.0.1", 5678, 5678),)


def test_workflows_without_a_port_in_the_file_are_not_published() -> None:
    hidden = stack(services=(replace(extra("n8n"), port=None),))
    assert _service(hidden, "n8n").publish == ()


@pytest.mark.parametrize("mode", ["cloud", "hybrid"])
def test_web_search_works_online(mode: Mode) -> None:
    environment = dict(_service(assistant(), "open-webui", mode).environment)
    assert environment["ENABLE_WEB_SEARCH"] == "true"
    assert environment["SEARXNG_QUERY_URL"].startswith("http://searxng:")


def test_web_search_stays_on_the_domains_of_the_whitelist() -> None:
    listed = replace(POLICY, whitelist={"cloud_apis": (), "domains": ("github.com", "docs.python.org")})
    for policy, wanted in ((listed, '["github.com", "docs.python.org"]'), (replace(POLICY, whitelist=None), "[]")):
        environment = dict(_service(assistant(policy=policy), "open-webui").environment)
        assert environment["WEB_SEARCH_DOMAIN_FILTER_LIST"] == wanted


def test_the_embedding_model_of_the_web_ui_s_image_is_not_hidden_by_its_data() -> None:
    ui = _service(assistant(), "open-webui", "local")
    (mount,) = ui.mounts
    assert dict(ui.environment)["DATA_DIR"] == mount.target
    assert not mount.target.startswith("/app/backend/data")


def test_local_mode_has_no_web_search_and_no_update_check() -> None:
    environment = dict(_service(assistant(), "open-webui", "local").environment)
    assert environment["ENABLE_WEB_SEARCH"] == "false"
    assert environment["OFFLINE_MODE"] == "true"
    assert "SEARXNG_QUERY_URL" not in environment
    assert all(workload.service != "searxng" for workload in workloads(assistant(), "desk", "local"))


def test_speech_and_vectors_are_used_where_they_run_and_not_named_where_they_do_not() -> None:
    full, bare = (dict(_service(there, "open-webui").environment) for there in (assistant(), stack(services=(UI,))))
    assert full["VECTOR_DB"] == "qdrant"
    assert full["AUDIO_STT_OPENAI_API_BASE_URL"] == "http://whisper:8000/v1"
    assert full["AUDIO_STT_MODEL"] == "Systran/faster-whisper-base"
    assert not {"VECTOR_DB", "AUDIO_STT_ENGINE", "AUDIO_TTS_ENGINE"} & set(bare)


def test_services_on_another_host_are_not_beside_it() -> None:
    far = replace(extra("qdrant"), host="other")
    assert "VECTOR_DB" not in dict(_service(stack(services=(UI, far)), "open-webui").environment)


def test_options_of_the_file_reach_the_container() -> None:
    assert (
        dict(_service(stack(services=(extra("open-webui", auth=False),)), "open-webui").environment)["WEBUI_AUTH"]
        == "false"
    )
    assert (
        dict(_service(stack(services=(extra("tts", voice="bf_emma"),)), "tts").environment)["DEFAULT_VOICE"]
        == "bf_emma"
    )


def test_a_larger_whisper_model_gets_more_memory_unless_the_file_says_how_much() -> None:
    def memory(**changed: object) -> int:
        return _service(stack(services=(replace(WHISPER, **changed),)), "whisper").memory

    assert memory(options=(("model", "large-v3"),)) == 6 * GIB
    assert memory(memory=3 * GIB) == 3 * GIB


def test_data_belongs_to_the_user_who_writes_it() -> None:
    assert _service(assistant(), "redis").directories == (Directory("/opt/dream/data/redis", 999, 1000, "0750"),)
    assert _service(assistant(), "whisper").directories[0].uid == 1000
    assert _service(assistant(), "open-webui").directories[0].uid == 0


def test_what_must_be_fetched_before_local_mode_is_said() -> None:
    assert _service(assistant(), "whisper").prepare[-1].endswith("Systran/faster-whisper-base")


def test_only_services_that_go_out_are_on_the_network_that_does() -> None:
    networks = {workload.service: workload.networks for workload in workloads(assistant(), "desk", "hybrid")}
    assert networks["redis"] == networks["qdrant"] == networks["ollama"] == networks["vllm-quality"] == ("inner",)
    assert networks["searxng"] == ("inner", "edge")


def test_a_service_that_nobody_knows_is_a_bug_of_ours() -> None:
    with pytest.raises(KeyError, match="abacus"):
        workloads(stack(services=(Extra("abacus", "desk", None, None, (), ()),)), "desk", "hybrid")


UI = extra("open-webui", auth=True)
WHISPER = extra("whisper", model="base")
