"""Command lines and variables as values with lines."""

from __future__ import annotations

from dreamc.moving import texts
from dreamc.moving.vllm_options import gone, parsed


def test_variables_are_read_with_and_without_export_and_quotes() -> None:
    value, lines = texts.env("# a comment\nexport A='one two'\nB=3 # three\n\nC=\n")
    assert value == {"A": "one two", "B": "3", "C": ""}
    assert lines["B",] == 3


def test_a_command_over_several_lines_ends_where_the_shell_takes_over() -> None:
    value, lines = texts.commands(
        "set -e\nvllm serve a/b \\\n  --port 8001 \\\n  --dtype half > log 2>&1 &\nollama pull x:1\n"
    )
    assert value == {"commands": [["a/b", "--port", "8001", "--dtype", "half"]], "pulls": ["x:1"]}
    assert lines["commands", 0] == 2
    assert lines["pulls", 0] == 5


def test_a_commented_command_starts_nothing() -> None:
    assert texts.commands("# vllm serve a/b\n")[0] == {}


def test_an_args_file_has_a_line_for_each_word() -> None:
    value, lines = texts.arguments("a/b\n--port=8000\n--dtype half\n")
    assert value == {"commands": [["a/b", "--port=8000", "--dtype", "half"]]}
    assert [lines["commands", 0, at] for at in range(4)] == [1, 2, 3, 3]


def test_options_are_known_in_any_spelling() -> None:
    found = parsed(["a/b", "--max_model_len=4096", "-tp", "2", "--enable-prefix-caching", "--dtype", "half"])
    assert found.model == "a/b"
    assert found.values == {
        "--max-model-len": 4096, "--tensor-parallel-size": 2, "--enable-prefix-caching": True, "--dtype": "half",
    }  # fmt: skip
    assert found.words["--tensor-parallel-size"] == (2, 3)


def test_a_switch_that_is_negated_is_off() -> None:
    assert parsed(["a/b", "--no-enable-prefix-caching"]).values == {"--enable-prefix-caching": False}


def test_the_model_may_be_an_option() -> None:
    found = parsed(["--model", "a/b", "--port", "1"])
    assert (found.model, found.words[""]) == ("a/b", (0, 1))


def test_an_option_that_went_says_when() -> None:
    assert "had it" in gone("--task")
    assert gone("--never-there") == ""
