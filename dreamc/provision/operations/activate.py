"""An activation: the host's own script does it, detached, so that it ends well whatever becomes of the connection."""

from __future__ import annotations

from shlex import quote

from dreamc.provision.session import Step

GONE = 75
"""Exit code of `follow` when the activation ended without a word: the host was restarted, or it was killed."""

_START = """
set -u
cd -- {root} || exit 1
umask 077
mkdir -p activation || exit 1
find activation -type f ! -name '{token}.*' -delete 2>/dev/null
cat >activation/{token}.sh <<'RUN' || {{ echo "the disk of {shown} is full"; exit 1; }}
cd {root}
echo $$ >activation/{token}.pid
{command} >activation/{token}.log 2>&1 </dev/null
echo $? >activation/{token}.code.new
mv activation/{token}.code.new activation/{token}.code
RUN
: >activation/{token}.log || exit 1
if [ "$(id -u)" = 0 ] && command -v systemd-run >/dev/null 2>&1 &&
    systemd-run --quiet --collect --unit dream-{token} sh "$PWD/activation/{token}.sh" </dev/null >/dev/null 2>&1; then
    exit 0
fi
setsid sh activation/{token}.sh </dev/null >/dev/null 2>&1 &
"""

_FOLLOW = """
cd -- {root}/activation || exit {gone}
at=$(head -n {lines} {token}.log 2>/dev/null | wc -c)
quiet=0
while :; do
    ended=
    [ ! -f {token}.code ] || ended=yes
    size=$(stat -c %s {token}.log 2>/dev/null) || exit {gone}
    if [ "$size" -gt "$at" ]; then
        tail -c "+$((at + 1))" {token}.log | head -c "$((size - at))"
        at=$size
    fi
    [ -z "$ended" ] || exit "$(cat {token}.code)"
    if [ ! -f {token}.pid ]; then
        quiet=$((quiet + 1))
        [ "$quiet" -lt 100 ] || exit {gone}
    elif ! kill -0 "$(cat {token}.pid)" 2>/dev/null && [ ! -f {token}.code ]; then
        exit {gone}
    fi
    sleep 0.2
done
"""


def start(root: str, token: str, release: str, mode: str, words: tuple[str, ...]) -> Step:
    """Starts `dream activate` of a release that is on the host and returns at once."""
    line = [f"{root}/releases/{release}/dream", "activate", mode, "--release", release, "--token", token, *words]
    command = " ".join(map(quote, line))
    return Step("activate", _START.format(root=quote(root), shown=root, token=token, command=command))


def follow(root: str, token: str, lines: int = 0) -> Step:
    """Prints what the activation says behind its first `lines` until it has ended; exits with its code, or 75."""
    return Step("follow", _FOLLOW.format(root=quote(root), token=token, lines=lines, gone=GONE))
