"""A small model in the style of dream.yaml, and short ways to read and validate text with it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, Strict

from dreamc.diagnostics.types import Diagnostic, Source, Span
from dreamc.document.read import read
from dreamc.document.scalars import Gpus, SecretRef, Size, TokenRange
from dreamc.document.types import Document
from dreamc.document.validate import validate


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


Whole = Annotated[int, Strict()]


class Bound(Shape):
    up_to: Annotated[float, Strict()] | None = Field(default=None, ge=0, le=1)
    else_: str | None = Field(default=None, alias="else")


class Chain(Shape):
    members: tuple[str, ...] = Field(min_length=1)
    description: str | None = None


class Model(Shape):
    source: str
    engine: Literal["vllm", "ollama"] = "vllm"
    context: TokenRange | None = None
    port: Whole | None = Field(default=None, ge=1, le=65535)


class Host(Shape):
    gpus: Gpus = ()
    ram: Size | None = None
    nvlink: Annotated[bool, Strict()] = False


class Sample(Shape):
    dream: Literal[1]
    name: str = Field(pattern=r"^[a-z]+$")
    hardware: dict[str, Host] = Field(default={})
    models: dict[str, Model] = Field(default={})
    chains: dict[str, Literal["routed"] | tuple[str, ...] | Chain] = Field(default={})
    complexity: dict[str, Annotated[float, Strict()] | Bound] = Field(default={})
    key: SecretRef | None = None
    tests: tuple[Model, ...] = ()


def parsed(text: str) -> Document:
    """The document in `text`, which must be without findings."""
    document, found = read(Source("dream.yaml", text))
    assert document is not None
    assert found == ()
    return document


def findings(text: str) -> tuple[Diagnostic, ...]:
    """What reading says about `text`."""
    return read(Source("dream.yaml", text))[1]


def only(found: tuple[Diagnostic, ...]) -> Diagnostic:
    """The one finding there must be."""
    assert len(found) == 1, found
    return found[0]


def wrongs(text: str) -> dict[tuple[str | int, ...], Diagnostic]:
    """What validating a well-formed `text` against Sample says, by path; `dream` and `name` may be left out."""
    head = "" if text.startswith("dream") else "dream: 1\nname: x\n"
    value, found = validate(Sample, parsed(head + text))
    assert value is None
    return {item.path: item for item in found}


def sliced(text: str, span: Span | None) -> str:
    """The text that a span covers."""
    assert span is not None
    lines = text.split("\n")
    if span.start_line == span.end_line:
        return lines[span.start_line - 1][span.start_column - 1 : span.end_column - 1]
    first, last = lines[span.start_line - 1][span.start_column - 1 :], lines[span.end_line - 1][: span.end_column - 1]
    return "\n".join((first, *lines[span.start_line : span.end_line - 1], last))
