"""`dreamc size`: what a model takes of a card and how much context it has there; for machines, a line per line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import IO, Any

import click
from msgspec import to_builtins

from dreamc.knowledge.vllm import NEWEST

MOST = 64
"""GPUs of one instance."""


@click.command("size")
@click.argument("model", required=False)
@click.option("--gpu", default=None, metavar="NAME", help="The card, such as rtx-4090. Without it: the common cards.")
@click.option("--gpus", type=click.IntRange(1, MOST), default=1, show_default=True, help="So many of them, together.")
@click.option("--memory", default=None, metavar="SIZE", help="What CUDA reports of the card, such as '23.5 GiB'.")
@click.option("--capability", default=None, metavar="X.Y", help="Its compute capability, for a card nobody knows.")
@click.option("--context", default=None, metavar="RANGE", help="Tokens, such as 8k..32k. Default: up to the model's.")
@click.option("--concurrency", type=click.IntRange(min=1), default=None, help="Requests in flight at once.")
@click.option("--vllm", default=NEWEST, show_default=True, metavar="VERSION", help="The vLLM version.")
@click.option("--dtype", default=None, help="As vLLM's --dtype.")
@click.option("--quantization", default=None, help="As vLLM's --quantization.")
@click.option("--kv-cache-dtype", default=None, help="As vLLM's; q8_0 or q4_0 for Ollama.")
@click.option("--batch", type=click.File("rb"), default=None, metavar="FILE.jsonl", help="Answer a line per line.")
@click.option(
    "--calibrate", "start", default=None, metavar="LOG", help="Read a start-up log of vLLM, or http://…/metrics."
)
@click.option("-f", "--file", default="dream.yaml", metavar="FILE", help="With --calibrate: the dream.yaml it is for.")
@click.option("--today", default=None, envvar="DREAMC_TODAY", metavar="DATE", help="With --calibrate: the day to note.")
@click.option("--json", "as_json", is_flag=True, envvar="DREAMC_JSON", show_envvar=True, help="Answer as JSON.")
def command(
    model: str | None, batch: IO[bytes] | None, as_json: bool, gpu: str | None, start: str | None, file: str,
    today: str | None, **given: Any,
) -> None:  # fmt: skip
    """Say what fits where.

    MODEL is a Hugging Face repository of the table, ollama:TAG, or the path of a config.json or of its directory; the
    weights there are compared with it. Exits 1 when it does not fit. With --batch, every line of the file is a question
    such as {"id": 1, "model": "Qwen/Qwen3-8B", "gpu": "rtx-4090", "max_model_len": 8192}, and every line of the output
    says what that vLLM would report; `-` reads standard input; a line that cannot be answered is answered with the
    reason, and the exit code is 0.

    With --calibrate, a start-up log of vLLM (or the /metrics of a running server) becomes a row of
    dream.calibration.yaml beside dream.yaml, and from then on every compile of it reckons with what was measured.
    """
    if start is not None and batch is not None:
        raise click.UsageError("--calibrate and --batch are two questions")
    if start is not None:
        from dreamc.cli import size_calibrate

        click.echo(size_calibrate.run(start, model, gpu, Path(file), today, given))
        return
    if batch is not None:
        if model is not None or gpu is not None:
            raise click.UsageError("--batch takes model and GPU from its lines")
        _batch(batch)
    elif not _one(model, gpu, as_json, given):
        click.get_current_context().exit(1)


def _one(model: str | None, gpu: str | None, as_json: bool, given: dict[str, Any]) -> bool:
    """Print the answer for one model; whether it fits anywhere."""
    if model is None:
        raise click.UsageError("name a model, or give --batch FILE.jsonl")
    from dreamc.cli import size_asked, size_text

    asked = size_asked.asked(model, given)
    if told := size_asked.compared(asked):
        click.echo(told, err=True)
    if gpu is None and given["memory"] is None:
        rows = size_asked.everywhere(asked)
        click.echo(_json([to_builtins(row) for row in rows]) if as_json else size_text.everywhere(asked, rows))
        return any(row.fits for row in rows)
    found = size_asked.on(asked, size_asked.card(gpu, given))
    click.echo(_json(to_builtins(found)) if as_json else size_text.on(asked, found))
    return found.fits


def _batch(lines: IO[bytes]) -> None:
    from dreamc.sizing.question import answer_line

    for line in lines:
        if line.strip():
            click.echo(answer_line(line))


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
