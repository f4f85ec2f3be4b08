"""Services: complete enough to become containers."""

from __future__ import annotations

import re

import pytest

from dreamc.knowledge.images import image
from dreamc.knowledge.services import Service, service, service_names, usual_port

PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


def known(name: str) -> Service:
    found = service(name)
    assert found is not None
    return found


def strings(found: Service) -> list[str]:
    layered = [*found.environment_with.values(), *found.environment_to.values()]
    plain = [found.environment, found.environment_gpu, found.environment_local, *layered]
    return [*found.command, *found.prepare, *(value for one in plain for value in one.values())]


def test_every_service_of_the_language_is_there() -> None:
    assert service_names() == (
        "mcp-memory",
        "mcp-whitelist-manager",
        "n8n",
        "open-webui",
        "qdrant",
        "redis",
        "searxng",
        "tts",
        "whisper",
        "whitelist-admin",
    )


@pytest.mark.parametrize("name", service_names())
def test_a_service_can_be_started(name: str) -> None:
    found = known(name)
    assert image(found.image) is not None
    assert not found.image_gpu or image(found.image_gpu) is not None
    assert (found.gpu == "optional") == bool(found.image_gpu)
    assert 1024 <= found.port <= 65535
    assert 1024 <= found.host_port <= 65535
    assert 0.1 <= found.memory_gib <= 8
    assert set(found.modes) <= {"cloud", "local", "hybrid"}
    assert all(volume.path.startswith("/") for volume in found.volumes)
    assert all(isinstance(value, str) for value in strings(found))


@pytest.mark.parametrize("name", service_names())
def test_a_health_check_asks_the_container_itself_and_no_model(name: str) -> None:
    health = known(name).health
    line = " ".join(health.test)
    assert health.timeout < health.interval
    assert "completions" not in line
    for host in re.findall(r"https?://([^/:]+)", line):
        assert host == "127.0.0.1"


@pytest.mark.parametrize("name", service_names())
def test_a_placeholder_is_one_that_the_row_can_fill(name: str) -> None:
    found = known(name)
    for text in strings(found):
        if "=>" in text:
            continue
        for wanted in PLACEHOLDER.findall(text):
            kind, _, what = wanted.partition(":")
            assert kind in ("gateway_url", "gateway_key", "option", "secret", "weights", "domains")
            assert kind != "option" or what in found.options
            assert kind != "secret" or what in found.secrets
            assert kind != "weights" or found.options["model"] in found.weights


@pytest.mark.parametrize("name", service_names())
def test_what_is_laid_over_another_service_names_a_real_one(name: str) -> None:
    found = known(name)
    assert {*found.environment_with, *found.environment_to} <= set(service_names())
    for other, environment in found.environment_with.items():
        for value in environment.values():
            for host, port in re.findall(r"http://([a-z0-9-]+):(\d+)", value):
                assert (host, int(port)) == (other, known(other).port)


def test_two_published_services_never_want_one_port() -> None:
    ports = [known(name).host_port for name in service_names()]
    assert len(ports) == len(set(ports))


def test_only_the_web_ui_is_published_unless_the_file_gives_a_port() -> None:
    assert [name for name in service_names() if known(name).publish] == ["open-webui"]


def test_local_mode_has_no_web_search_and_asks_no_one() -> None:
    assert "local" not in known("searxng").modes
    webui = known("open-webui")
    assert webui.environment["ENABLE_WEB_SEARCH"] == "false"
    assert webui.environment_local["OFFLINE_MODE"] == "true"
    assert webui.environment["ENABLE_PERSISTENT_CONFIG"] == "false"
    assert known("whisper").environment_local["HF_HUB_OFFLINE"] == "1"


def test_data_is_written_by_one_service_alone() -> None:
    names = [volume.name for name in service_names() for volume in known(name).volumes if not volume.read_only]
    assert len(names) == len(set(names))


def test_whisper_knows_every_size_of_the_language() -> None:
    whisper = known("whisper")
    sizes = {"tiny", "base", "small", "medium", "large-v3", "large-v3-turbo"}
    assert set(whisper.weights) == set(whisper.memory_by_option) == sizes


def test_a_misspelt_service_is_not_known() -> None:
    assert service("openwebui") is None


def test_only_a_published_service_has_a_port_on_the_host() -> None:
    assert usual_port("open-webui") == 3000
    assert usual_port("qdrant") is None
    assert usual_port("nobody") is None
