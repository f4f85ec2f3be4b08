"""What a doctor looks at: states and last words of containers, what the kernel said, files for a support archive.

Everything passes through `hide` on the host. Each line carries a mark in front, so that no log can be taken for another
section.
"""

from __future__ import annotations

from collections.abc import Sequence
from shlex import quote

from dreamc.provision.operations.hiding import HIDING
from dreamc.provision.session import Step

LONGEST = 256 * 1024
"""Bytes of the log of one container; more than that helps nobody."""
_STATE = "{{.State.Status}}|{{.State.OOMKilled}}|{{.State.ExitCode}}|{{.RestartCount}}|{{.State.Error}}"
_HEALTH = "{{if .State.Health}}{{range .State.Health.Log}}{{.Output}}{{println}}{{end}}{{end}}"

# `limit` reads nothing: docker would take the rest of this script for its input. NVRM: Xid is how the NVIDIA driver
# reports a fault of a card (docs.nvidia.com/deploy/xid-errors).
_LOOK = """
root={root}
PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
if command -v timeout >/dev/null 2>&1; then limit() {{ timeout -k 2 20 "$@"; }}; else limit() {{ "$@"; }}; fi
{hiding}
can_hide || {{ printf 'blind\\n\\n== end\\n'; exit 0; }}
for one in {names}; do
    printf '\\n== container %s\\n' "$one"
    limit docker inspect --format '{state}' "$one" </dev/null 2>/dev/null | hide | sed 's/^/S/'
    limit docker inspect --format '{health}' "$one" </dev/null 2>/dev/null | hide | grep . | tail -n 3 | sed 's/^/H/'
    limit docker logs --tail {tail} "$one" </dev/null 2>&1 | hide | tail -c {longest} | tr -d '\\r\\000' | sed 's/^/L/'
done
printf '\\n== kernel\\n'
{{ limit dmesg 2>/dev/null || limit journalctl -k -n 2000 --no-pager -o short-iso 2>/dev/null; }} </dev/null |
    grep -E 'NVRM: Xid|Out of memory: Killed|oom-kill' | tail -n 5 | hide | sed 's/^/L/'
for one in {files}; do
    printf '\\n== file %s\\n' "$one"
    [ ! -f "$root/$one" ] || tail -n {lines} "$root/$one" | hide | tr -d '\\r\\000' | sed 's/^/L/'
done
printf '\\n== end\\n'
"""
LINES = 2000
"""Lines of a file that the archive gets; its end counts."""


def look(root: str, containers: Sequence[str], tail: int, files: Sequence[str], lines: int = LINES) -> Step:
    """The last `tail` lines of each container by name, the kernel's complaints, and the last `lines` of `files` below
    the root.

    One line `blind` where the host cannot hide what `.env` holds: then nothing is read.
    """
    text = _LOOK.format(
        root=quote(root), hiding=HIDING, names=" ".join(map(quote, containers)), state=_STATE, health=_HEALTH,
        tail=tail, longest=LONGEST, files=" ".join(map(quote, files)), lines=lines,
    )  # fmt: skip
    return Step("evidence", text)
