"""dream.lock.yaml: what is written is read back, and what nobody could have written is pointed at."""

from __future__ import annotations

import pytest

from dreamc.diagnostics.types import Diagnostic, Source
from dreamc.document.anchor import anchored
from dreamc.document.read import read
from dreamc.hub.lock import layer, lock_text, read_lock, stale
from dreamc.hub.pins import File, ImagePin, Lock, ModelPin

COMMIT, HEX = "a" * 40, "b" * 64
FILES = (File("config.json", 3, sha1="c" * 40), File("model.safetensors", 4, sha256=HEX))
HUB = ModelPin(7, FILES, revision=COMMIT, config={"a": [1, 1e-05, "yes", None, True]}, tensors={"BF16": 4})
TAG = ModelPin(5, (layer(f"sha256:{HEX}", 5, "application/vnd.ollama.image.model"),), digest=f"sha256:{HEX}")
IMAGE = ImagePin("redis:8", f"sha256:{HEX}", 9)
WHOLE = Lock({"hf:a/b": HUB, "ollama:x:1b": TAG}, {"redis:8": IMAGE}, {"m": [{"host": "box", "gpus": [0]}]})

HUB_ROW = f"""\
lock: 1
models:
  hf:a/b:
    revision: {COMMIT}
    size: 7
    files:
      - {{path: config.json, size: 3, sha1: {"c" * 40}}}
      - {{path: model.safetensors, size: 4, sha256: {HEX}}}
    config: {{a: 1}}
"""


def lock(text: str) -> tuple[Lock | None, tuple[Diagnostic, ...]]:
    document, problems = read(Source("dream.lock.yaml", text), 3)
    assert document is not None, problems
    found, findings = read_lock(document)
    return found, anchored(findings, document)


def test_what_is_written_is_read_back() -> None:
    assert lock(lock_text(WHOLE, "head")) == (WHOLE, ())


def test_the_text_does_not_depend_on_the_order_of_the_rows() -> None:
    turned = Lock(dict(reversed(list(WHOLE.models.items()))), WHOLE.images, WHOLE.placement)
    assert lock_text(turned, "head") == lock_text(WHOLE, "head")
    assert lock_text(WHOLE, "head").startswith("# head\nlock: 1\nmodels:\n  hf:a/b:\n    revision: ")


def test_a_row_may_be_written_in_one_line() -> None:
    found, findings = lock(HUB_ROW)
    assert findings == ()
    assert found is not None
    assert found.models["hf:a/b"].files == FILES


@pytest.mark.parametrize(
    ("old", "new", "code", "line", "words"),
    [
        ("size: 7", "size: 8", "DRM621", 5, "add up to 7 bytes, not 8"),
        ("size: 7", "size: -1", "", 5, ""),
        (f"revision: {COMMIT}", "revision: main", "DRM110", 4, "40 hex digits"),
        ("path: config.json", "path: ../../etc/passwd", "DRM110", 7, "a path below the repository"),
        ("path: config.json", "path: /etc/passwd", "DRM110", 7, "a path below the repository"),
        ("path: config.json", "path: model.safetensors", "DRM621", 8, "is listed twice"),
        (f", sha256: {HEX}", "", "DRM621", 8, "must have one digest"),
        ("hf:a/b:", "ollama:a:", "DRM621", 3, "has the row of a model of Hugging Face"),
        ("    config: {a: 1}", "    confg: {a: 1}", "DRM101", 9, "confg"),
        ("lock: 1", "lock: 2", "", 1, ""),
        ("lock: 1\n", "", "DRM102", 1, "'lock' is missing"),
    ],
)
def test_a_mistake_is_pointed_at_in_the_lock_file(old: str, new: str, code: str, line: int, words: str) -> None:
    assert old in HUB_ROW
    found, findings = lock(HUB_ROW.replace(old, new))
    first = min(findings, key=lambda one: one.span.start_line if one.span else 0)
    assert found is None
    assert first.span is not None
    assert (first.span.source, first.span.start_line) == (3, line)
    assert first.code.startswith(code)
    assert words in first.message


def test_rows_without_a_use_are_noted() -> None:
    notes = list(stale(WHOLE, frozenset({"hf:a/b"}), frozenset()))
    assert [(one.code, one.path) for one in notes] == [
        ("DRM620", ("models", "ollama:x:1b")),
        ("DRM620", ("images", "redis:8")),
    ]


def test_of_an_ollama_tag_only_what_is_loaded_counts() -> None:
    config = layer(f"sha256:{'d' * 64}", 3, "application/vnd.docker.container.image.v1+json")
    assert ModelPin(8, (*TAG.files, config), digest="sha256:x").loaded == 5
    assert HUB.loaded == 0
