"""Stands in for Node.js: `node -e "fetch('URL')…"` asks that page and fails when it is not there."""

from __future__ import annotations

import re
import urllib.request


def main(words: list[str]) -> int:
    found = re.search(r"fetch\('(http://[^']+)'\)", " ".join(words))
    if found is None:
        return 0
    try:
        with urllib.request.urlopen(found[1], timeout=5) as answer:
            return 0 if answer.status == 200 else 1
    except OSError:
        return 1
