"""What resolving needs beside the validated file: the day, and the texts that the file names. Nothing is read here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from msgspec import Struct

from dreamc.hub.pins import Lock
from dreamc.hub.safetensors import Checkpoint
from dreamc.sizing.types import Measured


class Inputs(Struct, frozen=True):
    """`today` decides what is near its end of life; `configs` maps a `config:` path to that config.json, parsed.

    `lock` is dream.lock.yaml, None where there is none; `headers` maps a `config:` path to the files beside it.
    `measured` are the rows of dream.calibration.yaml. `checks` maps `package/module.py` of a check of answers to its
    text.
    """

    today: date
    input_sha256: str
    configs: Mapping[str, Mapping[str, object]]
    lock: Lock | None = None
    headers: Mapping[str, Checkpoint] = {}
    measured: tuple[Measured, ...] = ()
    checks: Mapping[str, str] = {}
