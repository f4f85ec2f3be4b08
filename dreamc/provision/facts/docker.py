"""The engine: its version, compose, its runtimes, where its data lies, and why it does not answer."""

from __future__ import annotations

from dreamc.provision.facts.disks import disk, row_of
from dreamc.provision.facts.types import Fact, Found, Lines, pairs

# `docker info` runs the plug-ins to learn their versions, so compose need not be asked again.
_SERVER = (
    'server={{.ServerVersion}}{{"\\n"}}root={{.DockerRootDir}}{{"\\n"}}'
    'runtimes={{range $name, $_ := .Runtimes}}{{$name}} {{end}}{{"\\n"}}'
)
_INFO = (
    "{{if .Info}}" + _SERVER + "{{end}}"
    '{{range .ServerErrors}}problem={{.}}{{"\\n"}}{{end}}'
    '{{with .ClientInfo}}{{range .Plugins}}plugin={{.Name}} {{.Version}}{{"\\n"}}{{end}}{{end}}'
)
SCRIPT = r"""
has docker || { echo absent; exit 0; }
said=$(limit docker info --format '@info@' 2>&1)
[ $? != 124 ] || echo hangs
printf '%s\n' "$said"
data=${said#*root=}
data=${data%%"$nl"*}
case $data in
/*) near "$data"; limit df -Pk "$near" ;;
esac
""".replace("@info@", _INFO)


def parse(lines: Lines) -> Found:
    """`engine` is empty where no daemon answered; then `engine_problem` says why."""
    said = pairs(lines)
    plugins = [line.removeprefix("plugin=").split(" ", 1) for line in lines if line.startswith("plugin=")]
    compose = next((words[1] for words in plugins if words[0] == "compose" and len(words) == 2), "")
    engine, root = said.get("server", ""), said.get("root", "")
    row = next(filter(None, map(row_of, lines)), None)
    return {
        "engine": engine,
        "engine_problem": "" if engine else _problem(lines, said),
        "compose": compose.strip().removeprefix("v"),
        "docker_root": root,
        "_runtimes": tuple(said.get("runtimes", "").split()),
        "_docker_disk": disk(root, row) if engine and root and row else None,
    }


def _problem(lines: Lines, said: dict[str, str]) -> str:
    if "absent" in lines:
        return "Docker is not installed"
    if "hangs" in lines:
        return "Docker does not answer within 10 seconds"
    if any("evaluate field" in line or "template" in line for line in lines):
        return "the command docker is not Docker's own; is it Podman's?"
    beside = ("server=", "root=", "runtimes=", "plugin=", "problem=", "WARNING")
    return said.get("problem", "") or next((line for line in lines if not line.startswith(beside)), "no answer")


DOCKER = Fact("docker", SCRIPT, parse, beside=True)
