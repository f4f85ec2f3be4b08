"""Secrets are referred to; what is written instead of a reference is never repeated."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from dreamc.document.scalars import SecretRef

_SECRET = TypeAdapter(SecretRef)


@pytest.mark.parametrize(
    "text", ["env://OPENAI_API_KEY", "file://keys/openai", "sops://secrets.yaml#openai", "op://vault/item/field"]
)
def test_a_reference_is_read_and_written_alike(text: str) -> None:
    value = _SECRET.validate_python(text)
    assert str(value) == text
    assert value == SecretRef(*text.split("://"))


@pytest.mark.parametrize(
    ("value", "code", "help"),
    [
        ("sk-0123456789", "DRM113", "put the secret into the environment and write env://NAME"),
        ("OPENAI_API_KEY", "DRM113", "write env://OPENAI_API_KEY"),
        ("${OPENAI_API_KEY}", "DRM113", "write env://OPENAI_API_KEY"),
        ("vault://x", "DRM112", "the kinds are env://NAME"),
        ("env://", "DRM112", ""),
        ("env://A B", "DRM112", ""),
        ("sops://file", "DRM112", ""),
        ("op://vault", "DRM112", ""),
        (17, "DRM105", ""),
        (None, "DRM105", ""),
    ],
)
def test_what_is_no_reference_gets_a_remedy(value: object, code: str, help: str) -> None:
    with pytest.raises(ValidationError) as caught:
        _SECRET.validate_python(value)
    (error,) = caught.value.errors()
    assert error["type"] == code
    assert help in error["ctx"]["help"]
    assert error["ctx"]["secret"] is (value is not None)


@given(st.text("qxz0123456789äß漢", min_size=9, max_size=30))
def test_no_message_repeats_the_secret(secret: str) -> None:
    for text in (secret, f"env://{secret}!", f"foo://{secret}"):
        with pytest.raises(ValidationError) as caught:
            _SECRET.validate_python(text)
        assert secret not in repr(caught.value.errors(include_input=False))


@pytest.mark.parametrize("text", ["os.environ/OPENAI_API_KEY", "$OPENAI_API_KEY", "env:OPENAI_API_KEY"])
def test_how_other_programs_refer_to_a_variable_is_translated(text: str) -> None:
    with pytest.raises(ValidationError) as caught:
        _SECRET.validate_python(text)
    assert caught.value.errors()[0]["ctx"]["help"] == "write env://OPENAI_API_KEY"
