"""What resolving needs beside the validated file: the day, and the texts that the file names. Nothing is read here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from msgspec import Struct


class Inputs(Struct, frozen=True):
    """`today` decides what is near its end of life; `configs` maps a `config:` path to that config.json, parsed."""

    today: date
    input_sha256: str
    configs: Mapping[str, Mapping[str, object]]
