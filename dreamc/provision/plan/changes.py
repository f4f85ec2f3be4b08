"""Which files of the release differ from what is current on the host, with their diffs."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping

from dreamc.artifact.release import RELEASE
from dreamc.artifact.types import MANIFEST, Artifact, Bundle, sha256
from dreamc.provision.plan.types import FileChange
from dreamc.provision.types import HostFacts

Mask = Callable[[str], str]
DERIVED = (MANIFEST, RELEASE)
"""Files that say again what others say: they change with every release, and their diffs hide the others."""

LONGEST = 200_000
"""Characters of a text beyond which a diff helps nobody."""

# A value beside such a word in a file that someone edited by hand; references to the environment are none.
_SECRET = re.compile(
    r"(?i)((?:api[_-]?key|master[_-]?key|secret|passwo?r?d|(?<!max_)\btoken)[\w-]*[\"']?\s*[:=]\s*)"
    r"(?!\s*[\"']?(?:os\.environ/|\$\{|$))(\S.*)"
)
_KEY = re.compile(r"\b(?:sk|hf|pk|ghp|gsk|AIza)[-_][A-Za-z0-9_-]{8,}")


def files(
    bundle: Bundle | None, facts: HostFacts, texts: Mapping[str, str], mask: Callable[[str], str]
) -> tuple[FileChange, ...]:
    """Added, changed and removed files by path. Without a bundle nothing is known of the new ones."""
    if bundle is None:
        return ()
    there = {path: (mode, digest) for path, mode, digest in facts.manifest}
    found = [_change(one, there.get(one.path), texts.get(one.path), mask) for one in bundle.artifacts]
    wanted = {one.path for one in bundle.artifacts}
    gone = [FileChange(path, "removed", _diff(path, texts.get(path), "", mask)) for path in there if path not in wanted]
    return tuple(sorted((one for one in (*found, *gone) if one is not None), key=lambda one: one.path))


def texts_wanted(bundle: Bundle | None, facts: HostFacts) -> tuple[str, ...]:
    """The current files whose text a diff needs."""
    found = (one for one in files(bundle, facts, {}, str) if one.path not in DERIVED)
    return tuple(one.path for one in found if one.kind in ("changed", "removed"))


def _change(
    one: Artifact, now: tuple[str, str] | None, old: str | None, mask: Callable[[str], str]
) -> FileChange | None:
    if now is None:
        return FileChange(one.path, "added", _diff(one.path, "", one.text, mask))
    mode, digest = now
    if digest != sha256(one.content):
        return FileChange(one.path, "changed", _diff(one.path, old, one.text, mask))
    return None if mode == one.mode else FileChange(one.path, "mode", f"mode {mode} -> {one.mode}\n")


def _diff(path: str, old: str | None, new: str, mask: Mask) -> str:
    """Unified, from the host to the release; nothing where the old text is not known."""
    if old is None or path in DERIVED or max(len(old), len(new)) > LONGEST:
        return ""
    lines = difflib.unified_diff(_lines(old), _lines(new), f"current/{path}", f"new/{path}")
    marked = (line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
    return mask("".join(_unread(line) if line.startswith("-") else line for line in marked))


def _lines(text: str) -> list[str]:
    return [f"{line}\n" for line in text.split("\n")[:-1]] + ([tail] if (tail := text.rsplit("\n", 1)[-1]) else [])


def _unread(line: str) -> str:
    """What stood on the host may hold a key that someone wrote there; the release itself never holds one."""
    end = "\n" if line.endswith("\n") else ""
    return _KEY.sub("***", _SECRET.sub(r"\1***", line.rstrip("\n"))) + end
