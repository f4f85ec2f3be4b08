"""The GPUs of a lab host, which has none: /etc/lab-gpus lists them, and running containers say what they claim.

A line of /etc/lab-gpus is NAME:MiB. A process holds the share of its `--gpu-memory-utilization` on every card that
NVIDIA_VISIBLE_DEVICES of its environment names.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

Claim = tuple[list[str], float]

DRIVER = "580.95.05"
CAPABILITIES = (
    ("H200", "9.0"),
    ("H100", "9.0"),
    ("A100", "8.0"),
    ("L40S", "8.9"),
    ("RTX 5090", "12.0"),
    ("RTX 5000", "7.5"),
    ("RTX 4090", "8.9"),
    ("RTX 4070", "8.9"),
    ("RTX 3090", "8.6"),
    ("T4", "7.5"),
)


def cards() -> list[tuple[str, int, int]]:
    """(name, MiB, MiB used) of every card."""
    lines = [line.strip().rpartition(":") for line in Path("/etc/lab-gpus").read_text().splitlines() if line.strip()]
    claims = list(processes())
    return [(name, int(size), used(claims, index, int(size))) for index, (name, _, size) in enumerate(lines)]


def capability(name: str) -> str:
    return next((value for part, value in CAPABILITIES if part in name), "8.0")


def used(claims: list[Claim], index: int, size: int) -> int:
    """MiB of card `index` that are taken."""
    return sum(int(size * share) for visible, share in claims if "all" in visible or str(index) in visible)


def processes() -> Iterator[Claim]:
    """(cards, share) of every process that holds memory of a card."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
            if not any(word.endswith("/vllm") for word in words[:3]):
                continue
            pairs = (folder / "environ").read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
        visible = next((pair.partition("=")[2] for pair in pairs if pair.startswith("NVIDIA_VISIBLE_DEVICES=")), "")
        yield visible.split(","), share_of(words)


def share_of(words: list[str]) -> float:
    """The share of a card that a command line asks for; vLLM's default where it names none."""
    option = "--gpu-memory-utilization"
    for index, word in enumerate(words):
        if word.startswith(option):
            return float(word.partition("=")[2] or words[index + 1])
    return 0.9
