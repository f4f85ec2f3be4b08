"""The values of the secrets onto the host: over standard input into a file of mode 0600, never on a command line."""

from __future__ import annotations

from collections.abc import Mapping
from shlex import quote

from dreamc.provision.session import Step

GENERATED = 32
"""Bytes of randomness in a secret that nobody gave and that is made up once for the host."""

_WRITE = """
set -u
umask 077
cd -- {root} || exit 1
old=.env
new=.env.next
rm -f "$new"
own=' {own} '
cat >"$new" && [ "$(stat -c %s "$new")" = "$DREAM_BYTES" ] || {{
    rm -f "$new"
    echo "the values did not arrive: is the disk of {shown} full?"
    exit 1
}}
{{
    if [ -f "$old" ]; then
        while IFS= read -r line || [ -n "$line" ]; do
            name=${{line%%=*}}
            case $name in
            DREAM_*)
                case "$own" in
                *" $name:keep "*) printf '%s\\n' "$line" ;;
                esac
                ;;
            *) printf '%s\\n' "$line" ;;
            esac
        done <"$old"
    fi
    for one in {made}; do
        if grep -q "^$one=" "$old" 2>/dev/null; then continue; fi
        printf '%s=%s\\n' "$one" "$(head -c {bytes} /dev/urandom | od -An -tx1 | tr -d ' \\n')"
    done
}} >>"$new" && sync "$new" || {{ rm -f "$new"; echo "{shown}/.env.next cannot be written: is the disk full?"; exit 1; }}
"""


def write(root: str, text: str, kept: tuple[str, ...], generated: tuple[str, ...]) -> tuple[Step, bytes]:
    """Writes `.env.next`, which an activation puts in place.

    `text` is the new content; `kept` are variables whose value on the host stays, `generated` those that are made up
    there when it has none. Lines of variables that are not ours are carried over.
    Values of ours that the release does not want any more are dropped.
    """
    data = text.encode()
    own = " ".join(f"{name}:keep" for name in (*kept, *generated))
    script = _WRITE.format(root=quote(root), shown=root, own=own, made=" ".join(generated), bytes=GENERATED)
    return Step("secrets", script, len(data)), data


def digests(values: Mapping[str, str], salt: str) -> dict[str, str]:
    """What the facts say of values that are on the host, to compare without ever sending one."""
    from hashlib import sha256

    return {name: sha256(f"{salt}{value}".encode()).hexdigest() for name, value in values.items()}
