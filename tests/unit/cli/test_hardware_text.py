"""`hardware:` is changed in place: comments, order and everything else stay."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dreamc.cli.hardware_text import rewritten
from dreamc.diagnostics.types import Source
from dreamc.document.read import read
from dreamc.errors import DreamError

TEXT = """\
# my file
dream: 1
name: lab   # the name

hardware:
  # the front
  front: {gpus: {model: rtx-4070, memory: 11.6 GiB},  ram: 32 GiB, address: 10.0.0.1}   # small
  gpu-a:
    gpus:   rtx-4090    # big one
    ram: 64 GiB
  # last
  gpu-b: {gpus: 2 x rtx-3090}

# the models
models:
    chat:   {source: "hf:x/y",   host: gpu-a}
modes:
  - cloud
  -   local
"""


def lines(new: str, old: str = TEXT) -> tuple[list[str], list[str]]:
    """Those that went and those that came."""
    before, after = old.splitlines(), new.splitlines()
    return [line for line in before if line not in after], [line for line in after if line not in before]


def test_one_line_of_one_host_changes_and_its_comment_stays() -> None:
    gone, come = lines(rewritten(TEXT, {"gpu-a": {"gpus": "2 x rtx-4090"}}, "f"))
    assert gone == ["    gpus:   rtx-4090    # big one"]
    assert come == ["    gpus: 2 x rtx-4090  # big one"]


def test_a_host_on_one_line_stays_on_one_line() -> None:
    gone, come = lines(rewritten(TEXT, {"front": {"gpus": "rtx-4090", "ram": "62.7 GiB"}}, "f"))
    assert len(gone) == len(come) == 1
    assert come[0].startswith("  front: {gpus: rtx-4090, ram: 62.7 GiB, address: 10.0.0.1}")
    assert come[0].endswith("# small")


def test_a_new_host_stands_below_the_last_one_and_nothing_else_moves() -> None:
    made = rewritten(TEXT, {"new": {"gpus": ["rtx-3090", "rtx-4090"], "ram": "1 GiB"}}, "f")
    assert lines(made) == ([], ["  new: {gpus: [rtx-3090, rtx-4090], ram: 1 GiB}"])
    assert made.index("gpu-b") < made.index("new:") < made.index("# the models")


def test_a_new_key_of_a_host_in_block_style_leaves_the_comments_behind_it_where_they_are() -> None:
    made = rewritten(TEXT, {"gpu-a": {"disk": "200 GiB"}}, "f")
    assert lines(made)[1] == ["    gpus: rtx-4090      # big one", "    disk: 200 GiB"]
    assert made.index("ram: 64 GiB") < made.index("# last") < made.index("gpu-b")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("dream: 1\nmodels: {}\n", "dream: 1\nmodels: {}\n\nhardware:\n  a: {gpus: rtx-4090}\n"),
        ("hardware: {a: {ram: 1 GiB}}\nmodels: {}\n", "hardware: {a: {gpus: rtx-4090, ram: 1 GiB}}\nmodels: {}\n"),
        ("hardware:\n  a:\nmodels: {}\n", "hardware:\n  a: {gpus: rtx-4090}\nmodels: {}\n"),
        ("hardware:\n  b: {}", "hardware:\n  b: {}\n  a: {gpus: rtx-4090}\n"),
    ],
)
def test_files_of_every_shape_take_a_host(text: str, wanted: str) -> None:
    assert rewritten(text, {"a": {"gpus": "rtx-4090"}}, "f") == wanted


def test_a_capability_stays_text() -> None:
    card = {"model": "own-card", "memory": "15.6 GiB", "capability": "8.9"}
    made = rewritten("hardware: {}\n", {"a": {"gpus": card}}, "f")
    assert "capability: '8.9'" in made


@pytest.mark.parametrize("text", ["- a\n", "hardware: [", "hardware: 3\n", "a: &x {b: 1}\nhardware: *x\nc: *x\n"])
def test_what_cannot_be_changed_alone_is_left_with_the_text_to_write(text: str) -> None:
    with pytest.raises(DreamError) as error:
        rewritten(text, {"a": {"gpus": "rtx-4090"}}, "dream.yaml")
    assert "a: {gpus: rtx-4090}" in error.value.remedy


NAMES = st.sampled_from(("front", "gpu-a", "gpu-b", "new", "x1"))
KEYS = st.dictionaries(
    st.sampled_from(("gpus", "ram", "disk")), st.sampled_from(("rtx-4090", "2 x h200", "9 GiB")), min_size=1
)


@settings(deadline=None, max_examples=40)
@given(st.dictionaries(NAMES, KEYS, min_size=1, max_size=3))
def test_whatever_is_written_the_rest_of_the_file_keeps_its_bytes_and_its_meaning(
    hosts: dict[str, dict[str, str]],
) -> None:
    made = rewritten(TEXT, hosts, "f")
    assert made.startswith(TEXT[: TEXT.index("hardware:")])
    assert made.endswith(TEXT[TEXT.index("# the models") :])
    document, _ = read(Source("f", made))
    assert document is not None
    value = document.value
    assert isinstance(value, dict)
    for host, keys in hosts.items():
        assert keys.items() <= value["hardware"][host].items()
    for comment in ("# the front", "# small", "# big one", "# last"):
        assert made.count(comment) == 1
