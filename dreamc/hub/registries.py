"""Manifests of the Ollama library and of container registries: digests and sizes, without the layers.

Both speak the OCI distribution protocol (https://github.com/opencontainers/distribution-spec/blob/main/spec.md).
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any
from urllib.parse import quote, urlencode

from dreamc.errors import DreamError
from dreamc.hub import web
from dreamc.hub.lock import layer
from dreamc.hub.logins import DOCKER_HUB, Login
from dreamc.hub.pins import ImagePin, ModelPin
from dreamc.hub.web import Answer, Internet

LARGEST = 4 * 1024 * 1024
"""Bytes that a manifest may have (distribution-spec, "Pushing Manifests")."""
INDEXES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
MANIFESTS = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
PLATFORM = ("linux", "amd64")
"""Whose layers are counted; the digest is that of all platforms together, as compose pulls it."""
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def ollama_model(net: Internet, tag: str) -> ModelPin:
    """Digest and layers of `NAME[:TAG]`, `USER/NAME[:TAG]` or `HOST/USER/NAME[:TAG]`."""
    name, _, version = tag.rpartition(":") if ":" in tag.rpartition("/")[2] else (tag, "", "latest")
    first, slash, rest = name.partition("/")
    base, path = (f"https://{first}", rest) if slash and "." in first else (net.ollama.rstrip("/"), name)
    path = path if "/" in path else f"library/{path}"
    answer = _manifest(net, base, path, version or "latest", f"the Ollama tag {tag}")
    value = _parsed(answer, f"the Ollama tag {tag}")
    blobs = _blobs(value, f"the Ollama tag {tag}")
    layers = tuple(dict.fromkeys(layer(one["digest"], one["size"], str(one.get("mediaType", ""))) for one in blobs))
    return ModelPin(sum(one.size for one in layers), layers, digest=_digest(answer.body))


def image(net: Internet, reference: str) -> ImagePin:
    """Digest that `docker pull` of the reference would end at, and compressed bytes on `PLATFORM`."""
    plain, _, pinned = reference.partition("@")
    place, path, tag = split(plain)
    base = net.images.rstrip("/") if net.images else _base(place)
    what = f"the image {reference}"
    answer = _manifest(net, base, path, pinned or tag, what)
    value = _parsed(answer, what)
    digest = _digest(answer.body)
    if pinned and pinned != digest:
        raise DreamError(f"{what} is not what its registry sent: {digest}", "", "see whether a proxy changes it")
    if "manifests" in value:
        own = _of_platform(value, what)
        value = _parsed(_manifest(net, base, path, own, what), what)
    return ImagePin(reference, digest, sum(one["size"] for one in _blobs(value, what)))


def split(reference: str) -> tuple[str, str, str]:
    """Registry, path and tag of an image reference, as docker reads it; a digest is cut off before."""
    first, slash, rest = reference.partition("/")
    own = bool(slash) and ("." in first or ":" in first or first == "localhost")
    place, path = (first, rest) if own else ("docker.io", reference)
    path, _, tag = path.rpartition(":") if ":" in path.rpartition("/")[2] else (path, "", "latest")
    if place == "docker.io" and "/" not in path:
        path = f"library/{path}"
    return place, path, tag


def _base(place: str) -> str:
    """Docker speaks plain HTTP to registries of this machine only."""
    if place == "docker.io":
        return f"https://{DOCKER_HUB}"
    local = place.partition(":")[0] in ("localhost", "127.0.0.1")
    return f"{'http' if local else 'https'}://{place}"


def _manifest(net: Internet, base: str, path: str, version: str, what: str) -> Answer:
    url = f"{base}/v2/{quote(path)}/manifests/{quote(version, safe=':')}"
    headers = {"Accept": ", ".join((*INDEXES, *MANIFESTS))}
    with web.client() as client:
        answer = web.get(client, url, headers, LARGEST, net.timeout)
        login = Login()
        if answer.status == 401:
            login = net.logins.at(web.host(base))
            allowed = _allowed(net, client, base, answer, what, login)
            answer = web.get(client, url, {**headers, "Authorization": allowed}, LARGEST, net.timeout)
    if answer.status != 200:
        raise _refused(base, what, answer, login)
    told = answer.headers.get("docker-content-digest", "")
    if told.startswith("sha256:") and told != _digest(answer.body):
        raise DreamError(f"{web.host(base)} sent a manifest of {what} that is not its digest {told}", "", web.LATER)
    return answer


def _allowed(net: Internet, client: Any, base: str, answer: Answer, what: str, login: Login) -> str:
    """A token for reading, from where the registry says (distribution token authentication); some give anybody one."""
    asked, basic = answer.headers.get("www-authenticate", ""), login.basic
    if asked.lower().startswith("basic") and basic:
        return f"Basic {basic}"
    fields = dict(re.findall(r'(\w+)="([^"]*)"', asked))
    realm = fields.pop("realm", "")
    if not asked.lower().startswith("bearer") or not realm:
        raise _refused(base, what, answer, login)
    query = urlencode({key: fields[key] for key in ("service", "scope") if key in fields})
    headers = {"Authorization": f"Basic {basic}"} if basic else {}
    got = web.get(client, f"{realm}?{query}", headers, LARGEST, net.timeout)
    value = _object(got.body) if got.status == 200 else {}
    token = value.get("token") or value.get("access_token")
    if not isinstance(token, str):
        raise _refused(base, what, got, login)
    return f"Bearer {token}"


def _refused(base: str, what: str, answer: Answer, login: Login) -> DreamError:
    place = web.host(base)
    if login.trouble and answer.status in (401, 403, 429):
        said = f"{place} does not give us {what} without credentials, and {login.trouble}"
        return DreamError(said, "", "repair that for docker as well, or take it out of ~/.docker/config.json")
    if answer.status == 404:
        return DreamError(f"{place} does not have {what}", "", "correct the name or the version")
    if answer.status in (401, 403):
        return DreamError(f"{place} does not let us read {what}", "", f"`docker login {place}`, or correct the name")
    if answer.status == 429:
        return DreamError(
            f"{place} asks us to wait: too many requests", "", "wait, or `docker login` for a higher limit"
        )
    return DreamError(f"{place} answered {answer.status} about {what}", "", web.LATER)


def _of_platform(value: dict[str, Any], what: str) -> str:
    rows = value["manifests"] if isinstance(value["manifests"], list) else []
    for row in rows:
        platform = row.get("platform") if isinstance(row, dict) else None
        if isinstance(platform, dict) and (platform.get("os"), platform.get("architecture")) == PLATFORM:
            digest = str(row.get("digest"))
            if _DIGEST.fullmatch(digest):
                return digest
    raise DreamError(f"{what} is not there for {'/'.join(PLATFORM)}", "", "name another version")


def _blobs(value: dict[str, Any], what: str) -> list[dict[str, Any]]:
    """Configuration and layers; their digests and sizes are sound."""
    layers = value.get("layers")
    found = [value.get("config"), *(layers if isinstance(layers, list) else ())]
    for one in found:
        size = one.get("size") if isinstance(one, dict) else None
        sound = isinstance(size, int) and size >= 0 and _DIGEST.fullmatch(str(one.get("digest")))
        if len(found) < 2 or not sound:
            raise DreamError(f"the manifest of {what} lists no layers that can be pinned", "", web.LATER)
    return [one for one in found if one is not None]


def _parsed(answer: Answer, what: str) -> dict[str, Any]:
    value = _object(answer.body)
    if not value:
        raise DreamError(f"the manifest of {what} is not JSON", "", web.LATER)
    return value


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _digest(body: bytes) -> str:
    return f"sha256:{hashlib.sha256(body).hexdigest()}"
