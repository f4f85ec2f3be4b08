"""Downloads one repository into a hub cache with huggingface_hub and verifies it: here, or in a container on a host.

This file travels to hosts as it stands, so it needs nothing but the standard library (Python 3.9) and whatever
huggingface_hub is installed there. The job and the token come over standard input; answers are JSON lines.
"""

from __future__ import annotations

import errno
import glob
import hashlib
import json
import re
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

Say = Callable[["dict[str, Any]"], None]
TICK = 0.5
WORKERS = 4


class Refused(Exception):
    """`kind` is one word that the controller knows."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(kind, text)
        self.kind, self.text = kind, text


def run(job: dict[str, Any], say: Say) -> str:
    """Fetches `repository` at `revision` into `cache`; the commit. `files` are pinned ones, empty for the whole
    repository; `token` and `endpoint` may be empty. Raises Refused; a wrong file is taken away and nothing else."""
    try:
        return _run(job, say)
    except Refused:
        raise
    except Exception as error:  # noqa: BLE001 - whatever the library on that host raises, it is told in a word
        raise Refused(*_classified(error, job.get("token") or "")) from None


def _run(job: dict[str, Any], say: Say) -> str:
    from huggingface_hub import HfApi

    api = HfApi(endpoint=job.get("endpoint") or None, token=job.get("token") or None)
    revision = job["revision"]
    commit = revision if re.fullmatch("[0-9a-f]{40}", revision) else _commit(api, job)
    files = job["files"] or _listed(api, job["repository"], commit)
    folder = Path(job["cache"]) / ("models--" + job["repository"].replace("/", "--"))
    say({"commit": commit, "total": sum(file["size"] for file in files)})
    wrong = files
    for attempt in range(2):
        _download(api, job, commit, files, folder, say)
        wrong = _wrong(folder / "snapshots" / commit, wrong)
        if not wrong:
            _finish(folder, job, commit)
            say({"done": sum(file["size"] for file in files)})
            return commit
        say({"bad": [file["path"] for file in wrong], "again": attempt == 0})
    raise Refused("checksum", ", ".join(file["path"] for file in wrong))


def _commit(api: Any, job: dict[str, Any]) -> str:
    return str(api.model_info(job["repository"], revision=job["revision"]).sha)


def _listed(api: Any, repository: str, commit: str) -> list[dict[str, Any]]:
    """What the hub says of its files: sha256 of large ones, the Git blob id of others."""
    found = []
    for one in api.list_repo_tree(repository, revision=commit, recursive=True):
        if hasattr(one, "blob_id"):
            large = getattr(one, "lfs", None)
            sha256 = (large.get("sha256") if isinstance(large, dict) else large.sha256) if large else ""
            found.append({"path": one.path, "size": one.size, "sha256": sha256, "sha1": "" if sha256 else one.blob_id})
    return found


def _download(api: Any, job: dict[str, Any], commit: str, files: list[dict[str, Any]], folder: Path, say: Say) -> None:
    stop = threading.Event()
    watcher = threading.Thread(target=_watch, args=(folder, files, stop, say), daemon=True)
    watcher.start()
    try:
        api.snapshot_download(
            job["repository"],
            revision=commit,
            cache_dir=job["cache"],
            allow_patterns=[glob.escape(file["path"]) for file in files],
            max_workers=WORKERS,
        )
    finally:
        stop.set()
        watcher.join()


def _watch(folder: Path, files: list[dict[str, Any]], stop: threading.Event, say: Say) -> None:
    sizes = {file["sha256"] or file["sha1"]: file["size"] for file in files}
    while not stop.wait(TICK):
        done: dict[str, int] = {}
        try:
            for entry in (folder / "blobs").iterdir():
                name = entry.name.split(".")[0]
                done[name] = max(done.get(name, 0), min(entry.stat().st_size, sizes.get(name, 0)))
        except OSError:
            continue
        say({"done": sum(done.values())})


def _wrong(snapshot: Path, files: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those of the files whose content is not the wanted one; several are read at a time."""
    with ThreadPoolExecutor(WORKERS) as pool:
        right = pool.map(lambda file: _right(snapshot, file), files)
        return [file for file, is_right in zip(files, right) if not is_right]  # noqa: B905 - Python 3.9 has no strict


def _right(snapshot: Path, file: dict[str, Any]) -> bool:
    """Whether the content is the wanted one; what is not is removed, so that the next try fetches it again."""
    path = snapshot / file["path"]
    if path.is_file() and path.stat().st_size == file["size"] and _digest(path, file) == _wanted(file):
        return True
    for one in (path.resolve(), path):
        one.unlink(missing_ok=True)
    return False


def _wanted(file: dict[str, Any]) -> str:
    return str(file["sha256"] or file["sha1"])


def _digest(path: Path, file: dict[str, Any]) -> str:
    """sha256, or the id that Git gives the content: sha1 over "blob SIZE", a zero byte and the content."""
    git = not file["sha256"]
    found = hashlib.sha1(b"blob %d\0" % file["size"], usedforsecurity=False) if git else hashlib.sha256()
    with path.open("rb") as content:
        while chunk := content.read(1 << 20):
            found.update(chunk)
    return found.hexdigest()


def _finish(folder: Path, job: dict[str, Any], commit: str) -> None:
    """`refs`, so that the model is found without a commit; no list of files that were left out on purpose."""
    named = "" if job["revision"] == commit else job["revision"]
    ref = folder / "refs" / (named or "main")
    if named or not ref.exists():
        ref.parent.mkdir(parents=True, exist_ok=True)
        fresh = ref.with_name(ref.name + ".new")
        fresh.write_text(commit, encoding="utf-8")
        fresh.replace(ref)
    for path in (folder / "blobs").glob("*.incomplete"):
        path.unlink()
    if job["files"]:
        (folder / "trees" / (commit + ".json")).unlink(missing_ok=True)


def _classified(error: BaseException, token: str) -> tuple[str, str]:
    names = {kind.__name__ for kind in type(error).__mro__}
    text = " ".join(str(error).split())
    text = text.replace(token, "***") if token else text
    status = getattr(getattr(error, "response", None), "status_code", 0)
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return "disk", text
    for name, kind in _KINDS:
        if name in names:
            return kind, text
    if status in (401, 403):
        return "token", text
    return ("network" if status or names & _NETWORK else "other"), text[:400]


_KINDS = (
    ("GatedRepoError", "gated"),
    ("RepositoryNotFoundError", "repository"),
    ("RevisionNotFoundError", "revision"),
    ("LocalEntryNotFoundError", "network"),
    ("EntryNotFoundError", "file"),
    ("ModuleNotFoundError", "library"),
)
_NETWORK = {"ConnectionError", "HTTPError", "TransportError", "TimeoutError", "RequestException"}


def main() -> int:
    """Reads the job from standard input; answers on standard output."""
    lock = threading.Lock()

    def say(value: dict[str, Any]) -> None:
        with lock:
            sys.stdout.write(json.dumps(value) + "\n")
            sys.stdout.flush()

    try:
        run(json.loads(sys.stdin.readline()), say)
    except Refused as refused:
        say({"error": refused.kind, "text": refused.text})
        return 1
    return 0
