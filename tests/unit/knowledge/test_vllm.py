"""Options by version: what is there, what went, what took its place."""

from __future__ import annotations

import pytest

from dreamc.knowledge.table import table
from dreamc.knowledge.vllm import NEWEST, flag, flag_history, flags, nearest_flags, vllm_versions
from dreamc.knowledge.vllm_capabilities import version_key

ESSENTIAL = [
    "--gpu-memory-utilization",
    "--kv-cache-memory-bytes",
    "--max-model-len",
    "--max-num-seqs",
    "--max-num-batched-tokens",
    "--kv-cache-dtype",
    "--dtype",
    "--quantization",
    "--enforce-eager",
    "--served-model-name",
    "--tool-call-parser",
    "--tensor-parallel-size",
    "--pipeline-parallel-size",
    "--enable-prefix-caching",
    "--enable-auto-tool-choice",
    "--port",
]


def test_versions_are_in_order_and_the_last_is_pinned() -> None:
    versions = vllm_versions()
    assert list(versions) == sorted(versions, key=version_key)
    assert versions[-1] == NEWEST


@pytest.mark.parametrize("version", vllm_versions())
def test_what_a_command_line_needs_is_in_every_version(version: str) -> None:
    assert [name for name in ESSENTIAL if flag(version, name) is None] == []
    assert len(flags(version)) > 150


def test_an_option_knows_whether_it_takes_a_value() -> None:
    eager, length = flag("0.33.0", "--enforce-eager"), flag("0.33.0", "--max-model-len")
    assert eager is not None
    assert not eager.takes_value
    assert length is not None
    assert length.takes_value


def test_an_alias_finds_its_option() -> None:
    short = flag("0.33.0", "-tp")
    assert short is not None
    assert short.name == "--tensor-parallel-size"
    assert flag("0.33.0", "--no-such-thing") is None


def test_an_unknown_version_is_an_error_not_an_empty_table() -> None:
    with pytest.raises(KeyError):
        flags("0.99.0")


def test_a_removed_option_tells_since_when_and_why() -> None:
    swap = flag_history("--swap-space")
    assert swap is not None
    assert (swap.first, swap.last, swap.renamed_to) == ("0.10.2", "0.16.0", None)
    assert "recomputes" in swap.why


def test_a_renamed_option_names_its_successor() -> None:
    guided = flag_history("--guided-decoding-backend")
    assert guided is not None
    assert guided.renamed_to == "--structured-outputs-config"
    assert flag_history("--never-was") is None


@pytest.mark.parametrize("name", table("vllm/capabilities.yaml").keys("renamed"))
def test_a_successor_exists_after_its_predecessor_went(name: str) -> None:
    gone = flag_history(name)
    assert gone is not None
    if gone.renamed_to:
        heir = flag_history(gone.renamed_to)
        assert heir is not None
        assert version_key(heir.last) >= version_key("0.32.0")


def test_a_misspelt_option_gets_the_right_suggestion() -> None:
    assert nearest_flags("0.33.0", "--max-model-length")[0] == "--max-model-len"
    assert nearest_flags("0.33.0", "--gpu-memory-utilisation")[0] == "--gpu-memory-utilization"
