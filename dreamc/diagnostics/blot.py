"""Keys and passwords that stand where nobody expects them: found by their looks, so that no output repeats them."""

from __future__ import annotations

import re

# Prefixes as their issuers document them for secret scanning: OpenAI and Anthropic sk-, Hugging Face hf_, GitHub gh?_,
# GitLab glpat-, Google AIza, Groq gsk_, Slack xox?-, AWS AKIA. And the password in a URL.
_SECRET = re.compile(
    r"\b(?:sk-|hf_|gh[pousr]_|github_pat_|glpat-|AIza|gsk_|xox[abpr]-|AKIA)[A-Za-z0-9_-]{12,}"
    r"|(?<=://)[^/\s:@'\"]+:[^/\s@'\"]+(?=@)"
)
_BLOT = "•"


def secret_ranges(line: str) -> tuple[tuple[int, int], ...]:
    """Where in `line` something looks like a secret: 0-based, end exclusive."""
    return tuple(found.span() for found in _SECRET.finditer(line))


def blotted(text: str) -> str:
    """`text` with what looks like a secret made unreadable."""
    return _SECRET.sub(_BLOT * 8, text)
