"""The shape of a repository that the table of shapes has, worked out once."""

from __future__ import annotations

from functools import cache

from dreamc.hub.config import from_config
from dreamc.hub.shape import ModelShape, Unmodelled
from dreamc.knowledge import shapes


@cache
def shape_of(repo: str) -> ModelShape | Unmodelled | None:
    """The shape of a Hugging Face repository, or why it is not modelled; None for one that the table does not have."""
    row = shapes.find(repo)
    return from_config(row.config) if row else None
