"""How a host is: what its own script says of the current release, its GPUs, the last line of its journal."""

from __future__ import annotations

from shlex import quote

from dreamc.provision.facts.gpus import GPUS
from dreamc.provision.session import Step

PATIENCE = 20
"""Seconds after which a program that does not answer, such as a hanging Docker, is given up."""

# Docker and nvidia-smi both take their time, so they run beside each other; each writes into a pipe of its own.
_STATUS = """
PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
has() {{ command -v "$1" >/dev/null 2>&1; }}
if has timeout; then limit() {{ timeout -k 2 {patience} "$@"; }}; else limit() {{ "$@"; }}; fi
gpus() {{
{gpus}
}}
(gpus) </dev/null 2>/dev/null | {{
    cd -- {root} 2>/dev/null && {{
        printf '== status\\n'
        [ ! -x current/dream ] || limit ./current/dream status --json </dev/null 2>/dev/null
        printf '\\n== journal\\n'
        tail -n 1 journal.jsonl 2>/dev/null
    }}
    printf '\\n== gpus\\n'
    cat
}}
printf '\\n== end\\n'
"""


def status(root: str) -> Step:
    """Sections `== status` (one JSON object), `== journal`, `== gpus`; the first two only where the root is there."""
    return Step("status", _STATUS.format(root=quote(root), gpus=GPUS.script.strip(), patience=PATIENCE))
