"""What pins a repository, asked of a real server by the real client of Hugging Face; and every way to fail at it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from dreamc.errors import DreamError
from dreamc.hub.pins import ModelPin
from dreamc.hub.remote import hub_model
from dreamc.hub.web import Internet
from tests.hub_server.made import CONFIG, TENSORS, TOTAL, repository, safetensors
from tests.hub_server.server import HubServer, Kind, Stored

TOKEN = "hf_verysecret"


@pytest.fixture(scope="module")
def running() -> Iterator[HubServer]:
    with HubServer() as server:
        yield server


@pytest.fixture
def hub(running: HubServer) -> HubServer:
    running.heal()
    running.models.clear()
    running.gated.clear()
    return running


def pin(hub: HubServer, repo: str = "acme/tiny", revision: str | None = None, token: str = TOKEN) -> ModelPin:
    return hub_model(Internet(hub.url, token, timeout=5), repo, revision)


def refused(hub: HubServer, **given: str) -> DreamError:
    with pytest.raises(DreamError) as error:
        pin(hub, **given)
    assert TOKEN not in str(error.value)
    return error.value


def test_commit_files_digests_config_and_bytes_by_type(hub: HubServer) -> None:
    files = repository(2)
    commit = hub.add_model("acme/tiny", files)
    found = pin(hub)
    assert (found.revision, dict(found.config), dict(found.tensors)) == (commit, dict(CONFIG), {"BF16": TOTAL})
    assert found.size == sum(len(files[one.path]) for one in found.files)
    for one in found.files:
        stored = Stored(one.path, files[one.path])
        assert (one.size, one.sha256, one.sha1) == (
            len(stored.data), stored.sha256 if stored.lfs else "", "" if stored.lfs else stored.blob,
        )  # fmt: skip


def test_of_the_weights_only_the_headers_are_fetched(hub: HubServer) -> None:
    hub.add_model("acme/tiny", {**repository(), "model.safetensors": safetensors({**TENSORS, "big": (1000, 1000)})})
    pin(hub)
    (asked,) = [one for one in hub.requests if one.path.startswith("/cdn")]
    assert asked.range == "bytes=0-99999"
    assert not [one for one in hub.requests if "gguf" in one.path or "pytorch" in one.path]


def test_a_header_of_more_than_the_first_bytes_is_fetched_whole(hub: HubServer) -> None:
    many = {f"model.layers.{index}.{'x' * 60}.weight": (2,) for index in range(1000)}
    hub.add_model("acme/tiny", {**repository(), "model.safetensors": safetensors(many)})
    assert pin(hub).tensors == {"BF16": 4000}
    assert len([one for one in hub.requests if one.path.startswith("/cdn")]) == 2


def test_a_revision_is_resolved_to_its_commit(hub: HubServer) -> None:
    first = hub.add_model("acme/tiny", repository())
    second = hub.add_model("acme/tiny", repository(vocab_size=512))
    assert (pin(hub).revision, pin(hub, revision=first[:10]).revision) == (second, first)
    assert refused(hub, revision="v9").what == "acme/tiny has no revision 'v9'"


def test_a_number_that_is_not_finite_stays_the_word(hub: HubServer) -> None:
    files = repository() | {"config.json": b'{"limit": [0.0, Infinity]}'}
    hub.add_model("acme/tiny", files)
    assert pin(hub).config == {"limit": [0.0, "Infinity"]}


def test_a_token_opens_what_is_gated(hub: HubServer) -> None:
    hub.add_model("acme/tiny", repository(), gated=True)
    refusal = refused(hub)
    assert refusal.what == "acme/tiny is gated: its owner wants a licence accepted first"
    assert f"accept it at {hub.url}/acme/tiny, then set HF_TOKEN" in refusal.remedy
    assert pin(hub, token="hf_good").tensors == {"BF16": TOTAL}
    assert {one.authorization for one in hub.requests if one.path.startswith("/cdn")} == {""}


def test_a_name_that_nobody_has_gets_the_nearest_that_is_known(hub: HubServer) -> None:
    refusal = refused(hub, repo="Qwen/Qwen2.5-7B-Instrct")
    assert "there is no repository Qwen/Qwen2.5-7B-Instrct, or it is private" in refusal.what
    assert "did you mean Qwen/Qwen2.5-7B-Instruct" in refusal.remedy
    assert "did you mean" not in refused(hub, repo="acme/unlike-any-other").remedy
    assert refused(hub, repo="no/such..name").what == "'no/such..name' is not the name of a repository"


@pytest.mark.parametrize(
    ("part", "kind", "what"),
    [
        ("/api/", "invalid-token", "does not know the token"),
        ("resolve", "invalid-token", "does not know the token"),
        ("resolve", "forbidden", "does not let this token read acme/tiny"),
        ("/api/", "busy", "asks us to wait for 7 s: too many requests"),
        ("resolve", "busy", "asks us to wait for 7 s"),
        ("/api/", "error", "answered 503 about acme/tiny"),
        ("/api/", "not-json", "gave no usable answer about acme/tiny"),
        ("/api/", "reset", "broke off in the middle"),
        ("/api/", "cut", "broke off in the middle"),
        ("config.json", "cut", "broke off in the middle"),
        ("config.json", "wrong", "config.json of acme/tiny is not what the repository lists"),
        ("cdn", "cut", "broke off in the middle"),
        ("cdn", "huge-header", "says that its header has 10,000,000,000 bytes"),
        ("cdn", "torn-header", "has a header that is not JSON"),
    ],
)
def test_what_goes_wrong_is_said_with_what_to_do(hub: HubServer, part: str, kind: Kind, what: str) -> None:
    hub.add_model("acme/tiny", repository())
    hub.fail(part, kind, times=2)
    refusal = refused(hub)
    assert what in refusal.what
    assert refusal.remedy


@pytest.mark.parametrize(("part", "kind"), [("/api/", "reset"), ("cdn", "cut"), ("config.json", "reset")])
def test_a_connection_that_breaks_once_is_tried_again(hub: HubServer, part: str, kind: Kind) -> None:
    hub.add_model("acme/tiny", repository())
    hub.fail(part, kind)
    assert pin(hub).tensors == {"BF16": TOTAL}


def test_a_server_that_ignores_ranges_is_read_no_further_than_needed(hub: HubServer) -> None:
    hub.add_model("acme/tiny", repository())
    hub.fail("cdn", "no-range", times=9)
    assert pin(hub).tensors == {"BF16": TOTAL}


def test_a_server_that_says_nothing_is_not_waited_for_for_ever(hub: HubServer) -> None:
    hub.add_model("acme/tiny", repository())
    hub.fail("/api/", "slow", times=2)
    with pytest.raises(DreamError, match=r"did not answer within 0\.1 s"):
        hub_model(Internet(hub.url, TOKEN, timeout=0.1), "acme/tiny", None)


def test_nobody_at_the_address_is_said() -> None:
    with pytest.raises(DreamError, match=r"127\.0\.0\.1:9 cannot be reached") as error:
        hub_model(Internet("http://127.0.0.1:9", TOKEN), "acme/tiny", None)
    assert "copy dream.lock.yaml from one that is connected" in error.value.remedy


@pytest.mark.parametrize(
    ("files", "what"),
    [
        ({"model.safetensors": safetensors(TENSORS)}, "has no config.json"),
        ({"config.json": b"{}", "q4.gguf": b"GGUF"}, "has no weights that vLLM loads"),
        ({"config.json": b"[]", "model.safetensors": b""}, "config.json of acme/tiny is not a JSON object"),
        ({"config.json": b" " * 2**21, "model.safetensors": b""}, "has 2,097,152 bytes; at most 1,048,576 are read"),
        ({"config.json": b"{}", "model.safetensors": b"abc"}, "ends after 3 bytes"),
        (
            {"config.json": b"{}", "model.safetensors.index.json": json.dumps(
                {"weight_map": {"a": "model-1.safetensors"}}).encode()},
            "has no model-1.safetensors, which its model.safetensors.index.json names",
        ),
    ],
)  # fmt: skip
def test_a_repository_that_cannot_be_served_is_refused(hub: HubServer, files: dict[str, bytes], what: str) -> None:
    hub.add_model("acme/tiny", files)
    assert what in refused(hub).what
