"""Stands in for npx: a command line with `--port N` is served there, any other has nothing to do."""

from __future__ import annotations

from tests.lab.images import stand_in


def main(words: list[str]) -> int:
    if "--port" in words:
        stand_in.main([words[words.index("--port") + 1]])
    return 0
