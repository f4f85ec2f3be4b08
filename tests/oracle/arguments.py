"""Asks the argument parser of `vllm serve` what it makes of a command line; run by a Python with vLLM.

One question is a line on stdin, the words behind `vllm serve`; one answer a line on stdout: the options as they were
understood, or {"refused": what the parser said}.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import sys
from typing import Any

from vllm.utils.argparse_utils import FlexibleArgumentParser

HOMES = ("vllm.entrypoints.launchers.cli_args", "vllm.entrypoints.openai.cli_args")
READ = (
    "model_tag", "served_model_name", "max_model_len", "max_num_seqs", "max_num_batched_tokens", "tensor_parallel_size",
    "gpu_memory_utilization", "kv_cache_memory_bytes", "kv_cache_dtype", "enforce_eager", "cpu_offload_gb", "dtype",
)  # fmt: skip


def parser() -> Any:
    """The parser of `vllm serve`, which has moved between versions."""
    for name in HOMES:
        with contextlib.suppress(ModuleNotFoundError):
            found = importlib.import_module(name)
            return found.make_arg_parser(FlexibleArgumentParser(prog="vllm serve"))
    raise ModuleNotFoundError(", ".join(HOMES))


def answer(words: list[str], reader: Any) -> dict[str, Any]:
    """What the words mean."""
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            found = vars(reader.parse_args(words))
    except SystemExit:
        return {"refused": said.getvalue()[-600:]}
    return {name: found.get(name) for name in READ}


def main() -> None:
    """Answer every line; what vLLM itself prints on stdout goes to stderr."""
    out, sys.stdout = sys.stdout, sys.stderr
    reader = parser()
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line), reader), default=str), file=out, flush=True)


if __name__ == "__main__":
    main()
