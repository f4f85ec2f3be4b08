"""Credentials of registries: real helper programs on PATH, and what becomes of those that fail."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dreamc.cli.credential_helper import ask
from dreamc.errors import DreamError
from dreamc.hub.logins import HUB_ACCOUNT, Login, Logins
from dreamc.hub.registries import image
from dreamc.hub.web import Internet
from tests.hub_server.server import HubServer

SECRET = "s3cret-canary"
BASIC = base64.b64encode(f"ann:{SECRET}".encode()).decode()
ANSWER = f'{{"ServerURL": "x", "Username": "ann", "Secret": "{SECRET}"}}'
Helper = Callable[..., None]


@pytest.fixture
def helper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Helper:
    """Puts a helper on PATH: it notes its arguments and what it is asked, then does as told."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")

    def put(name: str, does: str) -> None:
        program = folder / f"docker-credential-{name}"
        program.write_text(f'#!/bin/sh\nread -r asked\necho "$* $asked" >>{tmp_path}/asked\n{does}\n')
        program.chmod(0o755)

    return put


@pytest.fixture
def hub() -> Iterator[HubServer]:
    with HubServer() as server:
        server.add_image("acme/app:1")
        yield server


def asked(folder: Path) -> list[str]:
    file = folder / "asked"
    return file.read_text().splitlines() if file.exists() else []


def test_a_helper_is_asked_for_its_registry_only_and_once(helper: Helper, tmp_path: Path) -> None:
    helper("ours", f"echo '{ANSWER}'")
    logins = Logins({"other.example": "b3RoZXI6"}, {"ghcr.io": "ours"}, ask=ask)
    assert asked(tmp_path) == []
    assert [logins.at("ghcr.io").basic, logins.at("ghcr.io").basic] == [BASIC, BASIC]
    assert logins.at("other.example") == Login("b3RoZXI6")
    assert logins.at("third.example") == Login()
    assert asked(tmp_path) == ["get ghcr.io"]


def test_the_store_is_asked_for_every_registry_without_a_helper_of_its_own(helper: Helper, tmp_path: Path) -> None:
    helper("ours", f"echo '{ANSWER}'")
    helper("desktop", "echo 'credentials not found in native keychain'; exit 1")
    logins = Logins({"kept.example": "b2xkOg=="}, {"https://ghcr.io/v2/": "ours"}, "desktop", ask)
    assert logins.at("ghcr.io").basic == BASIC
    assert logins.at("kept.example") == Login("b2xkOg==")
    assert logins.at("127.0.0.1:5000") == Login()
    assert asked(tmp_path) == ["get ghcr.io", "get kept.example", "get 127.0.0.1:5000"]


@pytest.mark.parametrize("name", ["docker.io", "index.docker.io", HUB_ACCOUNT])
def test_docker_hub_goes_by_the_name_that_docker_gives_it(helper: Helper, tmp_path: Path, name: str) -> None:
    helper("ours", f"echo '{ANSWER}'")
    assert Logins(helpers={name: "ours"}, ask=ask).at("registry-1.docker.io").basic == BASIC
    assert asked(tmp_path) == [f"get {HUB_ACCOUNT}"]
    assert Logins({name: BASIC}).at("registry-1.docker.io") == Login(BASIC)


@pytest.mark.parametrize(
    ("does", "trouble"),
    [
        (f"echo '{ANSWER}'; echo {SECRET} >&2; exit 3", "docker-credential-ours ended with exit code 3"),
        (f"echo {SECRET}", "docker-credential-ours answered with no user name and secret"),
        (f'echo \'{{"Secret": "{SECRET}"}}\'', "docker-credential-ours answered with no user name and secret"),
        ("echo '[1]'", "docker-credential-ours answered with no user name and secret"),
        ("exec sleep 60", "docker-credential-ours did not answer within 0.5 s"),
        (
            f'echo \'{{"Username": "<token>", "Secret": "{SECRET}"}}\'',
            "docker-credential-ours has an identity token there, which only docker can use",
        ),
    ],
)
def test_what_a_helper_does_wrong_is_said_without_what_it_said(helper: Helper, does: str, trouble: str) -> None:
    helper("ours", does)
    found = ask("ours", "ghcr.io", 0.5 if "sleep" in does else 20)
    assert found == Login(trouble=trouble)


@pytest.mark.parametrize(
    ("name", "trouble"),
    [
        ("nowhere", "docker keeps its credentials with docker-credential-nowhere, which is not on PATH"),
        ("../x", "'../x' in docker's configuration cannot be the name of a credential helper"),
    ],
)
def test_a_helper_that_cannot_be_run_is_said(name: str, trouble: str) -> None:
    assert ask(name, "ghcr.io") == Login(trouble=trouble)


def test_a_registry_of_images_gets_what_the_helper_says(helper: Helper, hub: HubServer, tmp_path: Path) -> None:
    hub.token = "pull"
    helper("ours", f"echo '{ANSWER}'")
    net = Internet(logins=Logins(helpers={hub.address: "ours"}, ask=ask), timeout=5)
    for _ in range(2):
        assert image(net, f"{hub.address}/acme/app:1").size
    logins = [(one.path.split("?")[0], one.authorization) for one in hub.requests]
    assert ("/token", f"Basic {BASIC}") in logins
    assert asked(tmp_path) == [f"get {hub.address}"]
    assert SECRET not in repr(net)
    assert BASIC not in repr(net)
    assert BASIC not in repr(net.logins.at(hub.address))


def test_a_public_image_is_read_in_spite_of_a_helper_that_is_not_there(hub: HubServer) -> None:
    hub.token = "pull"
    net = Internet(images=hub.url, logins=Logins(store="nowhere", ask=ask), timeout=5)
    assert image(net, "acme/app:1").size
    assert {one.authorization for one in hub.requests if one.path.startswith("/token")} == {""}


def test_a_private_image_is_refused_with_the_trouble_of_its_helper(helper: Helper, hub: HubServer) -> None:
    helper("ours", f"echo {SECRET}; exit 1")
    hub.token = "pull"
    hub.fail("/token", "forbidden")
    with pytest.raises(DreamError) as caught:
        image(Internet(images=hub.url, logins=Logins(store="ours", ask=ask), timeout=5), "acme/app:1")
    assert "without credentials, and docker-credential-ours ended with exit code 1" in caught.value.what
    assert SECRET not in str(caught.value)


def test_an_image_that_is_not_there_is_said_to_be_so_whatever_the_helper_does(hub: HubServer) -> None:
    hub.token = "pull"
    with pytest.raises(DreamError, match=r"does not have the image acme/app:2"):
        image(Internet(images=hub.url, logins=Logins(store="nowhere", ask=ask), timeout=5), "acme/app:2")


def test_no_helper_is_asked_where_nobody_wants_to_know_who_we_are(
    helper: Helper, hub: HubServer, tmp_path: Path
) -> None:
    helper("ours", f"echo '{ANSWER}'")
    image(Internet(images=hub.url, logins=Logins(store="ours", ask=ask), timeout=5), "acme/app:1")
    assert asked(tmp_path) == []
