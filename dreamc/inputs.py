"""Further files that dream.yaml names: its profile, and config.json of models that the tables do not know."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from msgspec.structs import replace

from dreamc import resources
from dreamc.diagnostics.types import Diagnostic, Source
from dreamc.document.load import load
from dreamc.document.read import read
from dreamc.document.types import Document
from dreamc.knowledge.nearest import nearest
from dreamc.spec import Dream

Found = tuple[Diagnostic, ...]
LARGEST_CONFIG = 1024 * 1024
"""Bytes that one config.json may have."""
NO_TEXT = Source("", "")
"""What stands in the place of a file that was not read."""


def profile(top: Document, main: Document, folder: Path, index: int) -> tuple[Document | None, Source, Found]:
    """The partial file that `profile:` names: a shipped one by name, or a path beside dream.yaml.

    Its spans say `index`; the source is `NO_TEXT` where none is named or known.
    """
    name = _named(top) or _named(main)
    if name is None:
        return None, NO_TEXT, ()
    shipped = tuple(one.removesuffix(".yaml") for one in resources.names("profiles"))
    problems: Found = ()
    if name in shipped:
        source = Source(f"profiles/{name}.yaml", resources.text("profiles", f"{name}.yaml"))
    elif "/" in name or name.endswith((".yaml", ".yml")):
        source, problems = _beside(folder / name, index)
    else:
        return None, NO_TEXT, (_unknown(name, shipped),)
    if problems:
        return None, source, problems
    document, problems = read(source, index)
    return document, source, problems


def _beside(path: Path, index: int) -> tuple[Source, Found]:
    """The file at `path`; one that is not there is a mistake of the line that names it."""
    source, problems = load(path, path.as_posix(), index)
    help_ = "name a file beside dream.yaml, or one of the shipped profiles"
    return source, tuple(
        replace(one, path=("profile",), span=None, help=help_) if one.code == "DRM001" else one for one in problems
    )


def _named(document: Document) -> str | None:
    value = document.value.get("profile") if isinstance(document.value, dict) else None
    return value if isinstance(value, str) and value else None


def _unknown(name: str, shipped: tuple[str, ...]) -> Diagnostic:
    close = nearest(name, shipped, 1)
    listed = ", ".join(shipped)
    advice = f"did you mean '{close[0]}'?" if close else f"shipped: {listed}; or a path that ends in .yaml"
    return Diagnostic("DRM215", ("profile",), f"there is no profile '{name}'", f"expected {listed} or a path", advice)


def configs(dream: Dream, folder: Path) -> tuple[Mapping[str, Mapping[str, object]], Found]:
    """Every config.json that a model names, parsed."""
    found: dict[str, Mapping[str, object]] = {}
    problems: list[Diagnostic] = []
    for name, model in dream.models.items():
        if model.config is None or model.config in found:
            continue
        value = _json(folder / model.config)
        if isinstance(value, dict):
            found[model.config] = value
        else:
            help_ = "name the config.json of the model's repository, as a path beside dream.yaml"
            path = ("models", name, "config")
            problems.append(Diagnostic("DRM617", path, f"'{model.config}' {value}", "not a config.json", help_))
    return found, tuple(problems)


def _json(path: Path) -> dict[str, object] | str:
    """The object in the file, or what is wrong with it."""
    try:
        if path.stat().st_size > LARGEST_CONFIG:
            return "is larger than 1 MiB"
        value = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        return f"cannot be read: {(error.strerror or 'unknown error').lower()}"
    except (ValueError, RecursionError):
        return "is not JSON"
    return value if isinstance(value, dict) else "is not a JSON object"
