"""`dream.calibration.yaml` to rows and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dreamc.diagnostics.types import Diagnostic
from dreamc.document.types import Document
from dreamc.document.validate import validate
from dreamc.document.write import yaml_text
from dreamc.sizing.types import GIB, Measured

if TYPE_CHECKING:
    from dreamc.spec.calibration import Row

HEADER = "Start-up figures of these machines: written by `dreamc size --calibrate`, read by every compile."
SIZES = (
    ("weights", "weights"), ("activation", "activation"), ("non_torch", "non_torch"), ("cuda_graphs", "graphs"),
    ("taken", "taken"),
)  # fmt: skip
"""Keys of the file, and what they are called here."""


def read_rows(document: Document) -> tuple[tuple[Measured, ...], tuple[Diagnostic, ...]]:
    """The rows of the file, or everything that is wrong with it; paths are those of the file."""
    from dreamc.spec.calibration import CalibrationFile

    found, problems = validate(CalibrationFile, document)
    if found is None:
        return (), problems
    rows = tuple(_measured(row) for row in found.rows)
    return (rows, ()) if not (wrong := _wrong(rows)) else ((), wrong)


def rows_text(rows: tuple[Measured, ...]) -> str:
    """The file, in the order of the keys."""
    ordered = sorted(rows, key=lambda row: row.key)
    return yaml_text({"rows": [_plain(row) for row in ordered]}, HEADER)


def merged(rows: tuple[Measured, ...], new: Measured) -> tuple[Measured, ...]:
    """With the new row, in the place of one of the same key."""
    return (*(row for row in rows if row.key != new.key), new)


def _measured(row: Row) -> Measured:
    return Measured(
        architecture=row.architecture,
        model=row.model,
        gpu=row.gpu,
        vllm=row.vllm,
        tp=row.tensor_parallel,
        seqs=row.max_num_seqs,
        batched=row.max_num_batched_tokens,
        eager=row.enforce_eager,
        source=row.source,
        checked=row.checked,
        weights=row.weights,
        activation=row.activation,
        non_torch=row.non_torch,
        graphs=row.cuda_graphs,
        taken=row.taken,
    )


def _plain(row: Measured) -> dict[str, object]:
    sizes = {key: getattr(row, name) for key, name in SIZES}
    return {
        "architecture": row.architecture,
        "model": row.model,
        "gpu": row.gpu,
        "vllm": row.vllm,
        "tensor_parallel": row.tp,
        "max_num_seqs": row.seqs,
        "max_num_batched_tokens": row.batched,
        **({"enforce_eager": True} if row.eager else {}),
        **{key: f"{round(size / GIB, 3):g} GiB" for key, size in sizes.items() if size is not None},
        "source": row.source,
        "checked": row.checked,
    }


def _wrong(rows: tuple[Measured, ...]) -> tuple[Diagnostic, ...]:
    """Rows that say nothing, and two of one key: which of them would hold?"""
    first: dict[tuple[str, str, str, int], int] = {}
    found: list[Diagnostic] = []
    for at, row in enumerate(rows):
        earlier = first.setdefault(row.key, at)
        if earlier != at:
            message = f"two rows speak of {row.architecture} on {row.gpu} with vLLM {row.vllm}"
            help_ = "remove one of them; dreamc size --calibrate replaces a row of the same key"
            found.append(Diagnostic("DRM319", ("rows", at, "architecture"), message, f"as in row {earlier + 1}", help_))
        elif all(getattr(row, name) is None for _, name in SIZES):
            message = f"the row of {row.architecture} on {row.gpu} measures nothing"
            help_ = f"add one of {', '.join(key for key, _ in SIZES)}, or remove the row"
            found.append(Diagnostic("DRM319", ("rows", at, "architecture"), message, "no figure", help_))
    return tuple(found)
