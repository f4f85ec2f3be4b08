"""`engine_args:` against the options of the pinned vLLM, and against what the compiler decides itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dreamc.diagnostics.types import Diagnostic, Path
from dreamc.knowledge.vllm import Flag, flag, flag_history, nearest_flags
from dreamc.spec.dream import Dream
from dreamc.spec.models import EngineArg
from dreamc.stack.inputs import Inputs
from dreamc.stack.types import Stack

OWNED: Mapping[str, str] = {
    "--model": "use `source:`",
    "--served-model-name": "the entry's own name says it",
    "--host": "remove it: the server listens inside its network only",
    "--port": "use `port:`",
    "--max-model-len": "use `context:`",
    "--max-num-seqs": "use `concurrency:`",
    "--tensor-parallel-size": "use `gpus:`",
    "--dtype": "use `dtype:`",
    "--quantization": "use `quantization:`",
    "--kv-cache-dtype": "use `kv_cache_dtype:`",
    "--kv-cache-memory-bytes": "use `context:`, which it follows from",
    "--revision": "write source: hf:ORG/REPO@REVISION",
    "--cpu-offload-gb": "use `offload:`, which the size of the model then counts",
    "--api-key": "remove it: the compiler sets the key",
    "--task": "use `task:`",
    "--runner": "use `task:`",
    "--pipeline-parallel-size": "remove it: a server has one stage, and `gpus:` says how many cards",
    "--data-parallel-size": "use `replicas:`",
    "--num-gpu-blocks-override": "use `context:`, which the cache follows from",
    "--download-dir": "use `data: root:`; the weights are mounted from there",
    "--root-path": "remove it: the gateway asks for /v1",
    "--ssl-keyfile": "remove it: the gateway asks inside its network, or with a key",
    "--ssl-certfile": "remove it: the gateway asks inside its network, or with a key",
}
UNCOUNTED: Mapping[str, str] = {
    "--speculative-config": "a draft model",
    "--enable-lora": "adapters",
    "--hf-overrides": "another shape of the model",
    "--compilation-config": "other CUDA graphs",
    "--block-size": "other blocks of the cache",
}
"""Options that change what the card holds in a way that sizing does not follow."""
NUMBERS = {"int": (int,), "float": (int, float)}


def check(stack: Stack, dream: Dream, inputs: Inputs) -> Iterator[Diagnostic]:
    """Every argument of every enabled model."""
    del inputs
    for model in stack.locals:
        for name, value in dream.models[model.name].engine_args.items():
            path: Path = (*model.at, "engine_args", name)
            if model.engine == "ollama":
                yield Diagnostic("DRM606", path, "Ollama takes no engine arguments", "", "remove it", on_key=True)
            else:
                yield from _argument(stack.vllm, path, name, value)


def _argument(version: str, path: Path, name: str, value: EngineArg) -> Iterator[Diagnostic]:
    spelt = f"--{name.lstrip('-').replace('_', '-')}"
    known = flag(version, spelt)
    if known is None:
        yield _unknown(version, path, spelt)
    elif known.name in OWNED:
        yield Diagnostic(
            "DRM607",
            path,
            f"{known.name} is decided by the compiler",
            "not here",
            OWNED[known.name],
            on_key=True,
        )
    else:
        yield from _value(path, known, value)
        if known.name in UNCOUNTED and value is not False:
            yield Diagnostic(
                "DRM313",
                path,
                f"{known.name} may bring {UNCOUNTED[known.name]}, which the size of the model does not count",
                "not counted",
                "leave room with `desktop:` or a shorter context, watch the first start, and accept it with an ignore "
                "comment",
                on_key=True,
            )


def _unknown(version: str, path: Path, spelt: str) -> Diagnostic:
    history = flag_history(spelt)
    if history is None:
        close = nearest_flags(version, spelt, 1)
        advice = f"did you mean '{close[0].removeprefix('--')}'?" if close else f"see the options of vLLM {version}"
        return Diagnostic("DRM606", path, f"vLLM {version} has no option {spelt}", "unknown", advice, on_key=True)
    took = f"; {history.renamed_to} took its place" if history.renamed_to else ""
    return Diagnostic(
        "DRM606",
        path,
        f"vLLM {version} has no option {spelt}",
        "not in this version",
        f"vLLM {history.first} to {history.last} had it{took}",
        on_key=True,
    )


def _value(path: Path, known: Flag, value: EngineArg) -> Iterator[Diagnostic]:
    if not known.takes_value and not isinstance(value, bool):
        yield Diagnostic("DRM608", path, f"{known.name} is a switch", "expected true or false", "write true or false")
    elif known.takes_value and (value is None or isinstance(value, bool)):
        yield Diagnostic("DRM608", path, f"{known.name} needs a value", "expected a value", "")
    elif known.choices and str(value) not in known.choices:
        yield Diagnostic(
            "DRM608",
            path,
            f"'{value}' is no choice of {known.name}",
            f"expected one of {', '.join(known.choices[:8])}",
            "",
        )
    elif known.type in NUMBERS and not isinstance(value, NUMBERS[known.type]):
        article = "a whole number" if known.type == "int" else "a number"
        yield Diagnostic("DRM608", path, f"{known.name} takes {article}, not '{value}'", f"expected {article}", "")
