from __future__ import annotations

import pytest

from tests.unit.stack.files import local, one, stack

TWO = "hardware: {box: {gpus: 2 x rtx-3090}}\n"
SEVEN = 'source: "hf:Qwen/Qwen2.5-7B-Instruct", context: 8k, concurrency: 1'


def test_a_pinned_model_stands_where_it_is_pinned() -> None:
    (model,) = stack(local(f"  m: {{{SEVEN}, gpu: 1}}\n", TWO)).locals
    assert [(each.host, each.gpus) for each in model.instances] == [("box", (1,))]


def test_a_list_of_gpus_is_one_server_over_all_of_them() -> None:
    (model,) = stack(local(f"  m: {{{SEVEN}, gpu: [0, 1]}}\n", TWO)).locals
    assert (model.tensor_parallel, [each.gpus for each in model.instances]) == (2, [(0, 1)])


def test_two_models_that_need_a_card_each_get_a_card_each() -> None:
    models = stack(local(f"  a: {{{SEVEN}}}\n  b: {{{SEVEN}}}\n", TWO)).locals
    assert {each.gpus for model in models for each in model.instances} == {(0,), (1,)}


def test_replicas_stand_on_different_machines_where_they_can() -> None:
    hardware = "hardware: {a: {gpus: 2 x rtx-3090}, b: {gpus: 2 x rtx-3090}}\n"
    (model,) = stack(local(f"  m: {{{SEVEN}, replicas: 2}}\n", hardware)).locals
    assert sorted(each.host for each in model.instances) == ["a", "b"]


def test_what_would_fit_alone_names_its_neighbour() -> None:
    finding = one(local(f"  a: {{{SEVEN}}}\n  b: {{{SEVEN}}}\n"), "DRM308")
    assert finding.path == ("models", "b", "source")
    assert finding.related[0].path == ("models", "a")
    assert "short of" in finding.label


def test_what_would_not_fit_alone_either_does_not_blame_its_neighbour() -> None:
    huge = 'source: "ollama:qwen2.5:72b", context: 4k'
    finding = one(local(f'  a: {{source: "ollama:qwen2.5:3b", context: 4k}}\n  b: {{{huge}}}\n'), "DRM301")
    assert finding.path == ("models", "b", "source")
    assert "3 such GPUs in one host hold it" in finding.help


@pytest.mark.parametrize(
    ("settings", "code", "key"),
    [
        ("gpu: 2", "DRM206", "gpu"),
        ("gpu: -1", "DRM206", "gpu"),
        ("gpu: [0, 0]", "DRM206", "gpu"),
        ("gpu: [0, 1], gpus: 1", "DRM206", "gpu"),
        ("gpus: 5", "DRM303", "gpus"),
    ],
)
def test_a_card_that_cannot_be_is_refused_at_its_key(settings: str, code: str, key: str) -> None:
    assert one(local(f"  m: {{{SEVEN}, {settings}}}\n", TWO), code).path == ("models", "m", key)


def test_a_pin_is_held_against_the_cards_of_its_own_host() -> None:
    hardware = "hardware: {a: {gpus: 4 x rtx-3090}, b: {gpus: rtx-3090}}\n"
    finding = one(local(f"  m: {{{SEVEN}, host: b, gpu: 1}}\n", hardware), "DRM206")
    assert "host 'b' has GPU 0 only" in finding.message


def test_a_host_without_a_card_runs_no_model() -> None:
    finding = one(local(f"  m: {{{SEVEN}}}\n", "hardware: {box: {ram: 64 GiB}}\n"), "DRM307")
    assert "no host of the file has one" in finding.message


def test_the_desktop_keeps_its_share_of_the_first_card() -> None:
    hardware = "hardware: {box: {gpus: rtx-3090, desktop: 10 GiB}}\n"
    assert one(local(f"  m: {{{SEVEN}}}\n", hardware), "DRM301").path == ("models", "m", "source")


def test_a_pinned_gpu_of_several_hosts_must_name_its_host() -> None:
    two = "hardware: {a: {gpus: rtx-3090}, b: {gpus: rtx-3090}}\n"
    finding = one(local(f"  m: {{{SEVEN}, gpu: 0}}\n", two), "DRM206")
    assert (finding.path, finding.help) == (("models", "m", "gpu"), "add host: a or host: b")


def test_a_number_format_that_the_card_lacks_is_marked_where_it_is_written() -> None:
    turing = "hardware: {box: {gpus: quadro-rtx-8000}}\n"
    assert one(local(f"  m: {{{SEVEN}, dtype: bfloat16}}\n", turing), "DRM302").path == ("models", "m", "dtype")


def test_a_single_card_is_not_counted() -> None:
    crowded = one(local(f"  a: {{{SEVEN}}}\n  b: {{{SEVEN}}}\n"), "DRM308")
    assert "of a rtx-3090" in crowded.message
    assert "on 1 GPUs" not in one(local('  m: {source: "hf:Qwen/Qwen2.5-72B-Instruct"}\n'), "DRM301").message


def test_what_a_desktop_holds_is_named_beside_the_card() -> None:
    text = local(f"  m: {{{SEVEN}}}\n", "hardware: {box: {gpus: rtx-3090, desktop: 20 GiB}}\n")
    assert "20.0 GiB of the first for the desktop" in one(text, "DRM301").related[0].label
