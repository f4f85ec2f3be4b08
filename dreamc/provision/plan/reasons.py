"""Why a service's definition changed: which words of it and which files, from the compose files of both releases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from dreamc.artifact.types import Artifact, Bundle, sha256
from dreamc.diagnostics.types import Source
from dreamc.document.read import read
from dreamc.provision.plan.types import FileChange
from dreamc.provision.types import HostFacts

LONGEST = 60
"""Characters of a value that is shown as it was and as it will be."""

_OURS = ("dev.dreamc.service", "dev.dreamc.config")
Node = Mapping[str, Any]


class Reasons(Struct, frozen=True):
    """The services of both compose files, None where a text is not known, and the files that differ."""

    old: Node | None
    new: Node | None
    files: tuple[str, ...] = ()

    def of(self, service: str) -> tuple[str, ...]:
        """In words, a changed image left out; nothing where it is not known."""
        if self.old is None or self.new is None:
            return ()
        old, new = self.old.get(service), self.new.get(service)
        if not isinstance(old, dict) or not isinstance(new, dict):
            return ()
        keys = [key for key in dict.fromkeys((*old, *new)) if key != "image" and old.get(key) != new.get(key)]
        said = [words for key in keys for words in _words(str(key), old.get(key), new.get(key))]
        return (*said, *(f"{path} changed" for path in self._mounted(new)))

    def _mounted(self, service: Node) -> tuple[str, ...]:
        volumes = service.get("volumes")
        sources = (
            [str(one.get("source")) for one in volumes if isinstance(one, dict)] if isinstance(volumes, list) else []
        )
        inside = [
            source.split("}/", 1)[1] for source in sources if source.startswith("${DREAM_BUNDLE") and "}/" in source
        ]
        return tuple(path for path in self.files if any(f"{path}/".startswith(f"{one}/") for one in inside))


def reasons(
    bundle: Bundle | None,
    mode: str,
    definitions: Mapping[str, str],
    facts: HostFacts,
    texts: Mapping[str, str],
    changed: tuple[FileChange, ...],
) -> Reasons:
    """From the compose file of the current mode, where its text is known, to that of the new one.

    `definitions` are those of the target by service; where the containers have them all, nobody will ask why.
    """
    asked = any(definitions.get(one.service, one.definition) != one.definition for one in facts.containers)
    if bundle is None or not facts.mode or not asked:
        return Reasons(None, None)
    artifacts = {one.path: one for one in bundle.artifacts}
    before, after = f"docker-compose.{facts.mode}.yml", f"docker-compose.{mode}.yml"
    old = texts.get(before) or _unchanged(artifacts.get(before), facts)
    new = artifacts[after].text if after in artifacts else ""
    return Reasons(_services(before, old), _services(after, new), tuple(one.path for one in changed))


def _unchanged(artifact: Artifact | None, facts: HostFacts) -> str:
    """The text of a file that is on the host exactly as in the bundle."""
    there = {path: digest for path, _, digest in facts.manifest}
    return artifact.text if artifact and there.get(artifact.path) == sha256(artifact.content) else ""


def _services(name: str, text: str) -> Node | None:
    document = read(Source(name, text))[0] if text else None
    value = document.value if document else None
    services = value.get("services") if isinstance(value, dict) else None
    return services if isinstance(services, dict) else None


def _words(key: str, old: object, new: object) -> tuple[str, ...]:
    if key == "labels":
        old, new = (_foreign(value) for value in (old, new))
        return ("labels changed",) if old != new else ()
    if key == "command" and isinstance(old, list) and isinstance(new, list):
        return _command([str(word) for word in old], [str(word) for word in new])
    if isinstance(old, dict) and isinstance(new, dict):
        names = [str(name) for name in dict.fromkeys((*old, *new)) if old.get(name) != new.get(name)]
        return (f"{key}: {', '.join(names)}",)
    simple = all(isinstance(value, str | int | float) for value in (old, new))
    return (f"{key} {_short(old)} -> {_short(new)}",) if simple else (f"{key} changed",)


def _foreign(labels: object) -> object:
    return {key: labels[key] for key in labels if key not in _OURS} if isinstance(labels, dict) else labels


def _command(old: list[str], new: list[str]) -> tuple[str, ...]:
    """Options that were added, dropped or given another value; an order that alone changed is said as such."""
    before, after = _options(old), _options(new)
    found = []
    for name in dict.fromkeys((*before, *after)):
        was, now = before.get(name), after.get(name)
        if was is None:
            found.append(f"command: {_shown(name, now)} added")
        elif now is None:
            found.append(f"command: {_shown(name, was)} dropped")
        elif was != now:
            found.append(f"command: {name} {_short(was or 'without a value')} -> {_short(now or 'without a value')}")
    return tuple(found) or ("command: another order",)


def _shown(name: str, value: str | None) -> str:
    return f"{name} {_short(value)}" if value else name


def _options(words: list[str]) -> dict[str, str]:
    """Value by option; words before the first option stand under the empty name."""
    found: dict[str, str] = {}
    name = ""
    for word in words:
        if word.startswith("--"):
            name, _, value = word.partition("=")
            found[name] = value
        else:
            found[name] = f"{found[name]} {word}" if found.get(name) else word
    return found


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
