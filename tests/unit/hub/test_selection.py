"""Of all the files of a repository, those that a vLLM server needs."""

from __future__ import annotations

from dreamc.hub.selection import INDEX, chosen, weight_files
from tests.hub_server.made import repository

SMALL = ("config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json")


def test_second_copies_in_other_formats_are_left_out() -> None:
    assert chosen(repository(), None) == tuple(sorted((*SMALL, "model.safetensors")))


def test_of_shards_those_that_the_index_names_are_taken() -> None:
    names = [*repository(2), "model-00009-of-00009.safetensors", "consolidated.safetensors", "params.json"]
    shards = {f"model-0000{n}-of-00002.safetensors": frozenset[str]() for n in (1, 2)}
    assert set(chosen(names, shards)) == {*SMALL, *shards, INDEX}


def test_what_describes_the_tokenizer_and_the_chat_comes_along() -> None:
    beside = [
        *("vocab.json", "merges.txt", "tokenizer.model", "tekken.json", "chat_template.jinja", "modeling_x.py"),
        *("preprocessor_config.json", "additional_chat_templates/tools.jinja", "1_Pooling/config.json", "modules.json"),
    ]
    others = [
        *("LICENSE.txt", "trainer_state.json", "original/consolidated.00.pth", "images/figure.png"),
        "pytorch_model.bin.index.json",
    ]
    names = [*beside, *others, "model.safetensors"]
    assert set(chosen(names, None)) == {*beside, "model.safetensors"}


def test_pickled_weights_only_where_there_are_no_others() -> None:
    names = ["config.json", "pytorch_model-00001-of-00001.bin", "pytorch_model.bin.index.json", "training_args.bin"]
    assert chosen(names, None) == ("config.json", "pytorch_model-00001-of-00001.bin", "pytorch_model.bin.index.json")
    assert weight_files([*names, "model.safetensors"], None) == ("model.safetensors",)


def test_mistrals_own_format_only_where_there_is_no_other() -> None:
    assert chosen(["params.json", "consolidated.safetensors"], None) == ("consolidated.safetensors", "params.json")
    assert weight_files(["consolidated.safetensors", "a.safetensors"], None) == ("a.safetensors",)


def test_a_repository_of_gguf_files_has_nothing_that_vllm_loads() -> None:
    assert weight_files(["config.json", "q4.gguf"], None) == ()
