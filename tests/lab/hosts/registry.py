"""Pushes to the lab's registry over its HTTP API (https://distribution.github.io/distribution/spec/api/).

Call it inside the control network (`shell.network`).
"""

from __future__ import annotations

import http.client
from pathlib import Path
from urllib.parse import quote

from tests.lab.hosts.layers import MANIFEST, Image, digest_of
from tests.lab.hosts.place import REGISTRY, LabError

OLLAMA_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"


def push(repository: str, tags: tuple[str, ...], image: Image) -> str:
    """Puts the image under every tag; what is there already is not sent again. Its digest."""
    for layer in image.layers:
        put_blob(repository, layer.digest, layer.file)
    put_blob(repository, digest_of(image.config), image.config)
    for tag in tags:
        put_manifest(repository, tag, image.manifest, MANIFEST)
    return digest_of(image.manifest)


def put_blob(repository: str, digest: str, content: Path | bytes) -> None:
    """One blob, by the digest that it must have."""
    if _ask("HEAD", f"/v2/{repository}/blobs/{digest}").status == 200:
        return
    started = _ask("POST", f"/v2/{repository}/blobs/uploads/")
    location = started.getheader("location") or ""
    path = location.partition(REGISTRY)[2] or location
    target = f"{path}{'&' if '?' in path else '?'}digest={quote(digest)}"
    if isinstance(content, bytes):
        done = _ask("PUT", target, content)
    else:
        with content.open("rb") as stream:
            done = _ask("PUT", target, stream, {"Content-Length": str(content.stat().st_size)})
    if done.status != 201:
        raise LabError(f"the registry took no blob for {repository}: status {done.status}")


def put_manifest(repository: str, tag: str, manifest: bytes, kind: str) -> None:
    done = _ask("PUT", f"/v2/{repository}/manifests/{tag}", manifest, {"Content-Type": kind})
    if done.status != 201:
        raise LabError(f"the registry took no manifest {repository}:{tag}: status {done.status}")


def has(repository: str, tag: str) -> bool:
    accept = {"Accept": f"{MANIFEST}, {OLLAMA_MANIFEST}"}
    return _ask("HEAD", f"/v2/{repository}/manifests/{tag}", headers=accept).status == 200


def digest_of_tag(reference: str) -> str:
    """The digest of an image's manifest, by the name that hosts use."""
    repository, _, tag = reference.removeprefix(f"{REGISTRY}/").rpartition(":")
    digest = _ask("HEAD", f"/v2/{repository}/manifests/{tag}", headers={"Accept": MANIFEST}).getheader(
        "docker-content-digest"
    )
    if not digest:
        raise LabError(f"the registry has no {reference}")
    return digest


def _ask(
    method: str, path: str, body: object = None, headers: dict[str, str] | None = None
) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection(REGISTRY, timeout=120)
    try:
        connection.request(method, path, body=body, headers=headers or {})  # type: ignore[arg-type]
        answer = connection.getresponse()
        answer.read()
    except OSError as error:
        raise LabError(f"the registry on {REGISTRY} does not answer: {error}") from error
    finally:
        connection.close()
    return answer
