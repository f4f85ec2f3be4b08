"""Stands in for Ollama: `ollama serve`, `list`, `pull`, `show` and `rm`, over a store of Ollama's own layout.

The store ($OLLAMA_MODELS) is `manifests/HOST/NAMESPACE/MODEL/TAG` and `blobs/sha256-…`. A name without a host is pulled
from $LAB_OLLAMA_REGISTRY. Faults: the file `fault` in the store.
"""

from __future__ import annotations

import json
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Callable

from dreamc.gateway.dialects import Answer, Request, as_json, listing, respond
from tests.lab.images.faults import Faults
from tests.lab.images.ollama_store import Store, store
from tests.lab.images.server import Question, serve


def main(words: list[str]) -> int:
    """The exit code."""
    commands: dict[str, Callable[[list[str]], int]] = {"serve": _serve, "list": _list, "ls": _list, "pull": _pull}
    command = commands.get(words[0] if words else "")
    if command is None:
        sys.stderr.write("usage: ollama serve | list | pull MODEL\n")
        return 1
    return command(words[1:])


def _serve(_words: list[str]) -> int:
    models = store()
    host, _, port = os.environ.get("OLLAMA_HOST", "127.0.0.1:11434").rpartition(":")
    serve(host, int(port), Faults(models.folder / "fault"), lambda question: _answer(models, question))
    return 0


def _list(_words: list[str]) -> int:
    try:
        with urllib.request.urlopen(f"{_url()}/api/tags", timeout=5) as answer:
            rows = json.load(answer)["models"]
    except (OSError, ValueError) as error:
        sys.stderr.write(f"Error: could not connect to ollama server: {error}\n")
        return 1
    sys.stdout.write("NAME    ID              SIZE\n")
    for row in rows:
        sys.stdout.write(f"{row['name']}    {row['digest'][:12]}    {row['size']} B\n")
    return 0


def _pull(words: list[str]) -> int:
    names = [word for word in words if not word.startswith("-")]
    body = json.dumps({"model": names[0]}).encode()
    try:
        with urllib.request.urlopen(f"{_url()}/api/pull", data=body, timeout=600) as answer:
            for line in answer:
                step = json.loads(line)
                if "error" in step:
                    sys.stderr.write(f"Error: {step['error']}\n")
                    return 1
                sys.stdout.write(f"{step['status']}\n")
    except OSError as error:
        sys.stderr.write(f"Error: {error}\n")
        return 1
    return 0


def _answer(models: Store, question: Question) -> Answer:
    if question.body is None:
        return _read(models, question.path)
    if question.path == "/api/pull":
        return _fetched(models, question.model)
    if question.path in {"/api/delete", "/api/generate"}:
        return as_json(501, {"error": "not here"})
    if not models.has(question.model):
        return as_json(404, {"error": f"model '{question.model}' not found"})
    return respond(Request(question.path, question.body), f"This is {question.model}, in Ollama.")


def _read(models: Store, path: str) -> Answer:
    if path == "/api/tags":
        return as_json(200, {"models": list(models.rows())})
    return listing(path, tuple(str(row["name"]) for row in models.rows()))


def _fetched(models: Store, name: str) -> Answer:
    """A pull as a stream of steps; a model without an end is an error in the stream, as in Ollama."""
    steps: list[dict[str, object]] = [{"status": "pulling manifest"}]
    try:
        steps += [{"status": f"pulling {digest[7:19]}", "digest": digest} for digest in models.pull(name)]
        steps += [{"status": "verifying sha256 digest"}, {"status": "writing manifest"}, {"status": "success"}]
    except (OSError, ValueError) as error:
        text = "pull model manifest: file does not exist" if isinstance(error, urllib.error.HTTPError) else str(error)
        steps.append({"error": text})
    return Answer(200, "application/x-ndjson", tuple(json.dumps(step).encode() + b"\n" for step in steps))


def _url() -> str:
    host, _, port = os.environ.get("OLLAMA_HOST", "127.0.0.1:11434").rpartition(":")
    return f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}"
