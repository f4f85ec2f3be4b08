"""Further files beside dream.yaml: its profile, its lock file, and what it names of models that no table knows."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from msgspec.structs import replace

from dreamc import resources
from dreamc.diagnostics.codes import has_error
from dreamc.diagnostics.types import Diagnostic, Source
from dreamc.document.anchor import anchored
from dreamc.document.load import load
from dreamc.document.read import read
from dreamc.document.types import Document
from dreamc.hub import safetensors
from dreamc.hub.lock import read_lock
from dreamc.hub.pins import Lock
from dreamc.hub.safetensors import Checkpoint, HeaderError
from dreamc.knowledge.nearest import nearest
from dreamc.sizing.own_rows import read_rows
from dreamc.sizing.types import Measured
from dreamc.spec import Dream

Found = tuple[Diagnostic, ...]
LARGEST_CONFIG = 1024 * 1024
"""Bytes that one config.json may have."""
RUNTIME = "dream_runtime"
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
            help_ = "name the config.json of the model's repository, or its directory, as a path beside dream.yaml"
            path = ("models", name, "config")
            problems.append(Diagnostic("DRM617", path, f"'{model.config}' {value}", "not a config.json", help_))
    return found, tuple(problems)


def stands_alone(dream: Dream) -> bool:
    """Whether no file is read for it but itself, its overlay, its lock and its calibration, and what is shipped."""
    shipped = dream.profile is None or f"{dream.profile}.yaml" in resources.names("profiles")
    return shipped and not _own_modules(dream) and all(model.config is None for model in dream.models.values())


def own_checks(dream: Dream, folder: Path) -> Mapping[str, str]:
    """The modules beside dream.yaml that `routing: quality: checks:` names, by path; those that are not there are left
    out. Neither the runtime's own package nor the standard library can be replaced by one."""
    taken = sys.stdlib_module_names | {RUNTIME}
    paths = [one.replace(".", "/") + ".py" for one in _own_modules(dream) if one.partition(".")[0] not in taken]
    found = {path: _source(folder / path) for path in paths}
    return {path: text for path, text in found.items() if text is not None}


def _own_modules(dream: Dream) -> list[str]:
    named = dream.routing.quality.checks if dream.routing.quality else ()
    return sorted({name.partition(":")[0] for name in named if ":" in name})


def _source(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8") if path.stat().st_size <= LARGEST_CONFIG else None
    except (OSError, UnicodeDecodeError):
        return None


def lock(file: Path, index: int) -> tuple[Lock | None, Document | None, Source, Found]:
    """`dream.lock.yaml` beside `dream.yaml`, and the document it was read from; None where there is none.

    Spans of findings say `index`.
    """
    path = lock_path(file)
    if not path.exists():
        return None, None, NO_TEXT, ()
    source, problems = load(path, path.as_posix(), index)
    if problems:
        return None, None, source, problems
    document, problems = read(source, index)
    if document is None or has_error(problems):
        return None, document, source, problems
    found, more = read_lock(document)
    return found, document, source, (*problems, *anchored(more, document))


def lock_path(file: Path) -> Path:
    """Where the lock of a dream.yaml lies."""
    return file.with_name(f"{file.stem}.lock{file.suffix}")


def own_rows(file: Path, index: int) -> tuple[tuple[Measured, ...], Source, Found]:
    """The rows of `dream.calibration.yaml` beside `dream.yaml`; none where there is no such file.

    Spans of findings say `index`.
    """
    path = calibration_path(file)
    if not path.exists():
        return (), NO_TEXT, ()
    source, problems = load(path, path.as_posix(), index)
    if problems:
        return (), source, problems
    document, problems = read(source, index)
    if document is None or problems:
        return (), source, problems
    rows, problems = read_rows(document)
    return rows, source, anchored(problems, document)


def calibration_path(file: Path) -> Path:
    """Where the rows of a dream.yaml's own start-up logs lie."""
    return file.with_name(f"{file.stem}.calibration{file.suffix}")


def headers(dream: Dream, folder: Path) -> tuple[Mapping[str, Checkpoint], Found]:
    """What the safetensors headers say, of every `config:` beside which there are such files."""
    found: dict[str, Checkpoint] = {}
    problems: list[Diagnostic] = []
    for name, model in dream.models.items():
        if model.config is None or model.config in found:
            continue
        path = folder / model.config
        try:
            one = safetensors.folder(path) if path.is_dir() else None
        except (HeaderError, OSError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            message = f"the weights in '{model.config}' cannot be read: {reason}"
            help_ = "fetch the file again, or name the config.json alone"
            problems.append(Diagnostic("DRM624", ("models", name, "config"), message, "damaged or cut off", help_))
            continue
        if one is not None:
            found[model.config] = one
    return found, tuple(problems)


def _json(path: Path) -> dict[str, object] | str:
    """The object in the file, or in the config.json of the directory; or what is wrong with it."""
    try:
        path = path / "config.json" if path.is_dir() else path
        if path.stat().st_size > LARGEST_CONFIG:
            return "is larger than 1 MiB"
        value = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        return f"cannot be read: {(error.strerror or 'unknown error').lower()}"
    except (ValueError, RecursionError):
        return "is not JSON"
    return value if isinstance(value, dict) else "is not a JSON object"
