"""What kind of provider a word, a prefix of LiteLLM or an address stands for, and whether an address is here."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

from dreamc.knowledge.ollama import cloud_tag, is_cloud_tag
from dreamc.knowledge.prices import cloud_model
from dreamc.knowledge.providers import provider, provider_kinds

WORDS = {
    "claude": "anthropic", "gpt": "openai", "chatgpt": "openai", "gemini": "google", "googleapis": "google",
    "together_ai": "together", "togetherai": "together", "ollama_cloud": "ollama-cloud", "ollamacloud": "ollama-cloud",
    "openai_compatible": "openai-compatible",
}  # fmt: skip
LOCAL = ("ollama", "vllm", "llama_cpp", "llamacpp", "llama-cpp", "llama.cpp")
PREFIXES = {"hosted_vllm": "vllm", "vllm": "vllm", "ollama": "ollama", "ollama_chat": "ollama"}
"""Of LiteLLM, for servers of one's own."""
_HERE = ("localhost", "host.docker.internal", "0.0.0.0", "::1")  # noqa: S104 - compared with


def kind_of(word: str) -> str | None:
    """The provider kind that a word names."""
    plain = word.strip().lower()
    found = WORDS.get(plain.replace("-", "_"), WORDS.get(plain, plain.replace("_", "-")))
    return found if found in provider_kinds() else None


def kind_at(url: str) -> str | None:
    """The provider kind whose API is at an address."""
    host = host_of(url)
    for kind in provider_kinds():
        known = provider(kind)
        if known is not None and known.domain and (host == known.domain or host.endswith(f".{known.domain}")):
            return kind
    return None


def kind_by_id(id_: str) -> str | None:
    """The provider kind whose table has a model of that id; Ollama's cloud tags end in -cloud."""
    if is_cloud_tag(id_) or cloud_tag(id_) is not None:
        return "ollama-cloud"
    listed = [kind for kind in provider_kinds() if kind != "ollama-cloud" and cloud_model(kind, id_) is not None]
    return listed[0] if listed else None


def kind_by_prefix(prefix: str) -> str | None:
    """The provider kind that LiteLLM writes with this prefix."""
    known = {found.prefix.rstrip("/"): kind for kind in provider_kinds() if (found := provider(kind))}
    return None if prefix in PREFIXES else known.get(prefix)


def host_of(url: str) -> str:
    """The host of an address, without a port; empty for what is none."""
    parts = _split(url)
    return (parts.hostname or "").lower() if parts else ""


def _split(url: str) -> SplitResult | None:
    try:
        return urlsplit(url if "//" in url else f"//{url}")
    except ValueError:
        return None


def address(url: str) -> str:
    """`host:port` of a server; all names of this machine are one."""
    parts, host = _split(url), host_of(url)
    try:
        port = parts.port if parts else None
    except ValueError:
        port = None
    local = host in _HERE or host.startswith("127.")
    return f"{'localhost' if local else host}:{port or (443 if url.startswith('https:') else 80)}"


def is_here(url: str) -> bool:
    """Whether an address is that of a server of one's own: this machine, a compose service, or a private network."""
    host = host_of(url)
    if not host or "." not in host or host in _HERE or host.endswith((".local", ".lan", ".internal")):
        return True
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return False


def secret_name(text: str) -> tuple[str, bool] | None:
    """The variable that a reference names, and whether LiteLLM would have read it so; None for a value."""
    found = re.fullmatch(r"os\.environ/([A-Za-z_][A-Za-z0-9_]*)", text.strip())
    if found:
        return found[1], True
    found = re.fullmatch(r"\$\{?(?:env:)?([A-Za-z_][A-Za-z0-9_]*)(?::?[-?][^}]*)?\}?", text.strip())
    return (found[1], False) if found else None


def is_no_key(text: str) -> bool:
    """Whether a key only fills a field that may not be empty."""
    plain = text.strip().lower().removeprefix("sk-")
    return plain in (
        "",
        "none",
        "empty",
        "dummy",
        "unused",
        "not-needed",
        "not-used",
        "fake",
        "na",
        "n/a",
        "ollama",
        "1234",
    )
