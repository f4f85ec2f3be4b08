"""`dreamc size`: what people see of one card or of many, and lines in and out for machines."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dreamc.knowledge import shapes
from tests.unit.cli.shell import process, script
from tests.unit.cli.verbs import run

Capture = pytest.CaptureFixture[str]
LLAMA = "meta-llama/Llama-3.1-8B-Instruct"


def test_one_card_shows_parts_bar_context_and_what_to_pass(capsys: Capture) -> None:
    said = run(capsys, "size", LLAMA, "--gpu", "rtx-4090", "--context", "8k..32k")
    assert (said.code, said.err) == (0, "")
    assert "(23.52 GiB visible to CUDA), vLLM 0.33.0, context 8k..32k" in said.out
    assert "weights       15.0 GiB  parameters, exact" in said.out
    assert "graphs         0.6 GiB  CUDA graphs, assumed" in said.out
    assert "  weights: vLLM 0.33.0 model_executor/models" in said.out
    assert "context 32,768, 256 at once" in said.out
    assert "pass: --max-model-len 32768 --max-num-seqs 256" in said.out


def test_what_was_traded_is_said(capsys: Capture) -> None:
    said = run(capsys, "size", LLAMA, "--gpu", "rtx-4090", "--context", "56k")
    assert said.code == 0
    assert "traded: max_num_seqs 256 -> " in said.out


def test_what_does_not_fit_is_refused_with_what_would(capsys: Capture) -> None:
    said = run(capsys, "size", "Qwen/Qwen2.5-14B-Instruct", "--gpu", "rtx-4070")
    assert (said.code, said.err) == (1, "")
    assert "does not fit: 11.6 GiB are there" in said.out
    assert "missing: " in said.out
    assert "would do: Qwen/Qwen2.5-14B-Instruct-AWQ fits at " in said.out
    assert "would do: the smallest card that fits is " in said.out


def test_what_the_card_cannot_do_is_refused_with_its_reason(capsys: Capture) -> None:
    said = run(capsys, "size", LLAMA, "--gpu", "t4", "--dtype", "bfloat16")
    assert said.code == 1
    assert "does not go: bfloat16 needs compute capability 8.0, the card has 7.5" in said.out


def test_without_a_card_the_common_ones_are_compared(capsys: Capture) -> None:
    said = run(capsys, "size", LLAMA)
    assert said.code == 0
    lines = {line.split()[0]: line for line in said.out.splitlines()[3:]}
    assert "GiB missing" in lines["rtx-4070"]
    assert "131,072" in lines["h200"]
    assert len(lines) >= 12


def test_a_context_that_fits_nowhere_exits_1(capsys: Capture) -> None:
    assert run(capsys, "size", "deepseek-ai/DeepSeek-V3").code == 1


def test_two_cards_hold_what_one_does_not(capsys: Capture) -> None:
    assert run(capsys, "size", "Qwen/Qwen3-32B-AWQ", "--gpu", "rtx-4070").code == 1
    said = run(capsys, "size", "Qwen/Qwen3-32B-AWQ", "--gpu", "rtx-4070", "--gpus", "4")
    assert (said.code, "on 4 x rtx-4070" in said.out) == (0, True)


def test_an_ollama_tag_is_sized_as_gguf(capsys: Capture) -> None:
    said = run(capsys, "size", "ollama:llama3.1:8b", "--gpu", "rtx-4070")
    assert said.code == 0
    assert "size of the GGUF file" in said.out
    assert "KV cache in f16" in said.out
    small = run(capsys, "size", "ollama:llama3.1:8b", "--gpu", "rtx-4070", "--kv-cache-dtype", "q8_0", "--json")
    large = run(capsys, "size", "ollama:llama3.1:8b", "--gpu", "rtx-4070", "--json")
    assert json.loads(small.out)["answer"]["context"] > json.loads(large.out)["answer"]["context"]


def test_an_ollama_context_beyond_the_model_is_refused(capsys: Capture) -> None:
    said = run(capsys, "size", "ollama:llama3.1:8b", "--gpu", "h200", "--context", "256k")
    assert (said.code, "the model's own is 128k" in said.out) == (1, True)


def test_a_config_json_serves_as_a_model(capsys: Capture, tmp_path: Path) -> None:
    row = shapes.find(LLAMA)
    assert row is not None
    (tmp_path / "config.json").write_text(json.dumps(row.config), encoding="utf-8")
    named = json.loads(run(capsys, "size", LLAMA, "--gpu", "l4", "--json").out)
    for path in (tmp_path, tmp_path / "config.json"):
        found = json.loads(run(capsys, "size", str(path), "--gpu", "l4", "--json").out)
        assert found["answer"] == named["answer"]


@pytest.mark.parametrize("text", ["", "[]", "{", '{"model_type": "mamba"}'])
def test_a_config_that_is_none_is_one_line(capsys: Capture, tmp_path: Path, text: str) -> None:
    path = tmp_path / "config.json"
    path.write_text(text, encoding="utf-8")
    said = run(capsys, "size", str(path), "--gpu", "l4")
    assert (said.code, said.out) == (1, "")
    assert said.err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ((), "name a model"),
        ((LLAMA, "--gpu", "rtx-4091"), "Did you mean rtx-4090"),
        ((LLAMA, "--gpu", "rtx-4091"), "--memory (what CUDA reports) and --capability"),
        ((LLAMA, "--gpu", "l4", "--context", "many"), "not tokens such as 8k"),
        ((LLAMA, "--gpu", "l4", "--vllm", "9.9"), "known versions are"),
        ((LLAMA, "--gpu", "l4", "--memory", "20"), "not a size such as '23.5 GiB'"),
        ((LLAMA, "--memory", "20 GiB", "--capability", "ada"), "not one such as 8.9"),
        (("ollama:llama3.1:9b", "--gpu", "l4"), "did you mean llama3.1:8b"),
        (("ollama:llama3.1:8b", "--gpu", "l4", "--kv-cache-dtype", "fp8"), "Ollama has f16, q8_0, q4_0"),
    ],
)
def test_wrong_usage_says_what_is_meant(capsys: Capture, arguments: tuple[str, ...], why: str) -> None:
    said = run(capsys, "size", *arguments)
    assert (said.code, said.out) == (64, "")
    assert why in said.err


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--gpus", "3"), "32 attention heads are not divisible by 3 GPUs"),
        (("--context", "256k"), "a context of 256k is asked, the model's own is 128k"),
        (("--kv-cache-dtype", "q8_0"), "has no KV cache type 'q8_0'"),
        (("--quantization", "awq"), "needs a checkpoint stored that way"),
    ],
)
def test_what_cannot_be_is_refused_with_its_reason(capsys: Capture, arguments: tuple[str, ...], why: str) -> None:
    said = run(capsys, "size", LLAMA, "--gpu", "l4", *arguments)
    assert (said.code, said.err) == (1, "")
    assert why in next(line for line in said.out.splitlines() if line.startswith("does not go: "))


@pytest.mark.parametrize(
    ("option", "value"),
    [("--gpus", "0"), ("--gpus", "-1"), ("--concurrency", "0"), ("--context", "0"), ("--context", "-4k"),
     ("--context", "8k..4k"), ("--memory", "0 GiB"), ("--memory", "-8 GiB")],
)  # fmt: skip
def test_sizes_of_nothing_are_wrong_usage(capsys: Capture, option: str, value: str) -> None:
    said = run(capsys, "size", LLAMA, "--gpu", "l4", option, value)
    assert (said.code, said.out) == (64, "")
    assert option in said.err


def test_a_config_that_contradicts_itself_is_refused(capsys: Capture, tmp_path: Path) -> None:
    row = shapes.find(LLAMA)
    assert row is not None
    path = tmp_path / "config.json"
    path.write_text(json.dumps({**row.config, "num_key_value_heads": 5}), encoding="utf-8")
    said = run(capsys, "size", str(path), "--gpu", "l4")
    assert (said.code, "contradicts itself: 32 attention heads cannot share 5 KV heads" in said.out) == (1, True)


def test_a_card_nobody_knows_is_asked_for_its_capability(capsys: Capture) -> None:
    said = run(capsys, "size", LLAMA, "--gpu", "rtx-4091", "--memory", "20 GiB")
    assert (said.code, "Did you mean rtx-4090" in said.err, "--capability" in said.err) == (64, True, True)


def test_an_unknown_model_names_the_nearest(capsys: Capture) -> None:
    said = run(capsys, "size", "Qwen/Qwen3-8b-Instruct", "--gpu", "l4")
    assert (said.code, said.out) == (1, "")
    assert "like it: Qwen/" in said.err


def test_a_card_nobody_knows_is_described(capsys: Capture) -> None:
    said = run(capsys, "size", LLAMA, "--gpu", "my-card", "--memory", "40 GiB", "--capability", "8.9")
    assert (said.code, "on my-card (40.00 GiB visible to CUDA)" in said.out) == (0, True)


def test_the_memory_of_a_known_card_can_be_corrected(capsys: Capture) -> None:
    less = json.loads(run(capsys, "size", LLAMA, "--gpu", "rtx-4090", "--memory", "20 GiB", "--json").out)
    more = json.loads(run(capsys, "size", LLAMA, "--gpu", "rtx-4090", "--json").out)
    assert less["answer"]["max_model_len"] < more["answer"]["max_model_len"]


def test_a_batch_answers_every_line_in_order(tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    lines = [{"id": n, "model": LLAMA, "gpu": "l4", "max_model_len": n * 1000} for n in range(1, 40)]
    path.write_text("\n".join(map(json.dumps, lines)) + "\n\nnot a question\n", encoding="utf-8")
    done = process("size", "--batch", str(path))
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert (done.returncode, done.stderr) == (0, "")
    assert [one["id"] for one in found] == [*range(1, 40), None]
    assert [one["verdict"] for one in found[:2]] == ["fits", "fits"]
    assert found[-1]["verdict"] == "refused"


def test_a_batch_reads_a_pipe_and_survives_a_reader_that_goes_away() -> None:
    question = json.dumps({"id": 1, "model": LLAMA, "gpu": "l4"})
    done = script(f"echo '{question}' | dreamc size --batch -")
    assert json.loads(done.stdout)["id"] == 1
    gone = script(f"set +o pipefail; yes '{question}' | head -2000 | dreamc size --batch - 2>&1 | head -c 1")
    assert (len(gone.stdout), gone.stderr) == (1, "")


def test_a_batch_takes_no_model_beside_it(capsys: Capture, tmp_path: Path) -> None:
    (tmp_path / "q").write_text("{}\n", encoding="utf-8")
    assert run(capsys, "size", LLAMA, "--batch", str(tmp_path / "q")).code == 64


def test_a_batch_that_is_not_there_is_wrong_usage(capsys: Capture) -> None:
    said = run(capsys, "size", "--batch", "/nowhere/questions.jsonl")
    assert (said.code, "No such file" in said.err) == (64, True)


def test_a_full_disk_behind_a_batch_is_one_line() -> None:
    done = script(f"echo '{json.dumps({'model': LLAMA})}' | dreamc size --batch - > /dev/full")
    assert done.returncode == 1
    assert done.stderr == "dreamc: the output cannot be read or written: no space left on device\n"
