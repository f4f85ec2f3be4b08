"""The machine: operating system, kernel, memory, clock, who we are there, whether the root can be written."""

from __future__ import annotations

import re

from dreamc.provision.facts.types import Fact, Found, Lines, number, pairs

SCRIPT = r"""
printf 'root=%s\n' "$root"
if [ -r /etc/os-release ]; then
    while IFS='=' read -r key value; do
        [ "$key" != PRETTY_NAME ] || printf 'os=%s\n' "$value"
    done </etc/os-release
fi
if [ -r /proc/sys/kernel/osrelease ]; then
    IFS= read -r line </proc/sys/kernel/osrelease
    printf 'kernel=%s\n' "$line"
fi
if [ -r /proc/meminfo ]; then
    while read -r key value rest; do
        [ "$key" != MemTotal: ] || { printf 'ram=%s\n' "$value"; break; }
    done </proc/meminfo
fi
printf 'architecture=%s\nid=%s\nclock=%s\n' "$(uname -m)" "$(id)" "$(date +%s.%N)"
near "$root"
[ ! -d "$near" ] || [ ! -w "$near" ] || echo writable=yes
[ ! -d /run/systemd/system ] || echo systemd=yes
for file in /etc/systemd/system/*.wants/"$project.service"; do
    if [ -L "$file" ]; then echo unit=yes; break; fi
done
"""

_CLOCK = re.compile(r"\d{1,12}(\.\d{1,9})?", re.ASCII)


def parse(lines: Lines) -> Found:
    """Unknown words are empty, unknown numbers 0; a user id that is not known is -1."""
    said = pairs(lines)
    clock = _CLOCK.match(said.get("clock", ""))
    return {
        "root": said.get("root", ""),
        "os": said.get("os", "").strip("\"'"),
        "kernel": said.get("kernel", ""),
        "architecture": said.get("architecture", ""),
        "ram": number(said.get("ram", "")) * 1024,
        "clock": float(clock[0]) if clock else 0.0,
        "writable": said.get("writable") == "yes",
        "systemd": said.get("systemd") == "yes",
        "unit": said.get("unit") == "yes",
        **_identity(said.get("id", "")),
    }


def _identity(text: str) -> Found:
    """The output of id(1): `uid=1000(ada) gid=1000(ada) groups=1000(ada),998(docker) context=…`."""
    user = re.match(r"uid=(\d{1,10})(?:\(([^)]*)\))?", text, re.ASCII)
    groups = re.search(r"groups=(\S*\)|\S+)", text)
    names = re.findall(r"\d+\(([^)]*)\)", groups[1]) if groups else []
    return {
        "uid": int(user[1]) if user else -1,
        "user": (user[2] or user[1]) if user else "",
        "groups": tuple(names),
    }


SYSTEM = Fact("system", SCRIPT, parse)
