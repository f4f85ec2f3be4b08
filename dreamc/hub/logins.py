"""Who we are at a registry: what `docker login` left behind, in its file or with a credential helper."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping

from msgspec import Struct

DOCKER_HUB = "registry-1.docker.io"
HUB_ACCOUNT = "https://index.docker.io/v1/"
"""What docker calls the account of Docker Hub in its configuration."""
_HUB_NAMES = (DOCKER_HUB, "docker.io", "index.docker.io")
_IDENTITY = "<token>"
"""User name under which a helper keeps an identity token instead of a password."""


class Login(Struct, frozen=True):
    """`basic` are credentials as HTTP sends them, empty where there are none; `trouble` says why they are not known."""

    basic: str = ""
    trouble: str = ""

    def __repr__(self) -> str:
        return f"Login(trouble={self.trouble!r})"


Ask = Callable[[str, str], Login]
"""What the helper of a name has for a registry."""


class Logins:
    """Credentials by registry. A helper is asked when its registry is, and once.

    `auths` maps a registry to basic credentials, `helpers` to the name of its helper; `store` is the helper of others.
    """

    __slots__ = ("_ask", "_auths", "_found", "_helpers", "_store")

    def __init__(
        self,
        auths: Mapping[str, str] | None = None,
        helpers: Mapping[str, str] | None = None,
        store: str = "",
        ask: Ask | None = None,
    ) -> None:
        self._auths = {_place(key): value for key, value in (auths or {}).items()}
        self._helpers = {_place(key): value for key, value in (helpers or {}).items()}
        self._store, self._ask = store, ask
        self._found: dict[str, Login] = {}

    def at(self, place: str) -> Login:
        """Who we are at a registry (`ghcr.io`, `127.0.0.1:5000`): as its helper says, else the file."""
        place = _place(place)
        if place not in self._found:
            self._found[place] = self._asked(place)
        return self._found[place]

    def _asked(self, place: str) -> Login:
        name = self._helpers.get(place, self._store)
        account = HUB_ACCOUNT if place == DOCKER_HUB else place
        said = self._ask(name, account) if name and self._ask else Login()
        return said if said.basic or place not in self._auths else Login(self._auths[place])


def read_login(said: bytes, program: str) -> Login:
    """What a helper answered: JSON with `Username` and `Secret`. No part of it is ever shown."""
    try:
        value = json.loads(said)
        user, secret = value["Username"], value["Secret"]
    except (ValueError, RecursionError, KeyError, TypeError):
        user = secret = None
    if not isinstance(user, str) or not isinstance(secret, str) or not user or not secret or ":" in user:
        return Login(trouble=f"{program} answered with no user name and secret")
    if user == _IDENTITY:
        return Login(trouble=f"{program} has an identity token there, which only docker can use")
    return Login(base64.b64encode(f"{user}:{secret}".encode()).decode())


def _place(key: str) -> str:
    """The registry that a key of docker's configuration stands for: it may be an address; Docker Hub has many names."""
    place = key.partition("://")[2] if "://" in key else key
    place = place.partition("/")[0].lower()
    return DOCKER_HUB if place in _HUB_NAMES else place
