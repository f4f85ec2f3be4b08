"""A real LiteLLM proxy on loopback that serves a policy, with every member on one fake upstream."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

PACKAGE = Path(__file__).parents[2] / "dreamc" / "runtime"
KEY = "sk-" + "0123456789abcdef" * 4
CONFIG = Path("litellm") / "config.yaml"
OFFLINE = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_LOCAL_BLOG_POSTS": "True",
    "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS": "True",
    "LITELLM_LOCAL_POLICY_TEMPLATES": "true",
    "LITELLM_LOCAL_AUTOROUTER_PRESETS": "True",
    "HF_HUB_OFFLINE": "1",
}


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def said(self) -> str:
        return str(self.json["choices"][0]["message"]["content"])


@dataclass(frozen=True)
class Proxy:
    url: str
    folder: Path

    def get(self, path: str, key: str = KEY) -> Reply:
        return _send(Request(self.url + path, headers={"authorization": f"Bearer {key}"}))

    def post(self, path: str, body: dict[str, Any], headers: dict[str, str] | None = None, key: str = KEY) -> Reply:
        known = {"authorization": f"Bearer {key}"} if key else {}
        sent = {**known, "content-type": "application/json", **(headers or {})}
        return _send(Request(self.url + path, json.dumps(body).encode(), sent))

    def chat(self, model: str, text: str = "hi", action: str | None = None, **body: Any) -> Reply:
        headers = {"x-dream-action": action} if action else {}
        message = {"role": "user", "content": text}
        return self.post("/v1/chat/completions", {"model": model, "messages": [message], **body}, headers)


def litellm() -> str | None:
    """The proxy's program: $DREAMC_LITELLM, or the one beside the running interpreter."""
    return os.environ.get("DREAMC_LITELLM") or shutil.which("litellm", path=str(Path(sys.executable).parent))


@contextmanager
def running(
    program: str,
    folder: Path,
    config: dict[str, Any],
    policy: str,
    mode: str = "hybrid",
    variables: dict[str, str] | None = None,
) -> Iterator[Proxy]:
    """Starts the proxy, waits until it serves, stops it at the end. Raises RuntimeError with its log if it dies."""
    port = free_port()
    process = start(program, folder, config, policy, mode, port, variables)
    proxy = Proxy(f"http://127.0.0.1:{port}", folder)
    try:
        while not _alive(proxy):
            if process.poll() is not None:
                raise RuntimeError((folder / "proxy.log").read_text())
            time.sleep(0.2)
        yield proxy
    finally:
        process.terminate()
        process.wait(20)


def start(
    program: str,
    folder: Path,
    config: dict[str, Any],
    policy: str,
    mode: str,
    port: int,
    variables: dict[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    environment = lay_out(folder, config, policy, mode) | (variables or {})
    command = [program, "--config", str(folder / CONFIG), "--host", "127.0.0.1", "--port", str(port)]
    with (folder / "proxy.log").open("wb") as log:
        return subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT, cwd=folder)


def lay_out(folder: Path, config: dict[str, Any], policy: str, mode: str) -> dict[str, str]:
    """Writes files as a bundle has them, the package away from the configuration; returns the environment to run in."""
    packages = folder / "runtime"
    shutil.copytree(
        PACKAGE, packages / "dream_runtime", dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__")
    )
    (folder / CONFIG).parent.mkdir()
    (folder / CONFIG).write_text(json.dumps(config))
    (folder / "policy.json").write_text(policy)
    return {
        **{name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")},
        **OFFLINE,
        "PYTHONPATH": str(packages),
        "DREAM_GATEWAY_KEY": KEY,
        "DREAM_POLICY": str(folder / "policy.json"),
        "DREAM_MODE": mode,
        "DREAM_LEDGER": str(folder / "ledger.sqlite"),
    }


def config(policy: dict[str, Any], mode: str, upstream_port: int, dead: tuple[str, ...] = ()) -> dict[str, Any]:
    """The configuration that a compiler emits for a policy; members in `dead` stand on a port where nobody listens."""
    served = policy["modes"][mode]
    groups = {alias: chain["members"] for alias, chain in served["aliases"].items()}
    groups |= {f"tier:{tier}": members for tier, members in served["tiers"].items() if members}
    names = sorted({name for members in groups.values() for name in members})
    ports = {name: free_port() if name in dead else upstream_port for name in names}
    return {
        "model_list": [_deployment(name, policy["members"][name], ports[name]) for name in names],
        "router_settings": {
            "num_retries": 0,
            "allowed_fails": 1,
            "cooldown_time": 1,
            "timeout": policy["timeout_s"],
            "routing_groups": [_group(name, members, policy) for name, members in groups.items()],
        },
        "litellm_settings": {
            "callbacks": [f"dream_runtime.plugin.{name}" for name in ("door", "gate", "answers", "streams", "book")],
            "enable_post_custom_auth_checks": True,
            "disable_hf_tokenizer_download": True,
            "drop_params": True,
        },
        "general_settings": {
            "master_key": "os.environ/DREAM_GATEWAY_KEY",
            "custom_auth": "dream_runtime.auth.check",
            "custom_auth_run_common_checks": True,
        },
    }


def _deployment(name: str, member: dict[str, Any], port: int) -> dict[str, Any]:
    price = member.get("usd_per_mtok", {"input": 0, "output": 0})
    host = member.get("provider", "desk")
    return {
        "model_name": _internal(name, member),
        "litellm_params": {
            "model": f"hosted_vllm/{name}",
            "api_base": f"http://127.0.0.1:{port}/v1",
        },
        "model_info": {
            "id": f"{name}@{host}.0",
            "dream_member": name,
            "dream_location": member["location"],
            "max_input_tokens": member["context"],
            "input_cost_per_token": price["input"] / 1e6,
            "output_cost_per_token": price["output"] / 1e6,
        },
    }


def _internal(name: str, member: dict[str, Any]) -> str:
    return f"{name}@{member.get('provider', 'local')}"


def _group(group: str, members: list[str], policy: dict[str, Any]) -> dict[str, Any]:
    names = [_internal(name, policy["members"][name]) for name in members]
    priorities = {name: place for place, name in enumerate(names, start=1)}
    return {"group_name": group, "models": names, "routing_strategy": "priority", "model_priorities": priorities}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _alive(proxy: Proxy) -> bool:
    try:
        return proxy.get("/health/liveliness").status == 200
    except OSError:
        return False


def _send(request: Request) -> Reply:
    try:
        with urlopen(request, timeout=60) as answer:
            return Reply(answer.status, _lower(answer.headers.items()), answer.read().decode())
    except HTTPError as error:
        return Reply(error.code, _lower(error.headers.items()), error.read().decode())


def _lower(headers: Any) -> dict[str, str]:
    return {name.lower(): value for name, value in headers}
