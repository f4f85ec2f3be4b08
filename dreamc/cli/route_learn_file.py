"""What was learnt, in the text of dream.yaml: shown, proven as `dreamc check` would, and written in one step."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from difflib import unified_diff
from pathlib import Path

import click
from msgspec import Struct
from msgspec.structs import replace

from dreamc.artifact.commit import sync_directory
from dreamc.cli.findings import told
from dreamc.compiler import Request, resolve
from dreamc.errors import DreamError
from dreamc.learning.edit import Change, edited

BOM = b"\xef\xbb\xbf"


class Edit(Struct, frozen=True):
    """A dream.yaml as it is and as it would be; the bytes are those of the disk."""

    file: Path
    held: bytes
    before: str
    after: str

    @property
    def diff(self) -> str:
        """Three lines around each change."""
        name = self.file.as_posix()
        lines = unified_diff(
            self.before.splitlines(), self.after.splitlines(), f"{name} (is)", f"{name} (learnt)", lineterm=""
        )
        return "".join(f"{line}\n" for line in lines)


def edit(file: Path, changes: Sequence[Change]) -> Edit:
    """Raises DreamError where the file cannot be changed without touching more than that."""
    held = file.read_bytes()
    before = held.removeprefix(BOM).decode()
    after = edited(before, changes)
    if after is None:
        wanted = "; ".join(f"{'.'.join(path)}: {value}" for path, value in changes)
        what = f"{file} cannot be changed without touching more than what was learnt, such as what an alias stands for"
        raise DreamError(what, "nothing was written", f"write it there yourself: {wanted}")
    return Edit(file, held, before, after)


def proven(wanted: Request, made: Edit) -> bool:
    """Whether the changed file checks, its own `tests:` among the rest; what is wrong is said on standard error."""
    found = resolve(replace(wanted, text=made.after))
    if not found.failed and found.stack is not None:
        return True
    told(found, "text", colour=False, err=True)
    click.echo(f"dreamc: {made.file} would not check with what was learnt", err=True)
    return False


def write(made: Edit) -> None:
    """Old or new, never half. Raises DreamError; also where the file has changed in the meantime."""
    target = Path(os.path.realpath(made.file))
    part = target.with_name(f".{target.name}.{os.getpid()}.new")
    try:
        with part.open("xb") as file:
            file.write((BOM if made.held.startswith(BOM) else b"") + made.after.encode())
            os.fchmod(file.fileno(), target.stat().st_mode & 0o777)
            file.flush()
            os.fsync(file.fileno())
        if target.read_bytes() != made.held:
            raise DreamError(f"{made.file} was changed in the meantime", "nothing was written", "run it again")
        os.replace(part, target)
        sync_directory(target.parent)
    except OSError as error:
        reason = (error.strerror or "unknown error").lower()
        raise DreamError(f"{made.file} cannot be written: {reason}", "nothing was written", "") from error
    finally:
        with suppress(OSError):
            part.unlink()
