"""Who holds the host, and whether that process is still there."""

from __future__ import annotations

from dreamc.provision.facts.types import Fact, Found, Lines, pairs
from dreamc.provision.types import HeldLock

# The same test as the host script's: another boot, or no process of that number that started at that time.
SCRIPT = r"""
[ -d "$root/lock" ] || exit 0
echo held=yes
pid=
boot=
started=
if [ -r "$root/lock/owner" ]; then
    while IFS='=' read -r field value || [ -n "$field" ]; do
        case $field in
        pid) pid=$value ;;
        boot) boot=$value ;;
        started) started=$value ;;
        esac
        printf '%s=%s\n' "$field" "$value"
    done <"$root/lock/owner"
fi
case $pid in '' | *[!0-9]*) exit 0 ;; esac
now=unknown
if [ -r /proc/sys/kernel/random/boot_id ]; then read -r now </proc/sys/kernel/random/boot_id; fi
[ "$boot" = "$now" ] || { echo stale=yes; exit 0; }
since=
if [ -r "/proc/$pid/stat" ]; then
    IFS= read -r stat <"/proc/$pid/stat"
    set -f
    # shellcheck disable=SC2086  # fields, split on purpose
    set -- ${stat##*) }
    if [ $# -ge 20 ]; then shift 19; since=$1; fi
fi
[ "$since" = "$started" ] || echo stale=yes
"""


def parse(lines: Lines) -> Found:
    """None where nobody holds it; a lock whose owner file is not written yet is held by someone unknown."""
    said = pairs(lines)
    if "held" not in said:
        return {"lock": None}
    who, since, why, token = (said.get(name, "") for name in ("who", "since", "why", "token"))
    return {"lock": HeldLock(who or "someone", since, why, token, said.get("stale") == "yes")}


LOCK = Fact("lock", SCRIPT, parse)
