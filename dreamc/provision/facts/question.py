"""What a host is asked, and the one shell script that asks it: a section `== name` per fact, and `== end`."""

from __future__ import annotations

from posixpath import join
from shlex import quote

from msgspec import Struct

from dreamc.artifact.release import Release, Weights
from dreamc.provision.facts.types import Fact

END = "end"
PATIENCE = 10
"""Seconds after which a program that does not answer, such as a hanging Docker, is given up."""

_PROLOGUE = """\
export LC_ALL=C LANGUAGE=C
PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH
unset CDPATH
set +eu
nl='
'
tab=$(printf '\\t')
has() {{ command -v "$1" >/dev/null 2>&1; }}
if has timeout; then limit() {{ timeout -k 2 {patience} "$@"; }}; else limit() {{ "$@"; }}; fi
# near PATH: the path itself, or the nearest directory above it that is there
near() {{
    near=$1
    while [ -n "$near" ] && [ ! -e "$near" ]; do near=${{near%/*}}; done
    near=${{near:-/}}
}}
"""


class Asked(Struct, frozen=True):
    """A model whose files are looked for; `path` and `store` as in release.json, absolute."""

    kind: str
    path: str
    store: str
    revision: str = ""
    digest: str = ""


class Question(Struct, frozen=True):
    """What the facts depend on. `salt` makes the digests of secrets worthless elsewhere; it is no secret itself."""

    root: str
    project: str
    salt: str
    weights: tuple[Asked, ...] = ()
    directories: tuple[str, ...] = ()


def question(root: str, project: str, salt: str, releases: tuple[Release, ...] = ()) -> Question:
    """The question for a host that is to get one of these releases; none for one that is only looked at."""
    modes = [mode for release in releases for mode in release.modes]
    weights = tuple(dict.fromkeys(_asked(root, one) for mode in modes for one in mode.weights))
    directories = tuple(dict.fromkeys(join(root, one.path) for release in releases for one in release.directories))
    return Question(root, project, salt, weights, directories)


def script(asked: Question, facts: tuple[Fact, ...]) -> str:
    """The script. Facts that wait for others run beside the rest: each writes into the pipe that is read at the end."""
    body = "\n".join(_section(fact) for fact in facts if not fact.beside)
    for fact in facts:
        if fact.beside:
            body = f"fact_{fact.name} </dev/null 2>/dev/null | {{\n{body}\nprintf '\\n== {fact.name}\\n'\ncat\n}}"
    functions = "\n".join(f"fact_{fact.name}() {{\n{fact.script.strip()}\n}}" for fact in facts)
    return f"{_prologue(asked)}{functions}\n{body}\nprintf '\\n== {END}\\n'\n"


def _section(fact: Fact) -> str:
    return f"printf '\\n== {fact.name}\\n'\n(fact_{fact.name}) </dev/null 2>/dev/null"


def _prologue(asked: Question) -> str:
    weights = (one for one in asked.weights if "\n" not in one.path + one.store)
    values = {
        "root": asked.root,
        "project": asked.project,
        "salt": asked.salt,
        "directories": "\n".join(one for one in asked.directories if "\n" not in one),
        "stores": "\n".join(dict.fromkeys(one.store for one in asked.weights if "\n" not in one.store)),
        "weights": "\n".join(f"{one.kind}|{one.revision}|{one.digest}|{one.store}|{one.path}" for one in weights),
    }
    lines = "".join(f"{name}={quote(value)}\n" for name, value in values.items())
    return _PROLOGUE.format(patience=PATIENCE) + lines


def _asked(root: str, one: Weights) -> Asked:
    return Asked(one.kind, join(root, one.path), join(root, one.store), one.revision, one.digest)
