"""The support archive: what somebody else needs to understand a case, without anything secret in it."""

from __future__ import annotations

import gzip
import io
import re
import tarfile
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from dreamc.diagnostics.blot import blotted
from dreamc.provision.types import HostFacts

FOLDER = "support"
README = """\
What `dreamc doctor -o` collected. causes.json: what it found, the likeliest first. plan.json: what an apply would do.
One folder per host: facts.json, the compose files of the current release, the end of its journal and of its logs.
Values of .env were taken out on the host, and whatever looks like a key once more here; read it before you send it.
"""

# A value beside a word that says it is secret; references to variables are none.
_BESIDE = re.compile(
    r"(?i)((?:api[_-]?key|master[_-]?key|secret|passwo?r?d|access[_-]?token|authorization)[\"']?\s*[:=]\s*[\"']?)"
    r"(?!os\.environ/|\$\{|\*\*\*|null\b|none\b)((?:bearer|basic)\s+)?[^\s\"',}]{8,}"
)


def cleaned(text: str, mask: Callable[[str], str]) -> str:
    """The text without the values known here, and without what looks like a key."""
    return _BESIDE.sub(r"\1***", blotted(mask(text)))


def facts_text(facts: HostFacts) -> str:
    """All facts as JSON; of `.env` the names only, for a digest of a weak password is as good as the password."""
    value: dict[str, Any] = msgspec.to_builtins(facts)
    value["env"] = [name for name, _ in facts.env]
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n"


def archive(files: Mapping[str, str], mask: Callable[[str], str]) -> bytes:
    """A tar.gz of the files by path, each of them cleaned; the same bytes for the same files."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.PAX_FORMAT) as made:
        for path, text in sorted({"README.txt": README, **files}.items()):
            data = cleaned(text, mask).encode(errors="replace")
            entry = tarfile.TarInfo(f"{FOLDER}/{path}")
            entry.size, entry.mode = len(data), 0o600
            made.addfile(entry, io.BytesIO(data))
    return gzip.compress(raw.getvalue(), mtime=0)
