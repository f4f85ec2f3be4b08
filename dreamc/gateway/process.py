"""The LiteLLM proxy as a child process: started offline, watched until it answers, and stopped with its children."""

from __future__ import annotations

import contextlib
import http.client
import importlib.util
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from dreamc.errors import DreamError
from dreamc.gateway.log import complaints, last_error

KEY = "DREAM_GATEWAY_KEY"

# Nothing leaves the machine at start-up and nothing is downloaded later (litellm 1.106.2).
OFFLINE = (
    ("HF_HUB_OFFLINE", "1"),
    ("LITELLM_DONT_SHOW_FEEDBACK_BOX", "true"),
    ("LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS", "True"),
    ("LITELLM_LOCAL_AUTOROUTER_PRESETS", "True"),
    ("LITELLM_LOCAL_BLOG_POSTS", "True"),
    ("LITELLM_LOCAL_MODEL_COST_MAP", "True"),
    ("LITELLM_LOCAL_POLICY_TEMPLATES", "true"),
    ("LITELLM_USE_CHAT_COMPLETIONS_URL_FOR_ANTHROPIC_MESSAGES", "true"),
)
# What a child may inherit. Keys under their usual names (OPENAI_API_KEY, ...) may not: LiteLLM would open its
# pass-through routes with them, past every policy.
_INHERITED = (
    *("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "TZ", "SYSTEMROOT", "LD_LIBRARY_PATH"),
    *("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE"),
    *("HYBRID_FALLBACK_ENABLED", "HYBRID_FALLBACK_TIMEOUT", "HYBRID_MAX_BODY_BYTES", "DREAM_READ_KEY"),
)
# -P keeps the folder of the configuration off the module path.
_LITELLM = ("-P", "-c", "from litellm.proxy.proxy_cli import run_server; run_server()")
_POLL_SECONDS = 0.1
_STOP_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Launch:
    """What to start. `port` 0 takes a free one, `key` "" makes one; `environment` is what the child may inherit from.

    `variables` reach the child as they are (DREAM_POLICY, DREAM_MODE, the providers' DREAM_ keys); `python_path` holds
    folders of plug-ins; `patience` is in seconds.
    """

    config: Path
    log: Path
    port: int = 0
    key: str = field(default="", repr=False)
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    python_path: tuple[Path, ...] = ()
    patience: float = 120.0


class Proxy:
    """A running proxy; use it as a context manager. Raises DreamError when it does not start."""

    def __init__(self, launch: Launch) -> None:
        self._launch = launch
        self._child: subprocess.Popen[bytes] | None = None
        self.key = launch.key or f"sk-{secrets.token_hex(32)}"
        self.port = 0

    def __enter__(self) -> Self:
        _require_litellm()
        self.port = _require_free(self._launch.port) if self._launch.port else free_port()
        self._child = self._start()
        try:
            self._await_answer(self._child)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """Of the process; 0 where none runs."""
        return self._child.pid if self._child else 0

    @property
    def log(self) -> str:
        """Everything the proxy has printed so far."""
        return self._launch.log.read_text(encoding="utf-8", errors="replace")

    @property
    def complaints(self) -> tuple[str, ...]:
        """Log lines which mean that a part of the configuration was dropped."""
        return complaints(self.log)

    def wait(self) -> int:
        """Blocks until the proxy ends by itself; its exit status."""
        return self._child.wait() if self._child else 0

    def stop(self) -> None:
        """Ends the proxy and every process it started; does nothing when it is not running."""
        child, self._child = self._child, None
        if child is None:
            return
        _signal_group(child.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(_STOP_SECONDS)
        _signal_group(child.pid, signal.SIGKILL)
        child.wait()

    def _start(self) -> subprocess.Popen[bytes]:
        config = self._launch.config.resolve()
        command = [sys.executable, *_LITELLM, "--config", str(config), "--host", "127.0.0.1", "--port", str(self.port)]
        self._launch.log.parent.mkdir(parents=True, exist_ok=True)
        with self._launch.log.open("wb") as log:
            return subprocess.Popen(
                command,
                cwd=config.parent,
                env=child_environment(self._launch, self.key),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _await_answer(self, child: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + self._launch.patience
        while time.monotonic() < deadline:
            if _is_alive(self.port):
                return
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(_POLL_SECONDS)
                raise self._failure(f"the gateway ended while starting: {last_error(self.log)}")
        raise self._failure(f"the gateway did not answer within {self._launch.patience:g} s: {last_error(self.log)}")

    def _failure(self, what: str) -> DreamError:
        state = f"nothing runs on port {self.port}; its log is {self._launch.log}"
        return DreamError(what, state, f"read the log, then correct {self._launch.config}")


def child_environment(launch: Launch, key: str) -> dict[str, str]:
    """The whole environment of the proxy: what it may inherit, the offline switches, the variables, the key."""
    inherited = {name: launch.environment[name] for name in _INHERITED if name in launch.environment}
    path = os.pathsep.join(str(folder.resolve()) for folder in launch.python_path)
    fixed = {"PYTHONUNBUFFERED": "1", "NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost"}
    return (
        inherited | dict(OFFLINE) | fixed | ({"PYTHONPATH": path} if path else {}) | dict(launch.variables) | {KEY: key}
    )


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _require_free(port: int) -> int:
    # Asked first, because LiteLLM loads for six seconds before it finds out, and for 4000 takes a random port instead.
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            what = f"port {port} cannot be used: {error.strerror}"
            raise DreamError(what, "the gateway was not started", "give another port") from None
    return port


def _require_litellm() -> None:
    for module in ("litellm", "uvicorn", "fastapi"):
        if importlib.util.find_spec(module) is None:
            state = "the gateway was not started"
            raise DreamError(f"{module} is not installed", state, "pip install 'dreamc[gateway]'")


def _is_alive(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/health/liveliness")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _signal_group(leader: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, number)
