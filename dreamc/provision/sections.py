"""The words of a step in sections: a head `== name`, then its lines."""

from __future__ import annotations

from dreamc.errors import DreamError

END = "end"


def sections(text: str, host: str, step: str) -> dict[str, tuple[str, ...]]:
    """Lines by section, empty ones left out; the first section of a name counts. DreamError for an answer that was cut
    short."""
    found: dict[str, list[str]] = {}
    here: list[str] = []
    for line in text.split("\n"):
        name = line.removeprefix("== ")
        if name != line:
            here = found.setdefault(name, []) if name not in found else []
        elif line:
            here.append(line.rstrip("\r"))
    if END not in found:
        raise DreamError(f"the answer of {host} to {step} is cut short", "nothing was changed", "try again")
    return {name: tuple(lines) for name, lines in found.items()}
