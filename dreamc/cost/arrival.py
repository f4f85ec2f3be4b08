"""One request that a policy is asked about: imagined, or out of a usage log with what became of it there."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from dreamc.runtime.money import FRAME_TOKENS, MESSAGE_TOKENS

CHARACTERS = 4
"""Characters of a token of English text; `dreamc.runtime.complexity.tokens_of` reckons so too."""

Place = Literal["local", "cloud", "cache", ""]
"""Where an answer came from; "": nobody answered."""


class Arrival(Struct, frozen=True, gc=False):
    """`input` and `output` tokens on the ISO day `day` in UTC. `alias` "": the one that the run is about.

    `score` is the complexity where it is known. `limit` is the most output tokens that the client asked for, None where
    it named none; `bound` the most input tokens that there can be, 0 where the text is not known.

    Out of a log: `first` answered first, `place` is where the answer came from, and `calls` is every call that the
    gateway made for it, with nano-dollars; those in `failed` gave no answer, those in `cooling` had failed a moment
    before. `stays` says what becomes of it under every policy: an answer out of the cache, or a refusal that no policy
    changes. `guessed`: the log does not say its tokens, they are means. `quality` is the verdict on its answer.
    """

    day: str
    action: str | None
    input: int
    output: int
    alias: str = ""
    score: float | None = None
    limit: int | None = None
    bound: int = 0
    first: str = ""
    place: Place = ""
    calls: tuple[tuple[str, int], ...] = ()
    failed: tuple[str, ...] = ()
    cooling: tuple[str, ...] = ()
    stays: Literal["", "cache", "refused"] = ""
    guessed: bool = False
    quality: float | None = None

    @property
    def most_input(self) -> int:
        """The most input tokens that the gateway reserves money for: it counts bytes, so about four for each."""
        return self.bound or FRAME_TOKENS + 2 * MESSAGE_TOKENS + CHARACTERS * self.input
