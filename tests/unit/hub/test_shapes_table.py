"""The shipped shape table: complete, sourced, found fast by name, and in line with published file sizes."""

from __future__ import annotations

import datetime as dt

import pytest

from dreamc.hub.config import from_config
from dreamc.hub.shape import ModelShape
from dreamc.knowledge import shapes
from dreamc.sizing.weights import rank_weights

SIZED = [name for name in shapes.names() if (row := shapes.find(name)) is not None and row.safetensors_bytes]
# What the file holds and vLLM does not load (a layer that predicts ahead), or pads when it loads.
DIFFERS = ("deepseek-ai/DeepSeek-R1-0528", "deepseek-ai/DeepSeek-V3-0324", "openai/gpt-oss-20b")


@pytest.mark.parametrize("name", shapes.names())
def test_every_row_has_a_source_a_day_and_a_shape(name: str) -> None:
    row = shapes.find(name)
    assert row is not None
    assert row.source
    assert row.confidence in ("stated", "recalled")
    assert dt.date.fromisoformat(row.checked).isoformat() == row.checked
    assert row.repo == name
    assert row.base is None or shapes.find(row.base) is not None
    assert isinstance(from_config(row.config), ModelShape)


def test_there_are_at_least_sixty_models() -> None:
    assert len(shapes.names()) >= 60


@pytest.mark.parametrize("name", [name for name in SIZED if name not in DIFFERS])
def test_weights_agree_with_the_published_size(name: str) -> None:
    row = shapes.find(name)
    assert row is not None
    assert row.safetensors_bytes is not None
    shape = from_config(row.config)
    assert isinstance(shape, ModelShape)
    assert rank_weights(shape) == pytest.approx(row.safetensors_bytes, rel=0.001)


def test_qwen25_7b_awq_is_the_size_of_its_file_to_the_byte() -> None:
    row = shapes.find("Qwen/Qwen2.5-7B-Instruct-AWQ")
    assert row is not None
    shape = from_config(row.config)
    assert isinstance(shape, ModelShape)
    assert rank_weights(shape) == row.safetensors_bytes == 5_570_747_392


def test_names_are_found_whatever_their_case() -> None:
    row = shapes.find("qwen/qwen2.5-coder-7b-instruct-awq")
    assert row is not None
    assert row.repo == "Qwen/Qwen2.5-Coder-7B-Instruct-AWQ"
    assert shapes.find("nobody/nothing") is None
    assert shapes.find("../../etc/passwd") is None


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Qwen/Qwen2.5-Coder-7B-Instuct-AWQ", "Qwen/Qwen2.5-Coder-7B-Instruct-AWQ"),
        ("deepseek-ai/DeepSeek-Coder-6.7B-Instruct-AWQ", "TheBloke/deepseek-coder-6.7B-instruct-AWQ"),
        ("TheBloke/Qwen2.5-Coder-14B-Instruct-AWQ", "Qwen/Qwen2.5-Coder-14B-Instruct-AWQ"),
    ],
)
def test_a_wrong_name_gets_the_nearest_one(typed: str, meant: str) -> None:
    assert shapes.nearest(typed, 1) == (meant,)


def test_quantised_builds_of_a_model_are_known_by_it() -> None:
    assert "Qwen/Qwen2.5-Coder-7B-Instruct-AWQ" in shapes.variants("Qwen/Qwen2.5-Coder-7B-Instruct")
    assert "casperhansen/llama-3.3-70b-instruct-awq" in shapes.variants("meta-llama/Llama-3.3-70B-Instruct")
    assert shapes.variants("nobody/nothing") == ()
