"""`.args` files and shell scripts: vLLM command lines, Ollama tags that are pulled, variables that are set."""

from __future__ import annotations

from dreamc.moving.draft import Draft, Model
from dreamc.moving.notes import Notes
from dreamc.moving.readers.command import served
from dreamc.moving.readers.env import variables
from dreamc.moving.scalars import mapping, series, text


def read(notes: Notes, draft: Draft) -> None:
    """Every server that the file starts."""
    value = mapping(notes.given.value)
    for index, command in enumerate(series(value.get("commands"))):
        served(draft, notes, ("commands", index), [text(word) for word in series(command)], listed=True)
    for index, tag in enumerate(series(value.get("pulls"))):
        pulled(draft, notes, ("pulls", index), str(tag))
    variables(notes, draft, mapping(value.get("exports")), ("exports",))


def pulled(draft: Draft, notes: Notes, path: tuple[str | int, ...], tag: str) -> None:
    """A model of Ollama's library."""
    model = Model(notes.at(path), notes, (tag,), "local", handles={f"source:ollama:{tag}"})
    model.says("source", f"ollama:{tag}", path)
    draft.models.append(model)
    notes.take(path, "models.*.source")
