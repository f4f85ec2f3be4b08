"""What is read of a start-up log, in the words of the versions that write it, and of `/metrics`."""

from __future__ import annotations

import pytest

from dreamc.sizing.startup_log import Facts, read_log, read_metrics
from dreamc.sizing.types import GIB
from tests.unit.sizing.logs import CONFIG, METRICS, joined, log, parted


def facts(text: str) -> Facts:
    found = read_log(text)
    assert isinstance(found, Facts), found
    return found


def gib(size: int | None) -> float:
    assert size is not None
    return round(size / GIB, 2)


def test_three_figures_of_0_10_to_0_27_are_read_apart() -> None:
    found = facts(log("0.19.0", parted(14.99, 1.89, 0.24, 0.9)))
    assert (found.model, found.version, found.tp, found.seqs, found.batched) == ("org/model", "0.19.0", 1, 64, 8192)
    assert (gib(found.loaded), gib(found.activation), gib(found.non_torch), gib(found.graphs)) == (
        14.99,
        1.89,
        0.24,
        0.9,
    )
    assert (found.share, gib(found.total), gib(found.budget), gib(found.available)) == ("0.95", 79.19, 75.23, 58.11)


def test_since_0_28_the_peak_is_freed_of_the_estimated_graphs_and_the_weights_of_what_they_hide() -> None:
    estimate = "CUDA graph pool memory: 0.50 GiB (actual), 0.60 GiB (estimated), difference: 0.1 GiB (20.0%)."
    found = facts(log("0.32.0", f"{estimate}\n{joined(15.26, 1.44, 0.5)}"))
    assert (gib(found.activation), gib(found.non_torch), gib(found.graphs)) == (0.84, 0.27, 0.6)


def test_of_several_ranks_the_one_with_least_left_is_taken() -> None:
    loading = (
        f"(Worker_TP{rank} pid=1) INFO Model loading took {size} GiB memory" for rank, size in ((0, 20.1), (1, 20.3))
    )
    left = (
        f"(Worker_TP{rank} pid=1) INFO Available KV cache memory: {size} GiB" for rank, size in ((0, 11.5), (1, 11.2))
    )
    found = facts("\n".join((CONFIG.format(version="0.24.0", tp=2), *loading, *left)))
    assert (found.tp, gib(found.loaded), gib(found.available)) == (2, 20.3, 11.2)


def test_the_last_start_of_a_log_counts_and_colours_do_not() -> None:
    twice = log("0.19.0", parted(10, 1, 0.1, 0.5)) + "\n\x1b[32m" + log("0.20.1", parted(14.99, 1.89, 0.24, 0.9))
    assert (facts(twice).version, gib(facts(twice).activation)) == ("0.20.1", 1.89)


def test_a_pinned_cache_is_known_as_such() -> None:
    pinned = "reserved 1.62 GiB memory for KV Cache as specified by kv_cache_memory_bytes config and skipped profiling"
    text = f"{CONFIG.format(version='0.29.0', tp=1)}\nModel loading took 5.0 GiB memory\n{pinned}\n"
    found = facts(text + "Graph capturing finished in 5 secs, took 0.54 GiB")
    assert (found.pinned, found.activation, gib(found.graphs)) == (True, None, 0.54)


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("", ("Initializing a V1 LLM engine", "Model loading took", "Actual usage is")),
        ("Model loading took 5 GiB\nAvailable KV cache memory: 1.0 GiB", ("Initializing a V1 LLM engine",)),
        (CONFIG.format(version="0.19.0", tp=1), ("Model loading took", "Actual usage is")),
        (f"{CONFIG.format(version='0.19.0', tp=1)}\nModel loading took 5 GiB", ("Actual usage is",)),
    ],
)
def test_the_lines_that_a_log_lacks_are_named(text: str, missing: tuple[str, ...]) -> None:
    found = read_log(text)
    assert isinstance(found, tuple)
    assert [line[: len(start)] for line, start in zip(found, missing, strict=True)] == list(missing)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("speculative_config=SpeculativeConfig(method='mtp')", "a draft model"),
        ("load_format=gguf", "its load format is gguf"),
    ],
)
def test_what_the_figures_would_be_wrong_for_is_said(line: str, why: str) -> None:
    name = line.partition("=")[0]
    text = log("0.19.0", parted(1, 1, 1, 1))
    old = next(word for word in ("speculative_config=None", "load_format=auto") if word.startswith(name))
    assert why in facts(text.replace(old, line)).strange


def test_metrics_say_blocks_share_and_whether_the_cache_is_pinned() -> None:
    found = read_metrics(METRICS)
    assert isinstance(found, Facts)
    assert (found.model, found.blocks, found.block, found.share, found.pinned) == ("quality", 2048, 16, "0.92", False)
    pinned = read_metrics(METRICS.replace('kv_cache_memory_bytes="None"', 'kv_cache_memory_bytes="10000000"'))
    assert isinstance(pinned, Facts)
    assert pinned.pinned


@pytest.mark.parametrize("text", ["", "vllm:num_requests_running 1", 'vllm:cache_config_info{block_size="16"} 1.0'])
def test_metrics_without_the_cache_name_the_line(text: str) -> None:
    found = read_metrics(text)
    assert isinstance(found, tuple)
    assert found[0].startswith("vllm:cache_config_info")
