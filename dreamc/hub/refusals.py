"""What Hugging Face refused, in words: what happened and what to do. The token never appears."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import SequenceMatcher
from typing import Any

from dreamc.errors import DreamError
from dreamc.hub import web
from dreamc.hub.web import Answer, Internet
from dreamc.knowledge import shapes

ALIKE = 0.75
SETTINGS = "https://huggingface.co/settings/tokens"


def refusal(net: Internet, repo: str, revision: str | None, given: Exception | Answer) -> DreamError:
    """An exception of huggingface_hub, or an answer that is none, about `repo`."""
    if isinstance(given, Answer):
        return _status(net, repo, revision, given.status, given.headers)
    response: Any = getattr(given, "response", None)
    if response is not None:
        return _status(net, repo, revision, response.status_code, response.headers)
    return _without_answer(net, repo, given)


def _status(net: Internet, repo: str, revision: str | None, status: int, headers: Mapping[str, str]) -> DreamError:
    code, message = headers.get("x-error-code", ""), headers.get("x-error-message", "")
    place = web.host(net.hub)
    if code == "GatedRepo":
        return _gated(net, repo)
    if code == "RevisionNotFound" or (status == 404 and code == "EntryNotFound"):
        return DreamError(f"{repo} has no revision '{revision or 'main'}'", "", _browse(net, repo))
    if status == 429:
        wait = f" for {headers['retry-after']} s" if headers.get("retry-after", "").isdigit() else ""
        return DreamError(
            f"{place} asks us to wait{wait}: too many requests", "", "wait; a token (HF_TOKEN) allows more"
        )
    if status == 401 and "invalid" in message.lower():
        return DreamError(f"{place} does not know the token", "", f"set HF_TOKEN to one of {SETTINGS}, or unset it")
    if status in (401, 404):
        return _not_found(repo)
    if status == 403:
        what = f"{place} does not let this token read {repo}"
        return DreamError(what, "", f"give it read access to the repository at {SETTINGS}")
    return DreamError(f"{place} answered {status} about {repo}", "", web.LATER)


def _gated(net: Internet, repo: str) -> DreamError:
    what = f"{repo} is gated: its owner wants a licence accepted first"
    remedy = f"accept it at {net.hub.rstrip('/')}/{repo}, then set HF_TOKEN to a token of that account ({SETTINGS})"
    return DreamError(what, "", remedy)


def _not_found(repo: str) -> DreamError:
    close = [name for name in shapes.nearest(repo, 2) if name != repo and _alike(name, repo)]
    near = f"did you mean {' or '.join(close)}? " if close else ""
    return DreamError(
        f"there is no repository {repo}, or it is private", "", f"{near}A private one needs HF_TOKEN ({SETTINGS})"
    )


def _alike(name: str, other: str) -> bool:
    """Whether one may be a misspelling of the other."""
    return SequenceMatcher(None, name.lower(), other.lower(), autojunk=False).ratio() > ALIKE


def _without_answer(net: Internet, repo: str, error: Exception) -> DreamError:
    import httpx
    from huggingface_hub.errors import HFValidationError, OfflineModeIsEnabled

    if isinstance(error, OfflineModeIsEnabled):
        return DreamError("HF_HUB_OFFLINE forbids to ask Hugging Face", "", "unset it for `dreamc lock`")
    if isinstance(error, HFValidationError):
        return DreamError(f"'{repo}' is not the name of a repository", "", "write ORG/REPO")
    if isinstance(error, httpx.TransportError):
        return web.transport(net.hub, error, net.timeout)
    what = f"{web.host(net.hub)} gave no usable answer about {repo}: {type(error).__name__}"
    return DreamError(what, "", web.LATER)


def _browse(net: Internet, repo: str) -> str:
    return f"see {net.hub.rstrip('/')}/{repo}/commits for those it has"
