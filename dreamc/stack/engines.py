"""Settings of a model that its engine does not have: they would be without effect, and nobody would know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dreamc.diagnostics.types import Diagnostic, Related
from dreamc.spec.dream import Dream
from dreamc.spec.models import Model
from dreamc.stack.wanted import Engine, origin

TITLES: Mapping[Engine, str] = {"vllm": "vLLM", "ollama": "Ollama"}
OF_THE_OTHER: Mapping[Engine, tuple[str, ...]] = {
    "ollama": ("port", "dtype", "quantization", "offload"),
    "vllm": ("keep_alive", "weights"),
}
"""Settings that only the other engine has."""
CACHES: Mapping[Engine, tuple[str, ...]] = {
    "ollama": ("auto", "f16", "q8_0", "q4_0"),
    "vllm": ("auto", "fp8", "fp8_e4m3", "fp8_e5m2", "int8_per_token_head"),
}


def engine_findings(dream: Dream) -> Iterator[Diagnostic]:
    """Every such setting of every model."""
    for name, spec in dream.models.items():
        engine, _, _ = origin(spec.source)
        for key in OF_THE_OTHER[engine]:
            if key in spec.model_fields_set:
                yield _finding(name, key, engine, f"'{key}' has no effect: '{name}' is served by {TITLES[engine]}")
        if spec.kv_cache_dtype not in CACHES[engine]:
            yield _cache(name, spec, engine)


def _cache(name: str, spec: Model, engine: Engine) -> Diagnostic:
    message = f"{TITLES[engine]} has no KV cache of the type {spec.kv_cache_dtype}"
    return _finding(
        name, "kv_cache_dtype", engine, message, f"write {', '.join(CACHES[engine][:-1])} or {CACHES[engine][-1]}"
    )


def _finding(name: str, key: str, engine: Engine, message: str, remedy: str = "remove it") -> Diagnostic:
    return Diagnostic(
        "DRM209",
        ("models", name, key),
        message,
        f"not a setting of {TITLES[engine]}",
        remedy,
        related=(Related(("models", name, "source"), f"served by {TITLES[engine]}"),),
    )
