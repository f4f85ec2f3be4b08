"""The part of a compiled bundle that a gateway process needs: the configuration of a mode, its policy, its plug-in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dreamc.errors import DreamError
from dreamc.gateway.process import Launch
from dreamc.gateway.reach import Config

PAGES = "dream_runtime.pages:install"
"""Adds /stats, /metrics and /dashboard to the gateway."""
CONFIGS = (("cloud", "cloud-config.yaml"), ("hybrid", "hybrid-config.yaml"), ("local", "offline-config.yaml"))


@dataclass(frozen=True, slots=True)
class Compiled:
    """One mode of one host of a bundle, parsed. `host` is the host's folder in the bundle."""

    host: Path
    mode: str
    config: Config
    policy: Mapping[str, Any]

    @property
    def aliases(self) -> tuple[str, ...]:
        """The names clients may ask for in this mode."""
        return tuple(self.policy["modes"][self.mode]["aliases"])


def load(host: Path, mode: str) -> Compiled:
    """Reads a mode from the folder of a host. Raises DreamError when the bundle has no such mode."""
    path = config_path(host, mode)
    if path is None or not path.is_file():
        raise DreamError(
            f"{host} has no gateway configuration for the mode {mode}",
            "nothing was started",
            f"compiled are: {', '.join(modes(host)) or 'none'}",
        )
    policy = json.loads((host / "config" / "policy.json").read_text(encoding="utf-8"))
    return Compiled(host, mode, _yaml(path), policy)


def modes(host: Path) -> tuple[str, ...]:
    """The modes for which this host has a gateway configuration."""
    return tuple(mode for mode, _ in CONFIGS if (path := config_path(host, mode)) and path.is_file())


def config_path(host: Path, mode: str) -> Path | None:
    name = dict(CONFIGS).get(mode)
    return host / "config" / "litellm" / name if name else None


@dataclass(frozen=True, slots=True)
class Secrets:
    """What the caller knows and no bundle holds: its environment, the providers' DREAM_ variables, the key."""

    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    key: str = field(default="", repr=False)


def launch(compiled: Compiled, config: Config, work: Path, secrets: Secrets, port: int = 0) -> Launch:
    """Writes `config` (see reach.py) into the folder `work` and says how to start it there.

    The ledger and the log stand in `work` too, so that a run here never touches the data of a host.
    """
    work.mkdir(parents=True, exist_ok=True)
    path = work / "config.yaml"
    path.write_text(json.dumps(config, ensure_ascii=False, indent=1), encoding="utf-8")  # JSON is YAML
    here = {
        "DREAM_LEDGER": str((work / "ledger.sqlite").resolve()),
        "DREAM_MODE": compiled.mode,
        "LITELLM_WORKER_STARTUP_HOOKS": PAGES,
        "DREAM_POLICY": str((compiled.host / "config" / "policy.json").resolve()),
    }
    return Launch(
        config=path,
        log=work / "gateway.log",
        port=port,
        key=secrets.key,
        environment=secrets.environment,
        variables=dict(secrets.variables) | here,
        python_path=plugin_folders(compiled),
    )


def plugin_folders(compiled: Compiled) -> tuple[Path, ...]:
    """Folders of the bundle that hold the packages which the configuration names by module path."""
    packages = {name.partition(".")[0] for name in _plugins(compiled.config)}
    found = (compiled.host.rglob(f"{package}/__init__.py") for package in sorted(packages))
    return tuple(dict.fromkeys(path.parent.parent for paths in found for path in sorted(paths)))


def _plugins(config: Config) -> tuple[str, ...]:
    general, settings = config.get("general_settings") or {}, config.get("litellm_settings") or {}
    handlers = (entry.get("custom_handler", "") for entry in settings.get("custom_provider_map") or ())
    named = (general.get("custom_auth", ""), *(settings.get("callbacks") or ()), *handlers)
    return tuple(name for name in named if "." in name)


def _yaml(path: Path) -> Config:
    import yaml

    loaded: Config = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded
