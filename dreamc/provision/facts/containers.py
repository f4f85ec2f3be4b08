"""The containers of our project, what they write to, and the ports that any container publishes."""

from __future__ import annotations

import re

from dreamc.provision.facts.types import Fact, Found, Lines, number
from dreamc.provision.types import Container, Mount

# A container that was never started shows its ports all the same, so they are asked for only where it runs.
_PORTS = '{{if eq .State "running"}}{{.Ports}}{{end}}'
_LIST = '{{.ID}}|{{.Label "com.docker.compose.project"}}|{{.Label "com.docker.compose.oneoff"}}|' + _PORTS
_TAB = '{{"\\t"}}'
_INSPECT = _TAB.join(
    (
        'container{{$s := index .Config.Labels "com.docker.compose.service"}}',
        "{{$s}}",
        "{{.Name}}",
        "{{.State.Status}}",
        "{{if .State.Health}}{{.State.Health.Status}}{{end}}",
        "{{.Config.Image}}",
        "{{.Image}}",
        '{{index .Config.Labels "dev.dreamc.service"}}',
        '{{index .Config.Labels "com.docker.compose.config-hash"}}',
        "{{.State.ExitCode}}",
        "{{.RestartCount}}",
        "{{.State.StartedAt}}",
    )
)
_MOUNT = _TAB.join(
    (
        "mount",
        "{{$s}}",
        "{{.Type}}",
        '{{if eq .Type "volume"}}{{.Name}}{{else}}{{.Source}}{{end}}',
        "{{.Destination}}",
    )
)
_MOUNTS = '{{range .Mounts}}{{if .RW}}{{"\\n"}}' + _MOUNT + "{{end}}{{end}}"

SCRIPT = r"""
has docker || exit 0
all=$(limit docker ps -a --no-trunc --format '@list@') || { echo failed; exit 0; }
ids=
IFS=$nl
set -f
for line in $all; do
    id=${line%%|*}
    case $line in
    "$id|$project|True|"*) printf 'theirs\t%s\n' "${line#"$id|$project|True|"}" ;;
    "$id|$project|"*) ids="$ids$id$nl"; printf 'ours\t%s\n' "${line#"$id|$project|"*"|"}" ;;
    *) line=${line#*|}; line=${line#*|}; printf 'theirs\t%s\n' "${line#*|}" ;;
    esac
done
[ -n "$ids" ] || exit 0
# shellcheck disable=SC2086  # one word a line
limit docker inspect --format '@inspect@' $ids
""".replace("@list@", _LIST).replace("@inspect@", _INSPECT + _MOUNTS)

_PUBLISHED = re.compile(r"(\S+):(\d{1,5})(?:-(\d{1,5}))?->\S+/tcp", re.ASCII)


def parse(lines: Lines) -> Found:
    """Containers by service, mounts as Docker lists them."""
    rows = [line.split("\t") for line in lines]
    ours, theirs = (_published(rows, whose) for whose in ("ours", "theirs"))
    containers = [_container(row[1:]) for row in rows if row[0] == "container" and len(row) == 12]
    return {
        "containers": tuple(sorted(containers, key=lambda one: (one.service, one.name))),
        "mounts": tuple(
            Mount(row[1], "bind" if row[2] == "bind" else "volume", row[3], row[4])
            for row in rows
            if row[0] == "mount" and len(row) == 5 and row[2] in ("bind", "volume")
        ),
        "published": ours,
        "_taken": theirs,
        "_unlisted": "failed" in lines,
    }


def _published(rows: list[list[str]], whose: str) -> tuple[str, ...]:
    """`127.0.0.1:4000` for each port of `127.0.0.1:4000->4000/tcp, :::8080->80/tcp`, ranges spelt out."""
    texts = [row[1] for row in rows if row[0] == whose and len(row) == 2]
    found = [
        f"{match[1].strip('[]')}:{port}"
        for text in texts
        for match in map(_PUBLISHED.fullmatch, text.split(", "))
        if match is not None
        for port in range(int(match[2]), min(int(match[3] or match[2]), 65535) + 1)
    ]
    return tuple(dict.fromkeys(found))


def _container(row: list[str]) -> Container:
    service, name, state, health, image, image_id, definition, config, code, restarts, started = row
    return Container(
        service=service,
        name=name.removeprefix("/"),
        state=state,
        health=health,
        image=image,
        image_id=image_id,
        definition=definition,
        config_hash=config,
        exit_code=number(code),
        restarts=number(restarts),
        started=started,
    )


CONTAINERS = Fact("containers", SCRIPT, parse, beside=True)
