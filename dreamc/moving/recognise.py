"""Which files there are and what each is: by what is in it, since names are used for many things."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path as FilePath

from msgspec import Struct

from dreamc.artifact.release import RELEASE
from dreamc.diagnostics.codes import severity
from dreamc.diagnostics.types import Diagnostic, Path, Source
from dreamc.document.load import load
from dreamc.document.read import read
from dreamc.document.types import Document
from dreamc.moving import texts
from dreamc.moving.types import Given, Kind

MOST = 400
"""Files that a directory may hold before it is taken for the wrong one."""
DEEPEST = 5
STRUCTURED = (".yaml", ".yml", ".json")
SHELL = (".sh", ".bash", ".service", ".txt", ".md")
_ENV = re.compile(r"(?:^|\.)env(?:\.|$)")
_RUNTIME = "config/runtime"


class Found(Struct, frozen=True):
    """Everything that was read. `sources` are the texts by index, as findings speak of them; `bundles` are directories
    that `compile` wrote; `strange` are files that are nothing that dreamc knows, `broken` those that cannot be read."""

    given: tuple[Given, ...]
    bundles: tuple[FilePath, ...]
    strange: tuple[str, ...]
    sources: tuple[Source, ...]
    findings: tuple[Diagnostic, ...]
    broken: tuple[str, ...] = ()


def find(paths: tuple[FilePath, ...]) -> Found:
    """Read files, the files of directories, and what patterns match."""
    given: list[Given] = []
    strange: list[str] = []
    sources: list[Source] = []
    findings: list[Diagnostic] = []
    bundles, files = _listed(paths)
    broken: list[str] = []
    for path, named in files:
        source, problems = load(path, path.as_posix(), len(sources), "name a file or a directory that is there")
        one, more = (None, problems) if problems else _given(path, source, len(sources))
        if one is None and not more and not named:
            continue
        sources.append(source)
        findings += more
        if one is not None:
            given.append(one)
        else:
            (broken if more else strange).append(path.as_posix())
    return Found(tuple(given), bundles, tuple(strange), tuple(sources), tuple(findings), tuple(broken))


def _listed(paths: tuple[FilePath, ...]) -> tuple[tuple[FilePath, ...], tuple[tuple[FilePath, bool], ...]]:
    """Bundle directories; and files, each with whether it was named by the user."""
    bundles: dict[FilePath, None] = {}
    files: dict[FilePath, bool] = {}
    for path in _expanded(paths):
        if path.is_dir():
            here = [path] if (path / RELEASE).is_file() else sorted(one.parent for one in path.glob(f"*/{RELEASE}"))
            bundles.update(dict.fromkeys(here))
            if not here:
                files.update({one: False for one in _below(path) if one not in files})
        elif path.name == RELEASE and path.is_file():
            bundles[path.parent] = None
        else:
            files[path] = True
    return tuple(bundles), tuple(files.items())


def _expanded(paths: tuple[FilePath, ...]) -> Iterator[FilePath]:
    """Patterns that no shell has expanded."""
    for path in paths:
        text = path.as_posix()
        if not path.exists() and re.search(r"[*?\[]", text):
            fixed = next(at for at, part in enumerate(path.parts) if re.search(r"[*?\[]", part))
            matched = sorted(FilePath(*path.parts[:fixed]).glob("/".join(path.parts[fixed:])))
            yield from matched or [path]
        else:
            yield path


def _below(folder: FilePath) -> list[FilePath]:
    found = []
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        hidden = any(part.startswith(".") and not part.startswith(".env") for part in parts)
        if path.is_file() and not hidden and len(parts) <= DEEPEST and _promising(path):
            found.append(path)
    return found[:MOST]


def _promising(path: FilePath) -> bool:
    return path.suffix in (*STRUCTURED, ".args", ".sh") or _ENV.search(path.name) is not None


Read = tuple[Given | None, tuple[Diagnostic, ...]]


def _given(path: FilePath, source: Source, index: int) -> Read:
    if path.suffix in STRUCTURED:
        return _structured(source, index)
    if _ENV.search(path.name):
        value, lines = texts.env(source.text)
        return Given(index, source.name, "env", value, lines), ()
    value, lines = (texts.arguments if path.suffix == ".args" else texts.commands)(source.text)
    starts = isinstance(value, dict) and ("commands" in value or "pulls" in value)
    return (Given(index, source.name, "vllm", value, lines) if starts else None), ()


def _structured(source: Source, index: int) -> Read:
    """YAML or JSON; a file that is broken is none, and says why."""
    document, problems = read(_spaced(source), index)
    errors = tuple(one for one in problems if severity(one.code) == "error")
    kind = _kind(document.value) if document is not None else None
    if document is None or kind is None:
        return None, errors if document is None else ()
    return Given(index, source.name, kind, document.value, _lines(document)), errors


def _spaced(source: Source) -> Source:
    """JSON may be indented with tabs."""
    if not source.name.endswith(".json"):
        return source
    return Source(source.name, re.sub(r"^\t+", lambda tabs: "  " * len(tabs[0]), source.text, flags=re.MULTILINE))


def _lines(document: Document) -> dict[Path, int]:
    return {path: (place.key or place.value).start_line for path, place in document.places.items()}


def _kind(value: object) -> Kind | None:
    """The kind that most of the keys at the top speak for."""
    if not isinstance(value, dict):
        return None
    return next((kind for kind, known in _SIGNS if known(value)), None)


def _has(value: Mapping[str, object], *keys: str) -> bool:
    return any(key in value for key in keys)


def _is_compose(value: Mapping[str, object]) -> bool:
    services = value.get("services")
    shaped = isinstance(services, dict) and any(
        isinstance(one, dict) and _has(one, "image", "build", "command", "extends", "ports")
        for one in services.values()
    )
    return shaped and not _has(value, "dream")


def _is_providers(value: Mapping[str, object]) -> bool:
    listed = value.get("providers")
    entries = isinstance(listed, dict) and any(isinstance(one, dict) for one in listed.values())
    return entries and not _has(value, "dream", "tiers")


_SIGNS: tuple[tuple[Kind, Callable[[dict[str, object]], bool]], ...] = (
    ("litellm", lambda value: _has(value, "model_list", "litellm_settings", "router_settings")),
    ("compose", _is_compose),
    ("mappings", lambda value: not _has(value, "dream") and _has(value, "exact_matches", "fallback_chains")),
    ("tiers", lambda value: isinstance(value.get("tiers"), dict) or _has(value, "cost_control", "action_complexity")),
    ("providers", _is_providers),
    ("whitelist", lambda value: not _has(value, "dream") and _has(value, "cloud_apis", "allowed_for_cloud", "domains")),
    ("profile", lambda value: not _has(value, "dream") and isinstance(value.get("routing_rules"), dict)),
    ("mappings", lambda value: not _has(value, "dream") and _has(value, "capabilities", "load_balancing")),
)  # fmt: skip
