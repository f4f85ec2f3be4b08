"""Pipeline stages: each is sized by itself, and the one that needs most decides."""

from __future__ import annotations

import pytest

from dreamc.sizing.parts import loaded_weights, parts
from dreamc.sizing.question import answer
from dreamc.sizing.setting import Parts, Setting
from dreamc.sizing.types import GIB
from tests.unit.sizing.asks import HOPPER, LLAMA_8B, shape


def found(pp: int, **more: int) -> Parts:
    """Llama 3.1 8B on H100 with vLLM 0.19, 1,024 sequences and 8,192 batched tokens."""
    seqs, batched = more.get("seqs", 1024), more.get("batched", 8192)
    setting = Setting(
        "0.19.0", 1, pp, seqs=seqs, batched=batched, width=2, eager=False, embed=False, billions=8, capability=HOPPER
    )
    return parts(shape(LLAMA_8B), setting, loaded_weights(shape(LLAMA_8B), 1, pp, 2))


@pytest.mark.parametrize(("pp", "blocks"), [(2, 67_207), (4, 141_079)])
def test_the_blocks_that_two_public_logs_report_are_predicted_to_a_tenth_of_a_per_cent(pp: int, blocks: int) -> None:
    # llm-d-incubation/llm-d-planner@d3121e0 accuracy/results/v0.19.0, H100 with 79.19 GiB at 0.95
    line = {"model": LLAMA_8B, "gpu": {"total_gib": 79.19, "compute_capability": "9.0"}, "pipeline_parallel": pp}
    line |= {"gpu_memory_utilization": 0.95, "max_model_len": 8192, "vllm_version": "0.19.0"}
    said = answer({**line, "max_num_seqs": 1024, "max_num_batched_tokens": 8192})
    assert said.num_gpu_blocks == pytest.approx(blocks, rel=0.001)


def test_the_last_stage_samples_and_keeps_what_it_is_handed() -> None:
    one, two = found(1), found(2)
    assert two.activation == one.activation
    assert two.buffers == 2 * 8192 * 4096 * 2
    assert two.non_torch / GIB == pytest.approx(0.07, abs=0.01)


def test_where_nothing_is_sampled_much_another_stage_may_decide() -> None:
    few = found(2, seqs=1)
    # two tensors of tokens x width leave the first stage beside its widest layer
    assert few.activation >= 8192 * (3 * 14336 + 4 * 4096) * 2
    assert few.inside <= found(2).inside


def test_less_is_sure_of_a_pipeline() -> None:
    assert (found(1).sure.activation, found(2).sure.activation) == ("calibrated", "modelled")
    assert found(2).margin > found(1).margin - GIB // 2
