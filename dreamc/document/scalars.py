"""The scalar types of dream.yaml: each reads what users write and says in one line what is wrong with it."""

from __future__ import annotations

from dreamc.document.gpus import GpuRequest, Gpus
from dreamc.document.mistake import mistake, wrong
from dreamc.document.money import Money
from dreamc.document.quantities import Duration, Share, Size, SomeSize, TokenRange, Tokens
from dreamc.document.secrets import SecretRef

__all__ = [
    "Duration",
    "GpuRequest",
    "Gpus",
    "Money",
    "SecretRef",
    "Share",
    "Size",
    "SomeSize",
    "TokenRange",
    "Tokens",
    "mistake",
    "wrong",
]
