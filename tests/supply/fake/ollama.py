"""An `ollama` that pulls from the loopback registry into the store that the fake container mounts."""

from __future__ import annotations

import json
import os
import sys
import urllib.request
from pathlib import Path


def main() -> int:
    _, _, verb, *rest = sys.argv[1:] if len(sys.argv) > 3 else [*sys.argv[1:], ""]
    if verb != "pull":
        return 0
    store = Path((Path(os.environ["FAKE_DOCKER"]) / "ollama").read_text())
    name, _, tag = rest[0].partition(":")
    base = f"{os.environ['FAKE_REGISTRY']}/v2/library/{name}"
    try:
        manifest = urllib.request.urlopen(f"{base}/manifests/{tag}").read()
    except OSError as error:
        sys.stderr.write(f"Error: pull model manifest: {error}\n")
        return 1
    value = json.loads(manifest)
    (store / "blobs").mkdir(parents=True, exist_ok=True)
    for layer in (value["config"], *value["layers"]):
        content = urllib.request.urlopen(f"{base}/blobs/{layer['digest']}").read()
        (store / "blobs" / layer["digest"].replace(":", "-")).write_bytes(content)
    path = store / "manifests" / "registry.ollama.ai" / "library" / name / tag
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(manifest)
    return 0


if __name__ == "__main__":
    sys.exit(main())
