"""A Hugging Face hub, an Ollama registry and a container registry on 127.0.0.1, for the real clients of each.

    with HubServer() as hub:
        commit = hub.add_model("acme/tiny", repository())     # {path: bytes}; a commit of 40 hex digits
        hub.add_ollama("tiny:1b", {"application/vnd.ollama.image.model": b"GGUF…"})
        hub.add_image("acme/app:1", sizes=(10, 20))
        hub.fail("model.safetensors", "cut")                  # the next request whose path holds this, once
        ...                                                   # HF_ENDPOINT=hub.url; Ollama and images: hub.url, too
        hub.requests                                          # what was asked: method, path, range, authorization

What it speaks: GET /api/models/REPO[/revision/REV][?blobs=true], GET /api/models/REPO/tree/REV, HEAD and GET of
/REPO/resolve/REV/PATH with Range, ETag, X-Repo-Commit, X-Linked-Etag, X-Linked-Size and a redirect to /cdn/… of another
host name for large files; GET and HEAD of /v2/NAME/manifests/REFERENCE and /v2/NAME/blobs/DIGEST with Range; /token.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from types import TracebackType
from typing import Any, Literal, Self

from tests.hub_server.handler import Handler

Kind = Literal[
    "gated", "invalid-token", "forbidden", "missing", "busy", "error", "cut", "wrong", "slow", "reset", "huge-header",
    "torn-header", "no-range", "not-json",
]  # fmt: skip
"""gated: 403 as for a licence not accepted. invalid-token: 401. forbidden: 403. missing: 404. busy: 429 with
Retry-After 7. error: 503. cut: half of the announced body. wrong: another content of the same length. slow: nothing
until the server stops. reset: the connection is reset. huge-header: a safetensors length of 10 GB. torn-header: half a
JSON header. no-range: 200 and the whole file. not-json: a page."""
LARGE = 4096
"""From so many bytes on, and for every *.safetensors, a file is an LFS file with a sha256."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request. `range` and `authorization` are header values, empty where not sent."""

    method: str
    path: str
    range: str
    authorization: str


@dataclass(frozen=True, slots=True)
class Stored:
    """One file of a repository."""

    path: str
    data: bytes

    @property
    def lfs(self) -> bool:
        """Whether it is a large file."""
        return self.path.endswith((".safetensors", ".bin", ".gguf")) or len(self.data) >= LARGE

    @property
    def sha256(self) -> str:
        """Digest of the content."""
        return hashlib.sha256(self.data).hexdigest()

    @property
    def blob(self) -> str:
        """The git blob id: of the content, or of the pointer of a large file."""
        pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{self.sha256}\nsize {len(self.data)}\n"
        data = pointer.encode() if self.lfs else self.data
        return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing: clients that go away in the middle are what is tested."""


@dataclass(slots=True)
class _Fault:
    part: str
    kind: Kind
    left: int


@dataclass(slots=True)
class HubServer:
    """Start and stop it as a context manager. Everything it holds was added by the test."""

    token: str = ""
    """Container manifests want a bearer token that /token gives away where this is set."""
    models: dict[str, dict[str, dict[str, Stored]]] = field(default_factory=dict)
    """Repository -> commit -> files by path; the last commit is `main`."""
    gated: set[str] = field(default_factory=set)
    """Repositories whose files want `Authorization: Bearer hf_good`."""
    manifests: dict[tuple[str, str], tuple[str, bytes]] = field(default_factory=dict)
    """(name, tag or digest) -> media type and content."""
    blobs: dict[str, bytes] = field(default_factory=dict)
    requests: list[Asked] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)
    _faults: list[_Fault] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _server: _Server | None = None

    def __enter__(self) -> Self:
        self._server = _Server(("127.0.0.1", 0), type("BoundHandler", (Handler,), {"hub": self}))
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        """http://127.0.0.1:PORT, the same for all three services."""
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def address(self) -> str:
        """127.0.0.1:PORT, as the registry of an image reference."""
        return self.url.removeprefix("http://")

    def add_model(self, repo: str, files: Mapping[str, bytes], gated: bool = False) -> str:
        """A new commit of the repository, which `main` now names."""
        stored = {path: Stored(path, data) for path, data in sorted(files.items())}
        told = json.dumps([repo, *((one.path, one.sha256) for one in stored.values())])
        commit = hashlib.sha1(told.encode()).hexdigest()
        commits = self.models.setdefault(repo, {})
        commits.pop(commit, None)
        commits[commit] = stored
        if gated:
            self.gated.add(repo)
        return commit

    def add_ollama(self, tag: str, layers: Mapping[str, bytes]) -> str:
        """A tag of the library, layers by media type; the digest of its manifest."""
        name, _, version = tag.partition(":")
        config = self._blob(b'{"model_format": "gguf"}', "application/vnd.docker.container.image.v1+json")
        rows = [self._blob(data, media) for media, data in layers.items()]
        media = "application/vnd.docker.distribution.manifest.v2+json"
        value = {"schemaVersion": 2, "mediaType": media, "config": config, "layers": rows}
        path = name if "/" in name else f"library/{name}"
        return self._manifest(path, version or "latest", media, value)

    def add_image(self, reference: str, sizes: Iterable[int] = (10, 20), platform: str = "amd64") -> str:
        """An image of two platforms, reached without a registry in front of its name; the digest of its index."""
        path, _, tag = reference.rpartition(":")
        path = path if "/" in path else f"library/{path}"
        layers = [self._blob(bytes([index]) * size, "application/x") for index, size in enumerate(sizes)]
        media = "application/vnd.oci.image.manifest.v1+json"
        value = {"schemaVersion": 2, "mediaType": media, "config": self._blob(b"{}", "x"), "layers": layers}
        own = self._manifest(path, "", media, value)
        rows = [
            {"digest": own, "size": 1, "mediaType": media, "platform": {"os": "linux", "architecture": platform}},
            {"digest": own, "size": 1, "mediaType": media, "platform": {"os": "unknown", "architecture": "unknown"}},
        ]
        index = "application/vnd.oci.image.index.v1+json"
        return self._manifest(path, tag, index, {"schemaVersion": 2, "mediaType": index, "manifests": rows})

    def fail(self, part: str, kind: Kind, times: int = 1) -> None:
        """The next `times` requests whose path holds `part` go wrong in this way."""
        self._faults.append(_Fault(part, kind, times))

    def heal(self) -> None:
        """No fault is left, and no request remembered."""
        self._faults.clear()
        self.requests.clear()

    def fault(self, path: str) -> Kind | None:
        """What is to go wrong with this request; counts it."""
        with self._lock:
            found = next((one for one in self._faults if one.left > 0 and one.part in path), None)
            if found is not None:
                found.left -= 1
            return found.kind if found else None

    def commit(self, repo: str, revision: str) -> str | None:
        """The commit that a revision names."""
        commits = self.models.get(repo, {})
        if revision == "main":
            return next(reversed(commits), None)
        short = re.fullmatch(r"[0-9a-f]{7,40}", revision)
        return next((one for one in commits if short and one.startswith(revision)), None)

    def _blob(self, data: bytes, media: str) -> dict[str, Any]:
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        self.blobs[digest] = data
        return {"mediaType": media, "digest": digest, "size": len(data)}

    def _manifest(self, path: str, tag: str, media: str, value: Mapping[str, Any]) -> str:
        data = json.dumps(value).encode()
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        self.manifests[path, digest] = media, data
        if tag:
            self.manifests[path, tag] = media, data
        return digest
