"""Checks of answers by import path: whether their functions are where the gateway will look for them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from dreamc.diagnostics.types import Diagnostic
from dreamc.spec.dream import Dream
from dreamc.stack.inputs import Inputs
from dreamc.stack.types import Stack


def check(stack: Stack, dream: Dream, inputs: Inputs) -> Iterator[Diagnostic]:
    """A module beside dream.yaml is read, never run; any other must be in the gateway's image."""
    del stack
    quality = dream.routing.quality
    for index, name in enumerate(quality.checks if quality is not None else ()):
        module, _, function = name.partition(":")
        path = module.replace(".", "/") + ".py"
        wrong = _wrong(inputs.checks.get(path), path, function) if function else None
        if wrong is not None:
            at = ("routing", "quality", "checks", index)
            help_ = f"put {path} beside dream.yaml, with a function {function}(answer, action, prompt) in it"
            yield Diagnostic("DRM424", at, wrong, "the gateway may not start", help_)


def _wrong(text: str | None, path: str, function: str) -> str | None:
    if text is None:
        return f"there is no {path} beside dream.yaml: the module must be in the gateway's image"
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError) as error:
        return f"{path} is not Python that parses: {error}"
    names = {one.name for one in body if isinstance(one, ast.FunctionDef)}
    names |= {alias.asname or alias.name for one in body if isinstance(one, ast.ImportFrom) for alias in one.names}
    targets = (target for one in body if isinstance(one, ast.Assign) for target in one.targets)
    names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return None if function in names else f"{path} has no function {function}"
