"""The host's lock: a directory, because mkdir is atomic; it expires with the session that holds it.

The owner file is the one that the host script `dream` reads and writes. An activation adopts the lock by its token, so
that the lock outlives a controller whose activation goes on.
"""

from __future__ import annotations

from shlex import quote

from dreamc.provision.session import Step

HELD = 5
"""Exit code when someone else holds the lock."""

_TAKE = """
set -u
cd -- {root} || exit 1
boot=$(cat /proc/sys/kernel/random/boot_id 2>/dev/null || echo unknown)
started() {{ sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }}
field() {{ sed -n "s/^$1=//p" lock/owner 2>/dev/null | head -n 1; }}
gone() {{
    pid=$(field pid)
    [ -n "$pid" ] || return 1
    [ "$(field boot)" = "$boot" ] || return 0
    [ "$(started "$pid")" != "$(field started)" ]
}}
aside() {{
    judged=$(cat lock/owner 2>/dev/null)
    mv -T lock "lock.aside.$$" 2>/dev/null || return 0
    if [ "$(cat "lock.aside.$$/owner" 2>/dev/null)" = "$judged" ]; then
        rm -rf "lock.aside.$$"
    else
        mv -T "lock.aside.$$" lock
    fi
}}
waited=0
steal={steal}
until mkdir lock 2>/dev/null; do
    if [ ! -d lock ]; then echo "{shown} cannot be written: is its disk full?"; exit 1; fi
    if gone || [ "$steal" = yes ]; then steal=no; aside; continue; fi
    if [ "$waited" -ge {wait} ]; then cat lock/owner; exit {held}; fi
    waited=$((waited + 1))
    sleep 1
done
{{
    printf 'token=%s\\n' {token}
    printf 'pid=%s\\n' "$DREAM_SESSION"
    printf 'started=%s\\n' "$(started "$DREAM_SESSION")"
    printf 'boot=%s\\n' "$boot"
    printf 'since=%s\\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
    printf 'who=%s\\n' {who}
    printf 'why=%s\\n' {why}
}} >lock/owner || {{ rm -rf lock; echo "the disk of {shown} is full"; exit 1; }}
# what somebody brought who was cut off before the activation is not for whoever comes now
rm -f .env.next
"""

_RELEASE = """
cd -- {root} || exit 0
[ "$(sed -n 's/^token=//p' lock/owner 2>/dev/null | head -n 1)" = {token} ] || exit 0
rm -f .env.next
rm -rf lock
"""


def take(root: str, token: str, who: str, why: str, wait: int = 0, steal: bool = False) -> Step:
    """Takes the lock, waiting up to `wait` seconds; exit 5 with the owner on stdout when someone else holds it.

    `steal` takes it from a living holder. The lock of a process that is gone, or of another boot, is taken always.
    """
    words = {"root": quote(root), "token": quote(token), "who": quote(_line(who)), "why": quote(_line(why))}
    text = _TAKE.format(**words, shown=root, wait=wait, held=HELD, steal="yes" if steal else "no")
    return Step("lock", text)


def release(root: str, token: str) -> Step:
    """Gives the lock back if it is still ours, and forgets the values that were brought for an activation which did not
    come; an activation that adopted the lock has ended both already."""
    return Step("unlock", _RELEASE.format(root=quote(root), token=quote(token)))


def _line(text: str) -> str:
    return " ".join(text.split())
