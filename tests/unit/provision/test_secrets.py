"""References become values, problems say what to do, and no value is ever in a text."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamc.artifact.release import Secret
from dreamc.provision.secrets import MASK, Ran, env_lines, mask, resolve, run_tool


class Tools:
    """Answers for sops and op, and counts what was asked."""

    def __init__(self, *answers: Ran) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, ...]] = []

    def __call__(self, command: tuple[str, ...]) -> Ran:
        self.asked.append(command)
        return self.answers.pop(0)


def secrets(**references: str) -> list[Secret]:
    return [Secret(name, reference, "a key") for name, reference in references.items()]


def test_variables_and_files_become_values(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from a file\n")
    wanted = secrets(A="env://KEY", B="file://key", C=f"file://{tmp_path}/key", D="env://KEY")
    values, problems = resolve(wanted, {"KEY": "from outside"}, Tools(), tmp_path)
    assert problems == ()
    assert values == {"A": "from outside", "B": "from a file", "C": "from a file", "D": "from outside"}


def test_one_call_of_sops_serves_all_keys_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text("encrypted")
    held = {"cloud": {"key": "k1", "port": 5}, "a.b": "dotted", "deep": {"x.y": {"z": "k2"}}, "flag": True}
    tools = Tools(Ran(0, json.dumps(held), ""))
    wanted = secrets(A="sops://s.yaml#cloud.key", B="sops://s.yaml#cloud.port", C="sops://s.yaml#a.b")
    wanted += secrets(D="sops://s.yaml#deep.x.y.z", E="sops://s.yaml#flag", F="sops://s.yaml#cloud")
    values, problems = resolve(wanted, {}, tools, tmp_path)
    assert values == {"A": "k1", "B": "5", "C": "dotted", "D": "k2"}
    assert [(one.variable, one.what) for one in problems] == [
        ("E", "s.yaml holds no text under flag"), ("F", "s.yaml holds no text under cloud"),
    ]  # fmt: skip
    assert tools.asked == [("sops", "--decrypt", "--output-type", "json", str(tmp_path / "s.yaml"))]


def test_1password_is_asked_with_the_reference_as_it_is(tmp_path: Path) -> None:
    tools = Tools(Ran(0, "value with a space ", ""), Ran(1, "", "[ERROR] 2026/11/20 not signed in\nmore"))
    wanted = secrets(A="op://vault/item/field", B="op://vault/other/field")
    values, problems = resolve(wanted, {}, tools, tmp_path)
    assert values == {"A": "value with a space "}
    assert problems[0].what == "op cannot read it: [ERROR] 2026/11/20 not signed in"
    assert "op signin" in problems[0].remedy
    assert tools.asked[0] == ("op", "read", "--no-newline", "op://vault/item/field")


@pytest.mark.parametrize(
    ("reference", "what"),
    [
        ("env://NONE", "NONE is not set here"),
        ("env://EMPTY", "it is empty"),
        ("file://none", "none cannot be read: no such file or directory"),
        ("file://binary", "binary is not UTF-8 text"),
        ("file://zero", "it holds a zero byte"),
        ("sops://none.yaml#a", "there is no file none.yaml"),
        ("sops://file.yaml#a", "sops is not installed here"),
        ("op://a/b/c", "op, 1Password's command line, is not installed here"),
        ("vault://a", "its reference is of no known kind"),
    ],
)
def test_what_is_missing_is_said_with_what_to_do(reference: str, what: str, tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    (tmp_path / "zero").write_bytes(b"a\0b")
    (tmp_path / "file.yaml").write_text("encrypted")
    values, (problem,) = resolve(secrets(A=reference), {"EMPTY": ""}, Tools(Ran(127, "", "")), tmp_path)
    assert values == {}
    assert (problem.variable, problem.reference, problem.what) == ("A", reference, what)
    assert problem.remedy


def test_a_tool_that_says_a_secret_is_not_repeated(tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text("encrypted")
    tools = Tools(Ran(1, "", "bad line: sk-abcdefghijklmnopqrstuvwx"))
    _, (problem,) = resolve(secrets(A="sops://s.yaml#a"), {}, tools, tmp_path)
    assert "sk-abc" not in problem.what


def test_a_tool_is_run_for_its_output_and_a_missing_one_is_told_apart() -> None:
    assert run_tool((sys.executable, "-c", "print('x', end='')")) == Ran(0, "x", "")
    assert run_tool(("no-such-tool-anywhere",)).code == 127
    assert run_tool((sys.executable, "-c", r"import os; os.write(1, b'\xff')")).code == 65


def test_values_are_masked_in_every_form_they_take() -> None:
    value = 'a"b\n$c/d'
    text = f"{value} | {json.dumps({'k': value})} | {env_lines({'K': value})} | a%22b%0A%24c%2Fd | and abc"
    hidden = mask(text, [value])
    assert "$c" not in hidden
    assert "%24c" not in hidden
    assert hidden.endswith("and abc")


def test_short_values_are_masked_as_words_only() -> None:
    assert mask("dev develops on dev, x=dev", ["dev"]) == f"{MASK} develops on {MASK}, x={MASK}"
    assert mask("nothing is lost", ["", " "]) == "nothing is lost"


def test_a_longer_value_is_masked_before_a_shorter_one_inside_it() -> None:
    assert mask("token-long and token", ["token", "token-long"]) == f"{MASK} and {MASK}"


@given(st.text(min_size=4, max_size=20), st.text(max_size=10), st.text(max_size=10))
def test_no_value_survives_masking(value: str, before: str, after: str) -> None:
    if value.strip() and not set(value) <= set(MASK):
        assert value not in mask(f"{before}{value}{after}", [value])


def test_every_variable_is_one_line() -> None:
    text = env_lines({"B": "two\nlines", "A": "plain-1.0", "C": "$x #y", "D": "it's", "E": ""})
    assert text == "A=plain-1.0\nB=\"two\\nlines\"\nC='$x #y'\nD=\"it's\"\nE=''\n"


HARD = (
    "a b", "it's", "$HOME", "${X:-y}", "#c", "a #c", "back\\", "\\n lit", "'\\n'", "a\nb'c", '"q"', "it's \\$x",
    "a\\\\b'", "end'\\", "x\ry'", "tab\there'", " lead", " trail ", "ünï'", "`id`'", "\\\\'", "\\t'", "a=b'",
    "\\u0041'", "\\x41'", "\\a\\b\\f\\v\\e'", "\\'", "\n", "'", "$(id)'", "$$", "a'$$b", "-----BEGIN-----\nx\n---",
)  # fmt: skip


@pytest.mark.compose
def test_docker_compose_reads_the_values_that_were_written(compose_binary: Path, tmp_path: Path) -> None:
    values = {f"V{number}": value for number, value in enumerate(HARD)}
    (tmp_path / ".env").write_text(env_lines(values), encoding="utf-8", newline="")
    wanted = {name: f"${{{name}:?}}" for name in values}
    service = {"services": {"s": {"image": "x", "environment": wanted}}}
    (tmp_path / "compose.yaml").write_text(json.dumps(service), encoding="utf-8")
    command = [str(compose_binary), "-f", "compose.yaml", "config", "--format", "json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    read = json.loads(done.stdout)["services"]["s"]["environment"]
    assert {name: text.replace("$$", "$") for name, text in read.items()} == values
