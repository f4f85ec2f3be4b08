"""A `docker` that knows the containers of a JSON file; runs as a program of its own, found first on the PATH.

It imports next to nothing: it is started several times for every question, and is then about as fast as Docker's own.
"""

from __future__ import annotations

import json
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

STATE = os.environ.get("FAKE_DOCKER", "state.json")
FIELDS = (
    *("service", "name", "state", "health", "image", "image_id", "definition", "config", "code", "restarts"),
    "started",
)


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def main(words: list[str]) -> int:
    with open(os.path.join(os.path.dirname(STATE), "calls"), "a") as log:  # noqa: PTH118, PTH120, PTH123
        log.write(" ".join(words) + "\n")
    with open(STATE) as file:  # noqa: PTH123
        state = json.load(file)
    if state.get("down"):
        sys.stderr.write("Cannot connect to the Docker daemon\n")
        return 1
    verb = words[0]
    known = {"info": info, "ps": ps, "inspect": inspect, "image": image, "logs": logs, "exec": run, "compose": compose}
    return known[verb](state, words[1:])


def info(state: dict[str, Any], words: list[str]) -> int:
    if "--format" in words:
        say("server=29.0.1\nroot=/\nruntimes=nvidia runc \nplugin=compose v2.40.3")
    return 0


def ps(state: dict[str, Any], words: list[str]) -> int:
    form = words[words.index("--format") + 1]
    for one in state["containers"]:
        if form.startswith("{{.ID}}"):
            say(f"{one['name']}|{state['project']}|False|{one.get('ports', '')}")
        else:
            status = f"Up 2 minutes ({one['health']})" if one["health"] else "Up 2 minutes"
            say(f"{one['service']}|{one['state']}|{status}|{one['config']}")
    return 0


def inspect(state: dict[str, Any], words: list[str]) -> int:
    form, names = words[1], words[2:]
    for one in (one for one in state["containers"] if one["name"] in names):
        if form.startswith("{{.State.Status}}"):
            killed = "true" if one.get("killed") else "false"
            say(f"{one['state']}|{killed}|{one['code']}|{one['restarts']}|{one.get('error', '')}")
        elif form.startswith("{{if .State.Health}}"):
            say(one.get("said", ""))
        else:
            say("\t".join(("container", *(str(one[field]) for field in FIELDS))))
    return 0


def image(state: dict[str, Any], words: list[str]) -> int:
    if words[0] == "ls":
        for row in state["images"]:
            say(row)
    return 0


def logs(state: dict[str, Any], words: list[str]) -> int:
    sys.stdout.write(next(one.get("log", "") for one in state["containers"] if one["name"] == words[-1]))
    return 0


def run(state: dict[str, Any], words: list[str]) -> int:
    """The program itself, in an environment such as that of the gateway's container."""
    import subprocess

    program = [sys.executable, *words[words.index("-") :]]
    environment = {**os.environ, "DREAM_GATEWAY_KEY": state["key"]}
    at = words.index("-") + 2
    if "port" in state and len(words) > at:
        program = [*program[:2], state["port"], state["config"]]
    return subprocess.run(program, stdin=sys.stdin, env=environment, check=False).returncode


def compose(state: dict[str, Any], words: list[str]) -> int:
    if words[0] == "version":
        say("2.40.3")
    elif "exec" in words:
        say("dream-answer - 3 answers" if state.get("alive", True) else "dream-answer - 3 connection refused")
        return 0 if state.get("alive", True) else 1
    elif "logs" in words:
        wanted = words[words.index("logs") + 1 :]
        for one in state["containers"]:
            if one["service"] in wanted:
                sys.stdout.write("".join(f"{one['name']}  | {line}\n" for line in one.get("log", "").splitlines()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
