"""Where things lie on the host and in the containers."""

from __future__ import annotations

from dreamc.stack.types import Mode, Stack

POLICY = "/etc/dream/policy.json"
WHITELIST = "/etc/dream/whitelist.json"
LITELLM = "/etc/dream/litellm.yaml"
RUNTIME = "/etc/dream/runtime"
LEDGER_FOLDER = "/var/lib/dream"
EDITS_FOLDER = "/var/lib/dream-whitelist"
LEDGER = f"{LEDGER_FOLDER}/ledger.sqlite"
LEDGER_REDIS = "redis://redis:6379/1"
"""A database of its own: emptying the cache, which is in 0, must not forget what was spent."""

_LITELLM_FILES: dict[Mode, str] = {"cloud": "cloud", "local": "offline", "hybrid": "hybrid"}


def data(stack: Stack, *parts: str) -> str:
    """A directory of data that outlives releases and modes."""
    return "/".join((stack.root, "data", *parts))


def weights(stack: Stack, engine: str) -> str:
    """The directory of model files of `huggingface` or `ollama`."""
    return f"{stack.root}/models/{engine}"


def litellm_config(mode: Mode) -> str:
    """The gateway's configuration in the bundle; `offline` is the local mode's."""
    return f"config/litellm/{_LITELLM_FILES[mode]}-config.yaml"


def hub_folder(stack: Stack, repository: str) -> str:
    """The folder of a repository in the Hugging Face cache (huggingface_hub `repo_folder_name`)."""
    return f"{weights(stack, 'huggingface')}/hub/models--{repository.replace('/', '--')}"


def ollama_manifest(stack: Stack, tag: str) -> str:
    """The manifest that Ollama keeps of a model (types/model/name.go: host, namespace, model, tag)."""
    above, _, last = tag.rpartition("/")
    model, _, version = last.partition(":")
    parts = [*above.split("/"), model] if above else [model]
    full = ["registry.ollama.ai", "library"][: 3 - len(parts)] + parts
    return "/".join((weights(stack, "ollama"), "manifests", *full, version or "latest"))
