"""The requests that tests/hub_server/server.py answers, and the ways in which they go wrong."""

from __future__ import annotations

import json
import re
import socket
import struct
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

if TYPE_CHECKING:
    from tests.hub_server.server import HubServer, Kind, Stored

GOOD = "Bearer hf_good"
"""Opens gated repositories."""
STATUS: dict[str, tuple[int, dict[str, str]]] = {
    "gated": (403, {"X-Error-Code": "GatedRepo", "X-Error-Message": "Access to model is restricted."}),
    "invalid-token": (401, {"X-Error-Message": "Invalid credentials in Authorization header"}),
    "forbidden": (403, {}),
    "missing": (404, {"X-Error-Code": "RepoNotFound", "X-Error-Message": "Repository not found"}),
    "busy": (429, {"Retry-After": "7"}),
    "error": (503, {}),
}
"""Faults that are an answer without a body."""


class Handler(BaseHTTPRequestHandler):
    """One connection; `hub` is set by the server."""

    protocol_version = "HTTP/1.1"
    hub: HubServer

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: `HubServer.requests` is the log."""

    def _answer(self) -> None:
        from tests.hub_server.server import Asked

        login = self.headers.get("Authorization", "")
        self.hub.requests.append(Asked(self.command, self.path, self.headers.get("Range", ""), login))
        fault = self.hub.fault(self.path)
        if fault in STATUS:
            status, headers = STATUS[fault]
            self._send(status, headers, b"")
        elif fault == "reset":
            self._reset()
        elif fault == "slow":
            self.hub.stopping.wait()
            self.close_connection = True
        else:
            self._route(fault)

    def _route(self, fault: Kind | None) -> None:
        path = unquote(urlsplit(self.path).path)
        for pattern, method in ROUTES:
            found = pattern.fullmatch(path)
            if found:
                getattr(self, method)(fault, **found.groupdict())
                return
        self._send(404, {}, b"")

    def model(self, fault: Kind | None, repo: str, revision: str | None) -> None:
        commit = self.hub.commit(repo, revision or "main")
        if commit is None:
            known = repo in self.hub.models
            self._send(404 if known else 401, {"X-Error-Code": "RevisionNotFound" if known else "RepoNotFound"}, b"")
            return
        blobs = parse_qs(urlsplit(self.path).query).get("blobs", [""])[0].lower() == "true"
        rows = [_sibling(one, blobs) for one in self.hub.models[repo][commit].values()]
        value = {
            "id": repo,
            "modelId": repo,
            "sha": commit,
            "private": False,
            "gated": repo in self.hub.gated and "manual",
        }
        self._json({**value, "siblings": rows, "tags": [], "downloads": 0}, fault)

    def tree(self, fault: Kind | None, repo: str, revision: str) -> None:
        commit = self.hub.commit(repo, revision)
        if commit is None:
            self._send(404, {"X-Error-Code": "RevisionNotFound"}, b"")
            return
        self._json([_entry(one) for one in self.hub.models[repo][commit].values()], fault)

    def file(self, fault: Kind | None, repo: str, revision: str, path: str) -> None:
        commit = self.hub.commit(repo, revision)
        stored = self.hub.models[repo][commit].get(path) if commit else None
        if commit is None or stored is None:
            code = "RepoNotFound" if repo not in self.hub.models else "EntryNotFound" if commit else "RevisionNotFound"
            self._send(404, {"X-Error-Code": code}, b"")
        elif repo in self.hub.gated and self.headers.get("Authorization") != GOOD:
            self._send(401, {"X-Error-Code": "GatedRepo", "X-Error-Message": "Access is restricted."}, b"")
        elif stored.lfs:
            size = str(len(stored.data))
            linked = {"X-Repo-Commit": commit, "X-Linked-Etag": f'"{stored.sha256}"', "X-Linked-Size": size}
            place = f"{self._elsewhere()}/cdn/{repo}/{commit}/{path}"
            self._send(302, {**linked, "ETag": f'"{stored.blob}"', "Location": place}, b"")
        else:
            self._body(stored.data, {"X-Repo-Commit": commit, "ETag": f'"{stored.blob}"'}, fault)

    def _elsewhere(self) -> str:
        """This server by another name: the large files of the hub lie on another host, which gets no tokens."""
        host, _, port = self.headers.get("Host", "").partition(":")
        return f"http://localhost:{port}" if host == "127.0.0.1" else ""

    def cdn(self, fault: Kind | None, repo: str, revision: str, path: str) -> None:
        stored = self.hub.models[repo][revision][path]
        self._body(stored.data, {"ETag": f'"{stored.sha256}"'}, fault)

    def manifest(self, fault: Kind | None, name: str, reference: str) -> None:
        if self.hub.token and self.headers.get("Authorization") != f"Bearer {self.hub.token}":
            realm = f'Bearer realm="{self.hub.url}/token",service="here",scope="repository:{name}:pull"'
            self._send(401, {"WWW-Authenticate": realm}, b"{}")
            return
        found = self.hub.manifests.get((name, reference))
        if found is None:
            self._send(404, {}, b'{"errors": [{"code": "MANIFEST_UNKNOWN"}]}')
            return
        self._body(found[1], {"Content-Type": found[0]}, fault)

    def blob(self, fault: Kind | None, name: str, digest: str) -> None:
        found = self.hub.blobs.get(digest)
        if found is None:
            self._send(404, {}, b'{"errors": [{"code": "BLOB_UNKNOWN"}]}')
            return
        self._body(found, {"Docker-Content-Digest": digest}, fault)

    def login(self, fault: Kind | None) -> None:
        self._json({"token": self.hub.token}, fault)

    def _json(self, value: Any, fault: Kind | None) -> None:
        self._body(json.dumps(value).encode(), {"Content-Type": "application/json"}, fault)

    def _body(self, data: bytes, headers: dict[str, str], fault: Kind | None) -> None:
        data = _damaged(data, fault)
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        headers = {"Accept-Ranges": "bytes", **headers}
        if asked is None or fault == "no-range":
            self._send(200, headers, data, fault)
            return
        start, last = int(asked[1]), min(int(asked[2] or len(data)), len(data) - 1)
        if start >= len(data):
            self._send(416, {"Content-Range": f"bytes */{len(data)}"}, b"")
            return
        headers["Content-Range"] = f"bytes {start}-{last}/{len(data)}"
        self._send(206, headers, data[start : last + 1], fault)

    def _send(self, status: int, headers: dict[str, str], data: bytes, fault: Kind | None = None) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data[: len(data) // 2] if fault == "cut" else data)
        if fault == "cut":
            self.close_connection = True

    def _reset(self) -> None:
        """Closing with data unread and no time to linger makes TCP say RST."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True
        self.wfile = self.rfile = _Nowhere()  # type: ignore[assignment]


class _Nowhere:
    """Where nothing can be read or written any more."""

    closed = False

    def flush(self) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""


def _damaged(data: bytes, fault: Kind | None) -> bytes:
    match fault:
        case "wrong":
            return bytes(255 - one for one in data)
        case "huge-header":
            return (10 * 10**9).to_bytes(8, "little") + data[8:]
        case "torn-header":
            length = int.from_bytes(data[:8], "little")
            return data[: 8 + length // 2] + b" " * (len(data) - 8 - length // 2)
        case "not-json":
            return b"<html>a page</html>"
        case _:
            return data


def _sibling(one: Stored, blobs: bool) -> dict[str, Any]:
    if not blobs:
        return {"rfilename": one.path}
    lfs = {"lfs": {"sha256": one.sha256, "size": len(one.data), "pointerSize": 135}} if one.lfs else {}
    return {"rfilename": one.path, "size": len(one.data), "blobId": one.blob, **lfs}


def _entry(one: Stored) -> dict[str, Any]:
    lfs = {"lfs": {"oid": one.sha256, "size": len(one.data), "pointerSize": 135}} if one.lfs else {}
    return {"type": "file", "oid": one.blob, "size": len(one.data), "path": one.path, **lfs}


_REPO = r"(?P<repo>[^/]+/[^/]+)"
ROUTES = (
    (re.compile(rf"/api/models/{_REPO}(?:/revision/(?P<revision>[^/]+))?"), "model"),
    (re.compile(rf"/api/models/{_REPO}/tree/(?P<revision>[^/]+)"), "tree"),
    (re.compile(rf"/{_REPO}/resolve/(?P<revision>[^/]+)/(?P<path>.+)"), "file"),
    (re.compile(rf"/cdn/{_REPO}/(?P<revision>[^/]+)/(?P<path>.+)"), "cdn"),
    (re.compile(r"/v2/(?P<name>.+)/manifests/(?P<reference>[^/]+)"), "manifest"),
    (re.compile(r"/v2/(?P<name>.+)/blobs/(?P<digest>[^/]+)"), "blob"),
    (re.compile(r"/token"), "login"),
)
"""Paths, the first that fits, and the method that answers."""
