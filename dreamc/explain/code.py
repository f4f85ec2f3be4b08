"""What a diagnostic code means."""

from __future__ import annotations

import re

from dreamc.diagnostics.codes import Code, codes
from dreamc.explain.types import Unknown
from dreamc.knowledge.nearest import nearest

_CODE = re.compile(r"[A-Za-z]{2,4}[0-9]{2,4}|(?i:drm)[0-9A-Za-z]*")


def is_code(thing: str) -> bool:
    """Whether it looks like a code, known or not."""
    return _CODE.fullmatch(thing) is not None


def explain(thing: str) -> Code | Unknown:
    """The row of a code; for an unknown one those next to it."""
    known = codes()
    wanted = thing.upper()
    if wanted in known:
        return known[wanted]
    near = (one.upper() for one in nearest(wanted, map(str.lower, known), 2))
    beside = sorted(known, key=lambda code: (_distance(code, wanted), code))[:3]
    return Unknown(f"there is no code {wanted}", tuple(dict.fromkeys((*near, *beside)))[:3])


def _distance(code: str, wanted: str) -> int:
    digits = re.sub(r"\D", "", wanted)
    return abs(int(re.sub(r"\D", "", code)) - int(digits)) if digits else 0
