"""Options of a vLLM server, in the compose file and in config/vllm/*.args."""

from __future__ import annotations

from collections.abc import Callable

from dreamc.explain import sized
from dreamc.explain.known import model_row
from dreamc.explain.types import Origin, Rule, Scene, Spot, Told
from dreamc.explain.words import chosen
from dreamc.knowledge.vllm import flag
from dreamc.sizing.types import Fit
from dreamc.stack.types import Local

Sized = Callable[[Scene, Local], Told]
SIZED: tuple[tuple[str, Sized], ...] = (
    ("--max-model-len", sized.context),
    ("--max-num-seqs", sized.sequences),
    ("--max-num-batched-tokens", sized.batched),
    ("--gpu-memory-utilization", sized.utilization),
    ("--kv-cache-memory-bytes", sized.kv_cache),
)
KEYS: tuple[tuple[str, str, str], ...] = (
    ("--revision", "source", "the commit in the lock file, else the revision that the source names after @"),
    ("--served-model-name", "", "the name of the entry: what the gateway asks for"),
    ("--dtype", "dtype", "number format: the checkpoint's, or half on cards without bfloat16"),
    ("--quantization", "quantization", "what the checkpoint's config.json says, or the file"),
    ("--tensor-parallel-size", "gpus", "GPUs per replica: what the file says, else the fewest that fit"),
    (
        "--kv-cache-dtype",
        "kv_cache_dtype",
        "number format of the KV cache; smaller only to reach the context's lower bound",
    ),
    ("--cpu-offload-gb", "offload", "GiB of weights per GPU that stay in main memory: the last thing that was traded"),
    ("--runner", "task", "an embedding model is pooled"),
    ("--convert", "task", "an embedding model answers with vectors"),
    ("--task", "task", "how versions before 0.11.2 are told to embed"),
)
FIXED: tuple[tuple[str, str], ...] = (
    ("--host", "inside a container; what leaves it is decided by its networks"),
    ("--port", "the same port in every container; the port outside is the model's `port`"),
)


def option(scene: Scene, local: Local, spot: Spot) -> Told | None:
    """One word of a vLLM command line: an option of ours, one of the file, or the model itself."""
    name = spot.flag or _before(spot)
    if not name:
        return Told("what is served: the repository of the model", ((*local.at, "source"),), model_row(local))
    given = _theirs(scene, local, name)
    if given is not None:
        return given
    for known, explain in SIZED:
        if name == known:
            return explain(scene, local)
    for known, key, why in KEYS:
        if name == known:
            return Told(why, ((*local.at, key) if key else local.at, (*local.at, "source")), model_row(local))
    if name == "--enforce-eager":
        notes = local.size.trades if isinstance(local.size, Fit) else ()
        return Told("no CUDA graphs: their memory was needed for the context", ((*local.at, "context"),), notes=notes)
    return next((chosen("workloads/vllm_arguments.py", why) for known, why in FIXED if name == known), None)


def of_file(scene: Scene, spot: Spot) -> Told | None:
    """One line of config/vllm/<model>.args."""
    name = spot.path.rpartition("/")[2].removesuffix(".args")
    for local in scene.stack.locals:
        if local.engine == "vllm" and any(one.service == f"vllm-{name}" for one in local.instances):
            return option(scene, local, spot)
    return None


def _before(spot: Spot) -> str:
    """The option that a bare word belongs to: `--option word word`; empty for the model in front."""
    words = spot.above(len(spot.keys) - 1)
    index = spot.keys[-1]
    if not isinstance(words, list) or not isinstance(index, int):
        return ""
    before = (str(word) for word in reversed(words[:index]))
    return next((word for word in before if word.startswith("--")), "")


def _theirs(scene: Scene, local: Local, name: str) -> Told | None:
    for key, _ in local.engine_args:
        known = flag(scene.stack.vllm, f"--{key.replace('_', '-')}")
        if known is not None and name in (known.name, *known.aliases):
            row = Origin(
                "table",
                f"vllm {scene.stack.vllm}: {known.name}",
                "an option that this version has",
                "its own argument parser",
            )
            return Told(
                "an option of the file's own; it takes the place of the compiler's",
                ((*local.at, "engine_args", key),),
                (row,),
            )
    return None


RULES: tuple[Rule, ...] = (Rule("config/vllm/*.args", ("*",), of_file),)
