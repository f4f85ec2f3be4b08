"""The images of a lab, under the names that the compiler emits, and in its registry.

Real are LiteLLM, Redis and socat; vLLM, Ollama and the services around them are stand-ins of tests/lab/images.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dreamc.knowledge.images import image as known
from tests.lab.hosts import gateway_layer, layers
from tests.lab.hosts.layers import Layer
from tests.lab.hosts.place import REGISTRY, LabError, Place
from tests.lab.hosts.registry import push
from tests.lab.hosts.setup import alone
from tests.lab.hosts.shell import network

_ROOT = Path(__file__).resolve().parents[3]
_HOME = "opt/lab"
# Ways in which a version of an image is bad: its tag has the word behind the version, its servers the fault.
FAULTS = ("crash", "unhealthy", "error", "slow")
_FAULT_TEXT = {"slow": "slow 5"}


@dataclass(frozen=True, slots=True)
class Recipe:
    """One image. `needs` are layers above the tools; `bad` gives it a version with each of FAULTS."""

    name: str
    entrypoint: tuple[str, ...]
    command: tuple[str, ...] = ()
    needs: tuple[str, ...] = ("servers",)
    environment: tuple[str, ...] = ()
    folder: str = "/"
    bad: bool = False


_STAND_IN = ("/opt/lab/bin/stand_in",)
RECIPES = (
    Recipe("litellm", ("litellm",), needs=("gateway",)),
    Recipe("vllm", ("vllm", "serve"), bad=True),
    Recipe("ollama", ("ollama",), ("serve",), environment=(f"LAB_OLLAMA_REGISTRY=http://{REGISTRY}",), bad=True),
    Recipe("redis", (), ("redis-server",), needs=("redis",), folder="/data"),
    Recipe("socat", ("socat",), needs=()),
    Recipe("node", (), ("node",)),
    Recipe("n8n", (*_STAND_IN, "5678")),
    Recipe("open-webui", (*_STAND_IN, "8080")),
    Recipe("qdrant", (*_STAND_IN, "6333")),
    Recipe("searxng", (*_STAND_IN, "8080")),
    Recipe("whisper", (*_STAND_IN, "8000")),
    Recipe("whisper-cuda", (*_STAND_IN, "8000")),
    Recipe("kokoro", (*_STAND_IN, "8880")),
)
_PATH = f"PATH=/{_HOME}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def build(place: Place) -> dict[str, str]:
    """Builds what has changed and pushes all of it; name -> digest of each image. The control network must be up."""
    with alone(place):
        made = {"tools": _tools(place), "gateway": gateway_layer.layer(place)}
        made |= {"servers": _servers(place), "redis": _redis(place)}
        with network(place.namespace):
            return {recipe.name: _push(recipe, made) for recipe in RECIPES}


def reference(name: str, fault: str = "") -> str:
    """The image as a host names it: `10.78.0.1:5000/vllm/vllm-openai:v0.33.0`, with a fault `…:v0.33.0-crash`."""
    repository, tag = _named(name)
    return f"{REGISTRY}/{repository}:{tag}{f'-{fault}' if fault else ''}"


def _push(recipe: Recipe, made: dict[str, Layer]) -> str:
    repository, tag = _named(recipe.name)
    stack = tuple(made[name] for name in ("tools", *recipe.needs))
    for fault in FAULTS if recipe.bad else ():
        bad = layers.image(stack, _settings(recipe, (f"LAB_FAULT={_FAULT_TEXT.get(fault, fault)}",)))
        push(repository, (f"{tag}-{fault}",), bad)
    good = layers.image(stack, _settings(recipe, ()))
    if "/" not in repository:
        push(f"library/{repository}", (tag,), good)
    return push(repository, (tag,), good)


def _settings(recipe: Recipe, more: tuple[str, ...]) -> dict[str, object]:
    return {
        "Entrypoint": list(recipe.entrypoint) or None,
        "Cmd": list(recipe.command) or None,
        "Env": [_PATH, *recipe.environment, *more],
        "WorkingDir": recipe.folder,
    }


def _named(name: str) -> tuple[str, str]:
    """(repository without the public registry's host, tag)."""
    row = known(name)
    if row is None:
        raise LabError(f"the image table has no {name}")
    first, slash, rest = row.repository.partition("/")
    return (rest if slash and "." in first else row.repository), row.tag


def _tools(place: Place) -> Layer:
    target = place.layers / "tools.tar"
    stamp = place.tools.with_name("tools.packages")
    place.layers.mkdir(parents=True, exist_ok=True)
    if target.exists() and target.stat().st_mtime >= stamp.stat().st_mtime:
        return layers.read(target)
    return layers.pack(place.tools, target)


def _servers(place: Place) -> Layer:
    """The stand-ins, at the paths from which they are imported here."""
    sources = sorted((_ROOT / "tests/lab/images").glob("*.py"))
    files = [(f"{_HOME}/tests/lab/images/{path.name}", path.read_bytes(), 0o644) for path in sources]
    files.append((f"{_HOME}/dreamc/__init__.py", b"", 0o644))
    files.append((f"{_HOME}/dreamc/gateway/__init__.py", b"", 0o644))
    dialects = (_ROOT / "dreamc/gateway/dialects.py").read_bytes()
    files.append((f"{_HOME}/dreamc/gateway/dialects.py", dialects, 0o644))
    commands = ("vllm", "ollama", "stand_in", "node", "npx")
    files.extend((f"{_HOME}/bin/{command}", _program(command), 0o755) for command in commands)
    return layers.pack_files(files, place.layers / "servers.tar")


def _redis(place: Place) -> Layer:
    """Docker's image is built with protected mode off: other containers have no password and are let in."""
    script = b'#!/bin/sh\nexec /usr/bin/redis-server "$@" --protected-mode no\n'
    return layers.pack_files([("usr/local/bin/redis-server", script, 0o755)], place.layers / "redis.tar")


def _program(module: str) -> bytes:
    return f"""#!/usr/bin/python3 -B
import sys

sys.path.insert(0, "/{_HOME}")
from tests.lab.images.{module} import main

sys.exit(main(sys.argv[1:]))
""".encode()
