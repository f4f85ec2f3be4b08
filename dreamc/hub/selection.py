"""Which files of a repository a vLLM server needs; the same ones are locked, fetched and verified.

Weights, the first of these that is there (vLLM model_executor/model_loader/default_loader.py, _prepare_weights):
the shards that model.safetensors.index.json names; model.safetensors; any other *.safetensors of the top folder but
Mistral's second copy (consolidated*); that copy; pytorch_model*.bin. Never .pth, .pt, .onnx, .gguf, .h5 or a second
copy in a folder such as original/. Beside them what describes the model: configuration, tokenizer, generation defaults,
chat templates, code that `--trust-remote-code` runs, and the numbered folders of sentence-transformers (1_Pooling).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

INDEX = "model.safetensors.index.json"
_BESIDE = re.compile(
    r"[^/]+\.(json|model|tiktoken|jinja|py)|(merges|vocab)\.txt|additional_chat_templates/[^/]+\.jinja"
    r"|\d+_[A-Za-z]+/[^/]+\.(json|safetensors)"
)
_OTHERS = re.compile(r".*\.index\.json|(trainer_state|all_results|train_results|eval_results)\.json")
_MISTRAL = re.compile(r"consolidated.*\.safetensors")
_PICKLED = re.compile(r"pytorch_model.*\.bin")


def weight_files(names: Iterable[str], indexed: Mapping[str, object] | None) -> tuple[str, ...]:
    """Files that hold the weights, sorted; `indexed` are those that the index names. Empty: none that vLLM loads."""
    if indexed is not None:
        return tuple(sorted(indexed))
    top = sorted(name for name in names if "/" not in name)
    if "model.safetensors" in top:
        return ("model.safetensors",)
    tensors = [name for name in top if name.endswith(".safetensors")]
    published = [name for name in tensors if not _MISTRAL.fullmatch(name)]
    return tuple(published or tensors or [name for name in top if _PICKLED.fullmatch(name)])


def chosen(names: Iterable[str], indexed: Mapping[str, object] | None) -> tuple[str, ...]:
    """Everything to fetch, sorted."""
    all_names = tuple(names)
    weights = weight_files(all_names, indexed)
    indices = {INDEX} if indexed is not None else set()
    if any(_PICKLED.fullmatch(name) for name in weights):
        indices.add("pytorch_model.bin.index.json")
    beside = {name for name in all_names if _BESIDE.fullmatch(name) and not _OTHERS.fullmatch(name)}
    if not any(_MISTRAL.fullmatch(name) for name in weights):
        beside.discard("params.json")  # describes the second copy, and makes vLLM look for it
    return tuple(sorted({*weights, *beside, *(indices & set(all_names))}))
