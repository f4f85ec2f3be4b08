"""Ollama has one setting for all models of a server, so models that may share one are sized alike.

How many requests are served at once (`OLLAMA_NUM_PARALLEL`) and the type of the KV cache (`OLLAMA_KV_CACHE_TYPE`) are
variables of the server (https://github.com/ollama/ollama/blob/main/docs/faq.md).
"""

from __future__ import annotations

from msgspec.structs import replace

from dreamc.stack.wanted import Wanted

CACHES = ("q4_0", "q8_0", "auto")
"""From the smallest; `auto` is f16."""


def alike(models: tuple[Wanted, ...]) -> tuple[Wanted, ...]:
    """The same models; each of Ollama with the most requests and the largest cache type of those that may share its
    server: which these are is known only once they are placed."""
    ollama = [one for one in models if one.engine == "ollama"]
    return tuple(_with(one, ollama) if one.engine == "ollama" else one for one in models)


def _with(one: Wanted, ollama: list[Wanted]) -> Wanted:
    near = [other for other in ollama if one.spec.host is None or other.spec.host in (None, one.spec.host)]
    requests = max(other.spec.concurrency or 1 for other in near)
    cache = max((_cache(other) for other in near), key=CACHES.index)
    own = (one.spec.concurrency or 1, _cache(one))
    if own == (requests, cache):
        return one
    return replace(one, spec=one.spec.model_copy(update={"concurrency": requests, "kv_cache_dtype": cache}))


def _cache(one: Wanted) -> str:
    return one.spec.kv_cache_dtype if one.spec.kv_cache_dtype in CACHES else "auto"
