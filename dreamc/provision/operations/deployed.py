"""What a running gateway has loaded, asked inside its container, where the key is: it stands on no command line."""

from __future__ import annotations

from shlex import quote

from dreamc.provision.session import Step

PATIENCE = 20

# GET /model/info (BerriAI/litellm, litellm/proxy/proxy_server.py: model_info_v1). Where the gateway keeps that path
# closed, the configuration is read as its container sees it: that is what it was started with.
_PROGRAM = r"""
import json, os, sys, urllib.error, urllib.request

port, config = sys.argv[1:]
wanted = ("model", "api_base", "input_cost_per_token", "output_cost_per_token")


def row(one):
    params, info = one.get("litellm_params") or {}, one.get("model_info") or {}
    found = {"id": info.get("id"), "name": one.get("model_name"), "params": {key: params.get(key) for key in wanted}}
    known = {key: info.get(key) for key in wanted[2:]}
    return {**found, "known": known}


def leave(way, rows, why=""):
    print(json.dumps({"way": way, "why": why, "rows": [row(one) for one in rows]}))
    sys.exit(0)


def from_file(why):
    try:
        import yaml

        with open(config, encoding="utf-8") as file:
            leave("file", yaml.safe_load(file)["model_list"], why)
    except Exception as error:
        leave("none", (), "%s; %s: %s" % (why, config, type(error).__name__))


headers = {"Authorization": "Bearer " + os.environ.get("DREAM_GATEWAY_KEY", "")}
request = urllib.request.Request("http://127.0.0.1:%s/model/info" % port, headers=headers)
try:
    with urllib.request.urlopen(request, timeout=10) as response:
        leave("live", json.load(response)["data"])
except urllib.error.HTTPError as error:
    from_file("/model/info answers %d" % error.code)
except (OSError, ValueError, KeyError, TypeError) as error:
    from_file("/model/info: %s" % type(error).__name__)
"""

_ASK = """
PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
if command -v timeout >/dev/null 2>&1; then limit() {{ timeout -k 2 {patience} "$@"; }}; else limit() {{ "$@"; }}; fi
program=$(cat <<'PYTHON'
{program}
PYTHON
)
for one in {names}; do
    said=$(printf '%s\\n' "$program" | limit docker exec -i "$one" python3 - {port} {config} 2>/dev/null)
    printf '%s\\t%s\\n' "$one" "$(printf '%s' "$said" | tail -n 1)"
done
"""


def deployed(containers: tuple[str, ...], port: int, config: str) -> Step:
    """A line `container<tab>JSON` for each of the gateway's containers; `config` is the path inside them."""
    names = " ".join(map(quote, containers))
    program = _PROGRAM.strip()
    text = _ASK.format(program=program, names=names, port=port, config=quote(config), patience=PATIENCE)
    return Step("deployed", text)
