"""Imports that are made when they are needed."""

from __future__ import annotations

import gc
from importlib import import_module
from threading import Thread
from types import ModuleType


def load(module: str) -> ModuleType:
    """Imports a module. What an import makes stays until the end: looking through it for garbage, time and again and
    once more at the exit, takes a sixth of a check."""
    gc.disable()
    try:
        return import_module(module)
    finally:
        gc.freeze()
        gc.enable()


def ahead(*modules: str) -> None:
    """Begins to import modules beside what goes on here, such as waiting for a host; whoever needs one waits for it."""
    Thread(target=lambda: [import_module(one) for one in modules]).start()
