"""One HTTP request with a limit on what is read, and what went wrong with it in words; for `dreamc lock` only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from msgspec import Struct, field

from dreamc.errors import DreamError
from dreamc.hub.logins import Logins

if TYPE_CHECKING:
    import httpx

TRIES = 2
"""A connection that breaks is tried once more; a wrong answer is not."""
LATER = "try again later; what is locked already stays as it is"


class Internet(Struct, frozen=True):
    """Where to ask, and as whom. `timeout` is seconds of silence; `images` takes the place of every public registry.

    `token` None leaves it to huggingface_hub to find the saved one; `logins` are for registries of images.
    """

    hub: str = "https://huggingface.co"
    token: str | None = None
    ollama: str = "https://registry.ollama.ai"
    images: str | None = None
    logins: Logins = field(default_factory=Logins)
    timeout: float = 30


class Answer(Struct, frozen=True):
    """What came back: at most as many bytes of the body as were asked for."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def get(client: httpx.Client, url: str, headers: Mapping[str, str], most: int, timeout: float) -> Answer:
    """At most `most` bytes of `url`; DreamError where nothing, or only half an answer, can be had."""
    import httpx

    for attempt in range(TRIES):
        try:
            return _once(client, url, headers, most, timeout)
        except httpx.TransportError as error:
            if attempt == TRIES - 1:
                raise transport(url, error, timeout) from None
        except httpx.HTTPError as error:  # too many redirects, a body that cannot be decoded
            raise DreamError(f"{host(url)} gave no usable answer: {type(error).__name__}", "", LATER) from None
        except httpx.InvalidURL:
            raise DreamError(f"{host(url)} is not an address that can be asked", "", "correct it") from None
    raise AssertionError(TRIES)


def client() -> httpx.Client:
    """A client of our own, for everything but Hugging Face."""
    import httpx

    return httpx.Client(follow_redirects=True)


def transport(url: str, error: Exception, timeout: float) -> DreamError:
    """A connection that could not be made, or broke."""
    import httpx

    place = host(url)
    if isinstance(error, httpx.TimeoutException):
        what = f"{place} did not answer within {timeout:g} s"
        return DreamError(what, "", "try again, or allow more with --timeout SECONDS")
    if isinstance(error, httpx.ConnectError):
        reason = str(error).lower() or "no reason given"
        remedy = "connect this machine, set HTTPS_PROXY, or copy dream.lock.yaml from one that is connected"
        return DreamError(f"{place} cannot be reached: {reason}", "", remedy)
    return DreamError(f"the connection to {place} broke off in the middle of an answer", "", LATER)


def host(url: str) -> str:
    """The server's name, as messages show it: no path, and no credentials."""
    parts = urlsplit(url)
    return f"{parts.hostname or url}{f':{parts.port}' if parts.port else ''}"


def _once(client: httpx.Client, url: str, headers: Mapping[str, str], most: int, timeout: float) -> Answer:
    with client.stream("GET", url, headers=dict(headers), timeout=timeout) as response:
        found = bytearray()
        for part in response.iter_bytes():
            found += part
            if len(found) >= most:
                break
        return Answer(response.status_code, dict(response.headers), bytes(found[:most]))
