"""What the rules say of an answer: faults of form cost nearly everything, length alone nothing."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamc.runtime.answers import Answer
from dreamc.runtime.forms import broken_code, misfit, wants_code
from dreamc.runtime.quality import COST, Question, Verdict, question, repeats, score
from dreamc.runtime.types import CHECKS
from dreamc.spec.base import ANSWER_CHECKS

SENSIBLE = 0.5
LONG_REFUSAL = "I'm sorry, but I can't help with that. Still: " + " ".join(f"fact{n} is public." for n in range(50))
PLAIN = Question("What is a queue?")
JSON = Question("List them", json=True)
CODE = Question("Write a function", code=True)


def value(text: str, asked: Question = PLAIN, finish: str = "stop", **answer: object) -> float:
    return score(asked, (Answer(text, finish=finish, **answer),), CHECKS).value  # type: ignore[arg-type]


def test_the_file_and_the_gateway_know_the_same_checks() -> None:
    assert set(ANSWER_CHECKS) == set(CHECKS) == set(COST)


@pytest.mark.parametrize(
    ("text", "asked", "finish"),
    [
        ("", PLAIN, "stop"),
        ("  \n", PLAIN, "stop"),
        ("I'm sorry, but I can't help with that.", PLAIN, "stop"),
        ("I\u2019m sorry, but I can\u2019t help with that.", PLAIN, "stop"),
        ("Das kann ich nicht beantworten.", PLAIN, "stop"),
        ("Je suis désolé, mais je ne peux pas répondre.", PLAIN, "stop"),
        ("Lo siento, pero no puedo ayudar con eso.", PLAIN, "stop"),
        ("抱歉,我无法帮助您。", PLAIN, "stop"),
        ("not json", JSON, "stop"),
        ('{"a": 1', JSON, "stop"),
        ("A queue is", PLAIN, "length"),
        ("and so on " * 60, PLAIN, "stop"),
        ("This line stands here again.\n" * 5, PLAIN, "stop"),
        ("Here:\n```python\ndef f(:\n    pass\n```\n", CODE, "stop"),
        ("```json\n{'a': 1}\n```", CODE, "stop"),
        ("```go\nfunc main() {\n```", CODE, "stop"),
        ("Here:\n```python\nx = 1\n", PLAIN, "stop"),
    ],
)
def test_a_fault_of_form_falls_below_every_sensible_threshold(text: str, asked: Question, finish: str) -> None:
    assert value(text, asked, finish) < SENSIBLE


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("A queue holds what waits.", PLAIN),
        ("No.", PLAIN),
        ("I can't reproduce the error, but the lock on line 3 is never released.", PLAIN),
        (LONG_REFUSAL, PLAIN),
        ("I'm not sure, but it is likely a queue.", PLAIN),
        ('{"a": [1, 2]}', JSON),
        ("Here:\n```python\nclass A:\n    ...\n```\nand in short:\n```python\ndef f(...)\n```\n", CODE),
        ("```rust\nfn f<'a>(x: &'a str) -> &'a str { x } // )\n```", CODE),
        ("```c\nchar *s = \"(\"; /* { */ int f() { return ')'; }\n```", CODE),
        ("```js\nconst a = s.replace(/[(]/g, '('); // don't (\n```", CODE),
        ("```\nwhatever (\n```", CODE),
        ("Use `sorted`; there is nothing to write.", CODE),
        ("| a | 0 |\n" * 3, PLAIN),
    ],
)
def test_an_answer_in_good_form_passes(text: str, asked: Question) -> None:
    assert value(text, asked) >= 0.85


def test_an_answer_that_the_caller_cut_short_is_not_held_against_the_model() -> None:
    assert value("A queue is", Question("What?", limited=True), "length") == 1.0


def test_arguments_of_a_tool_call_must_be_a_json_object() -> None:
    assert value("", tool_arguments=('{"city": "Paris"}',)) == 1.0
    assert value("", tool_arguments=("{city",)) < SENSIBLE
    assert value("", tool_arguments=("[1]",)) < SENSIBLE


def test_only_the_checks_that_are_named_count() -> None:
    assert score(PLAIN, (Answer(""),), ("not_refused",)).value == 1.0


def test_the_worst_of_several_choices_counts() -> None:
    assert score(PLAIN, (Answer("fine"), Answer("")), CHECKS).value == 0.0


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=300), st.sampled_from((PLAIN, JSON, CODE)))
def test_every_score_lies_between_0_and_1_and_every_loss_has_a_reason(text: str, asked: Question) -> None:
    found = score(asked, (Answer(text, finish="stop"),), CHECKS)

    assert 0 <= found.value <= 1
    assert bool(found.reasons) == (found.value < 1)


WORDS = st.lists(st.integers(0, 10**9).map(lambda n: f"word{n}"), min_size=1, max_size=400, unique=True)


@given(WORDS)
def test_length_alone_never_costs_anything(words: list[str]) -> None:
    assert value(" ".join(words)) == 1.0


@given(st.text(max_size=200))
def test_a_verdict_is_only_ever_lowered(reason: str) -> None:
    verdict = Verdict(0.5, ("a",))

    assert verdict.lowered(0.9, reason) == verdict
    assert verdict.lowered(0.2, reason) == Verdict(0.2, ("a", reason))


def test_a_question_knows_what_a_request_asks_for() -> None:
    schema = {"type": "object", "required": ["name"]}
    wanted = {"type": "json_schema", "json_schema": {"name": "n", "schema": schema}}
    body = {"messages": [{"role": "user", "content": "Write a Python function"}], "max_tokens": 5}

    assert question(body, None) == Question("Write a Python function", code=True, limited=True)
    asked = question({**body, "response_format": wanted}, "edit_file")
    assert (asked.json, asked.schema, asked.code) == (True, schema, False)


@pytest.mark.parametrize(
    ("prompt", "action", "expected"),
    [
        ("Implement a class for LRU caches", None, True),
        ("Why is the sky blue?", None, False),
        ("Why is the sky blue?", "code_generation", True),
        ("Translate this letter", "summarize", False),
    ],
)
def test_code_is_asked_for_by_action_or_by_words(prompt: str, action: str | None, expected: bool) -> None:
    assert wants_code(prompt, action) is expected


SCHEMA = {
    "type": "object",
    "required": ["name", "tags"],
    "properties": {
        "name": {"type": "string"},
        "tags": {"type": "array", "items": {"enum": ["a", "b"]}},
        "age": {"type": "integer"},
    },
}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"name": "x", "tags": ["a"], "age": 3}', None),
        ('{"name": "x", "tags": [], "more": 1}', None),
        ('{"tags": []}', "$ has no 'name'"),
        ('{"name": 1, "tags": []}', "$.name is not of type string"),
        ('{"name": "x", "tags": ["a", "c"]}', "$.tags[1] is none of the values allowed"),
        ('{"name": "x", "tags": [], "age": true}', "$.age is not of type integer"),
        ("[]", "$ is not of type object"),
    ],
)
def test_json_must_fit_its_schema(text: str, said: str | None) -> None:
    assert misfit(json.loads(text), SCHEMA) == said


@given(st.text(max_size=400))
def test_no_code_makes_the_checks_fail(code: str) -> None:
    for language in ("python", "json", "ts", "cobol"):
        broken_code(f"```{language}\n{code}\n```\n")


def test_deeply_nested_code_has_an_answer() -> None:
    assert broken_code("```python\n" + "(" * 5_000 + "\n```\n")
    assert score(JSON, (Answer("[" * 100_000),), CHECKS).value < SENSIBLE


def test_rows_of_a_table_are_no_loop() -> None:
    assert not repeats("\n".join(f"| row {n} | value {n * 7} |" for n in range(50)))
