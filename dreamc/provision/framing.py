"""Steps over one byte channel: the loop that runs on the host, what is written to it, and what it answers.

The loop reads `nonce token script_bytes data_bytes`, the script, then the data; it ends each step with
`\\n<token> <code>\\n` on stdout and on stderr. What comes before its greeting is noise of the login.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

Sudo = Literal["no", "quiet", "asked"]
"""How root is become: not at all, by sudo without a password, by sudo that reads one from stdin."""

READY = "ready"

# One line without single quotes, so that every login shell (csh and fish too) passes it on as it is. `dd` with a full
# block never reads past its end, which `head` of busybox does: into the next step, where one ends before it has read
# its data. A step with more of it reads all of it. A script that was cut off has lost its last line, which names the
# token, and is not run. $DREAM_SESSION lives as long as the session, $DREAM_BYTES is the size of stdin.
_LOOP = (
    'export LC_ALL=C DREAM_SESSION=$$ DREAM_BYTES=0 PATH="$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:'
    '/sbin:/bin:/snap/bin"; e() {{ printf "\\n%s %s\\n" "$1" "$2" >&2; printf "\\n%s %s\\n" "$1" "$2"; }}; '
    "e {nonce} {ready}; while read -r k t s d; do "
    '[ "$k" = {nonce} ] || continue; '
    'c=$(dd bs="$s" count=1 iflag=fullblock 2>/dev/null); '
    'case $c in *"#$t") ;; *) exit 1 ;; esac; DREAM_BYTES=$d; '
    'if [ "$d" = 0 ]; then (eval "$c") </dev/null; e "$t" $?; '
    'else if [ "$d" -le 1048576 ]; then dd bs="$d" count=1 iflag=fullblock 2>/dev/null; else head -c "$d"; fi '
    '| {{ (eval "$c"); e "$t" $?; cat >/dev/null; }}; fi; done'
)
_AS_ROOT = 'export LC_ALL=C; [ "$(id -u)" = 0 ] && exec sh -c "$0"; exec sudo {flags} -- sh -c "$0"'
_FLAGS = {"quiet": "-n", "asked": '-S -p ""'}


def loop(nonce: str) -> str:
    """The program that serves steps; it ends with its standard input."""
    return _LOOP.format(nonce=nonce, ready=READY)


def words(nonce: str, sudo: Sudo) -> tuple[str, ...]:
    """The command line that starts the loop here."""
    if sudo == "no":
        return "sh", "-c", loop(nonce)
    return "sh", "-c", _AS_ROOT.format(flags=_FLAGS[sudo]), loop(nonce)


def command(nonce: str, sudo: Sudo) -> str:
    """The same as one text for a login shell."""
    first, flag, *rest = words(nonce, sudo)
    return " ".join(("exec", first, flag, *(f"'{word}'" for word in rest)))


def header(nonce: str, token: str, script: str, size: int) -> bytes:
    """What begins a step: `size` bytes of data are to follow."""
    text = f"{script}\n#{token}".encode()
    return f"{nonce} {token} {len(text)} {size}\n".encode() + text


class Stream:
    """One of the two streams of a loop."""

    __slots__ = ("_from", "held")

    def __init__(self) -> None:
        self.held = bytearray()
        self._from = 0

    def feed(self, data: bytes) -> None:
        """More of the stream has come."""
        self.held += data

    def greets(self, mark: str) -> bool:
        """Whether the greeting with this mark has come."""
        return f"\n{mark} {READY}\n".encode() in self.held

    def until(self, mark: str) -> tuple[bytes, str] | None:
        """What stands before the line that begins with `mark`, and its second word; None while it has not come."""
        wanted = f"\n{mark} ".encode()
        start = self.held.find(wanted, self._from)
        end = self.held.find(b"\n", start + 1) if start >= 0 else -1
        if end < 0:
            self._from = start if start >= 0 else max(0, len(self.held) - len(wanted))
            return None
        before, word = bytes(self.held[:start]), self.held[start + len(wanted) : end].decode()
        del self.held[: end + 1]
        self._from = 0
        return before, word


class Bytes:
    """Passes bytes on as they come, up to the mark: of a stream of any length no more is held than the mark is long."""

    __slots__ = ("_call", "_mark", "_rest")

    def __init__(self, mark: str, call: Callable[[bytes], None]) -> None:
        self._mark = f"\n{mark} ".encode()
        self._call = call
        self._rest: bytes | None = b""

    def feed(self, data: bytes) -> bytes:
        """More of the stream has come. What follows is not for the caller: the mark, and all behind it."""
        if self._rest is None:
            return data
        held = self._rest + data
        at = held.find(self._mark)
        end = at if at >= 0 else held.rfind(b"\n", max(0, len(held) - len(self._mark) + 1))
        ours = held if end < 0 else held[:end]
        self._rest = None if at >= 0 else held[len(ours) :]
        if ours:
            self._call(ours)
        return held[at:] if at >= 0 else b""


class Lines:
    """Passes whole lines on as they come, up to the mark; the line break that belongs to the mark is no line."""

    def __init__(self, mark: str, call: Callable[[str], None]) -> None:
        self._mark = f"{mark} ".encode()
        self._call = call
        self._rest = b""
        self._blank = False
        self._ended = False

    def feed(self, data: bytes) -> None:
        """More of the stream has come."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._line(line)

    def _line(self, line: bytes) -> None:
        self._ended = self._ended or line.startswith(self._mark)
        if self._ended:
            return
        if self._blank:
            self._call("")
        self._blank = not line
        if line:
            self._call(line.decode(errors="replace"))
