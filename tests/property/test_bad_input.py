"""Whatever the bytes are: findings, never a traceback, in every format."""

from __future__ import annotations

import random
from pathlib import Path as FilePath

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from dreamc.compiler import Request, resolve
from dreamc.diagnostics.render import FORMATS, render
from tests.property.examples import TEXTS, TODAY, document, replaced, report, resolved

YAMLISH = st.text(st.sampled_from("abz019 \n\t:-,[]{}&*!|>%@`'\"#?~$<.=\\éα\u2028\u0085\ufeff\x00\x07"), max_size=80)


def codes(text: str | bytes, folder: FilePath) -> list[str]:
    """The errors of a text, after every renderer has shown them."""
    found = report(resolved(text, folder))
    for format_ in FORMATS:
        render(found, format_)
    return [finding.diagnostic.code for finding in found.findings if finding.severity == "error"]


@given(st.binary(max_size=200))
@example(b"")
@example(b"\xef\xbb\xbf")
@example(b"\xff\xfed\x00r\x00")
@settings(
    max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_random_bytes_are_an_error(tmp_path: FilePath, data: bytes) -> None:
    assert codes(data, tmp_path)


@given(YAMLISH)
@settings(
    max_examples=400, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_random_yaml_is_an_error(tmp_path: FilePath, text: str) -> None:
    assert codes(text, tmp_path)


@given(st.sampled_from(sorted(TEXTS)), st.randoms(use_true_random=False))
@settings(
    max_examples=120, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_an_example_with_random_damage_never_breaks_the_compiler(
    tmp_path: FilePath, name: str, chance: random.Random
) -> None:
    text = TEXTS[name]
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(text))
        text = (
            text[:at]
            + chance.choice(("", ":", "- ", "\n", "{", "]", "'", "&a ", "*a", "${", "\t", "~", "0"))
            + text[at + 1 :]
        )
    codes(text, tmp_path)


@pytest.mark.parametrize("name", TEXTS)
def test_a_truncated_example_never_breaks_the_compiler(name: str, tmp_path: FilePath) -> None:
    text = TEXTS[name]
    for end in range(0, len(text), 41):
        codes(text[:end], tmp_path)


@pytest.mark.parametrize("name", TEXTS)
def test_an_example_with_a_line_missing_or_moved_never_breaks_the_compiler(name: str, tmp_path: FilePath) -> None:
    lines = TEXTS[name].split("\n")
    for index in range(0, len(lines), 2):
        codes("\n".join(lines[:index] + lines[index + 1 :]), tmp_path)
    for seed in range(6):
        shuffled = random.Random(seed).sample(lines, len(lines))
        assert codes("\n".join(shuffled), tmp_path)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "DRM005"),
        ("# only a comment\n", "DRM005"),
        ("---\n...\n", "DRM005"),
        ("- a\n- b\n", "DRM013"),
        ("null\n", "DRM013"),
        ("a: " + "[" * 5000 + "]" * 5000, "DRM012"),
        ("a: " + "{a: " * 3000, "DRM012"),
        ("".join(f"{' ' * depth}a:\n" for depth in range(400)), "DRM012"),
        ("a: &a [x,x]\n" + "".join(f"b{n}: &b{n} [*b{n - 1},*b{n - 1}]\n" for n in range(1, 40)), "DRM009"),
        ("a0: &a0 [x,x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1},*a{n - 1}]\n" for n in range(1, 40)), "DRM011"),
        ("a: &a [*a]\n", "DRM009"),
        ("a: &a {<<: *a}\n", "DRM009"),
        ("name: " + "x" * 300_000, "DRM110"),
        ("x" * 100_000 + ": 1", "DRM007"),
        ("name: " + "9" * 100_000, "DRM016"),
        ("dream: 1\nname: t\nhardware: {a: {ram: 1e999 GiB}}\n", "DRM109"),
        ("dream: 1\nname: t\nhardware: {a: {ram: " + "9" * 400 + " GiB}}\n", "DRM109"),
        ("dream: 1\nname: t\nhardware: {a: {gpus: " + "9" * 400 + " x h200}}\n", "DRM107"),
        ("dream: 1\nname: t\nhardware: {a: {gpus: 999999999 x h200}}\n", "DRM107"),
        ("dream: 1\nname: t\nhardware: {a: {}}\nbudget: {daily: " + "9" * 5000 + " USD}\n", "DRM109"),
    ],
    ids=lambda value: str(value)[:24],
)
def test_a_hostile_file_is_one_plain_error(text: str, code: str, tmp_path: FilePath) -> None:
    assert code in codes(text, tmp_path)


def test_a_file_of_50_mb_is_refused_unread(tmp_path: FilePath) -> None:
    file = tmp_path / "dream.yaml"
    with file.open("wb") as handle:
        handle.truncate(50_000_000)
    found = report(resolve(Request(file, None, {}, TODAY)))
    assert [finding.diagnostic.code for finding in found.findings] == ["DRM002"]


@pytest.mark.parametrize("name", TEXTS)
def test_an_example_of_huge_scalars_never_breaks_the_compiler(name: str, tmp_path: FilePath) -> None:
    text = TEXTS[name]
    for path, place in document(text).places.items():
        if path and len(path) < 4:
            codes(replaced(text, place.value, "k" * 5_000), tmp_path)
