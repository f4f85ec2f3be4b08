"""Templates to text: programs and prose only; what has a parser of ours is dumped from values instead."""

from __future__ import annotations

import shlex
from functools import cache
from typing import TYPE_CHECKING

from dreamc import resources

if TYPE_CHECKING:
    from jinja2 import Template


def render(name: str, value: object) -> str:
    """The template with `value` as its only variable `s`; a name that is not there is an error (our bug)."""
    return _template(name).render(s=value)


@cache
def _template(name: str) -> Template:
    """Compiled once: a fleet renders the same two for every host."""
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    environment = Environment(
        loader=FunctionLoader(_source),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - shell and Markdown, no HTML
    )
    environment.filters["quote"] = shlex.quote
    return environment.get_template(name)


def _source(name: str) -> str:
    return resources.text("templates", name)
