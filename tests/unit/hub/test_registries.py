"""Manifests of Ollama tags and of images: digests, sizes, and who is asked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dreamc.errors import DreamError
from dreamc.hub.registries import image, ollama_model, split
from dreamc.hub.web import Internet
from tests.hub_server.server import HubServer, Kind

MODEL, LICENCE = "application/vnd.ollama.image.model", "application/vnd.ollama.image.license"


@pytest.fixture
def hub() -> Iterator[HubServer]:
    with HubServer() as server:
        yield server


def net(hub: HubServer) -> Internet:
    return Internet(hub.url, "hf_x", hub.url, hub.url, timeout=5)


def test_an_ollama_tag_has_the_digest_of_its_manifest_and_its_layers(hub: HubServer) -> None:
    digest = hub.add_ollama("tiny:1b", {MODEL: b"G" * 100, LICENCE: b"free"})
    pin = ollama_model(net(hub), "tiny:1b")
    assert (pin.digest, pin.size, pin.loaded) == (digest, 24 + 100 + 4, 100)
    assert [one.media for one in pin.files][1:] == [MODEL, LICENCE]
    assert all(one.path == f"blobs/sha256-{one.sha256}" for one in pin.files)


@pytest.mark.parametrize(
    ("tag", "path"), [("tiny", "library/tiny/manifests/latest"), ("me/own:2", "me/own/manifests/2")]
)
def test_a_tag_is_looked_for_where_ollama_would(hub: HubServer, tag: str, path: str) -> None:
    hub.add_ollama(tag, {MODEL: b"G"})
    ollama_model(net(hub), tag)
    assert hub.requests[0].path == f"/v2/{path}"


def test_an_image_is_pinned_by_its_index_and_counted_by_its_platform(hub: HubServer) -> None:
    digest = hub.add_image("acme/app:1", sizes=(100, 200))
    found = image(net(hub), "ghcr.io/acme/app:1")
    assert (found.reference, found.digest, found.size) == ("ghcr.io/acme/app:1", digest, 302)
    assert image(net(hub), f"acme/app@{digest}").digest == digest


def test_a_registry_that_wants_a_token_is_given_one(hub: HubServer) -> None:
    hub.add_image("redis:8")
    hub.token = "pull"
    assert image(net(hub), "redis:8").size == 32
    paths = [one.path for one in hub.requests]
    assert paths[1] == "/token?service=here&scope=repository%3Alibrary%2Fredis%3Apull"
    assert hub.requests[-1].authorization == "Bearer pull"


def test_a_registry_of_this_machine_is_asked_without_encryption(hub: HubServer) -> None:
    hub.add_image("mirror/redis:8")
    assert image(Internet(timeout=5), f"{hub.address}/mirror/redis:8").size == 32


@pytest.mark.parametrize(
    ("reference", "parts"),
    [
        ("redis:8", ("docker.io", "library/redis", "8")),
        ("vllm/vllm-openai:v0.33.0", ("docker.io", "vllm/vllm-openai", "v0.33.0")),
        ("ghcr.io/a/b:1", ("ghcr.io", "a/b", "1")),
        ("127.0.0.1:5000/a/b", ("127.0.0.1:5000", "a/b", "latest")),
        ("localhost/a", ("localhost", "a", "latest")),
    ],
)
def test_a_reference_is_read_as_docker_reads_it(reference: str, parts: tuple[str, str, str]) -> None:
    assert split(reference) == parts


@pytest.mark.parametrize(
    ("kind", "what"),
    [
        ("missing", "does not have the image acme/app:1"),
        ("forbidden", "does not let us read the image acme/app:1"),
        ("busy", "asks us to wait: too many requests"),
        ("error", "answered 503 about the image acme/app:1"),
        ("not-json", "the manifest of the image acme/app:1 is not JSON"),
        ("cut", "broke off in the middle"),
    ],
)
def test_what_a_registry_refuses_is_said(hub: HubServer, kind: Kind, what: str) -> None:
    hub.add_image("acme/app:1")
    hub.fail("/manifests/", kind, times=2)
    with pytest.raises(DreamError, match=what) as error:
        image(net(hub), "acme/app:1")
    assert error.value.remedy


def test_an_image_of_another_platform_is_refused(hub: HubServer) -> None:
    hub.add_image("acme/app:1", platform="s390x")
    with pytest.raises(DreamError, match="is not there for linux/amd64"):
        image(net(hub), "acme/app:1")


def test_a_manifest_that_is_not_its_digest_is_refused(hub: HubServer) -> None:
    digest = hub.add_image("acme/app:1")
    hub.manifests["acme/app", digest] = hub.manifests["acme/app", digest][0], b'{"layers": []}'
    with pytest.raises(DreamError, match="is not what its registry sent"):
        image(net(hub), f"acme/app@{digest}")


def test_a_manifest_without_layers_is_refused(hub: HubServer) -> None:
    hub.manifests["library/tiny", "1b"] = "x", b'{"config": {"digest": "sha256:1", "size": -1}, "layers": [{}]}'
    with pytest.raises(DreamError, match="lists no layers that can be pinned"):
        ollama_model(net(hub), "tiny:1b")
