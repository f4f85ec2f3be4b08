"""Logs of services as docker compose shows them, without the values of `.env`."""

from __future__ import annotations

from shlex import quote

from dreamc.provision.operations.hiding import BLIND, HIDING
from dreamc.provision.session import Step

PULSE = "@dreamc pulse"
"""A line that says nothing: writing it is how a host notices that nobody listens any more."""
BLINDED, ABSENT = 77, 64
"""Exit codes: `.env` cannot be read there; the current release has no such service in its mode."""

_HEAD = """
root={root}
cd -- "$root" 2>/dev/null && [ -x current/dream ] || {{ echo "nothing was applied to {shown} yet"; exit 1; }}
{hiding}
can_hide || {{ echo {blind}; exit {blinded}; }}
"""

# The code is that of `dream logs`, not of sed, which would hold its output back without -u.
_SHOW = """
exec 4>&1
code=$({{ {{
    ./current/dream logs {words} </dev/null 2>&1 3>&- 4>&-
    printf '%s' "$?" >&3
}} | hide -u >&4; }} 3>&1)
exit "${{code:-1}}"
"""

# A session of its own, so that all of it can be ended at once when the connection has gone. Opening the pipe to write
# waits for the one who reads; only then is its name not needed any more.
_FOLLOW = """
follow=$(mktemp -u "${{TMPDIR:-/tmp}}/dreamc.XXXXXX")
(umask 077; mkfifo "$follow") || exit 1
hide -u <"$follow" &
shown=$!
exec 6>"$follow"
rm -f "$follow"
setsid ./current/dream logs {words} </dev/null >&6 2>&1 6>&- &
dream=$!
exec 6>&-
trap '' PIPE
while kill -0 "$dream" 2>/dev/null; do
    sleep 2
    echo '{pulse}' 2>/dev/null || {{ kill -- "-$dream"; exit 0; }}
done
wait "$dream"
code=$?
wait "$shown"
exit "$code"
"""


def logs(root: str, service: str, tail: int, follow: bool) -> Step:
    """The last `tail` lines of a service, or of a group of services as the host script knows them; with `follow` what
    comes after them too, until the session ends. Exit code 64 where there is no such service."""
    words = " ".join(map(quote, (service, "--no-color", "--tail", str(tail), *(("-f",) if follow else ()))))
    head = _HEAD.format(root=quote(root), shown=root, hiding=HIDING, blind=quote(BLIND), blinded=BLINDED)
    body = _FOLLOW.format(words=words, pulse=PULSE) if follow else _SHOW.format(words=words)
    return Step("logs", head + body)
