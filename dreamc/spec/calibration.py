"""`dream.calibration.yaml` — what vLLM's start-up logs said of this machine; written by `dreamc size --calibrate`."""

from typing import Annotated

from pydantic import AfterValidator, Field

from dreamc.document.mistake import mistake
from dreamc.document.scalars import Size
from dreamc.spec.base import Spec, Switch, Whole

MOST = 2**40
"""Bytes of one GPU; more is a slip."""


def _of_a_gpu(size: int) -> int:
    if size > MOST:
        raise mistake("DRM107", f"{size} bytes", "at most 1 TiB, what one GPU may hold")
    return size


OfGpu = Annotated[Size, AfterValidator(_of_a_gpu)]
"""Bytes of one GPU."""


class Row(Spec):
    """One start-up: which model, on what, with which settings, and what it took of each GPU."""

    architecture: str = Field(min_length=1, description="The model's kind, layers, widths and how it is stored.")
    model: str = Field(min_length=1, description="The model that was started.")
    gpu: str = Field(min_length=1, description="The card.")
    vllm: str = Field(pattern=r"^[0-9]{1,4}\.[0-9]{1,4}$", description="The version of vLLM, such as `'0.33'`.")
    tensor_parallel: Whole = Field(ge=1, le=64, description="GPUs of the server.")
    max_num_seqs: Whole = Field(ge=1, description="As it was started.")
    max_num_batched_tokens: Whole = Field(ge=1, description="As it was started.")
    enforce_eager: Switch = Field(default=False, description="As it was started.")
    weights: OfGpu | None = Field(default=None, description="What loading the model took.")
    activation: OfGpu | None = Field(default=None, description="Peak of the profile run.")
    non_torch: OfGpu | None = Field(default=None, description="What lies outside torch.")
    cuda_graphs: OfGpu | None = Field(default=None, description="What the captured CUDA graphs take.")
    taken: OfGpu | None = Field(
        default=None, description="All that was taken before the KV cache, where it is not known part by part."
    )
    source: str = Field(min_length=1, description="Where this was read.")
    checked: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}$", description="On which day, such as `'2026-11-20'`.")


class CalibrationFile(Spec):
    """All rows."""

    rows: tuple[Row, ...] = Field(description="One for each architecture, card, version and number of GPUs.")
