"""The word that was most likely meant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamc.diagnostics.nearest import nearest

_KEYS = (
    "name", "mode", "profile", "models", "providers", "context",
    "concurrency", "replicas", "tier", "port", "max_tokens",
)  # fmt: skip


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("modles", "models"), ("model", "models"), ("mdoe", "mode"), ("Mode", "mode"), ("contxt", "context"),
        ("teir", "tier"), ("max-tokens", "max_tokens"), ("maxTokens", "max_tokens"), ("prot", "port"),
        ("conc", "concurrency"), ("replica", "replicas"), ("quantisation", None), ("x", None), ("", None),
        ("foo", None), ("name", None),
    ],
)  # fmt: skip
def test_a_misspelt_word_gets_the_likeliest_suggestion(word: str, meant: str | None) -> None:
    assert nearest(word, _KEYS) == meant


def test_without_known_words_there_is_no_suggestion() -> None:
    assert nearest("word", ()) is None


@given(st.sampled_from([key for key in _KEYS if len(key) > 5]), st.data())
def test_one_swapped_pair_of_letters_is_always_recognised(key: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(key) - 2))
    swapped = key[:at] + key[at + 1] + key[at] + key[at + 2 :]
    assert nearest(swapped, _KEYS) == (None if swapped == key else key)
